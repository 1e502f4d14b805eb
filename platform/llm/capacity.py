"""How many interviews a day accounts carry within their limits, what binds first, and what it costs: arithmetic alone.

Amounts are exact fractions and are rounded down to whole interviews at the end, account by account. A limit of a minute
must hold in the busiest minute, so over a day it carries its 1,440 minutes divided by the peak factor.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from llm.capacity_rows import Facts, Model, Part, Row
from llm.targets import Limits

MINUTES_A_DAY = 1_440
SECONDS_A_DAY = 86_400

Needs = dict[tuple[str, str], Fraction]  # (whose, limit) to an amount a day; whose "" = the account's


@dataclass(frozen=True, slots=True)
class Alone:
    """What a row carries of the parts that its models are good enough for. None = no limit is known."""

    row: Row
    lacks: tuple[str, ...]  # the parts that it has no model for
    requests_day: int | None
    tokens_day: int | None
    interviews_day: int | None
    bottleneck: str
    usd_interview: Fraction

    @property
    def usd_day(self) -> Fraction | None:
        return None if self.interviews_day is None else self.interviews_day * self.usd_interview


@dataclass(frozen=True, slots=True)
class Share:
    """What of a plan goes to one model: a part of so many interviews a day."""

    row: str
    model: str
    part: str
    interviews: int
    requests: int
    usd_day: Fraction


@dataclass(frozen=True, slots=True)
class Plan:
    """The cheapest way found to carry what is wanted, or as much of it as goes."""

    wanted: int
    carried: int
    shares: tuple[Share, ...]

    @property
    def shortfall(self) -> int:
        return self.wanted - self.carried

    @property
    def usd_day(self) -> Fraction:
        return sum((share.usd_day for share in self.shares), Fraction(0))


@dataclass(slots=True)
class _Left:
    """What is left of all rows' amounts while a plan is made."""

    amounts: dict[str, Needs] = field(default_factory=dict)

    def room(self, row: str, needs: Needs) -> int | None:
        """Whole interviews; None = no limit."""
        found = _tightest(self.amounts[row], needs)
        return None if found is None else math.floor(found[0])

    def take(self, row: str, needs: Needs, interviews: int) -> None:
        amounts = self.amounts[row]
        for key in needs.keys() & amounts.keys():
            amounts[key] -= needs[key] * interviews


def alone(row: Row, parts: Sequence[Part], facts: Facts) -> Alone:
    """What a row carries by itself, its flags apart: each part by the cheapest of its models that is good enough."""
    chosen = [(part, model) for part in parts if (model := _cheapest(row, part))]
    lacks = tuple(part.name for part in parts if not _cheapest(row, part))
    if not chosen:
        return Alone(row, lacks, 0, 0, 0, "no model", Fraction(0))
    needs = _sum(_needs(row, model, part, facts) for part, model in chosen)
    usd = _usd_interview(row, chosen)
    found = _tightest(_amounts(row, facts), needs)
    if found is None:
        return Alone(row, lacks, None, None, None, "no limit known", usd)
    room, (whose, limit) = found
    calls = sum((part.calls for part, _ in chosen), Fraction(0))
    tokens = sum((part.calls * (part.tokens_in + part.tokens_out) for part, _ in chosen), Fraction(0))
    bottleneck = f"{limit} of {whose}" if whose else limit
    return Alone(row, lacks, math.floor(room * calls), math.floor(room * tokens), math.floor(room), bottleneck, usd)


def together(found: Iterable[Alone]) -> int | None:
    """The sum of whole interviews, each row rounded down first; None = one of them has no limit."""
    total = 0
    for one in found:
        if one.interviews_day is None:
            return None
        total += one.interviews_day
    return total


def plan(rows: Sequence[Row], parts: Sequence[Part], wanted: int, facts: Facts) -> Plan:
    """Carry `wanted` interviews a day, the cheapest first, or the most that can be carried whole.

    Parts may go to different rows: turns to a free account, evaluations to a strong model. What takes the best models
    is placed first.
    """
    shares = _place(rows, parts, wanted, facts)
    carried, too_many = (wanted, wanted) if shares is not None else (0, wanted)
    while too_many - carried > 1:
        middle = (carried + too_many) // 2
        found = _place(rows, parts, middle, facts)
        if found is None:
            too_many = middle
        else:
            carried, shares = middle, found
    return Plan(wanted, carried, tuple(shares or ()))


def written_needed(parts: Iterable[Part], interviews_day: int, facts: Facts) -> int:
    """Tokens a second that own servers must write at the peak to carry this alone, reading included; rounded up."""
    each = sum((part.calls * _written(part, facts) for part in parts), Fraction(0))
    return math.ceil(each * interviews_day * facts.peak_factor / SECONDS_A_DAY)


def merged(parts: Sequence[Part], name: str, calls: Fraction | None = None) -> Part:
    """All parts as one that any model takes: the same tokens an interview, spread over `calls` (None = theirs)."""
    calls = calls or sum((part.calls for part in parts), Fraction(0))

    def mean(column: str) -> Fraction:
        return sum((part.calls * getattr(part, column) for part in parts), Fraction(0)) / calls

    tokens = {column: mean(column) for column in ("tokens_in", "tokens_cached", "tokens_out", "most_out")}
    return Part(name=name, quality=0, calls=calls, **tokens)


