#!/usr/bin/env python3
"""Somebody else's model server, for tests: OpenAI-compatible, on loopback, with every fault seen in the field.

    python tests/mock_model.py --port 9100 --latency 2-5 --seed 1

It speaks plain HTTP/1.1 from the standard library alone, in one process and one thread. `POST /v1/chat/completions`
answers with text, or, where a JSON schema is asked for, with an object of that shape: a neutral transition for an
interviewer's turn; for an evaluation a level with a quote taken word for word from the data block. With
`"stream": true` the same text comes in pieces over the latency. `GET /v1/models` lists one model.
`GET /_count` says what came in: {"chat", "answered", "models", "faults", "open", "speaking"} (speaking: streams of
which a part was sent); `POST /_reset` counts anew; `POST /_set {"latency": [2, 5], "fault": "html", "every": 3}`
changes what it was started with.

A fault is named by the model ("mock!html") or the header X-Mock-Fault; `--fault html --every 3` breaks each third
request. Their names are in mock_faults.FAULTS.
"""

import argparse
import asyncio
import json
import random
import socket
import sys
from collections import Counter, deque
from contextlib import suppress
from typing import Any

try:
    from tests import mock_faults, mock_streams
    from tests.mock_answers import Sent, completion, say
    from tests.own_loop import OwnLoop
except ImportError:  # run as a script
    import mock_faults  # type: ignore[no-redef, import-not-found]
    import mock_streams  # type: ignore[no-redef, import-not-found]
    from mock_answers import Sent, completion, say  # type: ignore[no-redef, import-not-found]
    from own_loop import OwnLoop  # type: ignore[no-redef, import-not-found]

MODEL = "mock"
LONGEST_HEAD = 64 * 1024
KEPT = 2000  # requests, so that a soak's memory is flat
REASONS = {200: "OK", 404: "Not Found"}


