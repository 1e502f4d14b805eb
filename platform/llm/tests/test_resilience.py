"""The gateway as somebody else's server grades it: llmock breaks the line in its own ways and judges what we do."""

import random
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.test import override_settings
from llmock.pytest_plugin import LLMock
from llmock.scenarios import Reply
from llmock.simulation import MockResponseSettings
from llmock.testing import LLMockServer

from core import tenancy
from llm import gateway, wire
from llm.gateway import Completion
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import MESSAGES, SCHEMA, forget

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(scope="module")
def server() -> Iterator[LLMockServer]:
    with LLMockServer() as running:
        yield running


@pytest.fixture
def graded(server: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[LLMock]:
    """The server, and at the end its verdict: not even a warning."""
    handle = LLMock(server).reset()
    server.app.state.mock_response_settings = MockResponseSettings(
        response_style="static"
    )  # the others repeat what was asked
    forget()
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)  # two pauses at random may happen not to grow
    env = {
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_API_KEY": "sk-any",  # pragma: allowlist secret
        "LLM_MODEL": "mock",
    }
    with override_settings(LLM_ENV=env), tenancy.enter("alpha"):
        yield handle
    forget()
    handle.assert_resilient(strict=True)


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "feature": "evaluation",
        "policy": TenantPolicy(schema="alpha"),
        "messages": MESSAGES,
        "max_tokens": 200,
        "deadline": time.monotonic() + 20,
    } | changes


def complete(number: int = 0) -> Completion:
    """Another question for each number: an equal one would be answered from the cache."""
    return gateway.complete(**asked(messages=[*MESSAGES, {"role": "user", "content": f"Answer {number}."}]))


def streamed(heard: list[dict[str, Any]], restarts: list[int]) -> Completion:
    def again() -> None:
        restarts.append(len(heard))
        heard.clear()

    return gateway.stream(heard.append, again=again, **asked())


def kinds() -> list[str]:
    return list(LlmCall.objects.order_by("attempt").values_list("error_kind", flat=True))


def test_a_rate_limit_is_waited_out(graded: LLMock) -> None:
    graded.rate_limit(times=2, retry_after=0.5)
    began = time.monotonic()

    assert complete().text

    assert kinds() == ["rate_limited", "rate_limited", ""]
    assert time.monotonic() - began >= 1.0
    assert [wait >= 400 for wait in LlmCall.objects.order_by("attempt").values_list("wait_ms", flat=True)] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_a_failing_server_is_asked_again_after_a_growing_pause(graded: LLMock, status: int) -> None:
    graded.fail(status, times=2)

    assert complete().text

    assert kinds() == ["server_error", "server_error", ""]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "rejected"), (401, "unauthorised"), (403, "unauthorised"), (404, "not_found"), (422, "rejected")],
)
def test_what_no_repetition_mends_is_not_repeated(graded: LLMock, status: int, kind: str) -> None:
    graded.fail(status, times=None)

    with pytest.raises(gateway.Unavailable) as failed:
        complete()

    assert failed.value.kind == kind
    assert kinds() == [kind]


def test_an_outage_is_given_up_after_a_few_attempts(graded: LLMock) -> None:
    graded.outage()

    with pytest.raises(gateway.Unavailable):
        complete()

    assert kinds() == ["server_error"] * 3


@pytest.mark.parametrize("fault", ["truncate", "disconnect", "corrupt"])
def test_a_stream_that_breaks_is_told_anew_and_never_twice(graded: LLMock, fault: str) -> None:
    getattr(graded, fault)(after_chunks=3).pace(10)  # so that it notices whoever hangs up
    heard: list[dict[str, Any]] = []

    said = streamed(heard, [])

    assert said.text
    assert len(kinds()) == 2 and kinds()[0] and not kinds()[1]


def test_a_stream_that_stalls_is_left_for_another_attempt(graded: LLMock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "IDLE_SECONDS", 1.5)
    graded.stall(seconds=30)

    assert streamed([], []).text

    assert kinds() == ["timeout", ""]


def test_a_quota_that_nobody_configured_is_learned_from_its_headers(graded: LLMock) -> None:
    graded.limits(rpm=2)

    for number in range(2):
        complete(number)
    with pytest.raises(gateway.Unavailable) as failed:
        gateway.complete(**asked(deadline=time.monotonic() + 3))

    assert failed.value.kind == "limited"
    assert kinds() == ["", ""]


def test_a_quota_of_tokens_is_learned_and_the_call_that_would_pass_it_is_not_sent(graded: LLMock) -> None:
    graded.limits(tpm=400)

    complete()
    with pytest.raises(gateway.Unavailable) as failed:
        gateway.complete(**asked(deadline=time.monotonic() + 3))

    assert failed.value.kind == "limited"
    assert [request.status for request in graded.requests] == [200]


def test_a_prompt_that_is_too_long_for_the_server_is_sent_once(graded: LLMock) -> None:
    graded.context_overflow(times=None)

    with pytest.raises(gateway.Unavailable) as failed:
        complete()

    assert failed.value.kind == "rejected"
    assert kinds() == ["rejected"]


def test_a_server_that_takes_too_long_is_left_while_there_is_time_for_another_attempt(graded: LLMock) -> None:
    graded.delay(4)

    assert gateway.complete(**asked(deadline=time.monotonic() + 6)).text

    assert kinds() == ["timeout", ""]


def test_a_call_ends_at_its_deadline_whatever_the_server_does(graded: LLMock) -> None:
    graded.delay(1.5)
    began = time.monotonic()

    with pytest.raises(gateway.Unavailable) as failed:
        gateway.complete(**asked(deadline=began + 0.5))

    assert failed.value.kind == "timeout"
    assert time.monotonic() - began < 1.4


def test_first_words_that_come_late_are_waited_for(graded: LLMock) -> None:
    graded.slow_first_token(0.4)

    said = streamed([], [])

    assert said.first_ms >= 400
    assert kinds() == [""]


def test_first_words_that_do_not_come_are_left_for_another_attempt(
    graded: LLMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "IDLE_SECONDS", 1.5)
    graded.slow_first_token(4)

    assert streamed([], []).text

    assert kinds() == ["timeout", ""]


@pytest.mark.parametrize("broken", ['{"text": 7, "probe": null}', "Good day."])
def test_an_answer_that_breaks_the_schema_is_mended_by_one_more_attempt(graded: LLMock, broken: str) -> None:
    graded.reply(broken)

    said = gateway.complete(**asked(schema=SCHEMA))

    assert said.parsed == {"text": "mock-text", "probe": "mock-probe"}
    assert kinds() == ["schema", ""]


def test_answers_that_go_on_breaking_the_schema_are_given_up_and_told_as_such(graded: LLMock) -> None:
    graded.reply('{"text": 7}', times=None)

    with pytest.raises(gateway.BadOutput) as failed:
        gateway.complete(**asked(schema=SCHEMA))

    assert failed.value.kind == "schema"
    assert kinds() == ["schema", "schema"]


@pytest.mark.parametrize(("reason", "kind"), [("length", "truncated"), ("content_filter", "filtered")])
def test_an_answer_that_did_not_end_by_itself_is_not_taken(graded: LLMock, reason: str, kind: str) -> None:
    graded.add(Reply(text="Half of it", finish_reason=reason))

    with suppress(gateway.Unavailable):
        assert complete().text != "Half of it"

    assert kinds()[0] == kind


def test_a_call_of_a_tool_that_was_not_offered_is_no_answer(graded: LLMock) -> None:
    graded.call_tool("search", {"query": "Anna"})

    assert complete().text

    assert kinds()[1:] == [""]
