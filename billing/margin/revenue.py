"""What tenants pay, without tax, in the months that they pay for."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Q, Sum

from billing.margin.months import place_of, spread
from billing.models import Invoice, InvoiceLine

# An invoice that is void, or that nobody will ever pay, is no revenue; nor is there anything to give back of it.
COUNT = (Invoice.Status.OPEN, Invoice.Status.PAID)
ZERO = Decimal("0.00")


@dataclass(slots=True)
class Revenue:
    """`waiting_usd` is on no invoice so far."""

    billed_usd: Decimal = ZERO
    waiting_usd: Decimal = ZERO


Of: TypeAlias = dict[tuple[int, UUID], Revenue]
Starts: TypeAlias = Sequence[datetime]


def by_month(starts: Starts, *, tenant_id: UUID | None = None) -> Of:
    """(place of the month, tenant) -> its revenue, of all tenants or of one: three queries."""
    of = {"subscription__tenant_id": tenant_id} if tenant_id else {}
    found: Of = defaultdict(Revenue)
    for tenant, place, amount in _on_invoices(starts, of):
        found[place, tenant].billed_usd += amount
    for tenant, place, amount in _without_lines(starts, of):
        found[place, tenant].billed_usd += amount
    for tenant, place, amount in _parts(_lines(starts).filter(invoice=None, **of), "created_at", starts):
        found[place, tenant].waiting_usd += amount
    return dict(found)


def _on_invoices(starts: Starts, of: dict[str, UUID]) -> Iterator[tuple[UUID, int, Decimal]]:
    rows = _lines(starts).filter(**of, invoice__kind=Invoice.Kind.INVOICE, invoice__status__in=COUNT)
    return _parts(rows, "invoice__issued_at", starts)


def _lines(starts: Starts) -> Any:
    """Those that may fall into the time."""
    timeless = Q(from_at=None) | Q(until_at=None)
    return InvoiceLine.objects.order_by().filter(timeless | Q(from_at__lt=starts[-1], until_at__gt=starts[0]))


def _parts(rows: Any, else_at: str, starts: Starts) -> Iterator[tuple[UUID, int, Decimal]]:
    values = rows.values_list("subscription__tenant_id", "amount_usd", "from_at", "until_at", else_at)
    for tenant, amount, since, until, moment in values.iterator():
        yield from ((tenant, *part) for part in _of(amount, since, until, moment, starts))


def _of(
    amount: Decimal, since: datetime | None, until: datetime | None, moment: datetime, starts: Starts
) -> Iterator[tuple[int, Decimal]]:
    """An amount for a time falls into its months; one without, into the month of the moment."""
    if since is not None and until is not None and since < until:
        yield from spread(amount, since, until, starts)
    elif (place := place_of(moment, starts)) is not None:
        yield place, amount


def _without_lines(starts: Starts, of: dict[str, UUID]) -> Iterator[tuple[UUID, int, Decimal]]:
    """What invoices say beyond their lines (Stripe's have none), and credit notes, with a minus.

    A credit note falls into the time of the invoice that it corrects.
    """
    within = Q(period_start__lt=starts[-1], period_end__gt=starts[0]) | Q(period_start=None) | Q(period_end=None)
    back = Q(kind=Invoice.Kind.CREDIT_NOTE, corrects__status__in=COUNT)
    rows = Invoice.objects.order_by().filter(Q(kind=Invoice.Kind.INVOICE) | back, within | back, status__in=COUNT, **of)
    times = ("period_start", "period_end", "issued_at")
    names = (*times, *(f"corrects__{time}" for time in times))
    for row in (
        rows.annotate(lines_usd=Sum("lines__amount_usd"))
        .values("subscription__tenant_id", "kind", "subtotal_usd", "lines_usd", *names)
        .iterator()
    ):
        is_back = row["kind"] == Invoice.Kind.CREDIT_NOTE
        amount = -row["subtotal_usd"] if is_back else row["subtotal_usd"] - (row["lines_usd"] or ZERO)
        prefix = "corrects__" if is_back else ""
        since, until, moment = (row[prefix + time] for time in times)
        if amount:
            yield from ((row["subscription__tenant_id"], *part) for part in _of(amount, since, until, moment, starts))
