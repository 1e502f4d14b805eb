"""Settled rows of the ledger, as tests want them."""

from decimal import Decimal
from typing import Any

from core import clock
from llm.models import LlmCall


def called(times: int = 1, **changes: Any) -> None:
    """So many calls that went well, or as `changes` say."""
    values: dict[str, Any] = {
        "tenant": "alpha",
        "feature": "interview_turn",
        "provider": "p",
        "account": "a",
        "model": "m",
        "complexity": "simple",
        "prompt_version": "turn.v2",
        "cost_usd": Decimal("0.001"),
        "latency_ms": 1000,
        "finish_reason": "stop",
    }
    for _ in range(times):
        LlmCall.objects.create(**values | {"settled_at": clock.now()} | changes)
