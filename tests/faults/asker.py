"""Processes whose threads ask the gateway, started by the tests of providers that fail.

    python -m tests.faults.asker (mixed | equal) PROCESSES THREADS

Says `ready`, begins at the first line of standard input, and at its end prints what came of each call as JSON. `mixed`
asks one question after the other until standard input ends; with `equal` every thread asks the same one once.
"""

import json
import multiprocessing
import os
import secrets
import signal
import sys
import threading
import time
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from typing import Any

from core.localservices.procfile import die_with_parent

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
EVALUATION = 4  # its place there


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


def crew(mode: str, threads: int, begun: Event, over: Event, told: "SimpleQueue[list[dict[str, Any]]]") -> None:
    """One process: its threads begin together, and hand over what came of their calls."""
    from django.db import connections

    from core import tenancy

    die_with_parent(signal.SIGKILL, os.getppid())
    found: list[dict[str, Any]] = []

    def work(place: int) -> None:
        begun.wait()
        with tenancy.enter("alpha"):
            if mode == "equal":
                found.append(ask(EVALUATION, name="z" * 16))
            while mode == "mixed" and not over.is_set():
                found.append(ask(place % len(MIXED)))
                place += 1
                time.sleep(0.05)
        connections.close_all()

    from llm import writer

    at_work = [threading.Thread(target=work, args=(place,)) for place in range(threads)]
    for thread in at_work:
        thread.start()
    for thread in at_work:
        thread.join()
    assert writer.flush(30.0)
    told.put(found)


def main(mode: str, processes: str, threads: str) -> None:
    import django

    django.setup()
    from llm.attempts import wire

    wire()  # loads the SDK, as gateway.warm does, and asks no database for it
    forks = multiprocessing.get_context("fork")  # nothing is connected yet, and the imports are made once
    begun, over, told = forks.Event(), forks.Event(), forks.SimpleQueue()
    started = [forks.Process(target=crew, args=(mode, int(threads), begun, over, told)) for _ in range(int(processes))]
    for process in started:
        process.start()
    print("ready", flush=True)
    sys.stdin.readline()
    begun.set()
    sys.stdin.read()
    over.set()
    print(json.dumps([one for _ in started for one in told.get()]), flush=True)
    for process in started:
        process.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
