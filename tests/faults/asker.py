"""A process whose threads ask the gateway, started by the tests of providers that fail.

    python -m tests.faults.asker (mixed | equal) THREADS

Says `ready`, begins at the first line of standard input, and at its end prints what came of each call as JSON. `mixed`
asks one question after the other until standard input ends; with `equal` every thread asks the same one once.
"""

import json
import secrets
import sys
import threading
import time
from typing import Any

LETTERS = "bcdfghjkmnpqrstvwxz"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text", "probe"],
    "properties": {"text": {"type": "string", "maxLength": 400}, "probe": {"type": ["string", "null"]}},
}
# feature, whether it is streamed, by a schema, most tokens, seconds
MIXED: list[tuple[str, bool, bool, int, float]] = [
    ("interview_turn", True, True, 100, 6.0),
    ("interview_turn", True, False, 100, 6.0),
    ("interview_turn", False, True, 100, 3.0),
    ("report", False, False, 200, 8.0),
    ("evaluation", False, True, 200, 8.0),
    ("evaluation", False, False, 200, 8.0),
]


def mark() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(16))


def question(name: str, feature: str, *, schema: bool, most: int, seconds: float) -> dict[str, Any]:
    """What is asked for the tenant alpha."""
    from llm.policy import TenantPolicy

    return {
        "feature": feature,
        "policy": TenantPolicy(schema="alpha"),
        "messages": [
            {"role": "system", "content": "You are the interviewer."},
            {"role": "user", "content": f"The answer is marked {name}."},
        ],
        "schema": SCHEMA if schema else None,
        "max_tokens": most,
        "deadline": time.monotonic() + seconds,
    }


def ask(kind: int, name: str = "") -> dict[str, Any]:
    """One question of MIXED, and what came of it."""
    from core.ids import uuid7
    from llm import gateway

    feature, streamed, schema, most, seconds = MIXED[kind]
    name, interview_id = name or mark(), uuid7()
    told: dict[str, Any] = {"mark": name, "kind": kind, "most_seconds": seconds, "unavailable": "", "broke": ""}
    told["interview"] = str(interview_id)
    asked = question(name, feature, schema=schema, most=most, seconds=seconds) | {"interview_id": interview_id}
    heard: list[dict[str, Any]] = []
    began = time.monotonic()
    try:
        said = gateway.stream(heard.append, again=heard.clear, **asked) if streamed else gateway.complete(**asked)
        told |= {"text": said.text, "parsed": said.parsed, "heard": heard[-1:]}
    except gateway.Unavailable as failed:
        told |= {"unavailable": failed.kind}
    except Exception as error:
        told |= {"broke": f"{type(error).__name__}: {error}"}
    return told | {"seconds": time.monotonic() - began}


def main(mode: str, threads: str) -> None:
    import django

    django.setup()
    from django.db import connections

    from core import tenancy
    from llm import gateway

    gateway.warm()
    told: list[dict[str, Any]] = []
    begun, over = threading.Event(), threading.Event()

    def work(place: int) -> None:
        begun.wait()
        with tenancy.enter("alpha"):
            if mode == "equal":
                told.append(ask(kind=4, name="z" * 16))
            while mode == "mixed" and not over.is_set():
                told.append(ask(place % len(MIXED)))
                place += 1
                over.wait(0.05)
        connections.close_all()

    crew = [threading.Thread(target=work, args=(place,)) for place in range(int(threads))]
    for thread in crew:
        thread.start()
    print("ready", flush=True)
    sys.stdin.readline()
    begun.set()
    sys.stdin.read()
    over.set()
    for thread in crew:
        thread.join()
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
