"""Closing a channel: who listens is told and leaves at once, old tickets are void, and others notice nothing."""

import json
import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from redis import ConnectionError

from core.redis import client
from live import closing, hub, publisher, tickets
from live.channels import Channel
from live.tests.listening import TURN, Route, Stream, channel, serving, speaker, wait_until

AT_ONCE = 2.0


@pytest.fixture(scope="module")
def events() -> Iterator[Route]:
    with serving() as running:
        yield running


def later_ticket(to: Channel) -> str:
    """A ticket that was issued after a closing of now."""
    with patch("live.tickets.time.time", return_value=time.time() + 1):
        return tickets.issue(to)


def heard_until_the_end(stream: Stream) -> list[dict[str, Any]]:
    """Every event; the stream must end by itself."""
    began, found = time.monotonic(), []
    while event := stream.event():
        found.append(event)
    assert time.monotonic() - began < AT_ONCE
    return found


def refusal(stream: Stream) -> tuple[int, str]:
    return stream.status, json.loads(stream.response.read()).get("title", "")


def test_closing_for_good_tells_the_turn_s_end_to_every_stream_and_ends_it(events: Route) -> None:
    to = channel()
    with events.open(to) as one, events.open(to) as two:
        speaker(to).say("Until here.")
        one.texts(1), two.texts(1)

        closing.close(to, why="withdrawn", turn=(TURN, 3))

        heard = [heard_until_the_end(stream) for stream in (one, two)]
    ended = {"turn": str(TURN), "attempt": 3, "type": "end", "status": "withdrawn"}
    assert heard == [[ended, {"type": "closed", "why": "withdrawn", "until": None}]] * 2
    wait_until(lambda: events.listeners() == 0)


def test_a_stranger_s_stream_goes_on(events: Route) -> None:
    mine, theirs = channel(), channel()
    with events.open(theirs) as stream:
        closing.close(mine, why="withdrawn")
        closing.dismiss(channel(), why="revoked")
        speaker(theirs).say("still here")

        assert stream.texts(1) == ["still here"]
    assert client().ttl(theirs.name) > closing.LINGERING_SECONDS
    assert client().exists(theirs.mark) == 0


def test_what_was_closed_for_good_opens_to_no_ticket_and_takes_no_more_words(events: Route) -> None:
    to = channel()
    speaker(to).say("kept")
    wait_until(lambda: client().xlen(to.name) == 1)

    closing.close(to, why="withdrawn")
    closing.dismiss(to, why="revoked")  # a link was replaced afterwards
    speaker(to).say("too late")
    speaker(other := channel()).say("sent after it")
    wait_until(lambda: client().xlen(other.name) == 1)

    assert client().xlen(to.name) == 2  # what was kept, and the closing
    assert 0 < client().ttl(to.name) <= closing.LINGERING_SECONDS
    assert client().ttl(to.mark) > tickets.SECONDS
    for ticket in (tickets.issue(to), later_ticket(to)):
        with events.open(to, Authorization=f"Ticket {ticket}") as refused:
            assert refusal(refused) == (401, "ticket not valid")


def test_a_dismissed_listener_leaves_and_only_a_new_ticket_leads_back(events: Route) -> None:
    to = channel()
    old = tickets.issue(to)
    with events.open(to) as stream:
        speaker(to).say("before")
        stream.texts(1)

        closing.dismiss(to, why="revoked")

        assert [event["type"] for event in heard_until_the_end(stream)] == ["closed"]
    with events.open(to, Authorization=f"Ticket {old}") as refused:
        assert refusal(refused) == (401, "ticket not valid")
    with events.open(to, Authorization=f"Ticket {later_ticket(to)}") as back:
        speaker(to).say("after")
        assert back.texts(2) == ["before", "after"]


def test_who_missed_the_closing_leaves_with_the_next_look_into_the_stream(events: Route) -> None:
    to = channel()
    with events.open(to) as stream:
        client().set(to.mark, publisher.OVER, ex=60)  # the message itself got lost
        events.hub._tell_all(hub.REPLAY)

        assert heard_until_the_end(stream) == []


def test_nobody_can_close_a_channel_without_its_secret(events: Route) -> None:
    to = channel()
    with events.open(to) as stream:
        forged = channel().seal({"type": "closed", "why": "withdrawn", "until": None})
        with client().pipeline() as pipe:
            publisher.queue_event(pipe, to, forged)
            pipe.execute()
        speaker(to).say("goes on")

        assert stream.texts(1) == ["goes on"]


def test_a_broker_that_is_away_costs_no_more_than_the_words(events: Route) -> None:
    with patch.object(closing, "client") as away:
        away.return_value.eval.side_effect = ConnectionError

        closing.close(channel(), why="withdrawn")

    away.return_value.eval.assert_called_once()
