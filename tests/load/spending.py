"""Bar 9: how long prompts are, and what interviews cost by the ledger (tests.load.prompts, tests.load.costs)."""

from __future__ import annotations

from tests.load.lines import Lines
from tests.load.server import Server

MOST_TOKENS = 400
LEAST_SAVED, LEAST_SAVED_SAME_MODEL = 88.0, 55.0
QUICK_INTERVIEWS = 1


def measure_prompts(lines: Lines, running: Server, *, quick: bool, dataset: str = "") -> None:
    """The messages of each turn in o200k tokens, of Candor and of the baseline."""
    told = running.run("prompts", *_given(dataset))
    lines.tell("prompts.turns", told["turns"], "turns")
    lines.bar("prompts.turn_p95", told["candor_p95"], "tokens", most=MOST_TOKENS)
    lines.tell("prompts.turn_p50", told["candor_p50"], "tokens")
    lines.tell("prompts.baseline_p95", told["baseline_p95"], "tokens")
    lines.tell("prompts.baseline_p50", told["baseline_p50"], "tokens")


def measure_costs(lines: Lines, running: Server, *, quick: bool, dataset: str = "", interviews: int = 0) -> None:
    """The whole interviews' cost from the ledger's rows: every call goes through the gateway to a local provider."""
    count = QUICK_INTERVIEWS if quick else interviews
    told = running.run("costs", *_given(dataset), "--interviews", str(count), "--through-gateway", "--json")
    for name, row in told["rows"].items():
        lines.tell(f"costs.{name}.tokens", row["tokens_in"] + row["tokens_out"], "tokens")
        lines.tell(f"costs.{name}.usd", row["usd"], "USD")
        lines.tell(f"costs.{name}.saved", row["saved_percent"], "%")
    lines.bar("costs.saved", told["saved_percent"], "%", least=LEAST_SAVED)
    lines.bar("costs.saved_one_vendor", told["rows"]["vendor"]["saved_percent"], "%", least=LEAST_SAVED)
    lines.bar("costs.saved_same_model", told["saved_same_model_percent"], "%", least=LEAST_SAVED_SAME_MODEL)
    lines.none("costs.unsettled", told["unsettled"], "calls")


def _given(dataset: str) -> list[str]:
    return ["--dataset", dataset] if dataset else []
