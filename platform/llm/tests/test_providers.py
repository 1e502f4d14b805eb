"""Which account a call goes to: by keys, dates and what a provider does with data."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from django.test import override_settings

from llm import checks, filters, providers
from llm.policy import TenantPolicy
from llm.providers import Target

ANYWHERE = TenantPolicy(schema="alpha")


def chosen(env: Mapping[str, str], policy: TenantPolicy = ANYWHERE, complexity: str = "simple") -> Target | None:
    with override_settings(LLM_ENV=dict(env)):
        return providers.choose(policy, complexity)


def account(env: Mapping[str, str], policy: TenantPolicy = ANYWHERE) -> str:
    target = chosen(env, policy)
    return target.account if target else ""


def test_no_key_means_no_model() -> None:
    assert chosen({}) is None


def test_the_first_account_whose_key_is_set_is_used() -> None:
    assert account({"GROQ_API_KEY": "g"}) == "groq"
    assert account({"GROQ_API_KEY": "g", "OPENAI_API_KEY": "o"}) == "openai"


def test_an_own_server_wins_over_every_account_and_needs_no_key() -> None:
    target = chosen({"OPENAI_BASE_URL": "http://127.0.0.1:11434/v1", "GROQ_API_KEY": "g"})

    assert target is not None
    assert (target.account, target.model, target.price) == ("own-server", "", None)


def test_an_own_server_at_a_known_address_has_that_accounts_models_and_prices() -> None:
    target = chosen({"OPENAI_BASE_URL": "https://api.groq.com/openai/v1/", "OPENAI_API_KEY": "k"})

    assert target is not None
    assert (target.account, target.model, target.api_key) == ("groq", "openai/gpt-oss-20b", "k")
    assert target.price == providers.Price(Decimal("0.075"), Decimal("0.075"), Decimal("0.30"))


@pytest.mark.parametrize("name", ["GEMINI_API_KEY", "MISTRAL_API_KEY"])
def test_an_account_that_trains_on_data_is_never_used(name: str) -> None:
    assert chosen({name: "k"}) is None


def test_a_retired_account_is_skipped_from_its_day_on() -> None:
    with time_machine.travel("2026-07-29T12:00:00Z", tick=False):
        assert account({"GITHUB_MODELS_TOKEN": "k"}) == "github-models"
    with time_machine.travel("2026-07-30T00:00:00Z", tick=False):
        assert account({"GITHUB_MODELS_TOKEN": "k"}) == ""


def test_an_address_with_a_place_in_it_waits_for_all_its_settings() -> None:
    assert account({"AZURE_OPENAI_API_KEY": "k"}) == ""

    target = chosen({"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_RESOURCE": "r", "AZURE_OPENAI_DEPLOYMENT": "d"})
    assert target is not None
    assert (target.base_url, target.model) == ("https://r.openai.azure.com/openai/v1/", "d")


def test_a_policy_narrows_the_choice() -> None:
    keys = {"OPENAI_API_KEY": "o", "GROQ_API_KEY": "g"}

    assert account(keys, TenantPolicy("alpha", providers=frozenset({"groq"}))) == "groq"
    assert account(keys, TenantPolicy("alpha", providers=frozenset({"nobody"}))) == ""
    assert account(keys, TenantPolicy("alpha", region="eu")) == ""  # no row says where it computes


def test_a_named_model_is_used_with_its_price_where_the_account_has_one() -> None:
    known = chosen({"OPENAI_API_KEY": "o", "LLM_MODEL": "gpt-6-sol"})
    unknown = chosen({"OPENAI_API_KEY": "o", "LLM_MODEL": "gpt-99"})

    assert known is not None and unknown is not None
    assert (known.model, known.price) == ("gpt-6-sol", providers.Price(Decimal(2), Decimal("0.2"), Decimal(10)))
    assert (unknown.model, unknown.price) == ("gpt-99", None)


def test_complexity_chooses_the_model() -> None:
    names = [chosen({"OPENAI_API_KEY": "o"}, complexity=wanted) for wanted in providers.COMPLEXITIES]

    assert [name.model for name in names if name] == ["gpt-6-luna", "gpt-6.1-terra", "gpt-6-sol"]


def test_a_target_never_shows_its_key() -> None:
    assert "sk-1" not in repr(chosen({"OPENAI_API_KEY": "sk-1"}))  # pragma: allowlist secret


@pytest.mark.parametrize("row", providers.rows(), ids=lambda row: row["account"])
def test_every_row_is_complete(row: dict[str, object]) -> None:
    assert set(row) - {"needs_env", "note", "stream_usage"} == {
        "account", "provider", "base_url", "key_env", "models", "structured", "max_tokens", "region", "trains_on_data",
        "price_version", "verified_at", "retires_at",
    }  # fmt: skip
    assert str(row["base_url"]).startswith("https://")
    assert row["structured"] in {"json_schema", "json_object", "prompt"}
    assert date.fromisoformat(str(row["verified_at"])) <= date(2026, 12, 31)
    models = row["models"]
    assert isinstance(models, dict)
    assert tuple(models) == providers.COMPLEXITIES
    for model in models.values():
        prices = [model["price_in"], model["price_cached"], model["price_out"]]
        assert prices == [None] * 3 or all(isinstance(price, str) and Decimal(price) > 0 for price in prices)


def test_accounts_are_unique() -> None:
    names = [row["account"] for row in providers.rows()]
    assert len(names) == len(set(names))


def test_a_missing_input_filter_stops_the_boot() -> None:
    with override_settings(LLM_INPUT_FILTERS=[]):
        assert [error.id for error in checks.input_filters_are_there(None)] == ["llm.E001"]
    with override_settings(LLM_INPUT_FILTERS=["compliance.redaction.nothing"]):
        assert [error.id for error in checks.input_filters_are_there(None)] == ["llm.E002"]
    assert checks.input_filters_are_there(None) == []


def test_a_filter_that_loses_a_message_sends_nothing() -> None:
    with override_settings(LLM_INPUT_FILTERS=["llm.tests.test_providers.swallow"]), pytest.raises(filters.FilterBroke):
        filters.redact([{"role": "system", "content": "a"}, {"role": "user", "content": "b"}], ())


def swallow(text: str, known: tuple[str, ...]) -> filters.Redacted:
    return filters.Redacted(text.replace(filters.BETWEEN, ""), {})
