"""What a tenant takes along of money: its plan, use, invoices and receipts, and nobody else's."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Q, QuerySet

from billing.models import (
    BillingDetails,
    CreditGrant,
    Invoice,
    InvoiceLine,
    Plan,
    QuotaPeriod,
    QuotaUse,
    Subscription,
    UsageRecord,
)
from billing.selectors.receipts import infrastructure_usd, shows_receipts
from billing.services import invoice_pdf
from core import tenancy, typesetting
from llm import own_budgets, receipts
from tenants.services import exporting

PIECE = 200  # interviews whose receipts are read at once

log = structlog.get_logger()


def files() -> Iterator[tuple[str, Iterable[bytes]]]:
    """The current tenant's rows of billing as lines of JSON, its receipts where it sees them, its invoices as PDF."""
    held = Subscription.objects.filter(tenant_id=tenancy.tenant_id()).first()
    if held is None:
        return
    for rows in _tables(held):
        yield f"{rows.model._meta.db_table}{exporting.ROWS}", exporting.lines(rows)
    if shows_receipts():
        yield f"billing_receipt{exporting.ROWS}", _receipts(held)
    yield from _papers(held)


def _tables(held: Subscription) -> list[QuerySet[Any]]:
    own = [model.objects.filter(subscription=held) for model in (BillingDetails, Invoice, InvoiceLine)]
    own += [model.objects.filter(subscription=held) for model in (QuotaPeriod, UsageRecord)]
    of_periods = [model.objects.filter(period__subscription=held) for model in (QuotaUse, CreditGrant)]
    bought = Q(tenant_id=held.tenant_id) | Q(pk=held.plan_id) | Q(pk__in=held.periods.values("plan"))
    return [
        Subscription.objects.filter(pk=held.pk),
        Plan.objects.filter(bought),
        *own,
        *of_periods,
        own_budgets.rows(tenancy.schema()),
    ]


def _receipts(held: Subscription) -> Iterator[bytes]:
    """One line an interview that began: its calls by feature, model and source, and its share of the servers."""
    began = UsageRecord.objects.filter(subscription=held, kind=UsageRecord.Kind.STARTED).order_by("interview_id")
    last: UUID | None = None
    while True:
        rest = began if last is None else began.filter(interview_id__gt=last)
        page = list(rest.values_list("interview_id", flat=True)[:PIECE])
        if not page:
            return
        found, servers = receipts.of(page, tenant=tenancy.schema()), infrastructure_usd(page)
        for interview_id, receipt in found.items():
            lines = [asdict(line) for line in receipt.lines]
            shown = {"interview_id": interview_id, "infrastructure_usd": servers.get(interview_id), "lines": lines}
            yield exporting.line(shown)
        last = page[-1]


def _papers(held: Subscription) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Each of our own invoices and credit notes; one that can't be set is in the rows all the same."""
    for invoice in Invoice.objects.filter(subscription=held, source=Invoice.Source.OWN).order_by("pk"):
        try:
            yield f"invoices/{invoice.number}.pdf", [invoice_pdf.render(invoice)]
        except typesetting.NotSet as error:
            log.error("export_without_a_paper", invoice=str(invoice.pk), exc_info=error)
