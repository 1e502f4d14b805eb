"""A schema that a blueprint made is, to the last name and row, the one that migrations make."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from django.db import ProgrammingError, connections, transaction

from core import tenancy
from core.backups import BackupError, programs
from core.testing import CommittingTestCase, at_once
from tenants.models import Blueprint, Tenant
from tenants.services import blueprint, locks, migrations, provisioning, rendering, schemas
from tenants.tests import catalog

MIGRATED, MADE = "migrated_tenant", "made_tenant"
AUDIT_TRIGGER = "pgtrigger_audit_is_append_only_904e3"
CHANGES = {  # a statement -> the kinds of objects that must show it
    f"DROP TRIGGER {AUDIT_TRIGGER} ON {{s}}.audit_event": {"trigger"},
    f"ALTER TABLE {{s}}.audit_event DISABLE TRIGGER {AUDIT_TRIGGER}": {"trigger"},
    f"COMMENT ON TRIGGER {AUDIT_TRIGGER} ON {{s}}.audit_event IS 'mine'": {"trigger"},
    f"ALTER FUNCTION {{s}}.{AUDIT_TRIGGER}() SECURITY DEFINER": {"function"},
    "ALTER TABLE {s}.accounts_user RENAME CONSTRAINT accounts_user_pkey TO other_pkey": {
        "constraint",
        "index",
        "relation",
    },
    "ALTER TABLE {s}.accounts_user ALTER COLUMN name SET DEFAULT 'x'": {"column"},
    "ALTER TABLE {s}.accounts_user ALTER COLUMN name DROP NOT NULL": {"column", "constraint"},
    "ALTER TABLE {s}.accounts_user ALTER COLUMN name TYPE varchar(7)": {"column"},
    "CREATE INDEX more ON {s}.accounts_user (name)": {"index", "relation"},
    "GRANT UPDATE ON {s}.audit_event TO candor_app": {"relation"},
    "REVOKE INSERT ON {s}.accounts_user FROM candor_app": {"relation"},
    "REVOKE USAGE ON SCHEMA {s} FROM candor_app": {"schema"},
    "COMMENT ON TABLE {s}.accounts_user IS 'people'": {"relation"},
    "ALTER SEQUENCE {s}.django_migrations_id_seq INCREMENT 2": {"sequence"},
    "DELETE FROM {s}.django_migrations WHERE name = '0001_initial'": {"rows"},
    "CREATE TABLE {s}.more ()": {"relation", "rows", "type"},
}


def as_owner(statement: str) -> list[tuple[object, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def _timeless(made: Blueprint) -> str:
    return re.sub(r"'\d{4}-[\d :.+-]+'", "TIME", made.script.replace(made.marker, "SCHEMA"))


@contextmanager
def empty_schema(name: str) -> Iterator[str]:
    schemas.create(name)
    try:
        yield name
    finally:
        schemas.drop(name)


@contextmanager
def no_migrating() -> Iterator[None]:
    with mock.patch.object(schemas, "migrate", side_effect=AssertionError("it was migrated")):
        yield


class EqualTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        for name in (MIGRATED, MADE):
            self.enterContext(empty_schema(name))
        schemas.migrate(MIGRATED)
        blueprint.ready()
        with no_migrating():
            blueprint.make_tables(MADE)
        self.migrated = catalog.of(MIGRATED)

    maxDiff = None

    def test_they_differ_in_nothing_and_whatever_is_changed_shows(self) -> None:
        self.assertEqual(catalog.differences(self.migrated, catalog.of(MADE)), {})
        self.assert_it_looks_everywhere()

        for statement, kinds in CHANGES.items():
            with self.subTest(statement), transaction.atomic(using="owner"):
                as_owner(statement.format(s=MADE))
                found = catalog.differences(self.migrated, catalog.of(MADE))
                transaction.set_rollback(True, using="owner")

                self.assertEqual({kind for kind, *_ in found}, kinds)

        self.assertEqual(catalog.differences(self.migrated, catalog.of(MADE)), {})
        as_owner(f"SELECT nextval('{MADE}.django_migrations_id_seq')")  # which no rollback takes back
        [(kind, *_)] = catalog.differences(self.migrated, catalog.of(MADE))
        self.assertEqual(kind, "sequence")

    def assert_it_looks_everywhere(self) -> None:
        kinds = {kind for kind, *_ in self.migrated}
        objects = {"schema", "relation", "column", "constraint", "index", "trigger", "key", "function", "sequence"}
        self.assertEqual(kinds, objects | {"type", "rows"})
        trigger = self.migrated["trigger", "audit_event", AUDIT_TRIGGER]
        self.assertIn(f"EXECUTE FUNCTION SCHEMA.{AUDIT_TRIGGER}()", trigger)
        self.assertIn('"0001_initial"', self.migrated["rows", "django_migrations"])
        self.assertEqual(
            {name for kind, name, *_ in self.migrated if kind == "rows"},
            schemas.tenant_tables() | {"django_migrations"},
        )

    def test_the_migrations_say_that_they_were_applied_when_the_tenant_was_made(self) -> None:
        [(old,)] = as_owner(
            f"SELECT count(*) FROM {MADE}.django_migrations WHERE applied < now() - interval '1 minute'"
        )

        self.assertEqual(old, 0)


class WhatMigrationsWroteTests(CommittingTestCase):
    """Rows, rights and names that no migration has yet come along too."""

    STATEMENTS = (
        "INSERT INTO {s}.compliance_template VALUES (1, '{s}. is a name; $$ ''quoted'' \\ %s {s} ')",
        "INSERT INTO {s}.compliance_template VALUES (2, E'two\\nlines\\n\\\\restrict x\\n')",
        "SELECT setval('{s}.counted', 41)",
        "REVOKE USAGE ON SEQUENCE {s}.counted FROM candor_app",
        "GRANT SELECT ON {s}.compliance_template TO candor_app WITH GRANT OPTION",
        "REVOKE EXECUTE ON FUNCTION {s}.answer(int) FROM PUBLIC",
        "COMMENT ON COLUMN {s}.compliance_template.words IS 'it''s said; so'",
    )

    def migrate(self, schema: str) -> None:
        """Migrations that are few and odd, in place of ours."""
        name = "template"
        for statement in (
            "CREATE SEQUENCE {s}.counted",
            "CREATE TABLE {s}.django_migrations (id int PRIMARY KEY, applied timestamptz)",
            "CREATE TABLE {s}.compliance_template (id int DEFAULT nextval('{s}.counted') PRIMARY KEY, words text)",
            "ALTER SEQUENCE {s}.counted OWNED BY {s}.compliance_template.id",
            'CREATE UNIQUE INDEX "Odd name; of it" ON {s}.compliance_template (lower(words)) WHERE id > 0',
            "CREATE FUNCTION {s}.answer(n int) RETURNS int LANGUAGE sql AS 'SELECT n FROM {s}.compliance_template'",
        ):
            as_owner(statement.format(s=schema))
        as_owner(
            self.STATEMENTS[0].format(s=schema).replace(f"'{schema}. is", f"'{name}. is").replace(schema + " '", "'")
        )
        for statement in self.STATEMENTS[1:]:
            as_owner(statement.format(s=schema))

    def test_a_replay_says_the_same(self) -> None:
        self.enterContext(empty_schema(MIGRATED))
        self.enterContext(empty_schema(MADE))
        self.migrate(MIGRATED)

        with mock.patch.object(schemas, "migrate", side_effect=self.migrate):
            marker, script = rendering.render()
        made = Blueprint(marker=marker, script=script)

        self.assertTrue(blueprint._replayed(made, MADE))
        self.assertEqual(catalog.differences(catalog.of(MIGRATED), catalog.of(MADE)), {})


class MakeTests(CommittingTestCase):
    def test_it_is_rendered_once_for_these_migrations_and_leaves_no_template(self) -> None:
        before = blueprint.ready()
        Blueprint.objects.using("owner").all().delete()

        made = blueprint.ready()

        assert before is not None and made is not None
        self.assertEqual(made.pk, migrations.fingerprint())
        self.assertEqual(_timeless(made), _timeless(before))
        self.assertEqual(as_owner("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%blueprint%'"), [])
        with mock.patch.object(rendering, "render", side_effect=AssertionError):
            self.assertEqual(blueprint.ready(), made)

    def test_one_of_other_migrations_is_not_used(self) -> None:
        with mock.patch.object(migrations, "fingerprint", return_value="of the next release"):
            self.assertIsNone(blueprint.current())

    def test_where_it_can_t_be_rendered_the_tenant_is_migrated(self) -> None:
        refused = BackupError("no pg_dump of that version is here")
        self.enterContext(empty_schema(MADE))
        with (
            mock.patch.object(blueprint, "current", return_value=None),
            mock.patch.object(programs, "find", side_effect=refused),
            mock.patch.object(blueprint.log, "warning") as warning,
        ):
            blueprint.make_tables(MADE)

        schemas.require_complete(MADE)
        self.assertEqual(warning.call_args.kwargs["reason"], str(refused))
        self.assertEqual(as_owner("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%blueprint%'"), [])

    def test_a_script_that_the_server_refuses_leaves_nothing_and_the_tenant_is_migrated(self) -> None:
        bad = Blueprint(
            marker="_blueprint_x", script="CREATE TABLE _blueprint_x.half (); GRANT SELECT ON nothing TO nobody"
        )
        self.enterContext(empty_schema(MADE))
        with mock.patch.object(blueprint, "current", return_value=bad):
            blueprint.make_tables(MADE)

        schemas.require_complete(MADE)
        self.assertNotIn(("relation", "half"), catalog.of(MADE))

    def test_a_schema_whose_tables_were_made_before_the_kill_is_left_as_it_is(self) -> None:
        self.enterContext(empty_schema(MADE))
        blueprint.make_tables(MADE)
        as_owner(f"INSERT INTO {MADE}.django_migrations (app, name, applied) VALUES ('mine', 'row', now())")

        blueprint.make_tables(MADE)

        self.assertEqual(as_owner(f"SELECT count(*) FROM {MADE}.django_migrations WHERE app = 'mine'"), [(1,)])

    def test_who_resumes_by_migrating_is_alone_at_the_tables(self) -> None:
        self.enterContext(empty_schema(MADE))
        blueprint.make_tables(MADE)
        migrated = []

        def migrate(schema: str) -> None:
            with self.assertRaises(locks.StillHeld), locks.held(locks.tables_of(schema), seconds=1):
                pass
            migrated.append(schema)

        with mock.patch.object(schemas, "migrate", side_effect=migrate):
            blueprint.make_tables(MADE)

        self.assertEqual(migrated, [MADE])

    def test_of_two_at_once_one_replays_and_the_other_finds_it_done(self) -> None:
        self.enterContext(empty_schema(MADE))

        results = at_once(lambda: blueprint.make_tables(MADE), lambda: blueprint.make_tables(MADE))

        self.assertEqual(results, [None, None])
        schemas.require_complete(MADE)

    def test_a_name_that_no_tenant_has_is_refused_before_anything_runs(self) -> None:
        for name in ('x"; DROP SCHEMA alpha', "x'y", "Upper", "", "_blueprint_x", "x" * 64, "x\n"):
            with self.subTest(name), self.assertRaises(ValueError):
                rendering.quoted(name)

        self.assertEqual(rendering.quoted("select"), '"select"')

    def test_tenants_whose_names_are_words_of_sql_or_of_the_script_are_made(self) -> None:
        blueprint.ready()
        for name in ("select", "table", "django_migrations", "blueprint"):
            with self.subTest(name), empty_schema(name):
                with no_migrating():
                    blueprint.make_tables(name)

                schemas.require_complete(name)

    def test_the_serving_role_can_read_what_the_owner_runs_but_not_write_it(self) -> None:
        self.assertEqual(Blueprint.objects.count(), 1)

        with self.assertRaises(ProgrammingError), transaction.atomic():
            Blueprint.objects.update(script="ALTER ROLE candor_app SUPERUSER")

    def test_what_a_killed_rendering_left_goes_and_a_tenant_s_schema_of_a_like_name_stays(self) -> None:
        left = rendering.PREFIX + "0" * 24
        self.enterContext(empty_schema("blueprint_0"))
        schemas.create(left)

        rendering._drop_left()

        found = as_owner("SELECT nspname FROM pg_namespace WHERE nspname LIKE '%blueprint%'")
        self.assertEqual(found, [("blueprint_0",)])

    def test_while_another_renders_for_too_long_the_tenant_is_migrated(self) -> None:
        self.enterContext(empty_schema(MADE))
        with (
            locks.held(rendering.LOCK),
            mock.patch.object(blueprint, "current", return_value=None),
            mock.patch.object(rendering, "WAIT_SECONDS", 1),
        ):
            blueprint.make_tables(MADE)

        schemas.require_complete(MADE)


class ProvisioningTests(CommittingTestCase):
    def test_a_set_up_that_is_killed_in_the_script_has_nothing_and_resumes(self) -> None:
        with tenancy.enter_platform():
            tenant = provisioning.create_tenant(name="Zeta", subdomain="zeta", plan_code="starter")
        whole = blueprint.ready()
        assert whole is not None
        half = Blueprint(marker=whole.marker, script=whole.script + "SELECT pg_terminate_backend(pg_backend_pid());")

        with (
            mock.patch.object(blueprint, "current", return_value=half),
            self.assertRaises(provisioning.ProvisioningFailed),
        ):
            provisioning.provision(tenant_id=tenant.pk)

        connections["owner"].close()
        self.assertEqual(as_owner("SELECT count(*) FROM pg_tables WHERE schemaname = 'zeta'"), [(0,)])
        with tenancy.enter_platform(), no_migrating():
            provisioning.provision(tenant_id=tenant.pk)
        self.assertEqual(Tenant.objects.get(pk=tenant.pk).status, "ready")
        self.assertEqual(schemas.drifted(), [])