def _place(rows: Sequence[Row], parts: Sequence[Part], wanted: int, facts: Facts) -> list[Share] | None:
    """Who carries each part, or None if some of it is left."""
    left = _Left({row.name: _amounts(row, facts) for row in rows})
    shares: list[Share] = []
    for part in sorted(parts, key=lambda part: -part.quality):
        missing = wanted
        for usd, row, model in sorted(_able(rows, part), key=lambda able: able[0]):
            needs = _needs(row, model, part, facts)
            room = left.room(row.name, needs)
            taken = missing if room is None else min(missing, room)
            if taken:
                left.take(row.name, needs, taken)
                requests = math.ceil(taken * part.calls)
                shares.append(Share(row.name, model.name, part.name, taken, requests, taken * usd))
                missing -= taken
        if missing:
            return None
    return shares


def _able(rows: Sequence[Row], part: Part) -> list[tuple[Fraction, Row, Model]]:
    return [(_usd(row, model, part), row, model) for row in rows for model in row.models if _takes(row, model, part)]


def _takes(row: Row, model: Model, part: Part) -> bool:
    return model.quality >= part.quality and (row.usd_interview is not None or row.is_free or model.price is not None)


def _cheapest(row: Row, part: Part) -> Model | None:
    able = [model for model in row.models if _takes(row, model, part)]
    return min(able, key=lambda model: _usd(row, model, part)) if able else None


def _usd(row: Row, model: Model, part: Part) -> Fraction:
    """What a part of one interview costs there, in US dollars."""
    if row.usd_interview is not None:
        return row.usd_interview
    if row.is_free or model.price is None:
        return Fraction(0)
    cached = part.tokens_cached if model.caches_prompts else Fraction(0)
    fresh = (part.tokens_in - cached) * Fraction(model.price.fresh)
    return (
        part.calls
        * (fresh + cached * Fraction(model.price.cached) + part.tokens_out * Fraction(model.price.out))
        / (1_000_000)
    )


def _usd_interview(row: Row, chosen: Sequence[tuple[Part, Model]]) -> Fraction:
    return sum((_usd(row, model, part) for part, model in chosen), Fraction(0))


def _amounts(row: Row, facts: Facts) -> Needs:
    """What a day allows, by whose limit and its name."""
    found = {("", name): amount for name, amount in _of_limits(row.limits, facts).items()}
    for model in row.models:
        found |= {(model.name, name): amount for name, amount in _of_limits(model.limits, facts).items()}
    if row.requests_hour is not None:
        hours = Fraction(24) / facts.peak_factor if row.hours_counted is None else Fraction(row.hours_counted)
        found["", "requests an hour"] = row.requests_hour * hours
    if row.interviews_day is not None:
        found["", "interviews a day"] = Fraction(row.interviews_day)
    if row.written_a_second is not None:
        found["", "tokens a second"] = row.written_a_second * SECONDS_A_DAY / facts.peak_factor
    return found


def _of_limits(limits: Limits, facts: Facts) -> dict[str, Fraction]:
    minutes, seconds = MINUTES_A_DAY / facts.peak_factor, SECONDS_A_DAY / facts.peak_factor
    amounts = {
        "requests a minute": limits.requests_minute and limits.requests_minute * minutes,
        "requests a day": limits.requests_day and Fraction(limits.requests_day),
        "tokens a minute": limits.tokens_minute and limits.tokens_minute * minutes,
        "tokens a day": limits.tokens_day and Fraction(limits.tokens_day),
        "requests at once": limits.in_flight and limits.in_flight * seconds,
    }
    return {name: Fraction(amount) for name, amount in amounts.items() if amount}


def _needs(row: Row, model: Model, part: Part, facts: Facts) -> Needs:
    """What a part of one interview takes of each amount."""
    out = max(part.most_out, part.tokens_out) if row.counts_max_tokens else part.tokens_out
    tokens = part.calls * (part.tokens_in + out)
    each = dict.fromkeys(("requests a minute", "requests a day", "requests an hour"), part.calls)
    each |= {"tokens a minute": tokens, "tokens a day": tokens, "requests at once": part.calls * facts.latency_seconds}
    each |= {"interviews a day": Fraction(1), "tokens a second": part.calls * _written(part, facts)}
    return {(whose, name): amount for whose in {"", model.name} for name, amount in each.items()}


def _written(part: Part, facts: Facts) -> Fraction:
    return part.tokens_out + part.tokens_in / facts.read_a_written


def _tightest(amounts: Needs, needs: Needs) -> tuple[Fraction, tuple[str, str]] | None:
    """The interviews that go, and the limit that binds; None = none does."""
    rooms = [(amounts[key] / needs[key], key) for key in amounts.keys() & needs.keys() if needs[key]]
    return min(rooms, default=None)


def _sum(all_needs: Iterable[Needs]) -> Needs:
    """Together; a part counts in the account's amounts and in those of its own model."""
    total: Needs = {}
    for needs in all_needs:
        for key, amount in needs.items():
            total[key] = total.get(key, Fraction(0)) + amount
    return total
