"""Which rows are targets, and what is said of the others."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import time_machine
from django.test import override_settings

from core import clock, tenancy
from core.doctor import OK, WARN
from core.testing import PlatformTestCase, TenantTestCase
from llm import checks, examination, registry
from llm.models import Account, Offer, Price
from llm.targets import FRONTIER, Limits, Target, Window
from llm.targets import Price as Dollars

SERVER = "http://127.0.0.1:11434/v1"


def found(env: Mapping[str, str]) -> tuple[Target, ...]:
    with override_settings(LLM_ENV=dict(env)):
        return registry.targets()


def names(env: Mapping[str, str]) -> list[str]:
    return [target.name for target in found(env)]


class RegistryTests(PlatformTestCase):
    def reason(self, env: Mapping[str, str], account: str, model: str = "") -> str:
        with override_settings(LLM_ENV=dict(env)):
            return next((flag.reason for flag in registry.flagged() if flag[:2] == (account, model)), "")

    def test_without_a_key_there_is_no_target(self) -> None:
        self.assertEqual(found({}), ())

    def test_each_priced_model_of_an_account_with_a_key_is_a_target(self) -> None:
        self.assertEqual(
            names({"GROQ_API_KEY": "g", "XAI_API_KEY": "x"}),
            ["groq-free/openai/gpt-oss-20b", "groq-free/openai/gpt-oss-120b", "xai/grok-4.3"],
        )
        self.assertEqual(self.reason({"GROQ_API_KEY": "g"}, "groq-free", "whisper-large-v3-turbo"), "It has no price.")

    def test_a_target_says_how_to_ask_what_it_costs_and_what_it_allows(self) -> None:
        target = found({"GROQ_API_KEY": "g"})[0]

        self.assertEqual((target.base_url, target.key_source), ("https://api.groq.com/openai/v1", "env:GROQ_API_KEY"))
        self.assertEqual(
            target.price, Dollars(Decimal("0.075"), Decimal("0.075"), Decimal("0.30"), batch_factor=Decimal("0.5"))
        )
        self.assertEqual((target.price_version, target.quality, target.reasoning_tokens), ("2026-11-21", 1, 1500))
        self.assertEqual(target.parameters, {"reasoning_effort": "low"})
        self.assertEqual(target.windows, (Window("groq-free", Limits(30, 1000, 8000)),))

    def test_a_model_with_limits_of_its_own_is_counted_apart_as_well(self) -> None:
        Offer.objects.filter(account__label="groq-free", model="openai/gpt-oss-20b").update(requests_per_minute=5)

        self.assertEqual(
            found({"GROQ_API_KEY": "g"})[0].windows,
            (
                Window("groq-free", Limits(30, 1000, 8000)),
                Window("groq-free/openai/gpt-oss-20b", Limits(requests_minute=5)),
            ),
        )

    def test_an_account_that_may_not_be_used_is_flagged_with_its_reason(self) -> None:
        today = clock.now().date()
        cases: list[tuple[dict[str, Any], str]] = [
            ({"is_enabled": False}, "It is disabled."),
            ({"trains_on_data": True}, "It trains on what it is sent."),
            ({"verified_at": None}, "Nobody verified it."),
            ({"verified_at": today - timedelta(days=401)}, f"It was last verified on {today - timedelta(days=401)}."),
            ({"retires_at": today}, f"It was retired on {today}."),
            ({"key_source": "env:OTHER_KEY"}, "env:OTHER_KEY is not set"),
            ({"key_source": "file:/nowhere/key"}, "file:/nowhere/key can't be read or is empty"),
            ({"base_url": "https://{XAI_HOST}/v1"}, "XAI_HOST is not set."),
        ]
        for fields, reason in cases:
            with self.subTest(reason):
                Account.objects.filter(label="xai").update(
                    **({"verified_at": today, "key_source": "env:XAI_API_KEY", "base_url": "https://x.test"} | fields)
                )
                registry.forget()

                self.assertEqual(self.reason({"XAI_API_KEY": "x"}, "xai"), reason)
                self.assertEqual(names({"XAI_API_KEY": "x"}), [])
                Account.objects.filter(label="xai").update(is_enabled=True, trains_on_data=False, retires_at=None)

    def test_a_model_that_may_not_be_used_is_flagged_and_the_others_stay(self) -> None:
        today = clock.now().date()
        model = "openai/gpt-oss-20b"
        for fields in ({"is_enabled": False}, {"verified_at": None}, {"retires_at": today}):
            with self.subTest(fields):
                rows = Offer.objects.filter(account__label="groq-free", model=model)
                rows.update(**({"is_enabled": True, "verified_at": today, "retires_at": None} | fields))
                registry.forget()

                self.assertEqual(names({"GROQ_API_KEY": "g"}), ["groq-free/openai/gpt-oss-120b"])
                self.assertNotEqual(self.reason({"GROQ_API_KEY": "g"}, "groq-free", model), "")

    def test_free_plans_that_train_are_never_targets_whatever_their_key(self) -> None:
        self.assertEqual(found({"GEMINI_API_KEY": "g", "MISTRAL_API_KEY": "m"}), ())

    def test_a_retired_account_is_skipped_from_its_day_on_although_nothing_is_read_anew(self) -> None:
        Account.objects.filter(label="xai").update(retires_at="2027-03-01")

        with time_machine.travel("2027-02-28T12:00:00Z", tick=False):
            self.assertEqual(names({"XAI_API_KEY": "x"}), ["xai/grok-4.3"])
        with time_machine.travel("2027-03-01T00:00:00Z", tick=False):
            self.assertEqual(names({"XAI_API_KEY": "x"}), [])

    def test_the_newest_price_counts(self) -> None:
        offer = Offer.objects.get(account__label="xai")
        Price.objects.create(
            offer=offer, version="2027-01-01", usd_in=Decimal(9), usd_cached=Decimal(8), usd_out=Decimal(7)
        )

        self.assertEqual(found({"XAI_API_KEY": "x"})[0].price, Dollars(Decimal(9), Decimal(8), Decimal(7)))
        self.assertEqual(found({"XAI_API_KEY": "x"})[0].price_version, "2027-01-01")

    def test_an_address_with_a_place_in_it_waits_for_all_its_settings(self) -> None:
        Price.objects.create(
            offer=Offer.objects.get(account__label="azure-openai"),
            version="1",
            usd_in=Decimal(2),
            usd_cached=Decimal(1),
            usd_out=Decimal(3),
        )
        env = {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_RESOURCE": "r"}

        self.assertEqual(found(env), ())
        target = found(env | {"AZURE_OPENAI_DEPLOYMENT": "d"})[0]
        self.assertEqual((target.base_url, target.model), ("https://r.openai.azure.com/openai/v1/", "d"))

    def test_a_key_in_a_file_is_enough(self) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "key"
            path.write_text("xai-key\n")
            Account.objects.filter(label="xai").update(key_source=f"file:{path}")

            self.assertEqual(names({}), ["xai/grok-4.3"])

    def test_the_tables_are_read_once_in_a_while_and_at_once_after_a_change(self) -> None:
        with override_settings(LLM_ENV={"XAI_API_KEY": "x"}):
            Account.objects.exists()  # the schema is entered with a statement
            with self.assertNumQueries(2):
                registry.targets()
            Account.objects.filter(label="xai").update(is_enabled=False)
            with self.assertNumQueries(0):
                self.assertEqual(len(registry.targets()), 1)
            registry.forget()
            self.assertEqual(registry.targets(), ())

    def test_a_named_model_alone_is_used_for_everything_with_its_price_where_it_has_one(self) -> None:
        (known,) = found({"OPENAI_API_KEY": "o", "LLM_MODEL": "gpt-6-sol"})
        (unknown,) = found({"OPENAI_API_KEY": "o", "LLM_MODEL": "gpt-99"})

        self.assertEqual((known.model, known.quality), ("gpt-6-sol", FRONTIER))
        self.assertEqual((known.price and known.price.fresh), Decimal(2))
        self.assertEqual((unknown.model, unknown.quality, unknown.price), ("gpt-99", FRONTIER, None))

    def test_an_own_server_is_the_only_target_and_takes_everything_without_a_price(self) -> None:
        (target,) = found({"OPENAI_BASE_URL": SERVER, "GROQ_API_KEY": "g"})

        self.assertEqual((target.account, target.model, target.price), ("own-server", "", None))
        self.assertEqual((target.quality, target.api_key, target.base_url), (FRONTIER, "none", SERVER))

    def test_an_own_server_at_a_known_address_has_no_models_that_the_account_does_not_use(self) -> None:
        Offer.objects.filter(account__base_url="https://api.groq.com/openai/v1", model="openai/gpt-oss-20b").update(
            verified_at=None
        )

        targets = found({"OPENAI_BASE_URL": "https://api.groq.com/openai/v1", "OPENAI_API_KEY": "k"})

        self.assertEqual([target.name for target in targets], ["groq/openai/gpt-oss-120b"])

    def test_an_own_server_at_a_known_address_has_that_account_s_models_prices_and_the_given_key(self) -> None:
        targets = found({"OPENAI_BASE_URL": "https://api.groq.com/openai/v1", "OPENAI_API_KEY": "k"})

        self.assertEqual([target.name for target in targets], ["groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-120b"])
        self.assertEqual({(target.api_key, target.key_source) for target in targets}, {("k", "")})
        self.assertEqual([target.quality for target in targets], [1, 3])

    def test_a_target_never_shows_its_key(self) -> None:
        env = {"OPENAI_BASE_URL": SERVER, "OPENAI_API_KEY": "sk-1"}  # pragma: allowlist secret
        self.assertNotIn("sk-1", repr(found(env)))

    def test_an_unknown_price_of_an_own_server_is_warned_of_without_a_look_at_the_database(self) -> None:
        groq = "https://api.groq.com/openai/v1"
        cases = [
            ({"OPENAI_BASE_URL": SERVER, "LLM_MODEL": "m"}, ["No price is known for 127.0.0.1:11434 m."]),
            ({"OPENAI_BASE_URL": groq, "LLM_MODEL": "openai/gpt-oss-20b"}, []),
            ({"OPENAI_API_KEY": "o"}, []),
        ]
        for env, expected in cases:
            with self.subTest(env), override_settings(LLM_ENV=env), self.assertNumQueries(0):
                self.assertEqual([warning.msg for warning in checks.prices_are_known(None)], expected)

    def test_the_doctor_names_what_answers_and_what_has_a_key_in_vain(self) -> None:
        cases = [
            ({}, WARN, "none: interviews run in basic mode"),
            ({"XAI_API_KEY": "x"}, OK, "xai grok-4.3"),
            (
                {"XAI_API_KEY": "x", "MISTRAL_API_KEY": "m"},
                WARN,
                "xai grok-4.3; not used: mistral-free: It trains on what it is sent.",
            ),
        ]
        for env, level, what in cases:
            with self.subTest(what), override_settings(LLM_ENV=env):
                registry.forget()
                finding = examination.model()
                self.assertEqual((finding.level, finding.what), (level, what))


class RegistryInATenantTests(TenantTestCase):
    def test_it_reads_the_public_tables_and_leaves_the_tenant_s_schema_as_it_was(self) -> None:
        self.assertEqual(names({"XAI_API_KEY": "x"}), ["xai/grok-4.3"])
        self.assertEqual(tenancy.schema(), "alpha")
