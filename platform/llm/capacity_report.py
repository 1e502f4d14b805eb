"""`manage.py capacity`: the accounts, what they carry, and plans for what is wanted, put together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from django.db import OperationalError, ProgrammingError

from core import clock
from llm import capacity, capacity_sources, capacity_table
from llm.capacity import Alone, Plan
from llm.capacity_rows import Part, Row
from llm.capacity_sources import Workload

KINDS = ("retired", "doubtful", "unverified", "forbidden", "disputed")  # in which rows are taken out of a table
HYBRID = "hybrid of free, own servers and paid"
PER_DAY, PER_MONTH = "day", "month"


class UnknownUse(ValueError):
    """What was asked for does not go together; the text says what to change."""


class NotReady(RuntimeError):
    """The database cannot be read: start Candor once (make run), or name a table with --plan."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many interviews in a period, and what that is a day."""

    interviews: int
    period: str
    a_day: int


@dataclass(frozen=True, slots=True)
class Step:
    """What a table carries without the rows of one more kind of flag; None = no limit."""

    kind: str
    rows: tuple[str, ...]
    remains: int | None


@dataclass(frozen=True, slots=True)
class Named:
    """A plan and what it is made of."""

    wanted: Wanted
    name: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Report:
    """All of it. `as_written` and `steps` only for a table: its sum with every row, then with fewer."""

    source: str
    is_table: bool
    calls_given: bool  # the table says how many requests an interview takes
    workload: Workload
    parts: tuple[Part, ...]
    found: tuple[Alone, ...]
    as_written: int | None
    steps: tuple[Step, ...]
    plans: tuple[Named, ...]
    own_needs: tuple[tuple[Wanted, int], ...]  # tokens a second


def make(
    *,
    per_day: int | None = None,
    per_month: int | None = None,
    free_only: bool = False,
    table: Path | None = None,
    self_hosted: Mapping[str, Fraction] | None = None,
) -> Report:
    """Without numbers: 50,000 a day and 50,000 a month.

    :raises llm.capacity_table.BadTable: if the file is none.
    :raises UnknownUse: if an own server has the name of a row in the table.
    :raises NotReady: without a table, if the database has none of ours.
    """
    workload = _workload(may_assume=table is not None)
    own = self_hosted or {}
    given = table and capacity_table.read(table, today=clock.now().date())
    if given:
        rows = list(given.rows)
        _check_own(own, rows)
        parts: tuple[Part, ...] = (capacity.merged(workload.parts, "interview", given.requests_per_interview),)
    else:
        rows, parts = capacity_sources.registry(clock.now().date()), workload.parts
    servers = [capacity_sources.own_server(name, speed, rows) for name, speed in own.items()]
    rows = [row for row in rows if row.name not in own and (row.is_free or not free_only)]
    found = tuple(capacity.alone(row, parts, workload.facts) for row in [*rows, *servers])
    targets = wanted(per_day, per_month, workload.facts.days_a_month)
    return Report(
        source=str(table) if table else "the registry",
        is_table=table is not None,
        calls_given=bool(given and given.requests_per_interview),
        workload=workload,
        parts=parts,
        found=found,
        as_written=capacity.together(found[: len(rows)]) if table else None,
        steps=_steps(found[: len(rows)]) if table else (),
        plans=tuple(_plans(targets, rows, servers, parts, workload, free_only=free_only, is_table=table is not None)),
        own_needs=tuple((one, capacity.written_needed(parts, one.a_day, workload.facts)) for one in targets),
    )


def wanted(per_day: int | None, per_month: int | None, days_a_month: int) -> list[Wanted]:
    """What to plan for; a month's interviews a day, rounded up."""
    if per_day is None and per_month is None:
        per_day = per_month = 50_000
    found = [] if per_month is None else [Wanted(per_month, PER_MONTH, math.ceil(Fraction(per_month, days_a_month)))]
    return found if per_day is None else [*found, Wanted(per_day, PER_DAY, per_day)]


def _workload(*, may_assume: bool) -> Workload:
    """A table can be reckoned with before there is a database."""
    try:
        return capacity_sources.workload()
    except (OperationalError, ProgrammingError) as error:
        if not may_assume:
            raise NotReady(str(NotReady.__doc__)) from error
        return capacity_sources.assumed(None)


def _check_own(own: Mapping[str, Fraction], rows: Sequence[Row]) -> None:
    twice = sorted(own.keys() & {row.name for row in rows})
    if twice:
        raise UnknownUse(f"{twice[0]} is in the table and in --self-hosted: give the server a name of its own.")


def _steps(found: Sequence[Alone]) -> tuple[Step, ...]:
    """Take out the rows of one kind of flag after the other."""
    steps, left = [], list(found)
    for kind in KINDS:
        out = [one for one in left if kind in {flag.kind for flag in one.row.flags}]
        if out:
            left = [one for one in left if one not in out]
            steps.append(Step(kind, tuple(one.row.name for one in out), capacity.together(left)))
    return tuple(steps)


def _plans(
    targets: Sequence[Wanted],
    rows: Sequence[Row],
    servers: Sequence[Row],
    parts: Sequence[Part],
    workload: Workload,
    *,
    free_only: bool,
    is_table: bool,
) -> list[Named]:
    counted = [row for row in rows if row.counts]
    free = [row for row in counted if row.is_free]
    kinds: dict[str, list[Row]] = {"the table as written": list(rows)} if is_table else {}
    kinds["free accounts"] = free
    if servers or (len(counted) > len(free)):
        kinds["hybrid of free and own servers" if free_only else HYBRID] = [*counted, *servers]
    if servers:
        kinds["own servers alone"] = list(servers)
    return [
        Named(target, name, capacity.plan(chosen, parts, target.a_day, workload.facts))
        for target in targets
        for name, chosen in kinds.items()
    ]
