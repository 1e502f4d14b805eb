"""The outbox for mail about money: owed in the transaction that causes it, written when it is sent, once to each."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from accounts.models import User
from billing.models import BillingMail, Subscription
from core import audit, claims, clock, due, letters, outbox, pool, tenancy
from core.tasks import enqueue

DUE = "billing_mail"

_writers: dict[str, Callable[[BillingMail], dict[str, Any] | None]] = {}


def register(kind: str, write: Callable[[BillingMail], dict[str, Any] | None]) -> None:
    """Say what the templates `billing/mail/<kind>*` need for a mail; None: it is no longer wanted."""
    _writers[kind] = write


def owe(held: Subscription, *, kind: BillingMail.Kind, key: str, people: Iterable[User], **detail: Any) -> None:
    """Owe each of these people of the current tenant this mail; who was told the same already is left out."""
    for user in people:
        values = {"subscription": held, "kind": kind, "detail": detail}
        row, made = BillingMail.objects.get_or_create(key=key, recipient_id=user.pk, defaults=values)
        if made:
            due.owe(DUE, row.pk)
            enqueue("billing.send_mail", mail_id=row.pk)


def send(*, mail_id: UUID) -> None:
    """Claim the mail, write it, and send it with no connection held.

    :raises core.claims.AlreadyClaimed: if another worker sends it, it went already, or is another tenant's.
    """
    mine = BillingMail.objects.filter(pk=mail_id, subscription__tenant_id=tenancy.tenant_id())
    if not mine.exists():
        raise claims.AlreadyClaimed(str(mail_id))
    with claims.take(BillingMail, mail_id) as claim:
        row: BillingMail = claim.row
        message = _message(row)
        if message is not None:
            pool.give_back()
            try:
                message.send()
            except Exception as error:
                outbox.postpone(claim, kind=DUE, error=type(error).__name__)
                return
        with transaction.atomic():
            claim.record(BillingMail.Status.SENT, sent_at=clock.now(), error="" if message else "no longer wanted")
            due.settle(DUE, row.pk)
            audit.record("billing_mail.sent", row, kind=row.kind)


def _message(row: BillingMail) -> EmailMessage | None:
    """The mail as it is to be sent now; None if its reader left, or it is no longer so."""
    user = User.objects.filter(pk=row.recipient_id, is_active=True).first()
    context = _writers[row.kind](row) if user else None
    if user is None or context is None:
        return None
    tenant = tenancy.current()
    shared = {"company": tenant.name, "name": user.name, "billing_url": tenant.page("billing")}
    subject, text = letters.write(f"billing/mail/{row.kind}", shared | context)
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [user.email])


def retry(*, mail_id: UUID) -> None:
    """Owe a mail that was given up again.

    :raises core.state.TransitionNotAllowed: if it was not.
    """
    row = BillingMail.objects.get(pk=mail_id)
    outbox.retry(row, kind=DUE, task="billing.send_mail", event="billing_mail.retried")
