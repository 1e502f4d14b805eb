"""What was charged against the periods, and what invoices say against their lines."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Sum

from billing.models import Invoice, InvoiceLine, QuotaPeriod, Subscription
from billing.reconciling.findings import Findings
from billing.services import charges
from tenants.models import Tenant

CENT = Decimal("0.01")
HALF_A_CENT = CENT / 2
WAITS = timedelta(days=35)  # a line goes on the next invoice, and there is one a month
STRIPE_TAKES = timedelta(days=3)  # until an invoice of a new month reached us
Lines = Sequence[InvoiceLine]
Kind = InvoiceLine.Kind


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
    for line in lines:
        exact = line.quantity * line.unit_price_usd
        if abs(exact - line.amount_usd) > HALF_A_CENT:
            found.differ("line.quantity_times_price", exact, line.amount_usd, [line.pk])
    late = [line.pk for line in lines if line.invoice_id is None and line.created_at < found.now - WAITS]
    if late:
        found.differ("line.on_an_invoice_in_time", 0, len(late), late)


def _invoices(held: Subscription, found: Findings) -> None:
    for invoice in held.invoices.select_related("corrects").annotate(sum=Sum("lines__amount_usd")).iterator():
        found.compared["invoices"] += 1
        sum_usd, own = vars(invoice)["sum"], invoice.source == Invoice.Source.OWN
        if sum_usd is not None or (own and invoice.kind == Invoice.Kind.INVOICE):
            # A credit note's lines may be written with a minus, or without.
            found.compare("invoice.sum_of_lines", invoice.subtotal_usd, _unsigned(invoice, sum_usd), [invoice.pk])
        exact = invoice.subtotal_usd * invoice.tax_percent / 100
        if own and abs(exact - invoice.tax_usd) > HALF_A_CENT:
            found.differ("invoice.tax", exact.quantize(CENT, ROUND_HALF_UP), invoice.tax_usd, [invoice.pk])
        total = invoice.subtotal_usd + invoice.tax_usd
        found.compare("invoice.total", total, invoice.total_usd, [invoice.pk])
    _corrected(held, found)


def _unsigned(invoice: Invoice, sum_usd: Decimal | None) -> Decimal:
    amount = sum_usd or Decimal("0.00")
    return abs(amount) if invoice.kind == Invoice.Kind.CREDIT_NOTE else amount


def _corrected(held: Subscription, found: Findings) -> None:
    """No more is given back than an invoice came to."""
    for invoice in held.invoices.annotate(back=Sum("corrections__total_usd")).filter(back__isnull=False):
        back = vars(invoice)["back"]
        if back > invoice.total_usd:
            found.differ("invoice.given_back_at_most_once", invoice.total_usd, back, [invoice.pk])


def _charged(held: Subscription, lines: Lines, found: Findings) -> None:
    """Each billed period has one line for its plan, or an invoice of Stripe's; once closed, one for its overage."""
    of_period: dict[object, list[InvoiceLine]] = defaultdict(list)
    for line in lines:
        of_period[line.period_id].append(line)
    billed = held.periods.filter(period_start__gte=held.billed_since, is_trial=False).select_related("plan")
    for period in billed:
        found.compared["billed_periods"] += 1
        _charged_once(held, period, of_period[period.pk], found)
    for period in held.periods.exclude(closed_at=None).select_related("plan"):
        _overage(held, period, of_period[period.pk], found)


def _charged_once(held: Subscription, period: QuotaPeriod, lines: Lines, found: Findings) -> None:
    own = sum(line.kind == Kind.PLAN for line in lines)
    free = period.plan is None or period.plan.price_usd == 0 or any(line.kind == Kind.PRORATION for line in lines)
    by_stripe = _invoices_of_stripe(held, period)
    awaited = held.collection == Subscription.Collection.STRIPE and period.period_start > found.now - STRIPE_TAKES
    if own + by_stripe > 1 or (own + by_stripe == 0 and not free and not awaited):
        found.differ("period.charged_once", 1, own + by_stripe, [period.pk])


def _invoices_of_stripe(held: Subscription, period: QuotaPeriod) -> int:
    """How many of Stripe's invoices began with this period, if it ever was the one to collect."""
    if not held.stripe_customer:
        return 0
    around = (period.period_start - timedelta(days=1), period.period_start + timedelta(days=1))
    rows = held.invoices.filter(source=Invoice.Source.STRIPE, kind=Invoice.Kind.INVOICE, period_start__range=around)
    return int(rows.exclude(status=Invoice.Status.VOID).count())


def _overage(held: Subscription, period: QuotaPeriod, lines: Lines, found: Findings) -> None:
    charged = [line for line in lines if line.kind == Kind.OVERAGE]
    beyond, plan = charges.overage_of(period), period.plan
    price = plan.overage_price_usd if plan is not None else None
    if not charged and held.collection == Subscription.Collection.STRIPE:
        return  # Stripe's invoice says it
    expected = beyond * price if beyond > 0 and price is not None else Decimal("0.00")
    amount = sum((line.amount_usd for line in charged), Decimal("0.00"))
    found.compare("overage.charged", expected, amount, [period.pk])
