"""The end of listening: every open stream of an interview ends at once, and the tickets given so far open none.

What is sent here says so to all processes; the mark beside the stream says it to who comes later.
"""

import json
import time
from typing import Any, Literal
from uuid import UUID

import structlog
from redis import RedisError

from core import metrics
from core.redis import client
from live.channels import Channel
from live.publisher import KEPT_SECONDS, OVER

BEGINNING = b'{"type":"closed"'  # of the event's JSON
MARKED_SECONDS = 180  # longer than a ticket opens a stream, and than a worker that writes meanwhile lives
LINGERING_SECONDS = 5  # the stream, for the processes that read its last events from there
MARGIN_MS = 250  # a ticket may have been on its way, and the clocks of two machines differ

# The mark stands before anybody hears: who comes back at once finds it.
# What is closed for good stays so: a link may be replaced afterwards.
CLOSE = """
if redis.call('GET', KEYS[2]) == 'over' then return end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
for number = 4, #ARGV do
    local id = redis.call('XADD', KEYS[1], '*', 'e', ARGV[number])
    redis.call('PUBLISH', KEYS[1], id .. ' ' .. ARGV[number])
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
"""

Why = Literal["withdrawn", "revoked", "expired", "erased"]
log = structlog.get_logger()


def dismiss(channel: Channel, *, why: Why) -> None:
    """End every open stream and void every ticket up to now; a new ticket opens a stream again (a link was revoked)."""
    until = time.time_ns() // 1_000_000 + MARGIN_MS
    _send(channel, str(until).encode(), KEPT_SECONDS, {"type": "closed", "why": why, "until": until})


def close(channel: Channel, *, why: Why, turn: tuple[UUID, int] | None = None) -> None:
    """The same for good: no ticket opens it, nothing more is written to it, and what it held is gone in a moment.

    :param turn: id and fence of the turn whose listeners wait for its `end`.
    """
    told = [{"turn": str(turn[0]), "attempt": turn[1], "type": "end", "status": why}] if turn else []
    _send(channel, OVER, LINGERING_SECONDS, *told, {"type": "closed", "why": why, "until": None})


def voids(mark: bytes | None, issued_ms: int) -> bool:
    """Whether a ticket of that time opens no stream, by what is marked beside the stream."""
    return mark is not None and (mark == OVER or issued_ms <= int(mark))


def ends(event: bytes, issued_ms: int) -> bool:
    """Whether this closing event (JSON) is meant for the stream of a ticket of that time."""
    until = json.loads(event)["until"]
    return until is None or issued_ms <= until


def _send(channel: Channel, mark: bytes, kept_seconds: int, *events: dict[str, Any]) -> None:
    """A broker that is away costs only time: then nobody hears anything, and a stream has its own end."""
    sealed = [channel.seal(event) for event in events]
    try:
        client().eval(CLOSE, 2, channel.name, channel.mark, mark, MARKED_SECONDS, kept_seconds, *sealed)
        metrics.live_published.inc(len(sealed))
    except RedisError:
        log.warning("live_closing_unsent")
        metrics.live_dropped.labels("redis_away").inc(len(sealed))
