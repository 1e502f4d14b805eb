"""What the model server of the tests says, and everything that can go wrong with it."""

import gzip
import json
import random
import socket
import time
from typing import Any

SLOW_SECONDS = 120
Sent = dict[str, Any]
Handler = Any  # tests.mock_model.Handler: one connection


# --- what it says ------------------------------------------------------------------------------


def completion(request: Sent, text: Any, finish: str | None = "stop") -> Sent:
    """A chat completion as OpenAI sends it."""
    asked = sum(len(str(message["content"])) for message in request["messages"])
    usage = {"prompt_tokens": asked // 4, "completion_tokens": len(str(text)) // 4 + 1}
    return {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "model": request.get("model"),
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": usage | {"total_tokens": sum(usage.values()), "prompt_tokens_details": {"cached_tokens": 0}},
    }


def say(request: Sent, seed: int = 1) -> str:
    """Text, or an object of the shape that was asked for."""
    wanted = properties(request)
    if "quotes" in wanted:
        return json.dumps(rate(request, seed))
    if "probe" in wanted:
        return json.dumps({"text": "Thank you, that is noted. The next question follows.", "probe": None})
    return "Thank you, that is noted."


def properties(request: Sent) -> Sent:
    """The properties of the requested schema, also where it is written into the prompt."""
    asked = request.get("response_format") or {}
    found: Sent = (asked.get("json_schema") or {}).get("schema", {}).get("properties", {})
    if found:
        return found
    last = str(request["messages"][-1]["content"]).rsplit("\n", 1)[-1]
    return json.loads(last).get("properties", {}) if last.startswith("{") else {}


def rate(request: Sent, seed: int) -> Sent:
    """A level for the answer with most words, with its first long sentence as the quote."""
    answers = data(request)
    best = max(answers, key=lambda row: len(row["answer"].split()), default=None)
    quote = sentence(best["answer"]) if best else ""
    if not best or not quote:
        return {"level": None, "confidence": 0, "quotes": [], "rationale": "", "not_covered": "Nothing was said."}
    chance = random.Random(f"{seed} {quote}")
    return {
        "level": chance.randint(2, 5),
        "confidence": round(chance.uniform(0.5, 0.9), 2),
        "quotes": [{"answer": best["id"], "text": quote}],
        "rationale": "The quoted action fits this anchor.",
        "not_covered": "",
    }


def data(request: Sent) -> list[dict[str, str]]:
    """The objects between the marked lines of the last message."""
    rows = []
    for line in str(request["messages"][-1]["content"]).splitlines():
        if line.startswith('{"id"'):
            rows.append(json.loads(line))
    return rows


def sentence(text: str) -> str:
    """The first sentence of at least six words, verbatim; else all of a text that long; else nothing."""
    for part in text.replace("\n", ". ").split(". "):
        if len(part.split()) >= 6 and part in text and "..." not in part:
            return part
    return text if len(text.split()) >= 6 and "..." not in text else ""


# --- what can go wrong -------------------------------------------------------------------------


def raw(body: bytes, **how: Any) -> Any:
    return lambda handler, request: handler.send_raw(body, **how)


def status(code: int, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    error = {"error": {"message": "secret prompt and key of the caller", "type": "error"}}
    return lambda handler, request: handler.send_json(error, status=code, headers=named)


def answer(change: Any, finish: str | None = "stop") -> Any:
    """An ordinary completion around a changed text: change(request, text)."""
    return lambda handler, request: handler.send_json(completion(request, change(request, say(request)), finish))


def field(name: str, value: Any) -> Any:
    """The object that was asked for, with one key set or added."""
    return answer(lambda request, text: json.dumps({**json.loads(text), name: value}))


def without(*names: str) -> Any:
    """A completion that lacks keys of its choice or of itself."""

    def send(handler: Handler, request: Sent) -> None:
        body = completion(request, say(request))
        for name in names:
            body.pop(name, None)
            body.get("choices", [{}])[0].pop(name, None)
        handler.send_json(body)

    return send


def slow_body(handler: Handler, request: Sent) -> None:
    """One byte a second: every read succeeds, the answer never ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    drip(handler)


def slow_headers(handler: Handler, request: Sent) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    drip(handler)


def drip(handler: Handler) -> None:
    handler.close_connection = True
    for _second in range(SLOW_SECONDS):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(1)


def hang(handler: Handler, request: Sent) -> None:
    """No answer until the client gives up."""
    handler.close_connection = True
    handler.connection.settimeout(SLOW_SECONDS)
    handler.connection.recv(1)


def cut(handler: Handler, request: Sent) -> None:
    """Half of an answer, then the line goes dead."""
    body = json.dumps(completion(request, say(request))).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.close_connection = True


def reset(handler: Handler, request: Sent) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def packed(handler: Handler, request: Sent) -> None:
    body = gzip.compress(json.dumps(completion(request, say(request))).encode())
    handler.send_raw(body, headers={"Content-Encoding": "gzip"})


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
    "redirect": status(302, Location="/_count"),
    "slow_body": slow_body,
    "slow_headers": slow_headers,
    "hang": hang,
    "cut": cut,
    "reset": reset,
    "packed": packed,
    "no_finish": without("finish_reason"),
    "no_message": without("message"),
    "no_usage": without("usage"),
    "length": answer(half, "length"),
    "filtered": answer(lambda request, text: "", "content_filter"),
    "odd_finish": answer(lambda request, text: text, "tool_calls"),
    "not_json": answer(lambda request, text: "I would say that this is a four."),
    "half_json": answer(half),
    "fenced": answer(lambda request, text: f"```json\n{text}\n```"),
    "json_list": answer(lambda request, text: f"[{text}]"),
    "nan": answer(lambda request, text: text[:-1] + ', "confidence": NaN}'),
    "twins": answer(lambda request, text: text[:-1] + ', "level": 5, "text": "x"}'),
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
    "probe": field("probe", {"kind": "evidence", "text": "What did you measure afterwards?"}),
    "probe_illegal": field("probe", {"kind": "evidence", "text": "How does your husband see this?"}),
    "probe_closed": field("probe", {"kind": "evidence", "text": "Did you measure it afterwards?"}),
    "probe_kind": field("probe", {"kind": "verdict", "text": "What did you measure afterwards?"}),
    "probe_text": field("probe", "What did you measure afterwards?"),
    "probe_double": field("probe", {"kind": "evidence", "text": "What did you measure? And who decided?"}),
    "probe_statement": field("probe", {"kind": "evidence", "text": "Tell me more about it."}),
    "says_number": field("text", 7),
}