class Connection:
    """One client; HTTP/1.1 keeps its connection open."""

    def __init__(self, server: "Server", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.headers: dict[str, str] = {}
        self.number = 0  # of the chat request under way
        self.close = False

    async def serve(self) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):  # the client is gone: killed, or out of patience
                while not self.close:
                    await self._one()
        finally:
            self.writer.close()

    async def _one(self) -> None:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        named = (line.partition(":") for line in head[1:] if line)
        self.headers = {name.strip().lower(): value.strip() for name, _colon, value in named}
        self.close = self.headers.get("connection", "").lower() == "close"
        body = await self.reader.readexactly(int(self.headers.get("content-length") or 0))
        method, path, _version = head[0].split(" ")
        await self._answer(method, path, body)

    async def _answer(self, method: str, path: str, body: bytes) -> None:
        server = self.server
        if method == "POST" and path.endswith("/chat/completions"):
            await self.chat(json.loads(body))
        elif method == "GET" and path.endswith("/models"):
            server.counted["models"] += 1
            await self.send_json(
                {"object": "list", "data": [{"id": name, "object": "model"} for name in server.models]}
            )
        elif path == "/_count":
            await self.send_json(server.counts())
        elif path == "/_reset":
            server.reset()
            await self.send_json({})
        elif path == "/_set":
            server.set(**json.loads(body))
            await self.send_json({})
        else:
            await self.send_json({"error": {"message": "no such path"}}, status=404)

    async def chat(self, request: Sent) -> None:
        counted = self.server.counted
        self.number = self.server.begin(request, self.headers)
        counted["open"] += 1
        try:
            fault = self.fault(request)
            if fault:
                counted[f"fault:{fault}"] += 1
                await mock_faults.commit(fault, self, request)
            else:
                await self.say(request, say(request, self.server.seed))
                counted["answered"] += 1
        finally:
            counted["open"] -= 1

    def fault(self, request: Sent) -> str | None:
        """What to break: asked for by the request, or the server's turn to."""
        named = self.headers.get("x-mock-fault") or str(request.get("model", "")).partition("!")[2]
        if named:
            return named
        server = self.server
        return server.fault_name if server.every and self.number % server.every == 0 else None

    async def say(self, request: Sent, text: Any, finish: str | None = "stop") -> None:
        """Say this text after the latency, or over it where the request asked for a stream."""
        if request.get("stream"):
            await mock_streams.say(self, request, text, finish)
        else:
            await self.wait()
            await self.send_json(completion(request, text, finish))

    async def wait(self) -> None:
        await asyncio.sleep(self.latency())

    def latency(self) -> float:
        """The seconds that the seed says for this request, however many run beside it."""
        return random.Random(self.server.seed * 1_000_003 + self.number).uniform(*self.server.latency)

    async def send_json(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        await self.send_raw(json.dumps(body).encode(), status=status, headers=headers)

    async def send_raw(
        self, body: bytes, status: int = 200, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> None:
        await self.send_head({"Content-Length": str(len(body)), **(headers or {})}, status=status, kind=kind)
        await self.write(body)

    async def send_head(self, headers: dict[str, str], status: int = 200, kind: str = "application/json") -> None:
        """The status line and these headers; what follows is the caller's."""
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Mock')}", f"Content-Type: {kind}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def write(self, data: bytes) -> None:
        """:raises ConnectionError: if the client is gone."""
        if self.writer.is_closing():
            raise ConnectionResetError
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End the connection as if its machine had lost power: RST instead of a goodbye."""
        self.close = True
        sock: socket.socket = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.writer.transport.abort()


class Server:
    """What one server of models counts and how it behaves."""

    def __init__(
        self,
        port: int = 0,
        *,
        latency: tuple[float, float] = (0.0, 0.0),
        seed: int = 1,
        fault: str = "",
        every: int = 0,
        models: tuple[str, ...] = (MODEL,),
    ) -> None:
        self.socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        self.seed, self.models = seed, models
        self.latency, self.fault_name, self.every = latency, fault, every
        self.counted: Counter[str] = Counter()
        self.requests: deque[Sent] = deque(maxlen=KEPT)
        self.headers: deque[dict[str, str]] = deque(maxlen=KEPT)

    def set(self, *, latency: tuple[float, float] | None = None, fault: str = "", every: int = 0) -> None:
        """Behave like this from the next request on; without `latency` it stays as it is."""
        self.latency = latency or self.latency
        self.fault_name, self.every = fault, every

    def reset(self) -> None:
        """Count anew; what is under way stays counted as open."""
        under_way = {name: self.counted[name] for name in ("open", "speaking")}
        self.counted.clear()
        self.counted.update(under_way)
        self.requests.clear()
        self.headers.clear()

    def begin(self, request: Sent, headers: dict[str, str]) -> int:
        """Count a chat request the moment it is read, before any answer.

        :returns: its number, from 1.
        """
        self.counted["chat"] += 1
        self.requests.append(request)
        self.headers.append(headers)
        return self.counted["chat"]

    def counts(self) -> dict[str, Any]:
        faults = {name[6:]: n for name, n in self.counted.items() if name.startswith("fault:")}
        names = ("chat", "answered", "models", "open", "speaking")
        return {name: self.counted[name] for name in names} | {"faults": faults}

    async def run(self, until: asyncio.Event) -> None:
        """Serve until then."""
        server = await asyncio.start_server(self._connected, sock=self.socket, limit=LONGEST_HEAD)
        try:
            await until.wait()
        finally:
            server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Connection(self, reader, writer).serve()


class MockModel(OwnLoop):
    """The server in a thread, for tests in one process: `with MockModel() as mock: mock.url`."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.server = Server(**options)

    async def _run(self) -> None:
        self._serves.set()
        await self.server.run(self._over)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def requests(self) -> list[Sent]:
        """The bodies of the chat requests, in the order in which they came."""
        return list(self.server.requests)

    @property
    def headers(self) -> list[dict[str, str]]:
        return list(self.server.headers)

    @property
    def chats(self) -> int:
        return int(self.server.counts()["chat"])


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="An OpenAI-compatible model server for tests.")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--latency", default="0-0", help="seconds, from-to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", default="", choices=["", *sorted(mock_faults.FAULTS)])
    parser.add_argument("--every", type=int, default=0, help="break each Nth request")
    told = parser.parse_args(arguments)
    low, _dash, high = told.latency.partition("-")
    latency = (float(low), float(high or low))
    server = Server(told.port, latency=latency, seed=told.seed, fault=told.fault, every=told.every)
    print(f"mock model on {server.url}", flush=True)
    with suppress(KeyboardInterrupt):
        asyncio.run(server.run(asyncio.Event()))


if __name__ == "__main__":
    main(sys.argv[1:])
