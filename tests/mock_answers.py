"""What the model server of the tests says."""

import json
import random
from typing import Any

Sent = dict[str, Any]


def completion(request: Sent, text: Any, finish: str | None = "stop") -> Sent:
    """A chat completion as OpenAI sends it."""
    return {
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "model": request.get("model"),
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
        "usage": usage(request, text),
    }


def usage(request: Sent, text: Any) -> Sent:
    """The tokens of a call, as if each had four characters."""
    asked = sum(len(str(message["content"])) for message in request["messages"])
    tokens = {"prompt_tokens": asked // 4, "completion_tokens": len(str(text)) // 4 + 1}
    return tokens | {"total_tokens": sum(tokens.values()), "prompt_tokens_details": {"cached_tokens": 0}}


def say(request: Sent, seed: int = 1) -> str:
    """Text, or an object of the shape that was asked for."""
    wanted = properties(request)
    if "quotes" in wanted:
        return json.dumps({name: value for name, value in rate(request, seed).items() if name in wanted})
    if "probe" in wanted:
        return json.dumps({"text": "Thank you, that is noted. The next question follows.", "probe": None})
    return "Thank you, that is noted."


def probe(request: Sent, text: str) -> Any:
    """A follow-up of the shape that was asked for: the text alone, or an object of its kind and text."""
    wanted = properties(request).get("probe", {})
    for shape in [wanted, *wanted.get("anyOf", [])]:
        if "properties" in shape:
            kinds = shape["properties"].get("kind", {}).get("enum") or ["evidence"]
            return {"kind": kinds[0], "text": text}
    return text


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
        nothing = {"quotes": [], "counter_evidence": [], "not_covered": "Nothing was said.", "rationale": ""}
        return nothing | {"level": None, "confidence": 0}
    chance = random.Random(f"{seed} {quote}")
    return {
        "quotes": [{"answer": best["id"], "text": quote}],
        "counter_evidence": [],
        "not_covered": "",
        "rationale": "The quoted action fits this anchor.",
        "level": chance.randint(2, 5),
        "confidence": round(chance.uniform(0.5, 0.9), 2),
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
