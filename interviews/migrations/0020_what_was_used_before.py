from django.db import migrations

# Interviews of before usage was recorded: each counts for the period that its place in the quota is in.
RECORD = """
    INSERT INTO public.billing_usagerecord
           (id, subscription_id, period_id, kind, quantity, interview_id, occurred_at, key)
    SELECT gen_random_uuid(), period.subscription_id, period.id, 'interview_{event}', 1, interview.id,
           interview.{event}_at, '{event}:' || interview.id
      FROM interviews_interview interview
      JOIN public.billing_quotause place ON place.interview_id = interview.id
      JOIN public.billing_quotaperiod period ON period.id = place.period_id
     WHERE interview.{event}_at IS NOT NULL
    ON CONFLICT (key) DO NOTHING"""


class Migration(migrations.Migration):
    dependencies = [
        ('interviews', '0019_return_assumptions'),
        ("billing", "0008_money"),
    ]

    operations = [
        migrations.RunSQL(RECORD.format(event="started"), migrations.RunSQL.noop),
        migrations.RunSQL(RECORD.format(event="completed"), migrations.RunSQL.noop),
    ]
