from django.db import migrations

TAKE = """
DO $$
DECLARE grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
         WHERE g.table_schema = current_schema() AND g.table_name = 'llm_call'
           AND g.grantee <> current_user AND g.privilege_type IN ('DELETE', 'TRUNCATE')
    LOOP
        EXECUTE format('REVOKE DELETE, TRUNCATE ON llm_call FROM %I', grantee);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    """Calls are recorded for good: only the owner could delete, and the triggers refuse that too."""

    dependencies = [("llm", "0001_ledger")]

    operations = [migrations.RunSQL(TAKE, migrations.RunSQL.noop)]
