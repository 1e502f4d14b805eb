"""A model server for load: streams one fixed answer as OpenAI does, for as long as the question says.

    python -m tests.load.model --port 9100

The last word like `waitcfaa` in a request's body is its latency in milliseconds, digits written as letters (a is 0):
whoever asks knows to the millisecond what the model took. The first token comes after FIRST of it, the last at its
end. `GET /_count` tells {"chat", "late_ms"}: how many were asked, and by how much the 95th percentile ended late.
After `POST /_off` every question is cut off, until `POST /_on`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import deque
from typing import Any

from tests.load.lines import percentile

WAIT = re.compile(rb"wait([a-j]{4})")
FIRST = 0.2
TOKEN = 4  # characters
SAID = json.dumps({"text": "Thank you, that is noted. The next question follows.", "probe": None})
LEAST_SECONDS = 0.05
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def word(milliseconds: int) -> str:
    """What to write into an answer so that the model takes so long; at most 9999."""
    return "wait" + "".join("abcdefghij"[int(digit)] for digit in f"{milliseconds:04}")


def _event(body: Any) -> bytes:
    data = b"data: " + json.dumps(body).encode() + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({"id": "chatcmpl-load", "object": "chat.completion.chunk", "model": "load", "choices": [choice]})


def _end() -> bytes:
    usage = {"prompt_tokens": 400, "completion_tokens": 24, "total_tokens": 424}
    counted = _event({"id": "chatcmpl-load", "object": "chat.completion.chunk", "choices": [], "usage": usage})
    return _chunk({}, "stop") + counted + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


PARTS = [_chunk({"content": SAID[at : at + TOKEN]}) for at in range(0, len(SAID), TOKEN)]
PARTS[-1] += _end()


class Counts:
    def __init__(self) -> None:
        self.chat = 0
        self.off = False
        self.late: deque[float] = deque(maxlen=20_000)

    def body(self) -> bytes:
        return json.dumps({"chat": self.chat, "late_ms": round(percentile(self.late, 95), 1)}).encode()


class Connection(asyncio.Protocol):
    """One client, one request at a time."""

    transport: asyncio.Transport

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.buffer = b""
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        size = int(length[1]) if length else 0
        if len(rest) >= size:
            self.buffer = rest[size:]
            self._answer(head, rest[:size])

    def _answer(self, head: bytes, body: bytes) -> None:
        asked = head.partition(b"\r\n")[0]
        if head.startswith(b"POST") and b"/chat/completions" in asked:
            if self.counts.off:
                self.transport.abort()
            else:
                self._stream(body)
        else:
            if head.startswith(b"POST"):
                self.counts.off = b"/_off" in asked
            told = self.counts.body()
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told))

    def _stream(self, body: bytes) -> None:
        self.counts.chat += 1
        asked = WAIT.findall(body)
        seconds = int(asked[-1].translate(bytes.maketrans(b"abcdefghij", b"0123456789"))) / 1000 if asked else 0.0
        seconds = max(seconds, LEAST_SECONDS)
        began, pause = self.loop.time(), seconds * (1 - FIRST) / (len(PARTS) - 1)
        self._say(0, began + seconds * FIRST, pause)

    def _say(self, number: int, at: float, pause: float) -> None:
        """Plan the next part at its time by the clock, so that a late one delays none that follow."""
        self.loop.call_at(at, self._send, number, at, pause)

    def _send(self, number: int, at: float, pause: float) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(PARTS[number] if number else HEAD + PARTS[0])
        if number + 1 < len(PARTS):
            self._say(number + 1, at + pause, pause)
        else:
            self.counts.late.append((self.loop.time() - at) * 1000)


async def serve(port: int) -> None:
    counts = Counts()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(counts), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A streaming model server for load.")
    parser.add_argument("--port", type=int, default=9100)
    asyncio.run(serve(parser.parse_args().port))
