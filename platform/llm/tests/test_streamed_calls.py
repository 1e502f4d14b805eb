"""A streamed call: heard while it grows, validated as a whole, stopped when nobody wants more, settled once."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from llm import canary, gateway
from llm.gateway import Completion
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import MESSAGES, SCHEMA, using
from tests.mock_model import MockModel

pytestmark = pytest.mark.django_db
TEXT = "Thank you, that is noted. The next question follows."


@pytest.fixture
def mock() -> Iterator[MockModel]:
    with MockModel() as running:
        yield running


def listen(hear: Callable[[dict[str, Any]], None], seconds: float = 10) -> Completion:
    gateway.warm()  # the SDK's import is no part of anybody's deadline
    return gateway.stream(
        hear,
        feature="interview_turn",
        policy=TenantPolicy(schema="alpha"),
        messages=MESSAGES,
        complexity="simple",
        schema=SCHEMA,
        max_tokens=200,
        deadline=time.monotonic() + seconds,
        known=("Anna de Vries",),
    )


def test_the_object_is_heard_while_it_grows_and_comes_back_whole(mock: MockModel) -> None:
    heard: list[dict[str, Any]] = []
    with using(mock):
        said = listen(heard.append)

    texts = [one.get("text", "") for one in heard]
    assert len(set(texts)) >= 3
    assert all(TEXT.startswith(text) for text in texts)
    assert said.parsed == heard[-1] == {"text": TEXT, "probe": None}
    assert 0 < said.first_ms <= said.model_ms
    assert mock.requests[0]["stream"] is True
    assert mock.requests[0]["stream_options"] == {"include_usage": True}
    row = LlmCall.objects.get()
    assert (row.finish_reason, row.error_kind, row.tokens_estimated) == ("stop", "", False)
    assert (row.tokens_in, row.tokens_out) == (said.usage.tokens_in, said.usage.tokens_out)


def test_whoever_has_heard_enough_stops_the_call_and_it_is_billed_by_an_estimate(mock: MockModel) -> None:
    def stop(found: dict[str, Any]) -> None:
        if len(found.get("text", "")) > 5:
            raise gateway.Stop

    with using(mock):
        said = listen(stop)

    row = LlmCall.objects.get()
    assert said.parsed is None
    assert (row.finish_reason, row.error_kind, row.tokens_estimated) == ("stopped", "", True)
    assert row.tokens_in > 0 and row.settled_at is not None


@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        ("leak", {"canary"}),
        ("cut", {"cut", "truncated"}),
        ("no_finish", {"truncated"}),
        ("html", {"not_json"}),
        ("500", {"server_error"}),
        ("429", {"rate_limited"}),
        ("unknown_key", {"schema"}),
        ("bad_utf8", {"bad_encoding"}),
        ("too_large", {"too_large", "not_json"}),
    ],
)
def test_what_goes_wrong_in_a_stream_has_the_same_names(mock: MockModel, fault: str, kinds: set[str]) -> None:
    heard: list[dict[str, Any]] = []
    with using(mock, f"mock!{fault}"), pytest.raises(gateway.Unavailable) as failed:
        listen(heard.append)

    assert failed.value.kind in kinds
    assert {row.error_kind for row in LlmCall.objects.all()} == {failed.value.kind}
    assert not any(canary.leaked(str(one)) for one in heard)


@pytest.mark.parametrize("fault", ["slow_body", "endless"])
def test_the_deadline_is_total_however_a_stream_drags_on(mock: MockModel, fault: str) -> None:
    with using(mock, f"mock!{fault}"):
        gateway.warm()
        began = time.monotonic()
        with pytest.raises(gateway.Unavailable):
            listen(lambda _: None, seconds=1.5)

    assert time.monotonic() - began < 4
    assert LlmCall.objects.get().settled_at is not None


def test_a_listener_that_breaks_breaks_the_call_and_the_row_is_settled(mock: MockModel) -> None:
    def break_down(found: dict[str, Any]) -> None:
        raise LookupError

    with using(mock), pytest.raises(LookupError):
        listen(break_down)

    assert LlmCall.objects.get().error_kind == "internal"
