"""The event route: what a browser gets, resumes and is refused."""

import json
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from cryptography.fernet import Fernet

from core.redis import client
from live import route, tickets
from live.hub import MOST_OF_ONE
from live.tests.listening import Route, channel, serving, speaker, wait_until


@pytest.fixture(scope="module")
def events() -> Iterator[Route]:
    with serving() as running:
        yield running


def test_events_arrive_in_their_order_with_rising_ids(events: Route) -> None:
    to = channel()
    with events.open(to) as stream:
        speaker(to).stage("retrieving_context")
        for word in ("One. ", "Two. ", "Three."):
            speaker(to).say(word)
        speaker(to).end("replied", next_turn="x")
        heard = [stream.event() for _ in range(5)]

    assert stream.status == 200
    assert stream.response.getheader("content-type") == "text/event-stream; charset=utf-8"
    assert [event["type"] for event in heard] == ["stage", "text", "text", "text", "end"]
    assert [event.get("text") for event in heard[1:4]] == ["One. ", "Two. ", "Three."]
    assert heard[4] == {
        "turn": str(heard[0]["turn"]),
        "attempt": 100,
        "type": "end",
        "status": "replied",
        "next_turn": "x",
    }
    assert stream.ids == sorted(set(stream.ids), key=lambda name: [int(part) for part in name.split("-")])


def test_a_stream_that_begins_late_hears_what_was_said_before(events: Route) -> None:
    to = channel()
    speaker(to).say("Said before.")
    wait_until(lambda: client().xlen(to.name) == 1)

    with events.open(to) as stream:
        assert stream.texts(1) == ["Said before."]


def test_a_resumed_stream_goes_on_after_the_last_event_it_had(events: Route) -> None:
    to = channel()
    with events.open(to) as stream:
        for number in range(6):
            speaker(to).say(str(number))
        first = stream.texts(3)
    with events.open(to, last=stream.ids[-1]) as resumed:
        speaker(to).say("6")
        rest = resumed.texts(4)

    assert first + rest == ["0", "1", "2", "3", "4", "5", "6"]


def test_an_id_from_the_future_begins_anew_and_says_so(events: Route) -> None:
    to = channel()
    speaker(to).say("kept")
    wait_until(lambda: client().xlen(to.name) == 1)

    with events.open(to, last="99999999999999-0") as stream:
        heard = [stream.event(), stream.event()]

    assert heard[0] == {"type": "reset"}
    assert heard[1]["text"] == "kept"


def test_a_stream_that_was_flushed_meanwhile_begins_anew(events: Route) -> None:
    to = channel()
    with events.open(to) as stream:
        speaker(to).say("lost")
        stream.texts(1)
    client().delete(to.name)

    with events.open(to, last=stream.ids[-1]) as resumed:
        assert resumed.event() == {"type": "reset"}
        speaker(to).say("new")
        assert resumed.texts(1) == ["new"]


@pytest.mark.parametrize("last", ["x", "1", "-1-0", "1-0-0", f"1-{2**64}", "9" * 40 + "-0", "1-0; DROP"])
def test_an_id_that_is_none_is_refused_with_a_sentence(events: Route, last: str) -> None:
    with events.open(channel(), last=last) as refused:
        body = json.loads(refused.response.read())

    assert refused.status == 400
    assert body["title"] == "bad event id"


def test_a_forged_ticket_is_refused(events: Route) -> None:
    forged = Fernet(Fernet.generate_key()).encrypt(b'{"channel": "candor:alpha:live:x", "secret": "AAAA"}').decode()
    real = tickets.issue(channel())
    for ticket in ("", "x", "x" * 5000, forged, real[:-4] + "AAAA"):
        with events.open(channel(), Authorization=f"Ticket {ticket}") as refused:
            assert refused.status == 401
            assert json.loads(refused.response.read())["title"] == "ticket not valid"
    with events.open(channel(), Authorization=f"Bearer {real}") as refused:
        assert refused.status == 401


def test_a_ticket_opens_a_stream_for_a_minute(events: Route) -> None:
    to, now = channel(), int(time.time())
    for age, status in ((tickets.SECONDS - 5, 200), (tickets.SECONDS + 5, 401), (-3600, 401)):
        with patch("cryptography.fernet.time.time", return_value=now - age):
            ticket = tickets.issue(to)
        with events.open(to, Authorization=f"Ticket {ticket}") as stream:
            assert stream.status == status, age


