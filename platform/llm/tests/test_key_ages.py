"""How old keys are: counted from when one was first seen, by a keyed hash that is all that is stored."""

from datetime import timedelta
from typing import Any

import time_machine
from django.test import override_settings

from core import clock
from core.testing import PlatformTestCase
from llm import key_ages, registry
from llm.models import Account
from llm.tasks import watch_keys

NOW = "2026-11-21T12:00:00Z"


class KeyAgeTests(PlatformTestCase):
    def watch(self, key: str) -> int:
        with override_settings(LLM_ENV={"XAI_API_KEY": key}):
            registry.forget()
            return key_ages.watch()

    def changed_at(self) -> Any:
        return Account.objects.get(label="xai").key_changed_at

    def ages(self, env: dict[str, str]) -> dict[str, float]:
        with override_settings(LLM_ENV=env):
            (family,) = key_ages.gauge()
        return {sample.labels["account"]: sample.value for sample in family.samples}

    def test_a_key_is_as_old_as_its_first_sight_and_a_rotated_one_is_new(self) -> None:
        with time_machine.travel(NOW, tick=False) as time:
            self.assertEqual(self.watch("first"), 1)
            first = self.changed_at()
            time.shift(timedelta(days=91))
            self.assertEqual(self.watch("first"), 0)
            self.assertEqual((first, self.changed_at()), (clock.now() - timedelta(days=91), first))
            self.assertEqual(self.ages({"XAI_API_KEY": "first"}), {"xai": 91.0})  # pragma: allowlist secret
            self.assertEqual(self.watch("second"), 1)
            self.assertEqual(self.ages({"XAI_API_KEY": "second"}), {"xai": 0.0})  # pragma: allowlist secret

    def test_the_key_itself_is_not_stored(self) -> None:
        self.watch("sk-CANARY")

        self.assertNotIn("CANARY", str(Account.objects.filter(label="xai").values().get()))

    def test_an_account_that_is_not_used_has_no_age(self) -> None:
        self.watch("first")

        self.assertEqual(self.ages({}), {})

    def test_a_key_that_cannot_be_read_does_not_hide_the_others(self) -> None:
        Account.objects.filter(label="groq").update(key_source="vault:kv/a#b")

        self.assertEqual(self.watch("first"), 1)
        self.assertEqual(set(Account.objects.exclude(key_changed_at=None).values_list("label", flat=True)), {"xai"})

    def test_the_task_looks_at_all_of_them(self) -> None:
        with override_settings(LLM_ENV={"XAI_API_KEY": "x", "GROQ_API_KEY": "g"}):
            watch_keys()

        self.assertEqual(Account.objects.exclude(key_changed_at=None).count(), 2)
