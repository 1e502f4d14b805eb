"""An event route on a running server, and a client that reads it as a browser does."""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from uuid import UUID, uuid4

import uvicorn

from live import route, tickets
from live.channels import Channel
from live.hub import Hub
from live.publisher import Publisher

PATIENCE = 5.0
TURN = UUID("01890000-0000-7000-8000-000000000001")


def channel(secret: bytes | None = None) -> Channel:
    """A channel that no other test uses."""
    return Channel(f"candor:alpha:live:{uuid4().hex}", secret or os.urandom(32))


def speaker(to: Channel, attempt: int = 1, turn: UUID = TURN) -> Publisher:
    return Publisher(to, turn, attempt)


@dataclass
class Route:
    """Where the route listens."""

    port: int
    hub: Hub

    @contextmanager
    def open(self, to: Channel, last: str = "", **headers: str) -> Iterator["Stream"]:
        """An open stream, or the refusal (`stream.status`)."""
        sent = {"Authorization": f"Ticket {tickets.issue(to)}"} | ({"Last-Event-ID": last} if last else {}) | headers
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET", route.PATH, headers=sent)
        try:
            yield Stream(connection.getresponse())
        finally:
            connection.close()

    def listeners(self) -> int:
        return self.hub._count


@dataclass
class Stream:
    response: HTTPResponse
    ids: list[str] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.response.status

    def line(self) -> str:
        """The next line; "" when the stream has ended."""
        return self.response.readline().decode()

    def event(self) -> dict[str, Any]:
        """The next event; its id is in `ids`. {} when the stream has ended."""
        while line := self.line():
            if line.startswith("id: "):
                self.ids.append(line[4:].strip())
            elif line.startswith("data: "):
                found: dict[str, Any] = json.loads(line[6:])
                return found
        return {}

    def texts(self, count: int) -> list[str]:
        return [self.event()["text"] for _ in range(count)]


@contextmanager
def serving() -> Iterator[Route]:
    """A server with the event route alone, its hub subscribed."""
    hub, ready = Hub(), threading.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            hub.start()
            await send({"type": "lifespan.startup.complete"})
            ready.set()
            await receive()
            await hub.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await route.serve(hub, scope, receive, send)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(application, lifespan="on", log_config=None, timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
        thread.start()
        assert ready.wait(PATIENCE)
        try:
            yield Route(listener.getsockname()[1], hub)
        finally:
            hub.end_all()
            server.should_exit = True
            thread.join(PATIENCE)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
