"""What an interview's calls cost, for good: the rows that the ledger still has, and the sums of those it deleted.

Both are read by one statement. A row is in either of them, whatever is deleted meanwhile, so a receipt is the exact sum
of all the rows that there ever were.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, BooleanField, Case, Count, DecimalField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from core import months
from llm.models import LlmCall, ReceiptSum
from llm.models.receipts import NO_INTERVIEW

Rows = QuerySet[Any, Any]

KINDS = ("tenant", "feature", "model", "source", "own_key")
COUNTS = ("calls", "failures", "unpriced", "lost", "unsettled")
SUMS = ("tokens_in", "tokens_cached", "tokens_out", "cost_usd", "saved_usd")
PAID = (LlmCall.Source.PROVIDER, LlmCall.Source.BATCH)

_ENDED = Q(settled_at__isnull=False)


def _type(name: str) -> Any:
    return DecimalField() if name.endswith("_usd") else BigIntegerField()


_IN_THE_LEDGER = {
    "n_calls": Count("id", filter=_ENDED),
    "n_failures": Count("id", filter=_ENDED & ~Q(error_kind="")),
    "n_unpriced": Count("id", filter=_ENDED & Q(cost_usd=None)),
    "n_lost": Count("id", filter=Q(error_kind="lost")),
    "n_unsettled": Count("id", filter=~_ENDED),
} | {f"n_{name}": Coalesce(Sum(name), 0, output_field=_type(name)) for name in SUMS}
_KEPT: dict[str, Any] = {f"n_{name}": Sum(name) for name in COUNTS if name != "unsettled"}
_KEPT |= {"n_unsettled": Value(0)} | {f"n_{name}": Sum(name) for name in SUMS}


@dataclass(frozen=True, slots=True)
class Line:
    """Calls of one kind; money in US dollars, to the ledger's last decimal.

    `calls` have ended, `failures` of them gave no answer. `cost_usd` holds what is known: not what the `unpriced` cost,
    whose model has no price, nor the `lost`, whose worker died, nor the `unsettled`, which have not ended.
    """

    tenant: str
    feature: str
    model: str
    source: str
    own_key: bool
    calls: int
    failures: int
    unpriced: int
    lost: int
    unsettled: int
    tokens_in: int
    tokens_cached: int
    tokens_out: int
    cost_usd: Decimal
    saved_usd: Decimal

    @property
    def unknown(self) -> int:
        """How many calls cost nobody knows what."""
        return self.unpriced + self.lost + self.unsettled

    @property
    def known_usd(self) -> Decimal | None:
        """None where nothing is known about any of them."""
        return None if self.unknown and self.calls == self.unpriced + self.lost else self.cost_usd


@dataclass(frozen=True, slots=True)
class Receipt:
    """Lines, and what they come to; `ours` went over the platform's keys, `own` over the tenant's."""

    lines: tuple[Line, ...] = ()

    @property
    def ours(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.own_key)

    @property
    def own(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.own_key)

    @property
    def ledger_usd(self) -> Decimal:
        """The sum of the ledger's rows, whoever paid them."""
        return _sum(line.cost_usd for line in self.lines)

    @property
    def cost_usd(self) -> Decimal:
        """What the platform paid."""
        return _sum(line.cost_usd for line in self.ours)

    @property
    def own_usd(self) -> Decimal:
        """What the tenant paid its provider, by the registry's prices."""
        return _sum(line.cost_usd for line in self.own)

    @property
    def saved_usd(self) -> Decimal:
        return _sum(line.saved_usd for line in self.lines)

    @property
    def calls(self) -> int:
        return sum(line.calls for line in self.lines)

    @property
    def unpriced(self) -> int:
        return sum(line.unpriced for line in self.lines)

    @property
    def lost(self) -> int:
        return sum(line.lost for line in self.lines)

    @property
    def unsettled(self) -> int:
        return sum(line.unsettled for line in self.lines)

    @property
    def unknown(self) -> int:
        return self.unpriced + self.lost + self.unsettled


def of(interview_ids: Collection[UUID], *, tenant: str | None = None) -> dict[UUID, Receipt]:
    """The receipt of each of these interviews, an empty one where nothing was called; of this tenant if it is named.

    :param interview_ids: a page of them, or a piece of a file: they go into the statement.
    """
    scope = {"interview_id__in": list(interview_ids)} | ({} if tenant is None else {"tenant": tenant})
    found: dict[UUID, list[Line]] = {one: [] for one in interview_ids}
    for row in _both(LlmCall.objects.filter(**scope), ReceiptSum.objects.filter(**scope), by="interview_id"):
        found[row["interview_id"]].append(_line(row))
    return {one: Receipt(_merged(lines)) for one, lines in found.items()}


@dataclass(frozen=True, slots=True)
class Month:
    """All calls of a month: those that one interview asked for, and those beside them."""

    of_interviews: Receipt
    beside: Receipt

    @property
    def saved_usd(self) -> Decimal:
        return self.of_interviews.saved_usd + self.beside.saved_usd


def of_month(tenant: str, month: date) -> Month:
    """What the tenant's calls of this UTC month came to, by when they were made; `month` is its first day."""
    since, until = months.span(month)
    calls = LlmCall.objects.filter(tenant=tenant, created_at__gte=since, created_at__lt=until)
    kept = ReceiptSum.objects.filter(tenant=tenant, month=month)
    found: dict[bool, list[Line]] = {True: [], False: []}
    for row in _both(_marked(calls, None), _marked(kept, NO_INTERVIEW), by="beside"):
        found[row["beside"]].append(_line(row))
    return Month(of_interviews=Receipt(_merged(found[False])), beside=Receipt(_merged(found[True])))


def _both(calls: Rows, kept: Rows, by: str) -> Rows:
    """Both as one statement, which sees one state of the two tables."""
    ledger, sums = (rows.order_by().values(by, *KINDS) for rows in (calls, kept))
    return ledger.annotate(**_IN_THE_LEDGER).union(sums.annotate(**_KEPT), all=True)


def _marked(rows: Rows, interview_id: UUID | None) -> Rows:
    """`beside` says whether a row is of no one interview, which its table writes so."""
    of_none = When(Q(interview_id=interview_id), then=Value(True))
    return rows.annotate(beside=Case(of_none, default=Value(False), output_field=BooleanField()))


def _line(row: dict[str, Any]) -> Line:
    kind = {name: row[name] for name in KINDS}
    return Line(**kind, **{name: row[f"n_{name}"] for name in (*COUNTS, *SUMS)})


def _merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """One line a kind of call: what is paid for first, then by feature, model and source."""
    found: dict[tuple[Any, ...], list[Line]] = {}
    for line in lines:
        found.setdefault(_key(line), []).append(line)
    return tuple(_added(found[key]) for key in sorted(found))


def _key(line: Line) -> tuple[Any, ...]:
    return (line.own_key, line.source not in PAID, line.feature, line.model, line.source, line.tenant)


def _added(lines: list[Line]) -> Line:
    first = lines[0]
    sums = {name: sum(getattr(line, name) for line in lines) for name in (*COUNTS, *SUMS)}
    return Line(first.tenant, first.feature, first.model, first.source, first.own_key, **sums)


def _sum(values: Iterable[Decimal]) -> Decimal:
    return sum(values, Decimal(0))
