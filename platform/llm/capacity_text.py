"""A capacity report for people, in lines, and for machines, as an object of JSON's types."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from llm.capacity import Alone, Plan
from llm.capacity_report import PER_DAY, Named, Report

FLAGGED = {
    "retired": "retired",
    "doubtful": "of doubtful arithmetic",
    "unverified": "unverified",
    "forbidden": "whose terms forbid candidates' data",
    "disputed": "whose figure differs from what was found at the provider",
}


def lines(report: Report) -> Iterator[str]:
    """The report in sections, an empty line between them."""
    for section in (_interview, _accounts, _flags, _sum, _plans, _own, _assumed):
        found = list(section(report))
        if found:
            yield from found
            yield ""


def as_json(report: Report) -> dict[str, Any]:
    """Money in US dollars; null = no limit is known."""
    workload = report.workload
    return {
        "source": report.source,
        "measured": workload.is_measured,
        "measured_interviews": workload.interviews,
        "assumed": list(workload.why),
        "peak_factor": float(workload.facts.peak_factor),
        "latency_seconds": float(workload.facts.latency_seconds),
        "hit_rates": {name: float(rate) for name, rate in workload.hit_rates.items()},
        "calls": [
            {"name": part.name, "calls": float(part.calls), "tokens_in": float(part.tokens_in),
             "tokens_cached": float(part.tokens_cached), "tokens_out": float(part.tokens_out)}
            for part in report.parts
        ],
        "accounts": [_account(one) for one in report.found],
        "as_written": report.as_written,
        "remains": [{"without": step.kind, "rows": list(step.rows), "interviews_day": step.remains}
                    for step in report.steps],
        "plans": [_plan(named) for named in report.plans],
        "own_servers_need": [
            {"interviews": wanted.interviews, "period": wanted.period, "tokens_a_second": tokens}
            for wanted, tokens in report.own_needs
        ],
    }  # fmt: skip


def _account(one: Alone) -> dict[str, Any]:
    return {
        "name": one.row.name,
        "counts": one.row.counts,
        "lacks": list(one.lacks),
        "requests_day": one.requests_day,
        "tokens_day": one.tokens_day,
        "interviews_day": one.interviews_day,
        "bottleneck": one.bottleneck,
        "usd_interview": round(float(one.usd_interview), 8),
        "usd_day": None if one.usd_day is None else round(float(one.usd_day), 2),
        "flags": [{"kind": flag.kind, "why": flag.why, "stops": flag.stops} for flag in one.row.flags],
    }


def _plan(named: Named) -> dict[str, Any]:
    plan = named.plan
    return {
        "interviews": named.wanted.interviews,
        "period": named.wanted.period,
        "plan": named.name,
        "wanted_day": plan.wanted,
        "carried_day": plan.carried,
        "shortfall_day": plan.shortfall,
        "usd_day": round(float(plan.usd_day), 2),
        "usd_interview": round(float(_each(plan)), 8),
        "shares": [
            {"account": share.row, "model": share.model, "part": share.part, "interviews": share.interviews,
             "requests": share.requests, "usd_day": round(float(share.usd_day), 4)}
            for share in plan.shares
        ],
    }  # fmt: skip


def _interview(report: Report) -> Iterator[str]:
    workload = report.workload
    known = "measured" if workload.is_measured else "assumed"
    seen = f"{workload.interviews} interviews in the ledger's last 30 days"
    said = "calls by the table, tokens " if report.calls_given else ""
    seen = "the ledger cannot be read" if workload.interviews is None else seen
    yield f"An interview's calls ({said}{known}; {seen})"
    rows = [
        (part.name, f"{float(part.calls):.2f}", *(f"{float(tokens):,.0f}" for tokens in _tokens(part)))
        for part in report.parts
    ]
    yield from _table(("call", "calls", "tokens in", "cached", "out"), rows)
    rates = ", ".join(f"{name} {float(rate):.1%}" for name, rate in workload.hit_rates.items())
    seconds = float(workload.facts.latency_seconds)
    yield f"Answered without a call ({known}): {rates}. A call takes {seconds:.1f} s on average ({known})."


def _tokens(part: Any) -> tuple[Fraction, Fraction, Fraction]:
    return part.tokens_in, part.tokens_cached, part.tokens_out


def _accounts(report: Report) -> Iterator[str]:
    yield f"What each account carries a day by itself, from {report.source}"
    if not report.found:
        yield "  none: load the registry, or name a table with --plan"
        return
    head = ("account", "requests", "tokens", "interviews", "what binds", "$/interview", "$/day", "flags")
    yield from _table(head, [_account_row(one) for one in report.found])


def _account_row(one: Alone) -> tuple[str, ...]:
    kinds = [flag.kind for flag in one.row.flags]
    kinds += [f"not for {', '.join(one.lacks)}"] if one.lacks else []
    usd_day = "-" if one.usd_day is None else f"{float(one.usd_day):,.2f}"
    return (
        one.row.name,
        *(_number(amount) for amount in (one.requests_day, one.tokens_day, one.interviews_day)),
        one.bottleneck,
        f"{float(one.usd_interview):.5f}",
        usd_day,
        "; ".join(kinds),
    )


def _flags(report: Report) -> Iterator[str]:
    flagged = [(one.row.name, flag) for one in report.found for flag in one.row.flags]
    if flagged:
        yield "Flagged"
        note = "" if report.is_table else "; carries nothing in the plans"
        for name, flag in flagged:
            yield f"  {name}: {flag.kind}: {flag.why}{note if flag.stops else ''}"


def _sum(report: Report) -> Iterator[str]:
    """The table's own sum, and what is left of it."""
    if not report.is_table:
        return
    yield f"The table as written: {_number(report.as_written)} interviews a day"
    yield "  each row is rounded down to whole interviews, then they are added; less, one after the other:"
    for step in report.steps:
        yield f"  {_number(step.remains)} without rows {FLAGGED[step.kind]} ({', '.join(step.rows)})"


