"""Rows of the ledger for tests."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from llm.models import LlmCall


def call(at: datetime, *, cost: str | None = "0.01", **fields: Any) -> LlmCall:
    """A settled call of alpha at this moment; `settled_at=None` leaves it open."""
    defaults = {
        "tenant": "alpha",
        "feature": "interview_turn",
        "provider": "groq",
        "account": "groq-1",
        "model": "m",
        "complexity": "simple",
        "created_at": at,
        "cost_usd": None if cost is None else Decimal(cost),
        "latency_ms": 100,
        "settled_at": at,
    }
    return LlmCall.objects.create(**defaults | fields)
