"""A tenant's own key answers for that tenant alone, with and without a key of the platform's at the same account."""

from contextlib import ExitStack
from typing import Any

from django.test import override_settings

from core import clock
from core.redis import client
from core.testing import TenantTestCase
from llm import (
    admission,
    allowances,
    capacity_sources,
    credentials,
    features,
    gateway,
    health,
    own_keys,
    registry,
    target_keys,
)
from llm.failures import WireError
from llm.models import Account, LlmCall
from llm.policy import TenantPolicy
from llm.tests.accounts import account
from llm.tests.asking import ask, forget
from tests.faults.keyed import Keyed, keyed

OWN, NEW, PLATFORM = "sk-own-CANARY", "sk-new-CANARY", "sk-platform-CANARY"  # pragma: allowlist secret
ALPHA, BETA = TenantPolicy("alpha", own_keys=True), TenantPolicy("beta", own_keys=True)
NOT_ENTITLED = TenantPolicy("alpha")


class OwnKeyCase(TenantTestCase):
    """One account, `keyed`, at a server that says which key it was asked with; the platform has none for it."""

    server: Keyed
    env: dict[str, str] = {}

    def setUp(self) -> None:
        super().setUp()
        opened = ExitStack()
        self.addCleanup(opened.close)
        self.server = opened.enter_context(keyed(OWN, NEW, PLATFORM))
        opened.enter_context(override_settings(LLM_ENV=self.env))
        for clean in (forget, credentials.forget_all):
            clean()
            self.addCleanup(clean)
        account("keyed", self.server.url, "env:KEYED_API_KEY")

    def give(self, key: str = OWN) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            own_keys.give(tenant_schema="alpha", account_label="keyed", key=key)

    def remove(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            own_keys.remove(tenant_schema="alpha", account_label="keyed")

    def change(self, **fields: Any) -> None:
        Account.objects.filter(label="keyed").update(**fields)
        registry.forget()

    def said(self, policy: TenantPolicy) -> str:
        """What an ordinary call comes to: its answer, or why there is none."""
        try:
            return ask(schema=None, policy=policy).text
        except gateway.Unavailable as error:
            return error.kind

    def break_open(self, holder: str) -> None:
        client().hset(admission.breaker_key(holder), "until", 2**52)
        health.forget()


class WithoutAPlatformKeyTests(OwnKeyCase):
    def test_it_makes_the_account_usable_for_its_tenant(self) -> None:
        self.give()

        self.assertEqual((gateway.mode(ALPHA), health.mode(ALPHA)), ("model", "full"))
        self.assertEqual(self.said(ALPHA), "Noted.")
        self.assertEqual(self.server.answered, {OWN: 1})
        self.assertEqual(list(LlmCall.objects.values_list("tenant", "account")), [("alpha", "keyed")])

    def test_nobody_else_is_asked_for_with_it_nor_its_tenant_where_the_plan_has_none(self) -> None:
        self.give()

        for policy in (BETA, NOT_ENTITLED):
            with self.subTest(policy):
                self.assertEqual((gateway.mode(policy), health.mode(policy)), ("basic", "off"))
                self.assertEqual(self.said(policy), "not_configured")
        self.assertEqual((self.server.answered, self.server.refused, LlmCall.objects.count()), ({}, {}, 0))

    def test_it_is_nothing_of_the_platform_s(self) -> None:
        self.give()
        self.said(ALPHA)

        self.assertEqual((registry.targets(), health.overview(), dict(health.states())), ((), [], {}))
        self.assertEqual((gateway.mode(), health.mode()), ("basic", "off"))
        flags = [flag.reason for flag in registry.flagged() if flag.account == "keyed"]
        self.assertEqual(flags, ["env:KEYED_API_KEY is not set"])

    def test_after_a_removal_nobody_answers(self) -> None:
        self.give()
        self.said(ALPHA)

        self.remove()

        self.assertEqual((gateway.mode(ALPHA), self.said(ALPHA)), ("basic", "not_configured"))
        self.assertEqual(self.server.answered, {OWN: 1})

    def test_a_new_one_takes_its_place(self) -> None:
        self.give()
        self.said(ALPHA)

        self.give(NEW)
        self.server.accepted = frozenset({NEW})

        self.assertEqual(self.said(ALPHA), "Noted.")
        self.assertEqual((self.server.answered, self.server.refused), ({OWN: 1, NEW: 1}, {}))

    def test_where_it_is_refused_the_tenant_alone_is_without_a_model(self) -> None:
        self.give("sk-wrong")

        self.assertEqual(self.said(ALPHA), "unauthorised")
        self.assertEqual(health.mode(ALPHA), "off")
        self.assertEqual(client().exists(admission.breaker_key("keyed")), 0)

    def test_an_account_that_may_not_be_used_is_not_used_with_it_either(self) -> None:
        self.give()

        for fields in ({"is_enabled": False}, {"trains_on_data": True}, {"verified_at": None}):
            with self.subTest(fields):
                kept = Account.objects.filter(label="keyed").values(*fields).get()
                self.change(**fields)

                self.assertEqual(self.said(ALPHA), "not_configured")
                self.change(**kept)
        self.assertEqual(self.said(ALPHA), "Noted.")

    def test_a_region_holds_for_it_as_well(self) -> None:
        self.give()

        self.assertEqual(gateway.mode(TenantPolicy("alpha", region="eu", own_keys=True)), "basic")

    def test_while_one_server_is_the_only_one_it_is_not_used(self) -> None:
        self.give()

        with override_settings(LLM_ENV={"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}):
            self.assertEqual(registry.keyless(), ())

    def test_the_model_that_was_named_is_the_only_one_for_it_too(self) -> None:
        found = {}
        for name in ("keyed", "another"):
            with override_settings(LLM_ENV={"LLM_MODEL": name}):
                found[name] = [target.name for target in registry.keyless() if target.account == "keyed"]

        self.assertEqual(found, {"keyed": ["keyed/keyed"], "another": []})

    def test_a_target_without_any_key_never_gets_to_the_wire(self) -> None:
        (target,) = (target for target in registry.keyless() if target.account == "keyed")

        with self.assertRaises(WireError) as met:
            target_keys.with_key(target)

        self.assertEqual(met.exception.kind, "unauthorised")

    def test_what_an_interview_may_cost_is_set_aside_by_its_price(self) -> None:
        self.give()
        feature = features.named("interview_turn")

        most = allowances.most_nano(ALPHA, feature)

        tokens = feature.most_in + feature.most_out
        self.assertEqual(most, feature.calls_an_interview * tokens * 1000)  # $1 a million = 1000 nano-dollars each
        self.assertEqual(allowances.most_nano(BETA, feature), 0)


class WhereTenantsBringTheirsTests(OwnKeyCase):
    """An account whose row says `own:`, such as a tenant's resource at Azure: the platform never has a key for it."""

    def setUp(self) -> None:
        super().setUp()
        self.change(key_source="own:")

    def test_only_who_brought_a_key_is_answered_there(self) -> None:
        self.give()

        said = [self.said(policy) for policy in (ALPHA, BETA, NOT_ENTITLED)]

        self.assertEqual((said, self.server.answered), (["Noted.", "not_configured", "not_configured"], {OWN: 1}))

    def test_it_is_nobody_s_capacity_and_says_why(self) -> None:
        flags = [flag.reason for flag in registry.flagged() if flag.account == "keyed"]
        rows = [row for row in capacity_sources.registry(clock.now().date()) if row.name == "keyed"]

        self.assertEqual((registry.targets(), flags), ((), ["own: is for keys of tenants' own alone"]))
        self.assertEqual([flag.why for flag in rows[0].flags if flag.stops], ["only tenants' own keys go there"])

    def test_no_key_is_read_there(self) -> None:
        with self.assertRaisesMessage(credentials.NoKey, "own: is for keys of tenants' own alone."):
            credentials.read("own:")


class WithAPlatformKeyTests(OwnKeyCase):
    env = {"KEYED_API_KEY": PLATFORM}

    def test_it_wins_for_its_tenant_and_for_nobody_else(self) -> None:
        self.give()

        said = [self.said(policy) for policy in (ALPHA, BETA, BETA, NOT_ENTITLED, NOT_ENTITLED, NOT_ENTITLED)]

        self.assertEqual(said, ["Noted."] * 6)
        self.assertEqual(self.server.answered, {OWN: 1, PLATFORM: 5})

    def test_after_a_removal_the_platform_s_answers(self) -> None:
        self.give()
        self.said(ALPHA)

        self.remove()

        self.assertEqual((self.said(ALPHA), self.server.answered), ("Noted.", {OWN: 1, PLATFORM: 1}))

    def test_without_keys_of_ones_own_nothing_is_made_anew_or_read(self) -> None:
        targets = registry.targets()
        own_keys.of("beta")

        with self.assertNumQueries(0):
            self.assertIs(own_keys.over(targets, NOT_ENTITLED), targets)
            self.assertIs(own_keys.over(targets, BETA), targets)

    def test_neither_takes_of_the_other_s_limits(self) -> None:
        self.change(requests_per_day=1)
        self.give()

        said = [self.said(policy) for policy in (ALPHA, ALPHA, BETA, BETA)]

        self.assertEqual(said, ["Noted.", "limited", "Noted.", "limited"])
        self.assertEqual(self.server.answered, {OWN: 1, PLATFORM: 1})

    def test_neither_s_breaker_is_the_other_s(self) -> None:
        self.give()
        modes = {}
        for holder in ("keyed", "alpha|keyed"):
            self.break_open(holder)
            modes[holder] = (health.mode(ALPHA), health.mode(BETA), health.mode())
            client().delete(admission.breaker_key(holder))

        self.assertEqual(modes, {"keyed": ("full", "off", "off"), "alpha|keyed": ("off", "full", "full")})

    def test_an_account_that_lost_its_key_in_between_is_no_target_twice(self) -> None:
        self.give()
        before = registry.targets()

        with override_settings(LLM_ENV={}):
            found = [target.name for target in own_keys.over(before, ALPHA)]

        self.assertEqual(found, ["keyed/keyed"])
