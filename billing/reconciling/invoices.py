"""What was charged against the periods, and what invoices say against their lines."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, Q, Sum

from billing.models import Invoice, InvoiceLine, QuotaPeriod, Subscription
from billing.money import CENT
from billing.reconciling.findings import Findings
from billing.services import charges
from billing.services.waiting import enough_since
from tenants.models import Tenant

HALF_A_CENT = CENT / 2
ZERO = Decimal("0.00")
WAITS = timedelta(days=35)  # a line goes on the next invoice, and there is one a month
STRIPE_TAKES = timedelta(days=3)  # until an invoice of a new month reached us
STRIPE_MEANS = timedelta(minutes=10)  # its months are ours, give or take
Lines = Sequence[InvoiceLine]
Kind, Source = InvoiceLine.Kind, Invoice.Source


def look(tenant: Tenant, found: Findings) -> None:
    held = Subscription.objects.filter(tenant=tenant).first()
    if held is None:
        return
    lines = list(InvoiceLine.objects.filter(subscription=held).select_related("invoice"))
    found.compared["lines"] += len(lines)
    _lines(lines, found)
    _invoices(held, found)
    _charged(held, lines, found)


def _lines(lines: Lines, found: Findings) -> None:
    """Stripe's own amounts are less its discounts."""
    for line in lines:
        exact = line.quantity * line.unit_price_usd
        if not _is_of_stripe(line) and abs(exact - line.amount_usd) > HALF_A_CENT:
            found.differ("line.quantity_times_price", exact, line.amount_usd, [line.pk])
    waiting = [line for line in lines if line.invoice_id is None]
    late = [line.pk for line in waiting if line.created_at < found.now - WAITS]
    since = enough_since(waiting)  # a credit, and what is too little for an invoice, wait for a larger one
    if late and since is not None and since < found.now - WAITS:
        found.differ("line.on_an_invoice_in_time", 0, len(late), late)


GIVEN_BACK = Sum("corrections__total_usd", filter=~Q(corrections__status=Invoice.Status.VOID))


def _invoices(held: Subscription, found: Findings) -> None:
    for invoice in held.invoices.annotate(sum=Sum("lines__amount_usd")).iterator():
        found.compared["invoices"] += 1
        _adds_up(invoice, vars(invoice)["sum"], found)
    corrected = held.invoices.annotate(back=GIVEN_BACK).filter(back__gt=F("total_usd"))
    for pk, total_usd, back_usd in corrected.values_list("pk", "total_usd", "back"):
        found.differ("invoice.given_back_at_most_once", total_usd, back_usd, [pk])


def _adds_up(invoice: Invoice, sum_usd: Decimal | None, found: Findings) -> None:
    own, is_note = invoice.source == Source.OWN, invoice.kind == Invoice.Kind.CREDIT_NOTE
    if own or sum_usd is not None:
        lines_usd = abs(sum_usd or ZERO) if is_note else sum_usd or ZERO  # a note's with a minus, or without
        found.compare("invoice.sum_of_lines", invoice.subtotal_usd, lines_usd, [invoice.pk])
    exact = invoice.subtotal_usd * invoice.tax_percent / 100
    if own and not is_note and abs(exact - invoice.tax_usd) > HALF_A_CENT:  # a note's tax is a part of its invoice's
        found.differ("invoice.tax", exact.quantize(CENT, ROUND_HALF_UP), invoice.tax_usd, [invoice.pk])
    found.compare("invoice.total", invoice.subtotal_usd + invoice.tax_usd, invoice.total_usd, [invoice.pk])


def _charged(held: Subscription, lines: Lines, found: Findings) -> None:
    """Each billed period has one line for its plan, ours or Stripe's; once closed, one for its overage."""
    of_period: dict[object, list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        of_period[line.period_id].append(line)
    by_stripe = [line for line in lines if line.kind == Kind.PLAN and _is_of_stripe(line)]
    for period in held.periods.filter(is_trial=False).select_related("plan"):
        if period.period_start >= held.billed_since:
            found.compared["billed_periods"] += 1
            _charged_once(held, period, [*of_period[period.pk], *_begun_with(period, by_stripe)], found)
        if period.closed_at is not None:
            _overage(held, period, [line for line in of_period[period.pk] if line.kind == Kind.OVERAGE], found)


def _charged_once(held: Subscription, period: QuotaPeriod, lines: Lines, found: Findings) -> None:
    plan_lines = [line for line in lines if line.kind == Kind.PLAN]
    count = sum(not _is_void(line) for line in plan_lines)
    free = period.plan is None or period.plan.price_usd == 0 or any(line.kind == Kind.PRORATION for line in lines)
    awaited = held.collection == Subscription.Collection.STRIPE and period.period_start > found.now - STRIPE_TAKES
    # Where the only one is void, somebody decided that it is not to be paid.
    if count > 1 or (count == 0 and not (free or awaited or plan_lines)):
        found.differ("period.charged_once", 1, count, [period.pk])


def _overage(held: Subscription, period: QuotaPeriod, charged: Lines, found: Findings) -> None:
    expected = charges.overage_usd(period)
    if held.collection == Subscription.Collection.STRIPE and not charged:
        asked = bool(period.stripe_item) or (period.closed_at or found.now) > found.now - STRIPE_TAKES
        found.compare("overage.charged", True, asked or not expected, [period.pk])
    elif not any(_is_of_stripe(line) for line in charged):
        kept = [line.amount_usd for line in charged if not _is_void(line)]
        if kept or not charged:
            found.compare("overage.charged", expected, sum(kept, ZERO), [period.pk])


def _begun_with(period: QuotaPeriod, lines: Lines) -> list[InvoiceLine]:
    """Those that pay from the instant on at which the period begins."""
    return [line for line in lines if line.from_at and abs(line.from_at - period.period_start) <= STRIPE_MEANS]


def _is_of_stripe(line: InvoiceLine) -> bool:
    return line.invoice is not None and line.invoice.source == Source.STRIPE


def _is_void(line: InvoiceLine) -> bool:
    return line.invoice is not None and line.invoice.status == Invoice.Status.VOID
