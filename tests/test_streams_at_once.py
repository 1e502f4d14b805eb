"""Event streams beside pages: they take no thread and no connection, and nobody holds anything for ever."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPResponse
from uuid import uuid4

import psutil
import pytest

from interviews.services.simulation.browser import Browser
from interviews.services.simulation.forms import parse
from tests.faults import candidates
from tests.faults.candidates import Candidate
from tests.model_process import mock_model
from tests.stack import Stack, stack, wait_until

pytestmark = pytest.mark.prove

INTERVIEWS, STREAMS_EACH = 10, 5
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'candor' AND usename = 'candor_app'"
PAGE_SECONDS = 2.0  # far above what a page takes, far below what a page without a thread would wait


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    with (
        mock_model("--latency", "1-2", "--seed", "1") as model,
        stack("streams", OPENAI_BASE_URL=model.base_url, LLM_MODEL="mock", DATABASE_POOL="8") as made,
    ):
        yield made


@pytest.fixture(scope="module")
def people(running: Stack) -> list[Candidate]:
    return candidates.enter(running, candidates.invite(running, INTERVIEWS))


def call(running: Stack, method: str, path: str, **headers: str) -> tuple[HTTPConnection, HTTPResponse]:
    connection = HTTPConnection("127.0.0.1", int(running.env["PORT"]), timeout=20)
    connection.request(method, path, headers={"Host": running.host(candidates.TENANT)} | headers)
    return connection, connection.getresponse()


def ticket(running: Stack, person: Candidate) -> str:
    token = person.link.rpartition("/i/")[2].strip("/")
    path = f"/api/v1/interviews/{person.interview}/ticket"
    connection, response = call(running, "GET", path, Authorization=f"Interview {token}")
    try:
        assert response.status == 200
        return str(json.loads(response.read())["ticket"])
    finally:
        connection.close()


def listen(running: Stack, person: Candidate) -> tuple[HTTPConnection, HTTPResponse]:
    """An open event stream of this person's interview."""
    return call(running, "GET", "/live/events", Authorization=f"Ticket {ticket(running, person)}")


def heard_until(stream: HTTPResponse, kind: str, turn: str = "") -> list[dict[str, str]]:
    """Every event up to the first of this kind, of this turn where one is named."""
    found: list[dict[str, str]] = []
    while not found or found[-1]["type"] != kind or turn not in ("", found[-1].get("turn")):
        line = stream.readline().decode()
        assert line, f"the stream ended after {found}"
        if line.startswith("data: "):
            found.append(json.loads(line[6:]))
    return found


def said(stream: HTTPResponse) -> list[str]:
    """The types of the events up to the end of a turn."""
    return [event["type"] for event in heard_until(stream, "end")]


def test_fifty_streams_leave_the_threads_and_the_connections_to_the_pages(
    running: Stack, people: list[Candidate], show: Callable[[str], None]
) -> None:
    before = running.value(CONNECTIONS)
    with ExitStack() as open_streams:
        streams = []
        for person in people:
            for _ in range(STREAMS_EACH):
                connection, stream = listen(running, person)
                open_streams.callback(connection.close)
                streams.append(stream)
        assert [stream.status for stream in streams] == [200] * INTERVIEWS * STREAMS_EACH

        seconds = []
        for _ in range(60):
            began = time.monotonic()
            connection, page = call(running, "GET", "/sign-in/")
            page.read()
            connection.close()
            seconds.append(time.monotonic() - began)
            assert page.status == 200
        turns = candidates.answer_all(people)
        heard = [said(stream) for stream in streams]

    show(json.dumps({"streams": len(streams), "page_p95_ms": round(sorted(seconds)[56] * 1000, 1)}))
    assert len(set(turns)) == INTERVIEWS
    assert max(seconds) < PAGE_SECONDS
    assert running.value(CONNECTIONS) <= before + 8
    for events in heard:
        assert [one for one in events if one != "text"] == [
            "stage",
            "stage",
            "stage",
            "end",
        ]
        assert events.count("text") >= 1


def test_a_client_that_never_reads_holds_nobody_up_and_is_forgotten(
    running: Stack, people: list[Candidate], show: Callable[[str], None]
) -> None:
    web = psutil.Process(running.pids()["web"])
    before, person = web.memory_info().rss, people[0]
    deaf = []
    for _ in range(40):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.connect(("127.0.0.1", int(running.env["PORT"])))
        head = f"GET /live/events HTTP/1.1\r\nHost: x\r\nAuthorization: Ticket {ticket(running, person)}\r\n\r\n"
        client.sendall(head.encode())
        deaf.append(client)

    [turn] = candidates.answer_all([person])

    status = "SELECT status FROM prove.interviews_turn WHERE id = %s"
    wait_until(lambda: running.value(status, turn) == "replied", "no reply")
    assert web.memory_info().rss - before < 40_000_000
    for client in deaf:
        client.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Ticket forged"}, 401),
        ({"Authorization": f"Interview {uuid4()}"}, 401),
    ],
)
def test_without_a_ticket_nobody_listens(running: Stack, headers: dict[str, str], status: int) -> None:
    connection, response = call(running, "GET", "/live/events", **headers)

    assert response.status == status
    assert "ticket" in json.loads(response.read())["detail"]
    connection.close()


def test_strangers_get_no_ticket(running: Stack, people: list[Candidate]) -> None:
    mine, theirs = people[0], people[1]
    token = mine.link.rpartition("/i/")[2].strip("/")
    path = f"/api/v1/interviews/{theirs.interview}/ticket"

    for headers, wanted in (({}, 401), ({"Authorization": f"Interview {token}"}, 404)):
        connection, response = call(running, "GET", path, **headers)
        assert response.status == wanted
        connection.close()


def test_a_withdrawal_in_the_middle_of_a_reply_ends_this_stream_at_once_and_no_other(
    running: Stack, people: list[Candidate], show: Callable[[str], None]
) -> None:
    leaving, staying = people[-1], people[-2]
    browser = Browser(running.url, host=running.host(candidates.TENANT), patience=30)
    browser.get(leaving.link)
    page = browser.get(f"/interview/{leaving.interview}/withdraw/")
    (mine, stream), (theirs, others) = listen(running, leaving), listen(running, staying)
    turn = leaving.answer().json()["id"]
    their_turn = staying.answer().json()["id"]
    heard_until(stream, "stage", turn)

    browser.submit(page, parse(page.text)[-1])
    began = time.monotonic()
    last = heard_until(stream, "closed")
    assert stream.read().strip() == b""
    seconds = time.monotonic() - began

    show(json.dumps({"withdrawn": "in the middle of a reply", "stream_ended_seconds": round(seconds, 2)}))
    assert seconds < 2
    assert ("end", turn, "withdrawn") in [(one["type"], one.get("turn"), one.get("status")) for one in last]
    assert heard_until(others, "end", their_turn)[-1]["status"] == "replied"
    token = leaving.link.rpartition("/i/")[2].strip("/")
    path = f"/api/v1/interviews/{leaving.interview}/ticket"
    again, refused = call(running, "GET", path, Authorization=f"Interview {token}")
    assert refused.status == 410
    for connection in (mine, theirs, again):
        connection.close()
    browser.close()
