"""Mail to those who pay for a tenant: owed with what causes it, written when it is sent, tried until it went."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from accounts.roles import Permission
from billing.models import BillingDetails, BillingNotice, Invoice, Subscription
from billing.services import invoice_pdf
from core import audit, claims, clock, due, letters, outbox, pool, tenancy
from core.tasks import enqueue
from tenants.models import Tenant
from tenants.services import staff_mail

Kind = BillingNotice.Kind
DUE = "billing_notice"


def tell(held: Subscription, kind: BillingNotice.Kind, *, key: str, invoice_id: UUID | None = None) -> bool:
    """Owe the mail in the current transaction; whether this call did, and not another before it."""
    with tenancy.enter(held.tenant.schema_name):
        values = {"subscription": held, "kind": kind, "invoice_id": invoice_id}
        row, made = BillingNotice.objects.get_or_create(key=key, defaults=values)
        if made:
            due.owe(DUE, row.pk)
            enqueue("billing.send_notice", notice_id=row.pk)
    return made


def send(*, notice_id: UUID) -> None:
    """Claim the mail, write it, and send it with no connection held.

    :raises core.claims.AlreadyClaimed: if another worker sends it or it went already.
    """
    with claims.take(BillingNotice, notice_id) as claim:
        row: BillingNotice = claim.row
        try:
            message = _message(row)
            pool.give_back()
            if message.to:
                message.send()
        except Exception as error:
            outbox.postpone(claim, kind=DUE, error=type(error).__name__)
            return
        with transaction.atomic():
            claim.record(BillingNotice.Status.SENT, sent_at=clock.now(), error="" if message.to else "nobody to tell")
            due.settle(DUE, row.pk)
            audit.record("billing_notice.sent", row, kind=row.kind)


def retry(*, notice_id: UUID) -> None:
    """Owe a mail that was given up again.

    :raises core.state.TransitionNotAllowed: if it was not.
    """
    row = BillingNotice.objects.get(pk=notice_id)
    outbox.retry(row, kind=DUE, task="billing.send_notice", event="billing_notice.retried", keyword="notice_id")


def _message(row: BillingNotice) -> EmailMessage:
    """One mail to all of them; what is about an invoice has it attached."""
    held = Subscription.objects.select_related("tenant").get(pk=row.subscription_id)
    invoice = Invoice.objects.filter(pk=row.invoice_id).first() if row.invoice_id else None
    subject, text = letters.write(f"billing/mail/{row.kind}", _context(held, invoice))
    message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, _recipients(held))
    if invoice is not None and invoice.source == Invoice.Source.OWN:
        message.attach(f"{invoice.number}.pdf", invoice_pdf.render(invoice), "application/pdf")
    return message


def _context(held: Subscription, invoice: Invoice | None) -> dict[str, Any]:
    tenant = held.tenant
    return {
        "company": tenant.name,
        "held": held,
        "invoice": invoice,
        "page_url": f"{tenant.address}/billing/",
        "support_email": settings.SUPPORT_EMAIL,
    }


def _recipients(held: Subscription) -> list[str]:
    """Who may change the billing, and the address that the tenant gave for invoices; else who was to run the tenant."""
    people = staff_mail.addresses(Permission.MANAGE_BILLING)
    given = BillingDetails.objects.filter(subscription=held).values_list("email", flat=True)
    return list(dict.fromkeys([*people, *given])) or _first_of(held.tenant)


def _first_of(tenant: Tenant) -> list[str]:
    return [email for email in (tenant.owner_email, tenant.contact_email) if email][:1]
