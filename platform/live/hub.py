"""Events in: one subscription a process, handed to the connections that listen."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import redis.asyncio as redis
import structlog
from django.conf import settings

from core import metrics
from live import closing
from live.channels import PATTERN, Channel
from live.tickets import Ticket

MOST_LISTENERS = 4000  # of this process
MOST_OF_ONE = 6  # tabs and devices of one interview; the oldest gives way
MOST_WAITING = 256  # events that a slow reader may be behind
RECONNECT_SECONDS = 0.5
SILENCE_SECONDS = 5.0

EventId = tuple[int, int]
START: EventId = (0, 0)  # before every event
log = structlog.get_logger()


class Full(Exception):
    """This process has no room for another listener."""


class Away(Exception):
    """Redis can't be reached: the listener had better ask for the turn itself."""


class Closed(Exception):
    """The channel was closed after the listener's ticket was issued."""


class Signal:
    """What a listener is told beside events."""

    def __init__(self, name: str) -> None:
        self.name = name


REPLAY: Final = Signal("replay")  # events may have been missed: read them from the stream
END: Final = Signal("end")  # close the connection; the browser comes back


@dataclass(eq=False, slots=True)
class Listener:
    ticket: Ticket
    waiting: asyncio.Queue[tuple[EventId, bytes] | Signal] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    @property
    def channel(self) -> Channel:
        return self.ticket.channel

    def put(self, item: tuple[EventId, bytes] | Signal) -> None:
        """Without waiting. Whoever is too far behind reads the rest from the stream."""
        try:
            self.waiting.put_nowait(item)
        except asyncio.QueueFull:
            metrics.live_dropped.labels("slow_reader").inc()
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.waiting.put_nowait(END if item is END else REPLAY)


class Hub:
    """The process's one subscription. Lives on the event loop; no Django, no thread, no database."""

    def __init__(self) -> None:
        self._listeners: dict[bytes, list[Listener]] = defaultdict(list)
        self._count = 0
        self._ending = False
        self._task: asyncio.Task[None] | None = None
        self._client: redis.Redis | None = None

    def start(self) -> None:
        """Subscribe, and subscribe again whenever the connection is lost."""
        self._client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, health_check_interval=10
        )
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        self.end_all()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._client is not None:
            await self._client.aclose()

    def end_all(self) -> None:
        """Ask every listener to leave, and take no new one: the process stops."""
        self._ending = True
        self._tell_all(END)

    @contextmanager
    def listening(self, ticket: Ticket) -> Iterator[Listener]:
        """Hear the ticket's channel inside the block.

        :raises Full: when the process has no room, or stops: a listener that came back at once would hold it up.
        """
        if self._ending or self._count >= MOST_LISTENERS:
            raise Full
        listener, name = Listener(ticket), ticket.channel.name.encode()
        mine = self._listeners[name]
        for oldest in mine[: max(0, len(mine) - MOST_OF_ONE + 1)]:
            oldest.put(END)
        mine.append(listener)
        self._count += 1
        metrics.live_connections.inc()
        try:
            yield listener
        finally:
            mine.remove(listener)
            self._count -= 1
            metrics.live_connections.dec()
            if not mine:
                self._listeners.pop(name, None)

    async def since(self, ticket: Ticket, last: EventId) -> tuple[bool, list[tuple[EventId, bytes]]]:
        """What the stream holds after `last`; False when `last` is not from this stream's past: then all of it.

        :raises Away: if Redis does not answer.
        :raises Closed: if the ticket is older than the channel's closing.
        """
        if self._client is None:
            raise Away
        channel = ticket.channel
        try:
            async with self._client.pipeline(transaction=False) as pipe:
                pipe.get(channel.mark)
                pipe.xrevrange(channel.name, count=1)
                mark, newest = await pipe.execute()
            if closing.voids(mark, ticket.issued_ms):
                raise Closed
            known = last <= (event_id(newest[0][0]) if newest else START)
            after = f"({last[0]}-{last[1]}" if known and last != START else "-"
            found: Any = await self._client.xrange(channel.name, min=after) if newest else []
        except (redis.RedisError, OSError) as error:
            raise Away from error
        return known, [(event_id(name), fields[b"e"]) for name, fields in found]

    async def _run(self) -> None:
        while True:
            try:
                await self._subscribe()
            except Exception as error:  # whatever it was, the next subscription may live
                log.warning("live_subscription_lost", error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _subscribe(self) -> None:
        assert self._client is not None
        async with self._client.pubsub() as pubsub:
            await pubsub.psubscribe(PATTERN)
            while True:
                message = await pubsub.get_message(timeout=SILENCE_SECONDS)
                if message is None:
                    continue
                if message["type"] == "psubscribe":
                    self._tell_all(REPLAY)  # what was sent while nobody listened
                elif message["type"] == "pmessage":
                    self._hand_out(message["channel"], message["data"])

    def _hand_out(self, name: bytes, data: bytes) -> None:
        listeners = self._listeners.get(name)
        if not listeners:
            return
        number, _, sealed = data.partition(b" ")
        try:
            item = (event_id(number), sealed)
        except ValueError:
            log.warning("live_event_malformed")
            return
        for listener in listeners:
            listener.put(item)

    def _tell_all(self, signal: Signal) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.put(signal)


def event_id(text: bytes | str) -> EventId:
    """The parts of a stream's id, which compare in the stream's order.

    :raises ValueError: if it is none.
    """
    first, _, second = (text.decode() if isinstance(text, bytes) else text).partition("-")
    if not (first.isdecimal() and second.isdecimal()) or len(first) > 20 or len(second) > 20:
        raise ValueError("not an event id")
    found = int(first), int(second)
    if max(found) >= 2**64:
        raise ValueError("not an event id")
    return found
