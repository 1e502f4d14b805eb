"""The registry: which account of which provider a call goes to, at which price.

Rows are data (data/providers.json); keys come from the environment by the names in the rows. An own server
(OPENAI_BASE_URL: Ollama, vLLM, llama.cpp, a proxy) wins over every row.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

from core import clock
from llm.policy import TenantPolicy

DATA = Path(__file__).parent / "data" / "accounts.v1.json"
OWN_SERVER = "own-server"
COMPLEXITIES = ("simple", "medium", "complex")


class WireError(Exception):
    """The server could not be asked, or did not answer properly. `kind` says how, without any content."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    fresh: Decimal
    cached: Decimal
    out: Decimal

    def cost_usd(self, *, tokens_in: int, tokens_cached: int, tokens_out: int) -> Decimal:
        """What a call of this size costs; `tokens_cached` is a part of `tokens_in`."""
        fresh = tokens_in - tokens_cached
        return (fresh * self.fresh + tokens_cached * self.cached + tokens_out * self.out) / 1_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """Where one call goes and how this server wants to be asked. `model` "" = the first one the server offers."""

    account: str
    provider: str
    base_url: str
    api_key: str = field(repr=False)
    model: str
    structured: str  # json_schema | json_object | prompt
    max_tokens_field: str
    price: Price | None
    price_version: str
    temperature: bool = True
    stream_usage: bool = True  # counts tokens at the end of a stream when asked to
    reasoning_tokens: int = 0  # spent before the answer, within the same maximum
    parameters: Mapping[str, Any] = field(default_factory=dict)


def choose(policy: TenantPolicy, complexity: str) -> Target | None:
    """The target of the next call, or None: then there is no model and everything runs in basic mode."""
    if environment().get("OPENAI_BASE_URL"):
        own = _own_server(complexity)
        return own if _names(policy, own.provider) and not policy.region else None
    usable = (row for row in rows() if _usable(row) and _allowed(row, policy))
    return next((_target(row, complexity) for row in usable), None)


def environment() -> Mapping[str, str]:
    """Where keys and addresses are read from."""
    found: Mapping[str, str] = getattr(settings, "LLM_ENV", os.environ)
    return found


def rows() -> list[dict[str, Any]]:
    """The accounts of the data file, in their order."""
    accounts: list[dict[str, Any]] = _data()["accounts"]
    return accounts


def not_for_chat() -> list[str]:
    """Parts of names by which models are known that can't hold a conversation."""
    parts: list[str] = _data()["own_server"]["not_for_chat"]
    return parts


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(DATA.read_text())
    return data


def _usable(row: dict[str, Any]) -> bool:
    """Its key is set, it was not retired, and it does not learn from what candidates say."""
    retired = row["retires_at"] and date.fromisoformat(row["retires_at"]) <= clock.now().date()
    named = all(environment().get(name) for name in (row["key_env"], *row.get("needs_env", ())))
    return named and not retired and not row["trains_on_data"]


def _allowed(row: dict[str, Any], policy: TenantPolicy) -> bool:
    return _names(policy, row["provider"]) and policy.region in ("", row["region"])


def _names(policy: TenantPolicy, provider: str) -> bool:
    return not policy.providers or provider in policy.providers


def _target(row: dict[str, Any], complexity: str) -> Target:
    model, key = _model(row, complexity), environment()[row["key_env"]]
    return Target(
        account=row["account"],
        provider=row["provider"],
        base_url=row["base_url"].format_map(environment()),
        api_key=key,
        model=model["model"].format_map(environment()),
        structured=row["structured"],
        max_tokens_field=row["max_tokens"],
        price=_price(model),
        price_version=row["price_version"],
        temperature=model.get("temperature", True),
        stream_usage=row.get("stream_usage", True),
        reasoning_tokens=model.get("reasoning_tokens", 0),
        parameters=model.get("parameters", {}),
    )


def _own_server(complexity: str) -> Target:
    """OPENAI_BASE_URL; when it is the address of a row, that row's models, prices and manners apply."""
    base_url = environment()["OPENAI_BASE_URL"]
    key = environment().get("OPENAI_API_KEY") or "none"  # local servers want none, the SDK wants some
    known = next((row for row in rows() if row["base_url"].rstrip("/") == base_url.rstrip("/")), None)
    if known:
        return replace(_target({**known, "key_env": "OPENAI_BASE_URL"}, complexity), api_key=key)
    manners = _data()["own_server"]
    return Target(
        account=OWN_SERVER,
        provider=OWN_SERVER,
        base_url=base_url,
        api_key=key,
        model=environment().get("LLM_MODEL", ""),
        structured=manners["structured"],
        max_tokens_field=manners["max_tokens"],
        price=None,
        price_version="",
    )


def _model(row: dict[str, Any], complexity: str) -> dict[str, Any]:
    """The row's model of this complexity, or LLM_MODEL with its price where the row knows it."""
    wanted = environment().get("LLM_MODEL")
    models: dict[str, dict[str, Any]] = row["models"]
    if not wanted:
        return models[complexity]
    same = (model for model in models.values() if model["model"] == wanted)
    return next(same, {**models[complexity], "model": wanted, "price_in": None})


def _price(model: dict[str, Any]) -> Price | None:
    if model["price_in"] is None:
        return None
    return Price(Decimal(model["price_in"]), Decimal(model["price_cached"]), Decimal(model["price_out"]))
