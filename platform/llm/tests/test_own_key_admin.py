"""Tenants' own keys in the admin: given, replaced and removed, and never shown."""

from typing import Any
from unittest import mock as mocking

from django.utils.html import escape

from core import entitlements
from core.testing import TenantClient
from core.tests import rows
from llm import own_keys
from llm.models import Account, OwnKey
from llm.tests.test_registry_admin import CANARY, AdminCase, page


class OwnKeyAdminTests(AdminCase):
    def give(self, key: str = CANARY, **fields: str) -> Any:
        account = str(Account.objects.get(label="openai").pk)
        return self.post(page("ownkey", "add"), **({"tenant": "beta", "account": account, "secret": key} | fields))

    def test_a_tenant_s_key_is_added_replaced_and_removed_and_only_that_tenant_reads_it(self) -> None:
        self.assertEqual(self.give().status_code, 302)
        self.assertEqual((own_keys.of("beta"), own_keys.of("alpha")), ({"openai": CANARY}, {}))

        row = OwnKey.objects.get()
        typed = {"secret": "sk-new"}  # pragma: allowlist secret
        self.assertEqual(self.post(page("ownkey", "change", row.pk), **typed).status_code, 302)
        self.assertEqual(own_keys.of("beta"), {"openai": "sk-new"})

        self.post(page("ownkey", "delete", OwnKey.objects.get().pk), post="yes")
        self.assertEqual(own_keys.of("beta"), {})

    def test_one_that_is_not_used_is_stored_with_a_warning_and_marked_in_the_list(self) -> None:
        cases: tuple[tuple[set[str], dict[str, bool], str], ...] = (
            (set(), {"is_enabled": True}, "The tenant's plan includes no keys of its own."),
            ({"beta"}, {"is_enabled": False}, "It is disabled."),
            ({"beta"}, {"is_enabled": True}, ""),
        )
        reasons = [reason for *_, reason in cases if reason]
        for entitled, fields, reason in cases:
            with self.subTest(reason), mocking.patch.object(own_keys, "_entitled", [entitled.intersection]):
                Account.objects.filter(label="openai").update(**fields)

                self.assertEqual(self.give().status_code, 302)
                told, listed = (self.client.get(page("ownkey", "changelist")).content.decode() for _ in range(2))

                self.assertEqual("The key is stored and not used: " + escape(reason) in told, bool(reason))
                self.assertEqual([text for text in reasons if escape(text) in listed], [reason] if reason else [])
                self.assertEqual(own_keys.of("beta"), {"openai": CANARY})

    def test_a_tenant_whose_plan_includes_none_gets_none(self) -> None:
        rows.model("billing.Subscription").objects.filter(tenant__schema_name="beta").update(plan_id="starter")

        response = self.give()

        reason = "The plan Starter does not include this: Own keys at model providers."
        self.assertEqual(self.errors(response), {"__all__": [reason]})
        self.assertNotIn(CANARY, response.content.decode())
        with self.assertRaises(entitlements.NotInPlan):
            own_keys.give(tenant_schema="beta", account_label="openai", key=CANARY)
        self.assertEqual((OwnKey.objects.count(), own_keys.of("beta")), (0, {}))

    def test_the_list_shows_why_without_a_query_a_row(self) -> None:
        self.give()
        self.give(tenant="alpha")
        for schema in ("alpha", "beta"):
            rows.model("billing.Subscription").objects.filter(tenant__schema_name=schema).update(plan_id="starter")
        self.client.get(page("ownkey", "changelist"))

        with self.assertNumQueries(8):
            shown = self.client.get(page("ownkey", "changelist")).content.decode()

        self.assertEqual(shown.count("includes no keys of its own"), 2)

    def test_a_stranger_and_a_tenant_s_person_give_none(self) -> None:
        account = str(Account.objects.get(label="openai").pk)
        for client in (TenantClient("admin"), TenantClient("beta")):
            client.post(page("ownkey", "add"), {"tenant": "beta", "account": account, "secret": CANARY})

        self.assertEqual(OwnKey.objects.count(), 0)

    def test_an_unknown_tenant_is_refused_and_the_key_is_not_shown_again(self) -> None:
        response = self.give(tenant="nobody")

        self.assertEqual(self.errors(response), {"tenant": ["No tenant has this schema."]})
        self.assertNotIn(CANARY, response.content.decode())

    def test_a_key_in_the_tenant_s_place_is_refused_and_not_shown_again(self) -> None:
        response = self.give(tenant=CANARY)

        self.assertIn("This looks like a key. A key never belongs here.", self.errors(response)["tenant"])
        self.assertNotIn(CANARY, response.content.decode())
        self.assertEqual(OwnKey.objects.count(), 0)

    def test_it_is_in_the_tenant_s_trail_with_who_gave_it(self) -> None:
        self.give()

        with self.in_tenant("beta"):
            events = rows.model("audit.AuditEvent").objects.filter(action="llm.own_key_given")
            self.assertEqual(list(events.values_list("actor_id", "detail")), [(self.admin.pk, {"account": "openai"})])
