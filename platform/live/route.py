"""The event route: raw ASGI in front of Django. No middleware, no thread, no database connection; tickets only."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import structlog

from core import errors
from keys.box import CannotOpen
from live import closing, tickets
from live.hub import END, REPLAY, START, Away, Closed, EventId, Full, Hub, Listener, Signal, event_id
from live.tickets import Ticket

PATH = "/live/events"
SCHEME = b"Ticket "
BEAT_SECONDS = 15.0
LIFE_SECONDS = 300.0  # then the browser comes back with a new ticket
SEND_SECONDS = 20.0  # for a client that does not read
BEAT = b": beat\n\n"

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy must not collect events
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
log = structlog.get_logger()


class Refused(Exception):
    """The stream is not opened; the client is told why and what to do."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail


async def serve(hub: Hub, scope: Message, receive: Receive, send: Send) -> None:
    """Stream the events of the ticket's interview, from the client's Last-Event-ID on."""
    try:
        ticket, last = _asked(scope)
        with hub.listening(ticket) as listener:
            await _stream(hub, listener, last, receive, send)
    except Refused as refused:
        await _refuse(refused, send)
    except Full:
        await _refuse(Refused(503, "full", "Too many streams are open. Ask for the turn itself, or try again."), send)
    except Closed:
        await _refuse(_not_valid("The ticket is void: the link was replaced or the interview has ended."), send)
    except (Away, TimeoutError):
        await _refuse(Refused(503, "unavailable", "No stream for the moment. Ask for the turn itself."), send)


def _not_valid(detail: str) -> Refused:
    return Refused(401, "ticket_not_valid", f"{detail} Get a new one and try again.")


def _asked(scope: Message) -> tuple[Ticket, EventId]:
    """:raises Refused: for another method, a bad ticket or a bad id."""
    if scope["method"] != "GET":
        raise Refused(405, "method_not_allowed", "Open the stream with GET.")
    headers = dict(scope["headers"])
    scheme, given = headers.get(b"authorization", b"")[:7], headers.get(b"authorization", b"")[7:]
    try:
        ticket = tickets.read(given.decode("latin-1") if scheme == SCHEME else "")
    except tickets.TicketNotValid:
        raise _not_valid(f"The ticket is not valid or older than {tickets.SECONDS} seconds.") from None
    last = headers.get(b"last-event-id", b"")
    try:
        return ticket, event_id(last.decode("latin-1")) if last else START
    except ValueError:
        raise Refused(400, "bad_event_id", "Last-Event-ID is an id that this stream sent, or absent.") from None


async def _stream(hub: Hub, listener: Listener, last: EventId, receive: Receive, send: Send) -> None:
    """Subscribed already: first what was missed, by id, then what comes. Ends with the client, with the process,
    when the client stops reading, when the channel is closed, and after LIFE_SECONDS."""
    sink = _Sink(listener.ticket, send, last)
    gone = asyncio.get_running_loop().create_task(_disconnected(receive, listener))
    try:
        await sink.catch_up(hub)
        async with asyncio.timeout(LIFE_SECONDS):
            while (item := await _next(listener)) is not END:
                if item is REPLAY:
                    await sink.catch_up(hub)
                elif isinstance(item, tuple):
                    await sink.event(*item)
                elif item is None:
                    await sink.write(BEAT)
        await sink.close()
    except (TimeoutError, Away, Closed):
        if not sink.started:
            raise
        with suppress(TimeoutError):
            await sink.close()
    finally:
        gone.cancel()


async def _next(listener: Listener) -> tuple[EventId, bytes] | Signal | None:
    """The next thing to do; None when it is time for a heartbeat."""
    try:
        async with asyncio.timeout(BEAT_SECONDS):
            return await listener.waiting.get()
    except TimeoutError:
        return None


async def _disconnected(receive: Receive, listener: Listener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.put(END)


class _Sink:
    """The response of one connection. An event goes out once, whatever the replay and the subscription both bring."""

    def __init__(self, ticket: Ticket, send: Send, last: EventId) -> None:
        self._ticket, self._send, self._last = ticket, send, last
        self.started = False

    async def catch_up(self, hub: Hub) -> None:
        """:raises Away, Closed: if nothing can be read; before the first byte that becomes an answer of its own."""
        known, missed = await hub.since(self._ticket, self._last)
        if not self.started:
            self.started = True
            await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await self.write(BEAT)  # the client knows at once that the line works
        if not known:  # an id from the future, or of a stream that was lost: begin anew
            self._last = START
            await self.write(b'data: {"type":"reset"}\n\n')
        for number, sealed in missed:
            await self.event(number, sealed)

    async def event(self, number: EventId, sealed: bytes) -> None:
        """:raises Closed: after an event that ends this stream."""
        if number <= self._last:
            return
        self._last = number
        try:
            data = self._ticket.channel.open(sealed)
        except CannotOpen:
            log.warning("live_event_unreadable")
            return
        closes = data.startswith(closing.BEGINNING)
        if closes and not closing.ends(data, self._ticket.issued_ms):
            return  # it was meant for those who came before
        await self.write(b"id: %d-%d\ndata: %b\n\n" % (*number, data))
        if closes:
            raise Closed

    async def write(self, data: bytes) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def close(self) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self._send({"type": "http.response.body", "body": b""})


async def _refuse(refused: Refused, send: Send) -> None:
    body = json.dumps(errors.body(refused.status, refused.code, refused.detail)).encode()
    headers = [
        (b"content-type", errors.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if refused.status == 503:
        headers.append((b"retry-after", b"5"))
    if refused.status == 405:
        headers.append((b"allow", b"GET"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
