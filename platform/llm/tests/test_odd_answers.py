"""Whatever a provider does, the caller gets a kind: no traceback, no content, no key, and one settled row."""

import json
import time
import traceback
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from llm import gateway
from llm.failures import kind_of
from llm.models import LlmCall
from llm.tests.asking import ask, using
from tests.mock_model import MockModel

pytestmark = pytest.mark.django_db

KINDS = {
    "html": "not_json",
    "cut_json": "not_json",
    "deep": "not_json",
    "empty": "empty",
    "nothing_said": "empty",
    "null_content": "empty",
    "number_content": "empty",
    "list": "wrong_shape",
    "no_choices": "wrong_shape",
    "odd_choices": "wrong_shape",
    "odd_finish": "wrong_shape",
    "nul_finish": "wrong_shape",
    "half_finish": "wrong_shape",
    "no_message": "empty",
    "too_large": "too_large",
    "bad_utf8": "bad_encoding",
    "packed": "encoded",
    "400": "rejected",
    "401": "unauthorised",
    "403": "unauthorised",
    "404": "not_found",
    "408": "timeout",
    "429": "rate_limited",
    "429_retry": "rate_limited",
    "500": "server_error",
    "503": "server_error",
    "503_no_date": "server_error",
    "500_zlib": "server_error",
    "500_undefined": "server_error",
    "redirect": "rejected",
    "cut": "cut",
    "reset": "cut",
    "no_finish": "truncated",
    "length": "truncated",
    "filtered": "filtered",
}
BAD_OUTPUT = {
    "not_json": "schema",
    "half_json": "schema",
    "json_list": "schema",
    "nan": "schema",
    "nul": "schema",
    "half_pair": "schema",
    "twins": "schema",
    "unknown_key": "schema",
    "missing_key": "schema",
    "too_long": "schema",
    "says_number": "schema",
    "leak": "canary",
}


ENDS = frozenset({"timeout", "rate_limited", "server_error"})  # when time or patience ends first


@pytest.fixture(scope="module")
def mock() -> Iterator[MockModel]:
    with MockModel() as running:
        yield running


@pytest.fixture(autouse=True)
def anew(mock: MockModel) -> None:
    mock.server.reset()


@pytest.mark.parametrize(("fault", "kind"), KINDS.items())
def test_a_fault_of_the_provider_is_unavailable_with_its_kind(mock: MockModel, fault: str, kind: str) -> None:
    with using(mock, f"mock!{fault}"), pytest.raises(gateway.Unavailable) as error:
        ask()

    assert error.value.kind == kind
    assert not isinstance(error.value, gateway.BadOutput)
    assert_settled_rows(mock, kind)


@pytest.mark.parametrize(("fault", "kind"), BAD_OUTPUT.items())
def test_an_output_that_breaks_the_rules_is_bad_output(mock: MockModel, fault: str, kind: str) -> None:
    with using(mock, f"mock!{fault}"), pytest.raises(gateway.BadOutput) as error:
        ask()

    assert error.value.kind == kind
    assert_settled_rows(mock, kind)
    assert all(row.tokens_in > 0 for row in LlmCall.objects.all())  # it was paid for


@pytest.mark.parametrize("fault", ["leak", "leak_spelled"])
def test_a_leaked_canary_is_noticed_in_plain_text_too(mock: MockModel, fault: str) -> None:
    with using(mock, f"mock!{fault}"), pytest.raises(gateway.BadOutput) as error:
        ask(schema=None)

    assert error.value.kind == "canary"


@pytest.mark.parametrize("fault", ["slow_body", "slow_headers", "hang"])
def test_the_deadline_is_total_however_slowly_bytes_arrive(mock: MockModel, fault: str) -> None:
    started = time.monotonic()

    with using(mock, f"mock!{fault}"), pytest.raises(gateway.Unavailable) as error:
        ask(seconds=1.5)

    assert error.value.kind == "timeout"
    assert 1.4 <= time.monotonic() - started <= 3.0
    assert_settled_rows(mock, "timeout")


def test_nobody_listening_is_refused_at_once_and_costs_nothing() -> None:
    with MockModel() as gone:
        pass

    with using(gone), pytest.raises(gateway.Unavailable) as error:
        ask()

    assert error.value.kind == "refused"
    assert [row.cost_usd for row in LlmCall.objects.all()] == [0, 0, 0]


@pytest.mark.parametrize(
    "address", ["not an address", "ftp://127.0.0.1/v1", "http://127.0.0.1:99999/v1", "http://[::1"]
)
def test_an_impossible_address_is_unusable(mock: MockModel, address: str) -> None:
    with using(mock, OPENAI_BASE_URL=address), pytest.raises(gateway.Unavailable) as error:
        ask()

    assert error.value.kind in {"unusable", "refused", "cut"}


def test_a_fenced_object_and_a_missing_count_are_forgiven(mock: MockModel) -> None:
    with using(mock, "mock!fenced"):
        fenced = ask()
    with using(mock, "mock!no_usage"):
        uncounted = ask()

    assert fenced.parsed == uncounted.parsed
    row = LlmCall.objects.get(model="mock!no_usage")
    assert row.tokens_estimated is True
    assert row.tokens_in == sum(len(m["content"]) for m in mock.requests[1]["messages"]) // 4


@pytest.mark.parametrize("fault", ["401", "500", "html", "bad_utf8", "not_json", "leak", "hang", "redirect", "twins"])
def test_no_key_prompt_or_answer_is_in_an_error_or_a_log(
    mock: MockModel, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")

    with using(mock, f"mock!{fault}"), capture_logs() as logs, pytest.raises(gateway.Unavailable) as error:
        ask(seconds=0.5)

    shown = "".join(traceback.format_exception(error.value)) + repr(error.value) + json.dumps(logs, default=str)
    shown += caplog.text
    for secret in ("sk-SECRET-KEY", "SECRET-PROMPT", "secret prompt", "doctype", "four", "noted"):
        assert secret not in shown


def test_the_next_call_works_after_every_fault(mock: MockModel) -> None:
    for fault in ("cut", "reset", "too_large", "packed", "hang", "slow_body"):
        with using(mock, f"mock!{fault}"), pytest.raises(gateway.Unavailable):
            ask(seconds=0.5)
        with using(mock):
            assert ask().parsed is not None


def assert_settled_rows(mock: MockModel, kind: str) -> None:
    """Each request has a row, and nothing is tried again that can't come out otherwise."""
    rows = list(LlmCall.objects.order_by("attempt"))
    assert {row.error_kind for row in rows} == {kind}
    assert all(row.settled_at for row in rows)
    assert len({row.request_id for row in rows}) == 1
    assert mock.chats == len(rows)
    if kind in ENDS:
        assert len(rows) <= 3
    else:
        assert len(rows) == (2 if kind == "schema" else 3 if kind_of(kind).again else 1)
