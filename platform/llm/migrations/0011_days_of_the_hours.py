from django.db import migrations

DAYS = """
    INSERT INTO public.llm_usage_day (day, tenant, source, requests, saved_usd)
    SELECT (hour AT TIME ZONE 'UTC')::date, tenant, source, sum(requests), sum(saved_usd)
      FROM public.llm_usage_hour
     GROUP BY 1, 2, 3
    ON CONFLICT (day, tenant, source) DO UPDATE SET requests = EXCLUDED.requests, saved_usd = EXCLUDED.saved_usd"""


class Migration(migrations.Migration):
    """The hours that were added up before there were days."""

    dependencies = [("llm", "0010_usage_days")]

    operations = [migrations.RunSQL(DAYS, migrations.RunSQL.noop)]
