from django.db import migrations

# Of hours whose rows are all there still; what older ones cost by tenants' own keys nobody wrote down.
OWN_KEYS = """
    UPDATE public.llm_usage_hour used SET own_key_usd = calls.own_key_usd
      FROM (SELECT date_trunc('hour', created_at, 'UTC') AS hour, tenant, feature, provider, account, model, source,
                   sum(cost_usd) AS own_key_usd
              FROM public.llm_call
             WHERE own_key AND settled_at IS NOT NULL AND cost_usd > 0
             GROUP BY 1, 2, 3, 4, 5, 6, 7) AS calls
     WHERE (used.hour, used.tenant, used.feature, used.provider, used.account, used.model, used.source)
         = (calls.hour, calls.tenant, calls.feature, calls.provider, calls.account, calls.model, calls.source)
       AND used.cost_usd >= calls.own_key_usd"""
DAYS = """
    UPDATE public.llm_usage_day day SET cost_usd = hours.cost_usd, own_key_usd = hours.own_key_usd
      FROM (SELECT (hour AT TIME ZONE 'UTC')::date AS day, tenant, source, sum(cost_usd) AS cost_usd,
                   sum(own_key_usd) AS own_key_usd
              FROM public.llm_usage_hour GROUP BY 1, 2, 3) AS hours
     WHERE (day.day, day.tenant, day.source) = (hours.day, hours.tenant, hours.source)"""


class Migration(migrations.Migration):
    """The days and hours that were added up before they knew what they cost by whose keys."""

    dependencies = [('llm', '0015_costs_by_day')]

    operations = [
        migrations.RunSQL(OWN_KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(DAYS, migrations.RunSQL.noop),
    ]
