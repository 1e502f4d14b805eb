"""What the serving role may not do: change the audit trail, empty a table, or change what tables are."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connections, transaction

from core import audit, tenancy
from core.testing import HOME, OTHER, TenantTestCase
from keys.models import SubjectKey

REFUSED = "42501"  # SQLSTATE of insufficient privilege
SCHEMAS = ("public", HOME, OTHER)
OURS = "n.nspname !~ '^(pg_|information_schema$)'"
DDL = (
    "CREATE TABLE {schema}.mine (id int)",
    "CREATE FUNCTION {schema}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "CREATE TEMP TABLE mine (id int)",
    "ALTER TABLE {schema}.audit_event DISABLE TRIGGER ALL",
    "ALTER TABLE {schema}.audit_event ADD COLUMN mine int",
    "ALTER TABLE {schema}.accounts_user OWNER TO CURRENT_USER",
    "ALTER SCHEMA {schema} RENAME TO mine",
    "CREATE INDEX mine ON {schema}.accounts_user (email)",
    "CREATE TRIGGER mine BEFORE INSERT ON {schema}.accounts_user EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "DROP TABLE {schema}.audit_event",
    "DROP SCHEMA {schema} CASCADE",
    "SET session_replication_role = replica",
    "SET ROLE {owner}",
)


class AppRoleTests(TenantTestCase):
    def test_the_audit_trail_of_every_schema_can_be_added_to_and_not_changed(self) -> None:
        for schema in SCHEMAS:
            before = self._events_after_one_more(schema)
            for statement in ("UPDATE {} SET action = 'x'", "DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE"):
                with self.subTest(schema=schema, statement=statement):
                    self.assertEqual(_refusal("default", statement.format(f"{schema}.audit_event")), REFUSED)
            self.assertEqual(_rows("default", f"SELECT id, action FROM {schema}.audit_event ORDER BY id"), before)

    def _events_after_one_more(self, schema: str) -> list[tuple[Any, ...]]:
        with tenancy.enter_platform() if schema == "public" else self.in_tenant(schema):
            audit.record("job.published")
        events = _rows("default", f"SELECT id, action FROM {schema}.audit_event ORDER BY id")
        self.assertEqual(events[-1][1], "job.published")
        return events

    def test_no_statement_changes_what_a_schema_is(self) -> None:
        owner = settings.DATABASES["owner"]["USER"]
        for schema in SCHEMAS:
            for statement in DDL:
                with self.subTest(schema=schema, statement=statement):
                    self.assertEqual(_refusal("default", statement.format(schema=schema, owner=owner)), REFUSED)

    def test_no_statement_changes_what_the_keys_database_is(self) -> None:
        table = SubjectKey._meta.db_table
        for statement in (f"TRUNCATE {table}", f"DROP TABLE {table}", "CREATE TABLE mine ()", "CREATE SCHEMA mine"):
            with self.subTest(statement=statement):
                self.assertEqual(_refusal("keys", statement), REFUSED)

    def test_it_owns_nothing_empties_nothing_and_creates_nowhere(self) -> None:
        owned = f"SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE {OURS} AND "
        for alias in ("default", "keys"):
            with self.subTest(alias=alias):
                self.assertEqual(_rows(alias, f"{owned} pg_get_userbyid(relowner) = CURRENT_USER"), [])
                for right in ("TRUNCATE", "TRIGGER", "REFERENCES"):
                    able = f"{owned} relkind = 'r' AND has_table_privilege(c.oid, '{right}')"
                    self.assertEqual(_rows(alias, able), [])
                creates = f"SELECT nspname FROM pg_namespace n WHERE {OURS} AND has_schema_privilege(oid, 'CREATE')"
                self.assertEqual(_rows(alias, creates), [])
                rights = "SELECT has_database_privilege(current_database(), r) FROM unnest(ARRAY['CREATE', 'TEMP']) r"
                self.assertEqual(_rows(alias, rights), [(False,), (False,)])

    def test_it_is_a_plain_role_and_a_member_of_none(self) -> None:
        plain = "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
        member = "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname"

        self.assertEqual(_rows("default", f"{plain} WHERE rolname = CURRENT_USER"), [(False,) * 5])
        self.assertEqual(_rows("default", f"{member} = CURRENT_USER"), [(0,)])


def _rows(alias: str, statement: str) -> list[tuple[Any, ...]]:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def _refusal(alias: str, statement: str) -> str:
    """The SQLSTATE with which the serving role's statement fails; empty when it went through."""
    try:
        with transaction.atomic(alias), connections[alias].cursor() as cursor:
            cursor.execute(statement)
            transaction.set_rollback(True, alias)
    except DatabaseError as error:
        assert isinstance(error.__cause__, psycopg.Error)
        return str(error.__cause__.sqlstate)
    return ""


@pytest.mark.django_db(databases=["default", "owner"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET action = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_owner_cannot_change_the_audit_trail_either(schema: str, statement: str) -> None:
    table = f"{schema}.audit_event"
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (id, action, actor_type, object_type, object_id, request_id, detail)"
            " VALUES (gen_random_uuid(), 'job.published', 'system', '', '', '', '{}')"
        )
        with pytest.raises(DatabaseError, match="The audit trail is append-only"):
            cursor.execute(statement.format(table))