def test_a_ticket_to_one_interview_hears_nothing_of_another(events: Route) -> None:
    mine, theirs = channel(), channel()
    with events.open(mine) as stream:
        speaker(theirs).say("theirs")
        wait_until(lambda: client().xlen(theirs.name) == 1)
        speaker(mine).say("mine")
        assert stream.texts(1) == ["mine"]


def test_what_was_sealed_with_another_secret_is_left_out(events: Route) -> None:
    to = channel()
    impostor = channel()
    with events.open(to) as stream:
        sealed = impostor.seal({"type": "text", "text": "forged"})
        client().publish(to.name, b"%d-0 %b" % (int(time.time() * 1000), sealed))
        speaker(to).say("real")
        assert stream.texts(1) == ["real"]


def test_a_message_that_is_none_of_ours_ends_nobodys_stream(events: Route) -> None:
    to = channel()
    with events.open(to) as stream:
        for junk in (b"hello", b"", b"1-0", b"x-y z", b"1-" + b"9" * 30 + b" z"):
            client().publish(to.name, junk)
        speaker(to).say("goes on")
        assert stream.texts(1) == ["goes on"]
    with events.open(channel()) as other:
        assert other.status == 200


def test_nothing_readable_lies_in_redis_and_it_expires(events: Route) -> None:
    to = channel()
    speaker(to).say("I led the MIGRATION.")
    wait_until(lambda: client().xlen(to.name) == 1)

    kept: Any = client().xrange(to.name)
    [(_, fields)] = kept
    assert b"MIGRATION" not in fields[b"e"]
    assert json.loads(to.open(fields[b"e"]))["text"] == "I led the MIGRATION."
    assert 0 < client().ttl(to.name) <= 600


def test_other_methods_are_refused(events: Route) -> None:
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", events.port, timeout=5)
    connection.request("POST", route.PATH, body=b"x")
    response = connection.getresponse()

    assert (response.status, response.getheader("allow")) == (405, "GET")
    connection.close()


def test_the_oldest_of_too_many_streams_of_an_interview_gives_way(events: Route) -> None:
    from contextlib import ExitStack

    to = channel()
    with ExitStack() as stack:
        streams = [stack.enter_context(events.open(to)) for _ in range(MOST_OF_ONE + 1)]
        assert streams[0].event() == {}
        speaker(to).say("still here")
        assert [stream.texts(1) for stream in streams[1:]] == [["still here"]] * MOST_OF_ONE


def test_a_quiet_stream_beats(events: Route) -> None:
    with patch.object(route, "BEAT_SECONDS", 0.05), events.open(channel()) as stream:
        lines = [stream.line() for _ in range(6)]

    assert lines == [": beat\n", "\n"] * 3


def test_a_stream_ends_after_its_life_and_leaves_nothing_behind(events: Route) -> None:
    wait_until(lambda: events.listeners() == 0)
    with patch.object(route, "LIFE_SECONDS", 0.1), events.open(channel()) as stream:
        assert stream.event() == {}
    wait_until(lambda: events.listeners() == 0)


def test_a_client_that_left_is_forgotten(events: Route) -> None:
    with events.open(channel()):
        assert events.listeners() >= 1
    wait_until(lambda: events.listeners() == 0)


def test_a_full_process_refuses_and_says_what_to_do(events: Route) -> None:
    with patch("live.hub.MOST_LISTENERS", 0), events.open(channel()) as refused:
        assert refused.status == 503
        assert refused.response.getheader("retry-after") == "5"
        assert "Ask for the turn itself" in json.loads(refused.response.read())["detail"]


def test_a_process_that_stops_ends_its_streams_and_takes_back_none_that_comes_again_at_once() -> None:
    with serving() as stopping, stopping.open(channel()) as stream:
        stopping.hub.end_all()

        assert stream.event() == {}
        with stopping.open(channel()) as again:
            assert again.status == 503


def test_a_listener_that_is_too_far_behind_reads_the_rest_from_the_stream(events: Route) -> None:
    to = channel()
    with patch("live.hub.MOST_WAITING", 4), events.open(to) as stream:
        for number in range(200):
            speaker(to).say(str(number))
        assert stream.texts(200) == [str(number) for number in range(200)]
