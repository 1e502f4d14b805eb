"""Calls through the gateway, and through the bare SDK beside them, on order (tests.load.callers).

    python -m tests.load.within_django calls --base http://127.0.0.1:9200 --tenant gateway0 --accounts '{"a1": {}}'

`--install` writes the rows of the registry first. After "ready" come orders: `bare`, `gateway`, `stream`, `try` (with
little patience), `cached` (a feature whose answers are kept; the order's text tells questions apart).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

import openai

from config.logging import configure
from core import pool, tenancy
from llm import gateway
from llm.policy import TenantPolicy
from tests.load import registry
from tests.load.callers import obey
from tests.load.question import MAX_TOKENS, MODEL, SCHEMA, SECONDS, messages, response_format

IMPATIENT = 1.0  # seconds


def _question(tenant: str, text: str, seconds: float, **changes: Any) -> dict[str, Any]:
    asked = {
        "feature": "interview_turn",
        "policy": TenantPolicy(schema=tenant),
        "messages": messages(text),
        "complexity": "simple",
        "schema": SCHEMA,
        "max_tokens": MAX_TOKENS,
        "deadline": time.monotonic() + seconds,
        "prompt_version": "bench.v1",
    }
    return asked | changes


def _ask(tenant: str, seconds: float, text: str, **changes: Any) -> None:
    try:
        gateway.complete(**_question(tenant, text, seconds, **changes))
    finally:
        pool.give_back()  # as a task does at its end


def _cached(tenant: str, text: str) -> None:
    _ask(tenant, SECONDS, text, feature="resume_analysis", complexity="medium")


def _stream(tenant: str, text: str) -> None:
    try:
        gateway.stream(lambda said: None, **_question(tenant, text, SECONDS))
    finally:
        pool.give_back()


def _bare(client: openai.OpenAI, text: str) -> None:
    client.chat.completions.create(  # type: ignore[call-overload]
        model=MODEL,
        messages=messages(text),
        max_tokens=MAX_TOKENS,
        response_format=response_format(),
    )


@contextmanager
def _within(tenant: str) -> Iterator[None]:
    """A thread's work for the tenant, with no connection held from the start."""
    with tenancy.enter(tenant):
        pool.give_back()
        yield


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--base", required=True)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--accounts", type=json.loads, required=True)
    parser.add_argument("--install", action="store_true", help="write the registry's rows, and say whether they count")
    parser.add_argument("--budget", type=Decimal, default=None)
    told = parser.parse_args()
    configure(as_json=True, level="INFO")  # as in production: a call's line is a part of its cost
    if told.install:
        registry.install(told.base, told.accounts, budget_usd=told.budget)
    first = next(iter(told.accounts))
    reads = registry.use(told.base, first)
    if told.install:
        json.dump({"reads": reads}, sys.stdout)
        return
    client = openai.OpenAI(base_url=f"{told.base}/{first}/v1", api_key="none", max_retries=0, timeout=SECONDS)
    obey(
        {
            "bare": partial(_bare, client),
            "gateway": partial(_ask, told.tenant, SECONDS),
            "stream": partial(_stream, told.tenant),
            "try": partial(_ask, told.tenant, IMPATIENT),
            "cached": partial(_cached, told.tenant),
        },
        within=partial(_within, told.tenant),
    )


if __name__ == "__main__":
    main()
