"""Answers from the cache that nobody checked: those of a batch, by whatever schema was asked for."""

from collections.abc import Iterator

import pytest

from core import tenancy
from llm import cache, features, keeping, preparing
from llm.cache import Stored
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import MESSAGES, SCHEMA, ask, using
from tests.mock_model import MockModel

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

BROKEN = Stored('{"text": 1}', "gpt-4o", "stop", 10, 0, 5, 1_500_000)


@pytest.fixture
def mock() -> Iterator[MockModel]:
    with MockModel() as running:
        yield running


@pytest.fixture(autouse=True)
def in_alpha() -> Iterator[None]:
    with tenancy.enter("alpha"):
        yield


def keep(stored: Stored) -> str:
    """Keep it as the answer to the question of `ask`."""
    prepared = preparing.prepare(
        {
            "feature": "report",
            "policy": TenantPolicy(schema="alpha"),
            "messages": MESSAGES,
            "complexity": "simple",
            "schema": SCHEMA,
            "max_tokens": 200,
            "deadline": 0,
            "known": ("Anna de Vries",),
            "prompt_version": "turn.v1",
        }
    )
    name = keeping.key(prepared)
    cache.put(name, stored, seconds=60)
    return name


def sources() -> list[str]:
    return list(LlmCall.objects.order_by("created_at").values_list("source", flat=True))


def test_one_that_breaks_the_schema_is_dropped_and_asked_for_anew(mock: MockModel) -> None:
    with using(mock):
        name = keep(BROKEN)
        said = ask(feature="report")

        kept = cache.get(name)

    assert said.parsed == {"text": "Thank you, that is noted. The next question follows.", "probe": None}
    assert (mock.chats, sources()) == (1, ["provider"])
    assert kept is not None
    assert kept.text == said.text


def test_one_that_is_broken_and_can_not_be_had_anew_is_kept_no_longer(mock: MockModel) -> None:
    with using(mock, "mock!500"):
        name = keep(BROKEN)
        with pytest.raises(Exception, match="server_error"):
            ask(feature="report")

        assert cache.get(name) is None


def test_a_good_one_costs_no_call(mock: MockModel) -> None:
    with using(mock):
        keep(Stored('{"text": "Good.", "probe": null}', "gpt-4o", "stop", 10, 0, 5, 1_500_000))
        said = ask(feature="report")

    assert (said.parsed, said.model) == ({"text": "Good.", "probe": None}, "gpt-4o")
    assert (mock.chats, sources()) == (0, ["cache"])


def test_whatever_goes_through_a_batch_is_kept_so_that_it_is_found() -> None:
    assert [feature.name for feature in features.listed().values() if feature.batch and not feature.cache_seconds] == []
