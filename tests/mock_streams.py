"""How the model server of the tests streams: server-sent events as OpenAI sends them, and how those go wrong."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

try:
    from tests.mock_answers import Sent, usage
    from tests.mock_answers import say as words
except ImportError:  # run as a script
    from mock_answers import Sent, usage  # type: ignore[no-redef, import-not-found]
    from mock_answers import say as words  # type: ignore[no-redef]

KIND = "text/event-stream; charset=utf-8"
FIRST = 0.2  # the part of the latency after which the first piece comes
WORDS = 2  # a piece
DONE = b"data: [DONE]\n\n"
BYTE_SECONDS = 120
ENDLESS_PAUSE_SECONDS = 0.05
LARGE_PIECES = 160  # of 64 KiB: 10 MB
Connection = Any  # tests.mock_model.Connection
Change = Callable[[list[bytes]], list[bytes]]


class Stream:
    """The open body of one response, in HTTP chunks; each write is one chunk."""

    def __init__(self, to: Connection) -> None:
        self.to = to

    async def write(self, data: bytes) -> None:
        await self.to.write(b"%x\r\n%s\r\n" % (len(data), data))

    def cut(self) -> None:
        """The connection closes with no last chunk."""
        self.to.close = self.ended = True

    ended = False


@asynccontextmanager
async def opened(to: Connection) -> AsyncIterator[Stream]:
    """The head of a stream, the caller's events, and the end unless it was cut."""
    await to.send_head({"Transfer-Encoding": "chunked", "Cache-Control": "no-cache"}, kind=KIND)
    to.server.counted["speaking"] += 1
    stream = Stream(to)
    try:
        yield stream
        if not stream.ended:
            await to.write(b"0\r\n\r\n")
    finally:
        to.server.counted["speaking"] -= 1


async def say(to: Connection, request: Sent, text: Any, finish: str | None = "stop") -> None:
    """Stream this text over the latency."""
    await _spread(to, events(request, text, finish))


async def _spread(to: Connection, parts: list[bytes]) -> None:
    """The first part after FIRST of the latency, the last at its end."""
    seconds = to.latency()
    pause = seconds * (1 - FIRST) / max(len(parts) - 1, 1)
    await asyncio.sleep(seconds * FIRST)
    async with opened(to) as stream:
        for number, part in enumerate(parts):
            if number:
                await asyncio.sleep(pause)
            await stream.write(part)


def events(request: Sent, text: Any, finish: str | None = "stop") -> list[bytes]:
    """One bytes object for each moment at which something is sent: pieces of text, then the end all at once."""
    parts = [event(chunk(request, {"content": piece})) for piece in pieces(text)]
    parts[0] = event(chunk(request, {"role": "assistant", "content": ""})) + parts[0]
    return [*parts, end(request, text, finish)]


def end(request: Sent, text: Any, finish: str | None) -> bytes:
    """The reason why it ended, the tokens where they were asked for, and [DONE]."""
    last = event(chunk(request, {}, finish))
    if (request.get("stream_options") or {}).get("include_usage"):
        last += event({**chunk(request, {}), "choices": [], "usage": usage(request, text)})
    return last + DONE


def pieces(text: Any) -> list[Any]:
    """A text in pieces of a few words; anything else whole."""
    if not isinstance(text, str) or not text:
        return [text]
    parts = text.split(" ")
    groups = [" ".join(parts[at : at + WORDS]) for at in range(0, len(parts), WORDS)]
    return [group if number == 0 else f" {group}" for number, group in enumerate(groups)]


def chunk(request: Sent, delta: Sent, finish: str | None = None) -> Sent:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-mock",
        "object": "chat.completion.chunk",
        "model": request.get("model"),
        "choices": [choice],
    }


def event(body: Any) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


# --- what can go wrong -------------------------------------------------------------------------


def changed(change: Change) -> Any:
    """The ordinary events with some of them changed, over the latency."""

    async def send(to: Connection, request: Sent) -> None:
        await _spread(to, change(events(request, words(request))))

    return send


def said(*parts: bytes) -> Any:
    """These bytes as the whole stream."""
    return changed(lambda ordinary: list(parts))


