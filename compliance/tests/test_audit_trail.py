"""The trail is append-only: the database refuses, whoever asks."""

from django.db import DatabaseError, connections, transaction

from compliance.audit.models import AuditEvent
from core import audit, tenancy
from core.testing import CommittingTestCase

CHANGES = {
    "an update": "UPDATE {table} SET action = 'nothing happened'",
    "an update of no row": "UPDATE {table} SET action = 'x' WHERE false",
    "a delete": "DELETE FROM {table}",
    "a delete of no row": "DELETE FROM {table} WHERE false",
    "an upsert": (
        "INSERT INTO {table} (id, action, actor_type, object_type, object_id, request_id, detail)"
        " SELECT id, 'x', '', '', '', '', '{{}}' FROM {table} ON CONFLICT (id) DO UPDATE SET action = 'x'"
    ),
    "a truncate": "TRUNCATE {table}",
    "a truncate with all that refers to it": "TRUNCATE {table} CASCADE",
}


class TrailTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        audit.record("turn.answered", words=3)
        with tenancy.enter_platform():
            audit.record("tenant.created")
        self.before = self.trail()

    def trail(self) -> list[tuple[str, str]]:
        """Every event in the tenant and in public."""
        found = [("alpha", action) for action in AuditEvent.objects.values_list("action", flat=True)]
        with tenancy.enter_platform():
            return found + [("public", action) for action in AuditEvent.objects.values_list("action", flat=True)]

    def run_statement(self, alias: str, statement: str) -> None:
        with transaction.atomic(alias), connections[alias].cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")
            cursor.execute(statement)

    def assert_refused(self, alias: str, schema: str) -> None:
        for what, statement in CHANGES.items():
            with self.subTest(what, alias=alias, schema=schema):
                with self.assertRaises(DatabaseError) as caught:
                    self.run_statement(alias, statement.format(table=f"{schema}.audit_event"))

                self.assertEqual(getattr(caught.exception.__cause__, "sqlstate", ""), "42501")  # insufficient_privilege

    def test_the_serving_role_may_add_events_and_change_none(self) -> None:
        for schema in ("alpha", "public"):
            self.assert_refused("default", schema)

        self.assertEqual(self.trail(), self.before)
        self.assertIn(("alpha", "turn.answered"), self.before)
        self.assertIn(("public", "tenant.created"), self.before)

    def test_the_owner_of_the_tables_is_refused_too(self) -> None:
        for schema in ("alpha", "public"):
            self.assert_refused("owner", schema)

        self.assertEqual(self.trail(), self.before)

    def test_an_event_keeps_its_words_when_its_object_is_saved_again(self) -> None:
        event = AuditEvent.objects.latest("id")
        event.action = "nothing.happened"

        with self.assertRaises(DatabaseError):
            event.save()
        with self.assertRaises(DatabaseError):
            event.delete()

        self.assertEqual(self.trail(), self.before)

    def test_every_tenant_s_trail_has_the_trigger_and_no_rights_to_change_it(self) -> None:
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT schemaname, has_table_privilege(CURRENT_USER, schemaname || '.audit_event', 'UPDATE'),"
                "       has_table_privilege(CURRENT_USER, schemaname || '.audit_event', 'DELETE'),"
                "       has_table_privilege(CURRENT_USER, schemaname || '.audit_event', 'TRUNCATE'),"
                "       (SELECT count(*) FROM pg_trigger WHERE tgrelid = (schemaname || '.audit_event')::regclass"
                "          AND tgname LIKE 'pgtrigger_audit_is_append_only%' AND tgenabled = 'O')"
                "  FROM pg_tables WHERE tablename = 'audit_event' ORDER BY schemaname"
            )
            self.assertEqual(
                cursor.fetchall(),
                [
                    ("alpha", False, False, False, 1),
                    ("beta", False, False, False, 1),
                    ("public", False, False, False, 1),
                ],
            )
