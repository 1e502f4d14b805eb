"""A refused key: one that was rotated is followed by the new one, the newest is the account's fault."""

from contextlib import ExitStack
from typing import Any
from unittest import mock

from django.test import override_settings

from core.redis import client
from core.testing import TenantTestCase
from llm import credentials, gateway, health, own_keys, target_keys
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.tests.accounts import account
from llm.tests.asking import ask, forget
from llm.tests.managers import Managers, running
from tests.faults.keyed import Keyed, keyed

OLD, NEW = "sk-old-CANARY", "sk-new-CANARY"  # pragma: allowlist secret
PLACE = "kv/models/keyed"


class RefusedKeyTests(TenantTestCase):
    managers: Managers
    server: Keyed

    def setUp(self) -> None:
        super().setUp()
        opened = ExitStack()
        self.addCleanup(opened.close)
        self.managers, self.server = opened.enter_context(running()), opened.enter_context(keyed(OLD))
        self.managers.secrets[PLACE] = {"key": OLD}
        env = {"VAULT_ADDR": self.managers.url, "VAULT_TOKEN": self.managers.token}
        opened.enter_context(override_settings(LLM_ENV=env))
        for clean in (forget, credentials.forget_all):
            clean()
            self.addCleanup(clean)
        account("keyed", self.server.url, f"vault:{PLACE}#key")

    def rotate(self) -> None:
        self.managers.secrets[PLACE] = {"key": NEW}
        self.server.accepted = frozenset({NEW})

    def ask(self, **changes: Any) -> str:
        return ask(schema=None, **changes).text

    def refusal(self, **changes: Any) -> str:
        with self.assertRaises(gateway.Unavailable) as met:
            self.ask(**changes)
        return met.exception.kind

    def kinds(self) -> list[str]:
        return list(LlmCall.objects.order_by("created_at").values_list("error_kind", flat=True))

    def open_breakers(self) -> set[str]:
        health.forget()
        return set(health.states())

    def test_a_call_is_settled_also_where_nobody_can_say_whether_its_key_was_rotated(self) -> None:
        self.server.accepted = frozenset()

        with mock.patch.object(target_keys, "newer", side_effect=OSError("away")), self.assertRaises(OSError):
            self.ask()

        row = LlmCall.objects.get()
        self.assertEqual(row.error_kind, "internal")
        self.assertIsNotNone(row.settled_at)
        self.assertEqual(list(client().scan_iter("candor:llm:lease:*")), [])

    def test_after_a_rotation_the_same_account_is_asked_with_the_new_key_and_stays_in_use(self) -> None:
        self.ask()
        self.rotate()

        self.assertEqual(self.ask(), "Noted.")
        self.assertEqual(self.kinds(), ["", "old_key", ""])
        self.assertEqual((self.server.refused, self.server.answered), ({OLD: 1}, {OLD: 1, NEW: 1}))
        self.assertEqual(self.open_breakers(), set())

    def test_a_refusal_of_the_newest_key_is_the_end_and_opens_the_breaker(self) -> None:
        self.server.accepted = frozenset()

        self.assertEqual(self.refusal(), "unauthorised")
        self.assertEqual(self.kinds(), ["unauthorised"])
        self.assertEqual(self.open_breakers(), {"keyed"})

    def test_a_new_key_that_is_refused_as_well_is_not_asked_with_again(self) -> None:
        self.ask()
        self.rotate()
        self.server.accepted = frozenset()

        self.assertEqual(self.refusal(), "unauthorised")
        self.assertEqual(self.kinds(), ["", "old_key", "unauthorised"])
        self.assertEqual(self.server.refused, {OLD: 1, NEW: 1})

    def test_a_key_of_a_tenant_s_own_that_was_replaced_is_asked_with_at_once(self) -> None:
        policy = TenantPolicy(schema="alpha", own_keys=True)
        for place, key in enumerate((OLD, NEW)):
            own_keys.give(tenant_schema="alpha", account_label="keyed", key=key)
            if not place:
                remembered = dict(own_keys.of("alpha"))
        own_keys._cache["alpha"] = (float("inf"), remembered)  # as in another process
        self.server.accepted = frozenset({NEW})

        self.assertEqual(self.ask(policy=policy), "Noted.")
        self.assertEqual(self.kinds(), ["old_key", ""])
        self.assertEqual(self.open_breakers(), set())

    def test_a_refused_key_of_a_tenant_s_own_that_is_the_newest_ends_its_calls_alone(self) -> None:
        own_keys.give(tenant_schema="alpha", account_label="keyed", key="sk-wrong-CANARY")

        self.assertEqual(self.refusal(policy=TenantPolicy(schema="alpha", own_keys=True)), "unauthorised")
        self.assertEqual(self.ask(policy=TenantPolicy(schema="beta")), "Noted.")
        self.assertEqual(self.open_breakers(), set())  # of the platform's accounts
