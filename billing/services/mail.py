"""The outbox for mail about money: owed with what causes it, written when it is sent, tried until it went."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from billing.models import BillingDetails, BillingNotice, Invoice, Subscription
from billing.services import invoice_pdf, letters
from core import audit, claims, clock, due, outbox, pool, tenancy
from core.tasks import enqueue
from tenants.models import Tenant
from tenants.services import staff_mail

Kind = BillingNotice.Kind
Write = Callable[[BillingNotice], dict[str, Any] | None]
DUE = "billing_mail"
OLD_DUE = "billing_notice"  # what the release before called it: its workers owe such rows until they are stopped

_writers: dict[str, Write] = {}


def register(kind: Kind, write: Write) -> None:
    """Say what else the templates `billing/mail/<kind>*` need for a mail; None: it is no longer wanted."""
    _writers[kind] = write


def tell(held: Subscription, kind: Kind, *, key: str, invoice_id: UUID | None = None, **detail: Any) -> bool:
    """Owe those who pay for the tenant one mail; whether this call did, and not another before it.

    Nobody is there to be told of a tenant that is closed.
    """
    if held.tenant.status == Tenant.Status.CLOSED:
        return False
    with tenancy.enter(held.tenant.schema_name):
        return _owe(held, key=key, kind=kind, invoice_id=invoice_id, person_id=None, detail=detail)


def tell_each(held: Subscription, kind: Kind, *, key: str, people: Iterable[User], **detail: Any) -> None:
    """Owe each of these people of the current tenant a mail; who was told the same already is left out."""
    for user in people:
        _owe(held, key=key, kind=kind, person_id=user.pk, detail=detail)


def _owe(held: Subscription, *, key: str, person_id: UUID | None, **values: Any) -> bool:
    values["subscription"] = held
    row, made = BillingNotice.objects.get_or_create(key=key, person_id=person_id, defaults=values)
    if made:
        due.owe(DUE, row.pk)
        enqueue("billing.send_mail", mail_id=row.pk)
    return made


def send(*, mail_id: UUID) -> None:
    """Claim the mail, write it, and send it with no connection held.

    :raises core.claims.AlreadyClaimed: if another worker sends it, it went already, or is another tenant's.
    """
    mine = BillingNotice.objects.filter(pk=mail_id, subscription__tenant_id=tenancy.tenant_id())
    status = mine.values_list("status", flat=True).first()
    if status == BillingNotice.Status.SENT:
        due.settle(DUE, mail_id)  # a worker of the release before sent it, and settled it by the old name
    if status in (None, BillingNotice.Status.SENT):
        raise claims.AlreadyClaimed(str(mail_id))
    with claims.take(BillingNotice, mail_id) as claim:
        row: BillingNotice = claim.row
        try:
            message = _message(row)
            pool.give_back()
            if message is not None and message.to:
                message.send()
        except Exception as error:
            outbox.postpone(claim, kind=DUE, error=type(error).__name__)
            return
        with transaction.atomic():
            claim.record(BillingNotice.Status.SENT, sent_at=clock.now(), error=_unsent(message))
            due.settle(DUE, row.pk)
            audit.record("billing_notice.sent", row, kind=row.kind)


def _unsent(message: EmailMessage | None) -> str:
    """Why nothing went, in words for the admin."""
    if message is None:
        return "no longer wanted"
    return "" if message.to else "nobody to tell"


def _message(row: BillingNotice) -> EmailMessage | None:
    """The mail as it is to be sent now, what is about an invoice with it; None if it is no longer so, or who left."""
    held = Subscription.objects.select_related("tenant").get(pk=row.subscription_id)
    person = User.objects.filter(pk=row.person_id, is_active=True).first() if row.person_id else None
    told = [person.email] if person else _all_who_pay(held)
    context = _writers[row.kind](row) if row.kind in _writers else {}
    if context is None or (row.person_id and person is None):
        return None
    invoice = Invoice.objects.filter(pk=row.invoice_id).first() if row.invoice_id else None
    name = person.name if person else ""
    subject, text = letters.write(row.kind, held, invoice=invoice, name=name, more=context)
    message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, told)
    if invoice is not None and invoice.source == Invoice.Source.OWN:
        message.attach(f"{invoice.number}.pdf", invoice_pdf.render(invoice), "application/pdf")
    return message


def _all_who_pay(held: Subscription) -> list[str]:
    """Who may change the billing, and the address that the tenant gave for invoices; else who was to run the tenant."""
    people = staff_mail.addresses(Permission.MANAGE_BILLING)
    given = BillingDetails.objects.filter(subscription=held).values_list("email", flat=True)
    return list(dict.fromkeys([*people, *given])) or _first_of(held.tenant)


def _first_of(tenant: Tenant) -> list[str]:
    return [email for email in (tenant.owner_email, tenant.contact_email) if email][:1]


def retry(*, mail_id: UUID) -> None:
    """Owe a mail that was given up again.

    :raises core.state.TransitionNotAllowed: if it was not.
    """
    adopt(mail_id=mail_id)
    row = BillingNotice.objects.get(pk=mail_id)
    outbox.retry(row, kind=DUE, task="billing.send_mail", event="billing_notice.retried")


def adopt(*, mail_id: UUID) -> None:
    """A mail that a worker of the release before owed is owed by the name of this one. To go with the next release."""
    due.rename(OLD_DUE, mail_id, to=DUE)
