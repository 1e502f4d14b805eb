from django.db import migrations

TAKE = """
DO $$
DECLARE grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
         WHERE g.table_schema = current_schema() AND g.table_name = 'audit_event'
           AND g.grantee <> current_user AND g.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE')
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON audit_event FROM %I', grantee);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    """The trail is append-only for every role but the owner, whose changes the triggers refuse."""

    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(TAKE, migrations.RunSQL.noop)]
