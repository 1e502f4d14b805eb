"""The serving role reads and writes rows; it makes, changes and removes nothing else."""

from django.conf import settings
from django.db import ProgrammingError, connection, transaction

from core.testing import TenantTestCase

DDL = {
    "a table in its tenant": "CREATE TABLE alpha.mine (id int)",
    "a table in public": "CREATE TABLE public.mine (id int)",
    "a temporary table": "CREATE TEMPORARY TABLE mine (id int)",
    "a schema": "CREATE SCHEMA mine",
    "a column": "ALTER TABLE alpha.interviews_turn ADD COLUMN mine int",
    "a renamed table": "ALTER TABLE alpha.audit_event RENAME TO mine",
    "another owner": "ALTER TABLE alpha.audit_event OWNER TO CURRENT_USER",
    "a dropped table": "DROP TABLE alpha.interviews_turn",
    "a dropped schema": "DROP SCHEMA beta CASCADE",
    "a truncated table": "TRUNCATE alpha.interviews_turn CASCADE",
    "a truncated ledger": "TRUNCATE public.llm_call",
    "a trigger off": "ALTER TABLE alpha.audit_event DISABLE TRIGGER ALL",
    "triggers off for the session": "SET session_replication_role = replica",
    "an index": "CREATE INDEX mine ON alpha.interviews_turn (id)",
    "a function": "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "the owner's rights": "GRANT candor_owner TO CURRENT_USER",
    "another role": "SET ROLE candor_owner",
    "a new role": "CREATE ROLE mine",
    "a file of the server": "COPY alpha.interviews_turn TO '/mine'",
    "a program of the server": "COPY alpha.interviews_turn TO PROGRAM 'cat'",
}


class AppRoleTests(TenantTestCase):
    def test_it_is_not_the_owner_and_nothing_special(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
                " FROM pg_roles WHERE rolname = CURRENT_USER"
            )
            rights = cursor.fetchone()

        self.assertEqual(rights, (False, False, False, False, False))
        self.assertNotEqual(settings.DATABASES["default"]["USER"], settings.DATABASES["owner"]["USER"])

    def test_it_owns_nothing(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = CURRENT_USER")
            self.assertEqual(cursor.fetchone(), (0,))

    def test_whatever_is_not_a_row_is_refused(self) -> None:
        for what, statement in DDL.items():
            with self.subTest(what), connection.cursor() as cursor:
                with self.assertRaises(ProgrammingError, msg=statement) as caught, transaction.atomic():
                    cursor.execute(statement)

                self.assertEqual(getattr(caught.exception.__cause__, "sqlstate", ""), "42501")  # insufficient_privilege

    def test_rights_that_it_gives_itself_are_none(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("GRANT UPDATE, DELETE ON alpha.audit_event TO CURRENT_USER")  # a warning, says PostgreSQL
            cursor.execute("SELECT has_table_privilege(CURRENT_USER, 'alpha.audit_event', 'UPDATE, DELETE')")

            self.assertEqual(cursor.fetchone(), (False,))

    def test_it_makes_schemas_in_no_database(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT datname FROM pg_database WHERE has_database_privilege(CURRENT_USER, datname, 'CREATE')"
            )
            self.assertEqual(cursor.fetchall(), [])