def _plans(report: Report) -> Iterator[str]:
    for number, named in enumerate(report.plans):
        wanted = named.wanted
        if number == 0 or report.plans[number - 1].wanted != wanted:
            a_day = "" if wanted.period == PER_DAY else f" ({wanted.a_day:,} a day)"
            yield f"{wanted.interviews:,} interviews a {wanted.period}{a_day}, the cheapest first"
        plan = named.plan
        money = f"${float(plan.usd_day):,.2f} a day, ${float(_each(plan)):.5f} an interview"
        yield f"  {named.name}: carried {plan.carried:,}, shortfall {plan.shortfall:,}; {money}"
        yield from (f"    {line}" for line in _shares(plan))


def _each(plan: Plan) -> Fraction:
    return plan.usd_day / plan.carried if plan.carried else Fraction(0)


def _shares(plan: Plan) -> Iterator[str]:
    """A line an account and model: which part of how many interviews."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for share in plan.shares:
        where = f"{share.row}/{share.model}" if share.model else share.row
        grouped[where].append(f"{share.part} {share.interviews:,}")
    for where, parts in grouped.items():
        yield f"{where}: {', '.join(parts)}"


def _own(report: Report) -> Iterator[str]:
    yield "Own servers alone would have to write, at the peak and over all requests"
    for wanted, tokens in report.own_needs:
        yield f"  {tokens:,} tokens a second for {wanted.interviews:,} interviews a {wanted.period}"


def _assumed(report: Report) -> Iterator[str]:
    yield "Assumed"
    yield from (f"  {sentence}" for sentence in report.workload.why)
    yield "  Everything runs live at the price of a live call: a batch would cost what its provider says, often half."
    if not report.is_table:
        yield "  Free is an account whose models all cost nothing, or whose label has the word free."
    yield "  Own servers cost nothing here (no machine, no power); one that is no account takes every kind of call."


def _number(amount: int | None) -> str:
    return "no limit" if amount is None else f"{amount:,}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell; the first is left-aligned, and so is every text."""
    everything = [tuple(head), *map(tuple, rows)]
    widths = [max(len(row[column]) for row in everything) for column in range(len(head))]
    for row in everything:
        yield ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
