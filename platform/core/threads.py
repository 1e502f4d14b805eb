"""Django's threads are few, so none of them waits for a client: neither for its request nor for it to read."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from a2wsgi import WSGIMiddleware
from django.conf import settings

from core import bodies, errors, metrics

log = structlog.get_logger()

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

MOST_OF_ONE = 100  # requests of one address at once
MOST_LARGE, MOST_LARGE_OF_ONE = 8, 4  # bodies with a file, at once: each may be as large as twenty others
FILE_SECONDS = 30.0  # for such a body, over a line of 1.5 Mbit/s
OURSELVES = frozenset({"127.0.0.1", "::1"})  # without a balancer before it: somebody's own computer, a load test
SEND_SECONDS = 20.0
BUSY = "Too many requests at once; nothing was stored. Send it again."

LENGTH, ENCODING = b"content-length", b"transfer-encoding"


def serve(wsgi: Any, *, threads: int, seconds: float = 10.0, most: int = 500) -> Application:
    """An ASGI application that answers with `wsgi`, whose threads only ever work.

    :param seconds: how long a client may take for the whole body of a request.
    :param most: requests at once; one more is refused rather than left waiting for a thread.
    """
    # 0 is no bound: a thread hands over the whole response and is free, however slowly it is read. What waits in
    # memory is one response a connection, since the next request of a connection starts when the last one ended.
    return WholeBody(WSGIMiddleware(wsgi, workers=threads, send_queue_size=0), seconds=seconds, most=most)


class Gone(Exception):
    """The client left before its request was complete."""


class WholeBody:
    """Calls `app` when the whole body is here; it never sees a request that is cut off or takes too long.

    What waits for its client, to send or to read, is counted by the client's address, and what is being answered in
    all: a few clients who do neither keep nobody else from being answered.
    """

    def __init__(self, app: Any, *, seconds: float, most: int) -> None:
        self.app, self.seconds, self.most = app, seconds, most
        self.running = 0
        self.of_address: Counter[str] = Counter()
        self.large: Counter[str] = Counter()  # bodies with a file, by address

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        address = (scope.get("client") or [""])[0]
        if self.of_address[address] >= MOST_OF_ONE and address not in OURSELVES:
            await _refuse(scope, send, 503, "busy", BUSY)
            return
        self.of_address[address] += 1
        try:
            await self._answer(_without_doubt(scope), receive, send)
        finally:
            self.of_address[address] -= 1
            if not self.of_address[address]:
                del self.of_address[address]

    async def _run(self, scope: Message, receive: Receive, send: Send) -> None:
        if self.running >= self.most:
            await _refuse(scope, send, 503, "busy", BUSY)
            return
        self.running += 1
        try:
            await self.app(scope, receive, _while_it_reads(send))
        except (TimeoutError, OSError, RuntimeError) as error:  # the client does not read, or its line is gone
            log.info("response_not_taken", error=type(error).__name__)
        finally:
            self.running -= 1

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        if _is_large(scope):
            await self._answer_large(scope, receive, send)
        else:
            await self._read_and_run(scope, receive, send, self.seconds)

    async def _answer_large(self, scope: Message, receive: Receive, send: Send) -> None:
        """Few at once, until they are answered: they are kept in memory, and nobody has signed in yet."""
        address = (scope.get("client") or [""])[0]
        too_many = self.large[address] >= MOST_LARGE_OF_ONE and address not in OURSELVES
        if too_many or self.large.total() >= MOST_LARGE:
            await _refuse(scope, send, 503, "busy", BUSY)
            return
        self.large[address] += 1
        try:
            await self._read_and_run(scope, receive, send, FILE_SECONDS)
        finally:
            self.large -= Counter([address])

    async def _read_and_run(self, scope: Message, receive: Receive, send: Send, seconds: float) -> None:
        body = b""
        try:
            if _is_welcome(scope):
                async with asyncio.timeout(seconds):
                    body = await _read(receive)
        except TimeoutError:
            metrics.slow_bodies.inc()
            detail = f"The request did not arrive within {seconds:g} seconds; nothing was stored. Send it again."
            await _refuse(scope, send, 408, "too_slow", detail)
        except Gone:
            pass
        else:
            await self._run(scope, _replay(body, receive), send)


def _while_it_reads(send: Send) -> Send:
    """Gives up on a client that takes nothing for SEND_SECONDS."""

    async def patient(message: Message) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await send(message)

    return patient


async def _refuse(scope: Message, send: Send, status: int, code: str, detail: str) -> None:
    kind, content = "text/plain; charset=utf-8", detail
    if scope["path"].startswith("/api/"):
        kind, content = errors.MEDIA_TYPE, json.dumps(errors.body(status, code, detail))
    headers = {
        "content-type": kind,
        "content-length": str(len(content)),
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "connection": "close",  # the rest of the body would be read as the next request
    }
    if status == 503:
        headers["retry-after"] = "2"
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": content.encode()})


def _without_doubt(scope: Message) -> Message:
    """A chunked body has no length, whatever is declared beside it: core.middleware.BodyLimit asks for one."""
    if all(name != ENCODING for name, _ in scope["headers"]):
        return scope
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != LENGTH]}


def _is_welcome(scope: Message) -> bool:
    """Whether there is a body that BodyLimit will let pass. What it refuses is not read, and it gets none to read."""
    return 0 < _length(scope) <= bodies.most(scope["path"])


def _is_large(scope: Message) -> bool:
    """Whether it brings a file, to an address that takes one."""
    return _is_welcome(scope) and _length(scope) > settings.MAX_BODY_BYTES


def _length(scope: Message) -> int:
    """The declared length; 0 where there is none that is a number."""
    length = next((value for name, value in scope["headers"] if name == LENGTH), b"0")
    return int(length) if length.isdigit() and len(length) <= 18 else 0


async def _read(receive: Receive) -> bytes:
    """The whole body; the server ends it at the declared length.

    :raises Gone: if the client left before.
    """
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hands out the body at once, then what the server says next."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