def beginning(parts: list[bytes]) -> list[bytes]:
    """About half of what there is to say, with no end."""
    return parts[: max(len(parts) // 2, 1)]


async def cut(to: Connection, request: Sent) -> None:
    """Half of the events and half of the next, then the line goes dead."""
    parts = events(request, words(request))
    half = len(parts) // 2
    await asyncio.sleep(to.latency() * FIRST)
    async with opened(to) as stream:
        for part in parts[:half]:
            await stream.write(part)
        await stream.write(parts[half][: len(parts[half]) // 2])
        stream.cut()


async def cut_reset(to: Connection, request: Sent) -> None:
    """Half of the events, then RST."""
    async with opened(to) as stream:
        for part in beginning(events(request, words(request))):
            await stream.write(part)
        await asyncio.sleep(0.05)  # an RST overtakes what was not read yet
        stream.cut()
    to.reset()


async def slow_body(to: Connection, request: Sent) -> None:
    """The ordinary events, one byte a second."""
    data = b"".join(events(request, words(request)))
    async with opened(to) as stream:
        for at in range(min(BYTE_SECONDS, len(data))):
            await stream.write(data[at : at + 1])
            await asyncio.sleep(1)
        stream.cut()


async def endless(to: Connection, request: Sent) -> None:
    """Pieces that never come to an end."""
    async with opened(to) as stream:
        while True:
            await stream.write(event(chunk(request, {"content": "and so on "})))
            await asyncio.sleep(ENDLESS_PAUSE_SECONDS)


async def stall(to: Connection, request: Sent) -> None:
    """Half of the events, then nothing until the client gives up."""
    async with opened(to) as stream:
        for part in beginning(events(request, words(request))):
            await stream.write(part)
        await asyncio.wait_for(to.reader.read(1), BYTE_SECONDS)
        stream.cut()


async def too_large(to: Connection, request: Sent) -> None:
    """10 MB of text, as fast as it is read."""
    async with opened(to) as stream:
        part = event(chunk(request, {"content": "x" * 65_536}))
        for _part in range(LARGE_PIECES):
            await stream.write(part)
        await stream.write(end(request, "", "stop"))


async def no_finish(to: Connection, request: Sent) -> None:
    """All of the text and [DONE], but no reason why it ended."""
    text = words(request)
    await _spread(to, [*events(request, text)[:-1], DONE])


async def no_usage(to: Connection, request: Sent) -> None:
    await say(to, {**request, "stream_options": None}, words(request))


BROKEN_TEXT = b'data: {"choices": [{"index": 0, "delta": {"content": "\xff\xfe"}, "finish_reason": null}]}\n\n'
FAILED = event({"error": {"message": "secret prompt and key of the caller", "type": "server_error", "code": 500}})
NO_DELTA = event({"choices": [{"index": 0, "finish_reason": None}]})

ONLY: dict[str, Any] = {
    "cut_end": changed(lambda parts: parts[:-1]),  # ends well for HTTP, with neither a reason nor [DONE]
    "cut_reset": cut_reset,
    "stall": stall,
    "error_event": changed(lambda parts: [*beginning(parts), FAILED + DONE]),
    "unended_event": changed(lambda parts: [*parts[:-1], parts[-1].removesuffix(DONE) + b"data: [DONE]"]),
    "no_done": changed(lambda parts: [*parts[:-1], parts[-1].removesuffix(DONE)]),
    "after_done": changed(lambda parts: [*parts, parts[0]]),
    "odd_lines": changed(lambda parts: [b": waiting\r\n\r\n", *(part.replace(b"\n", b"\r\n") for part in parts)]),
}  # what has no like without a stream
FAULTS: dict[str, Any] = {
    **ONLY,
    "cut": cut,
    "slow_body": slow_body,
    "endless": endless,
    "too_large": too_large,
    "no_finish": no_finish,
    "no_usage": no_usage,
    "duplicates": changed(lambda parts: [part for part in parts[:-1] for _again in range(2)] + parts[-1:]),
    "bad_utf8": changed(lambda parts: [*beginning(parts), BROKEN_TEXT, parts[-1]]),
    "cut_json": said(b'data: {"id": "chatcmpl-mock", "choices": [{"index"\n\n', DONE),
    "deep": said(b"data: " + b"[" * 200_000 + b"\n\n", DONE),
    "list": said(b"data: []\n\n", DONE),
    "no_choices": said(b'data: {"choices": []}\n\n', DONE),
    "odd_choices": said(b'data: {"choices": [7]}\n\n', DONE),
    "no_message": said(NO_DELTA, DONE),
    "empty": changed(lambda parts: []),
}
