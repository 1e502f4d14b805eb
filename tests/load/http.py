"""HTTP/1.1 for a load generator: by hand, on one event loop, as cheap as it gets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

RECONNECT = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)
REQUEST_SECONDS = 30.0


class Client:
    """A connection that is kept open, for one request at a time."""

    def __init__(self, port: int, host: str) -> None:
        self.port, self.host = port, host
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, Any]:
        """The status and the JSON of the answer.

        :raises ConnectionError, asyncio.IncompleteReadError, TimeoutError: with the connection closed.
        """
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await self._ask(method, path, headers, body)
        except RECONNECT:
            self.close()
            raise

    async def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writer.write(request(method, path, self.host, headers, body))
        head = await self._reader.readuntil(b"\r\n\r\n")
        content = await self._body(self._reader, head.lower())
        if b"connection: close" in head.lower():
            self.close()
        return int(head[9:12]), json.loads(content) if content else None

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        _, found, length = head.partition(b"content-length:")
        if found:
            return await reader.readexactly(int(length.partition(b"\r\n")[0]))
        parts = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            parts.append((await reader.readexactly(size + 2))[:-2])
        await reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


def request(method: str, path: str, host: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Events(asyncio.Protocol):
    """One connection to the event route: `heard(id, data)` for each event, `over(status)` once at its end.

    The id is two numbers, as the stream gives them.
    """

    transport: asyncio.Transport

    def __init__(self, sent: bytes, heard: Callable[[tuple[int, int], bytes], None], over: Callable[[int], None]):
        self._sent, self._heard, self._over = sent, heard, over
        self._buffer = b""
        self.status = 0
        self.ready = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._sent)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self.status and not self._head():
            return
        while (end := self._buffer.find(b"\r\n")) >= 0:
            size = int(self._buffer[:end], 16)
            if len(self._buffer) < end + size + 4:
                return
            if not size:  # the server ended the stream; the connection could serve another request
                self.transport.close()
                return
            body, self._buffer = self._buffer[end + 2 : end + 2 + size], self._buffer[end + size + 4 :]
            if body.startswith(b"id: "):
                self._event(body)

    def connection_lost(self, exception: Exception | None) -> None:
        self._answered()
        self._over(self.status)

    def _head(self) -> bool:
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        self.status, self._buffer = int(head[9:12]), rest
        self._answered()
        if self.status != 200:
            self.transport.close()
        return self.status == 200

    def _answered(self) -> None:
        if not self.ready.done():
            self.ready.set_result(self.status)

    def _event(self, body: bytes) -> None:
        number, _, data = body[4:-2].partition(b"\ndata: ")
        first, _, second = number.partition(b"-")
        self._heard((int(first), int(second)), data)


async def listen(
    port: int,
    host: str,
    ticket: str,
    last: tuple[int, int],
    heard: Callable[[tuple[int, int], bytes], None],
    over: Callable[[int], None],
) -> Events:
    """Open the event stream after the event `last` and wait for its head; `status` says how that went."""
    headers = {"Authorization": f"Ticket {ticket}", "Accept": "text/event-stream"}
    if last != (0, 0):
        headers["Last-Event-ID"] = f"{last[0]}-{last[1]}"
    sent = request("GET", "/live/events", host, headers)
    _, events = await asyncio.get_running_loop().create_connection(lambda: Events(sent, heard, over), "127.0.0.1", port)
    await events.ready
    return events
