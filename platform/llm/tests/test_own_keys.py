"""A tenant's own keys: sealed, its own alone, in its trail, never in a log."""

import logging

from django.db import connection

from core import tenancy
from core.testing import TenantTestCase
from core.tests import rows
from llm import own_keys
from llm.models import OwnKey

CANARY = "sk-own-CANARY-0001"  # pragma: allowlist secret


class OwnKeyTests(TenantTestCase):
    def give(self, schema: str = "alpha", key: str = CANARY) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            own_keys.give(tenant_schema=schema, account_label="openai", key=key)

    def test_a_key_is_read_by_its_tenant_alone_from_whichever_schema_it_is_asked_for(self) -> None:
        self.give()

        self.assertEqual((own_keys.of("alpha"), own_keys.of("beta")), ({"openai": CANARY}, {}))
        with tenancy.enter_platform():
            own_keys.forget("alpha")
            self.assertEqual(own_keys.of("alpha"), {"openai": CANARY})

    def test_it_is_sealed_in_the_database(self) -> None:
        self.give()

        with connection.cursor() as cursor:
            cursor.execute("SELECT key FROM llm_own_key")
            sealed = bytes(cursor.fetchone()[0])
        self.assertNotIn(CANARY.encode(), sealed)

    def test_a_new_one_takes_its_place_at_once(self) -> None:
        self.give()
        own_keys.of("alpha")

        self.give(key=" sk-new \n")

        self.assertEqual(own_keys.of("alpha"), {"openai": "sk-new"})
        self.assertEqual(OwnKey.objects.count(), 1)

    def test_a_removed_one_is_gone_at_once(self) -> None:
        self.give()
        own_keys.of("alpha")

        with self.captureOnCommitCallbacks(execute=True):
            self.assertTrue(own_keys.remove(tenant_schema="alpha", account_label="openai"))
            self.assertFalse(own_keys.remove(tenant_schema="beta", account_label="openai"))

        self.assertEqual((own_keys.of("alpha"), OwnKey.objects.count()), ({}, 0))

    def test_both_are_in_the_tenant_s_trail_and_the_key_nowhere(self) -> None:
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("test").info("begin")
            self.give()
            own_keys.remove(tenant_schema="alpha", account_label="openai")

        events = rows.model("audit.AuditEvent").objects.filter(action__startswith="llm.own_key").order_by("pk")
        self.assertEqual(
            list(events.values_list("action", "detail")),
            [("llm.own_key_given", {"account": "openai"}), ("llm.own_key_removed", {"account": "openai"})],
        )
        self.assertNotIn("CANARY", str(logs.output))

    def test_what_is_asked_often_is_read_once(self) -> None:
        self.give()
        own_keys.of("alpha")

        with self.assertNumQueries(0):
            own_keys.of("alpha")

    def test_an_unknown_account_or_tenant_stores_nothing(self) -> None:
        with self.assertRaises(own_keys.UnknownAccount):
            own_keys.give(tenant_schema="alpha", account_label="nobody", key=CANARY)
        with self.assertRaises(tenancy.UnknownTenant):
            own_keys.give(tenant_schema="nobody", account_label="openai", key=CANARY)

        self.assertEqual(OwnKey.objects.count(), 0)
