"""How the tests of this room ask the gateway."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock as mocking
from uuid import UUID

from django.test import override_settings

from core.redis import client
from llm import attempts, gateway, health, registry
from llm.gateway import Completion
from llm.policy import TenantPolicy
from tests.mock_model import MockModel

INTERVIEW = UUID("01890000-0000-7000-8000-000000000001")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text", "probe"],
    "properties": {"text": {"type": "string", "maxLength": 400}, "probe": {"type": ["string", "null"]}},
}
MESSAGES = [
    {"role": "system", "content": "You are the interviewer."},
    {"role": "user", "content": "SECRET-PROMPT by Anna de Vries, anna@mail.example"},
]


def forget() -> None:
    """No limit, budget, breaker or answer is known to Redis, and this process has not looked yet."""
    for pattern in ("candor:llm:*", "candor:*:llm-*"):
        for name in client().scan_iter(pattern, count=1000):
            client().delete(name)
    registry.forget()
    health.forget()


@contextmanager
def using(mock: MockModel, model: str = "mock", **more: str) -> Iterator[None]:
    """The mock is the configured model."""
    key = "sk-SECRET-KEY"  # pragma: allowlist secret
    chosen = {"OPENAI_BASE_URL": mock.url, "OPENAI_API_KEY": key, "LLM_MODEL": model} | more
    given = {name: value for name, value in chosen.items() if value}
    forget()
    with override_settings(LLM_ENV=given), mocking.patch.object(attempts, "FIRST_BACKOFF", 0.002):
        yield
    forget()


def ask(seconds: float = 5.0, schema: dict[str, Any] | None = SCHEMA, **changes: Any) -> Completion:
    """One ordinary call."""
    asked: dict[str, Any] = {
        "feature": "interview_turn",
        "policy": TenantPolicy(schema="alpha"),
        "messages": MESSAGES,
        "complexity": "simple",
        "schema": schema,
        "max_tokens": 200,
        "deadline": time.monotonic() + seconds,
        "interview_id": INTERVIEW,
        "known": ("Anna de Vries",),
        "prompt_version": "turn.v1",
    }
    return gateway.complete(**asked | changes)
