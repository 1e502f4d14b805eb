"""The model server of the tests streams as OpenAI does, and breaks its streams as it is told."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.mock_model import MockModel

TEXT = "Thank you, that is noted. The next question follows."
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}, "probe": {"type": "null"}}}


@pytest.fixture(scope="module")
def mock() -> Iterator[MockModel]:
    with MockModel() as running:
        yield running


def open_stream(mock: MockModel, model: str = "mock", **more: Any) -> http.client.HTTPResponse:
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}
    asked = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Hi"}], "response_format": schema}
    connection = http.client.HTTPConnection(urlsplit(mock.url).netloc, timeout=5)
    connection.request("POST", "/v1/chat/completions", json.dumps(asked | more))
    return connection.getresponse()


def events(body: bytes) -> list[Any]:
    lines = [line[6:] for line in body.decode().splitlines() if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def text_of(found: list[Any]) -> str:
    choices = [choice for body in found if body != "[DONE]" for choice in body["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def test_a_stream_has_a_role_the_text_in_pieces_a_reason_and_an_end(mock: MockModel) -> None:
    response = open_stream(mock)
    found = events(response.read())

    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert found[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert json.loads(text_of(found)) == {"text": TEXT, "probe": None}
    assert found[1]["choices"][0]["delta"]["content"] == '{"text": "Thank'
    assert found[-2]["choices"][0] == {"index": 0, "delta": {}, "finish_reason": "stop"}
    assert found[-1] == "[DONE]"


def test_tokens_come_last_where_they_are_asked_for(mock: MockModel) -> None:
    found = events(open_stream(mock, stream_options={"include_usage": True}).read())

    assert found[-2]["choices"] == []
    assert found[-2]["usage"]["prompt_tokens_details"] == {"cached_tokens": 0}
    assert found[-2]["usage"]["completion_tokens"] == len(text_of(found)) // 4 + 1


def test_the_first_piece_comes_after_a_fifth_of_the_latency_and_the_last_at_its_end() -> None:
    with MockModel(latency=(1.0, 1.0)) as slow:
        began = time.monotonic()
        response = open_stream(slow)
        response.readline()
        first = time.monotonic() - began
        response.read()
        whole = time.monotonic() - began

    assert 0.2 <= first < whole / 2
    assert 1.0 <= whole < 5


def test_a_follow_up_has_the_shape_of_the_schema(mock: MockModel) -> None:
    kinds = {"kind": {"enum": ["ownership", "result"]}, "text": {"type": "string"}}
    shape = {"anyOf": [{"type": "null"}, {"type": "object", "properties": kinds}]}
    asked = {"json_schema": {"schema": {"properties": {"text": {"type": "string"}, "probe": shape}}}}

    plain = json.loads(text_of(events(open_stream(mock, "mock!probe").read())))
    typed = json.loads(text_of(events(open_stream(mock, "mock!probe", response_format=asked).read())))

    assert plain["probe"] == "What did you measure afterwards?"
    assert typed["probe"] == {"kind": "ownership", "text": "What did you measure afterwards?"}


@pytest.mark.parametrize("fault", ["cut", "cut_reset"])
def test_a_cut_stream_breaks_before_its_end(mock: MockModel, fault: str) -> None:
    response = open_stream(mock, f"mock!{fault}")

    with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        response.read()


@pytest.mark.parametrize(("fault", "reasons"), [("no_finish", []), ("length", ["length"]), ("odd_lines", ["stop"])])
def test_a_stream_says_why_it_ended_or_does_not(mock: MockModel, fault: str, reasons: list[str]) -> None:
    found = events(open_stream(mock, f"mock!{fault}").read())

    choices = [choice for body in found if body != "[DONE]" for choice in body["choices"]]
    assert [choice["finish_reason"] for choice in choices if choice["finish_reason"]] == reasons
    assert found[-1] == "[DONE]"


def test_duplicates_say_everything_twice(mock: MockModel) -> None:
    found = events(open_stream(mock, "mock!duplicates").read())

    assert text_of(found).startswith('{"text": "Thank{"text": "Thank you, that you, that')


def test_bytes_that_are_no_text_a_page_and_nothing_at_all(mock: MockModel) -> None:
    broken = open_stream(mock, "mock!bad_utf8").read()
    page = open_stream(mock, "mock!html")
    nothing = open_stream(mock, "mock!empty")

    assert b"\xff\xfe" in broken
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html")
    assert (nothing.status, nothing.read()) == (200, b"")


def test_ten_megabytes_are_sent_to_whoever_reads_them(mock: MockModel) -> None:
    assert len(open_stream(mock, "mock!too_large").read()) > 10_000_000


@pytest.mark.parametrize(("fault", "least", "most"), [("slow_body", 1, 3), ("endless", 200, 5000)])
def test_a_slow_and_an_endless_stream_go_on_until_the_client_leaves(
    mock: MockModel, fault: str, least: int, most: int
) -> None:
    response = open_stream(mock, f"mock!{fault}")
    began, got = time.monotonic(), b""

    while time.monotonic() - began < 1.1:
        got += response.read1(100)

    assert least <= len(got) <= most
    response.close()


def test_150_streams_at_once_take_as_long_as_one() -> None:
    with MockModel(latency=(1.0, 1.0)) as slow:
        began, done = time.monotonic(), []
        threads = [threading.Thread(target=lambda: done.append(open_stream(slow).read())) for _ in range(150)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - began

    assert len(done) == 150 and all(body.endswith(b"[DONE]\n\n") for body in done)
    assert seconds < 30  # one after another they would take 150
