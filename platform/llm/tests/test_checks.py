"""The checks of a boot: filters that redact, and prices that are known."""

import pytest
from django.test import override_settings

from llm import checks, filters


def test_a_missing_input_filter_stops_the_boot() -> None:
    with override_settings(LLM_INPUT_FILTERS=[]):
        assert [error.id for error in checks.input_filters_are_there(None)] == ["llm.E001"]
    with override_settings(LLM_INPUT_FILTERS=["compliance.redaction.nothing"]):
        assert [error.id for error in checks.input_filters_are_there(None)] == ["llm.E002"]
    assert checks.input_filters_are_there(None) == []


def test_an_unknown_price_is_flagged() -> None:
    with override_settings(LLM_ENV={"OPENAI_BASE_URL": "http://127.0.0.1/v1", "LLM_MODEL": "m"}):
        said = [warning.msg for warning in checks.prices_are_known(None)]
        assert said == ["No price is known for 127.0.0.1 m."]
    with override_settings(LLM_ENV={"OPENAI_API_KEY": "o"}):
        assert checks.prices_are_known(None) == []


def test_a_filter_that_loses_a_message_sends_nothing() -> None:
    with override_settings(LLM_INPUT_FILTERS=["llm.tests.test_checks.swallow"]), pytest.raises(filters.FilterBroke):
        filters.redact([{"role": "system", "content": "a"}, {"role": "user", "content": "b"}], ())


def swallow(text: str, known: tuple[str, ...]) -> filters.Redacted:
    return filters.Redacted(text.replace(filters.BETWEEN, ""), {})
