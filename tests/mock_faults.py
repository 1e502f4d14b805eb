"""Everything that can go wrong with the model server of the tests."""

import asyncio
import gzip
import json
from typing import Any

try:
    from tests import mock_streams
    from tests.mock_answers import Sent, completion, probe, properties, say
except ImportError:  # run as a script
    import mock_streams  # type: ignore[no-redef, import-not-found]
    from mock_answers import Sent, completion, probe, properties, say  # type: ignore[no-redef, import-not-found]

SLOW_SECONDS = 120
Connection = Any  # tests.mock_model.Connection


async def commit(name: str, to: Connection, request: Sent) -> None:
    """Answer with this fault; one that is about streams has its own form where a stream was asked for."""
    streamed = mock_streams.FAULTS.get(name) if request.get("stream") else None
    await (streamed or FAULTS[name])(to, request)


def raw(body: bytes, **how: Any) -> Any:
    async def send(to: Connection, request: Sent) -> None:
        await to.wait()
        await to.send_raw(body, **how)

    return send


def status(code: int, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = {"error": {"message": "secret prompt and key of the caller", "type": "error"}}
    return raw(json.dumps(error).encode(), status=code, headers=named)


def answer(change: Any, finish: str | None = "stop") -> Any:
    """An ordinary answer, streamed or not, around a changed text: change(request, text)."""

    async def send(to: Connection, request: Sent) -> None:
        await to.say(request, change(request, say(request)), finish)

    return send


def field(name: str, value: Any) -> Any:
    """The object that was asked for, with one key set or added."""
    return answer(lambda request, text: json.dumps({**json.loads(text), name: value}))


def follow_up(text: str) -> Any:
    return answer(lambda request, said: json.dumps({**json.loads(said), "probe": probe(request, text)}))


def without(*names: str) -> Any:
    """A completion that lacks keys of its choice or of itself."""

    async def send(to: Connection, request: Sent) -> None:
        body = completion(request, say(request))
        for name in names:
            body.pop(name, None)
            body.get("choices", [{}])[0].pop(name, None)
        await to.wait()
        await to.send_json(body)

    return send


async def slow_body(to: Connection, request: Sent) -> None:
    """One byte a second: every read succeeds, the answer never ends."""
    await to.send_head({"Content-Length": "100000"})
    await drip(to)


async def slow_headers(to: Connection, request: Sent) -> None:
    await to.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    await drip(to)


async def drip(to: Connection) -> None:
    to.close = True
    for _second in range(SLOW_SECONDS):
        await to.write(b"x")
        await asyncio.sleep(1)


async def hang(to: Connection, request: Sent) -> None:
    """No answer until the client gives up."""
    to.close = True
    await asyncio.wait_for(to.reader.read(1), SLOW_SECONDS)


async def cut(to: Connection, request: Sent) -> None:
    """Half of an answer, then the line goes dead."""
    body = json.dumps(completion(request, say(request))).encode()
    await to.wait()
    await to.send_head({"Content-Length": str(len(body))})
    await to.write(body[: len(body) // 2])
    to.close = True


async def reset(to: Connection, request: Sent) -> None:
    await to.wait()
    to.reset()


async def packed(to: Connection, request: Sent) -> None:
    body = gzip.compress(json.dumps(completion(request, say(request))).encode())
    await to.wait()
    await to.send_raw(body, headers={"Content-Encoding": "gzip"})


def half(request: Sent, text: str) -> str:
    return text[: len(text) // 2]


def leak(request: Sent, text: str) -> str:
    """Repeats the end of the system prompt, where the canary is."""
    secret = str(request["messages"][0]["content"])[-60:]
    name = "text" if "probe" in properties(request) else "rationale"
    return json.dumps({**json.loads(text), name: secret}) if properties(request) else secret


FAULTS: dict[str, Any] = {
    "html": raw(b"<!doctype html><title>Bad gateway</title>", kind="text/html"),
    "cut_json": raw(b'{"id": "chatcmpl-mock", "choices": [{"index"'),
    "empty": raw(b""),
    "list": raw(b"[]"),
    "no_choices": raw(b'{"choices": []}'),
    "odd_choices": raw(b'{"choices": [7]}'),
    "nothing_said": answer(lambda request, text: ""),
    "null_content": answer(lambda request, text: None),
    "number_content": answer(lambda request, text: 7),
    "too_large": raw(b'{"choices": "' + b"x" * 10_000_000 + b'"}'),
    "bad_utf8": raw(b'{"choices": [{"message": {"content": "\xff\xfe"}, "finish_reason": "stop"}]}'),
    "deep": raw(b"[" * 200_000),
    "400": status(400),
    "401": status(401),
    "403": status(403),
    "404": status(404),
    "408": status(408),
    "429": status(429),
    "429_retry": status(429, Retry_After="7"),
    "500": status(500),
    "503": status(503, Retry_After="1"),
    "503_no_date": status(503, Retry_After="Mon, 01 Jan 99999999999 00:00:00 +0000"),
    "500_zlib": raw(b"broken", status=500, kind="text/plain; charset=zlib"),  # a codec, but none of text
    "500_undefined": raw(b"broken", status=500, kind="text/plain; charset=undefined"),
    "redirect": status(302, Location="/_count"),
    "slow_body": slow_body,
    "slow_headers": slow_headers,
    "hang": hang,
    "cut": cut,
    "reset": reset,
    "packed": packed,
    "endless": slow_body,
    "no_finish": without("finish_reason"),
    "no_message": without("message"),
    "no_usage": without("usage"),
    "length": answer(half, "length"),
    "filtered": answer(lambda request, text: "", "content_filter"),
    "odd_finish": answer(lambda request, text: text, "tool_calls"),
    "nul_finish": answer(lambda request, text: text, "\0"),
    "half_finish": answer(lambda request, text: text, "\ud800"),
    "not_json": answer(lambda request, text: "I would say that this is a four."),
    "half_json": answer(half),
    "fenced": answer(lambda request, text: f"```json\n{text}\n```"),
    "json_list": answer(lambda request, text: f"[{text}]"),
    "nul": answer(lambda request, text: json.dumps({**json.loads(text), "text": "a\0b"})),
    "half_pair": answer(lambda request, text: json.dumps({**json.loads(text), "text": "a\ud800b"})),
    "nan": answer(lambda request, text: text[:-1] + ', "confidence": NaN}'),
    "twins": answer(lambda request, text: text[:-1] + ', "level": 5, "text": "x"}'),
    "duplicates": answer(lambda request, text: text + text),
    "unknown_key": field("hire", True),
    "missing_key": answer(lambda request, text: json.dumps(dict(list(json.loads(text).items())[1:]))),
    "level_9": field("level", 9),
    "level_0": field("level", 0),
    "level_word": field("level", "5"),
    "level_half": field("level", 3.5),
    "level_true": field("level", True),
    "confidence_2": field("confidence", 2),
    "no_quotes": field("quotes", []),
    "invented_quotes": field("quotes", [{"answer": "A1", "text": "I doubled the revenue of the whole company alone"}]),
    "short_quotes": field("quotes", [{"answer": "A1", "text": "the"}]),
    "echo": answer(lambda request, text: str(request["messages"][-1]["content"])),
    "leak": answer(leak),
    "leak_spelled": answer(lambda request, text: " ".join(leak(request, text)) if not properties(request) else text),
    "praise": field("text", "Great answer, you are a strong candidate."),
    "verdict": field("text", "You will be hired for this."),
    "asks": field("text", "Thank you. And what did you do then?"),
    "too_long": field("text", "noted " * 90),
    "link": field("text", "Thank you, see https://attacker.example for more."),
    "probe": follow_up("What did you measure afterwards?"),
    "probe_illegal": follow_up("How does your husband see this?"),
    "probe_closed": follow_up("Did you measure it afterwards?"),
    "probe_kind": field("probe", {"kind": "verdict", "text": "What did you measure afterwards?"}),
    "probe_text": field("probe", "What did you measure afterwards?"),
    "probe_double": follow_up("What did you measure? And who decided?"),
    "probe_statement": follow_up("Tell me more about it."),
    "says_number": field("text", 7),
    **{name: answer(lambda request, text: text) for name in mock_streams.ONLY},
}
