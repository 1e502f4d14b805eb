"""What interviews cost: Candor against one frontier model with the long prompt, and with each measure left out.

    python -m tests.load.within_django costs [--dataset FOLDER] [--interviews 10] [--json] [--through-gateway]

From the prompts alone this needs no server. `--through-gateway` sends every call to a local provider, sums the
ledger's rows, and needs a server's environment: `make bench ARGS="costs --dataset FOLDER"`. Tokens are o200k's,
prices those of the registry's data file. The baseline has no measure at all; `baseline_cached` is it with the prompt
cache that some providers give to any long prompt, which a hurried team would have too. No transcript is played twice,
so nothing is found in the exact cache.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from config.logging import configure
from tests.load import prices, tape, transcripts
from tests.load.prices import FRONTIER, ROUTED, PromptCache
from tests.load.tape import Call
from tests.load.transcripts import Transcript

MEASURES = ("routing", "prompt", "cache", "templates", "batch")


@dataclass(slots=True)
class Spent:
    """Calls, tokens and dollars that were added up."""

    calls: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    usd: Decimal = Decimal(0)
    by_feature: dict[str, Decimal] = field(default_factory=dict)

    def add(self, feature: str, tokens: tuple[int, int, int], usd: Decimal) -> None:
        """:param tokens: in, of them cached, out."""
        self.calls += 1
        self.tokens_in += tokens[0]
        self.tokens_cached += tokens[1]
        self.tokens_out += tokens[2]
        self.usd += usd
        self.by_feature[feature] = self.by_feature.get(feature, Decimal(0)) + usd

    def told(self, against: Decimal) -> dict[str, Any]:
        numbers = {name: getattr(self, name) for name in ("calls", "tokens_in", "tokens_cached", "tokens_out")}
        split = {f"usd_{feature}": float(round(usd, 6)) for feature, usd in self.by_feature.items()}
        return numbers | {"usd": float(round(self.usd, 6)), "saved_percent": saved(self.usd, against)} | split


@dataclass(frozen=True, slots=True)
class How:
    """Which measures are in place."""

    routing: bool = True
    prompt: bool = True
    cache: bool = True
    templates: bool = True
    batch: bool = True


NOTHING = How(False, False, False, False, False)


def saved(usd: Decimal, against: Decimal) -> float:
    """Percent."""
    return float(round(100 * (1 - usd / against), 2)) if against else 0.0


def calls_of(transcript: Transcript, how: How) -> list[Call]:
    """What is asked for in this interview."""
    candor = tape.of_candor(transcript)
    if how.prompt:
        return candor if how.templates else [*tape.of_every_turn(transcript), *_ratings(candor)]
    long = tape.of_baseline(transcript)
    turns = [call for call in long if call.feature == tape.TURN]
    asked = sum(call.feature == tape.TURN for call in candor)
    return [*(turns[-asked:] if how.templates and asked else turns if not how.templates else []), *_ratings(long)]


def _ratings(calls: Iterable[Call]) -> list[Call]:
    return [call for call in calls if call.feature == tape.RATING]


def computed(found: list[Transcript], how: How, routed: dict[str, str] = ROUTED) -> Spent:
    """From the prompts alone."""
    spent, caches = Spent(), dict[str, PromptCache]()
    for transcript in found:
        for call in calls_of(transcript, how):
            model = routed[call.complexity] if how.routing else FRONTIER
            cache = caches.setdefault(model, PromptCache())
            cached = cache.look(call.body["messages"]) if how.cache else 0
            spent.add(call.feature, (call.tokens_in, cached, call.tokens_out), usd(call, model, cached, how.batch))
    return spent


def usd(call: Call, model: str, cached: int, batch: bool) -> Decimal:
    price = prices.of(model)
    live = price.cost_usd(tokens_in=call.tokens_in, tokens_cached=cached, tokens_out=call.tokens_out)
    return live * price.batch_factor if batch and call.feature == tape.RATING else live


def compared(found: list[Transcript], routed: dict[str, str]) -> dict[str, Any]:
    """The baseline, Candor, Candor without each measure, and both on the baseline's model."""
    rows = {"baseline": computed(found, NOTHING), "baseline_cached": computed(found, replace(NOTHING, cache=True))}
    rows["candor"] = computed(found, How(), routed)
    for measure in MEASURES:
        rows[f"without_{measure}"] = computed(found, replace(How(), **{measure: False}), routed)
    return summed(found, "prompts", rows)


def summed(found: list[Transcript], source: str, rows: dict[str, Spent]) -> dict[str, Any]:
    """What the rows say against the baseline; "same model" is Candor without its routing."""
    base, cached = rows["baseline"].usd, rows["baseline_cached"].usd
    return {
        "interviews": len(found),
        "source": source,
        "saved_percent": saved(rows["candor"].usd, base),
        "saved_same_model_percent": saved(rows["without_routing"].usd, base),
        "saved_against_cached_percent": saved(rows["candor"].usd, cached),
        "saved_same_model_against_cached_percent": saved(rows["without_routing"].usd, cached),
        "rows": {name: spent.told(base) for name, spent in rows.items()},
    }


def table(told: dict[str, Any]) -> str:
    """For people."""
    lines = [f"{told['interviews']} interviews, from the {told['source']}"]
    for name, row in told["rows"].items():
        lines.append(
            f"{name:20} {row['calls']:6} calls {row['tokens_in']:10,} in {row['tokens_cached']:10,} cached "
            f"{row['tokens_out']:9,} out  ${row['usd']:9.4f}  saved {row['saved_percent']:6.2f}%"
        )
    lines.append(f"saved {told['saved_percent']}%, on the same model {told['saved_same_model_percent']}%")
    cached = (told["saved_against_cached_percent"], told["saved_same_model_against_cached_percent"])
    lines.append(f"against a baseline whose long prompts the provider caches: {cached[0]}%, same model {cached[1]}%")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dataset", type=Path, default=None)
    parser.add_argument("--interviews", type=int, default=0, help="all of them without it")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--through-gateway", action="store_true", help="sum the ledger's rows of real calls")
    parser.add_argument("--complex", default=ROUTED["complex"], help="the model that evaluations go to")
    told = parser.parse_args()
    found, routed = transcripts.read(told.dataset, told.interviews), ROUTED | {"complex": told.complex}
    if told.through_gateway:
        from tests.load import ledgered  # needs a server

        configure(as_json=True, level="WARNING")  # no line for each of thousands of calls
        result = ledgered.compared(found, routed)
    else:
        result = compared(found, routed)
    sys.stdout.write(json.dumps(result) if told.json else f"{table(result)}\n")


if __name__ == "__main__":
    main()
