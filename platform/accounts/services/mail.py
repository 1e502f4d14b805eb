"""The outbox for mail about accounts: owed in the transaction that causes it, written when it is sent.

A link's secret is made by the worker that sends it, so that none is ever stored; a mail that is sent twice carries two
secrets, and the newer one counts.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from accounts.models import AccountMail, User
from core import audit, claims, clock, due, letters, outbox, pool, tenancy
from core.tasks import enqueue

Kind = AccountMail.Kind
Letter = tuple[str, dict[str, Any]]  # the recipient's address, and what the templates need
DUE = "account_mail"

_writers: dict[str, Callable[[UUID], Letter | None]] = {}


def register(kind: str, write: Callable[[UUID], Letter | None]) -> None:
    """Say what a mail of this kind holds, given what it is about; None: it is no longer wanted."""
    _writers[kind] = write


def owe(*, kind: AccountMail.Kind, about_id: UUID) -> None:
    """Owe a mail from the templates `accounts/mail/<kind>*`; the platform's own staff gets none."""
    if isinstance(tenancy.in_use(), tenancy.Platform):
        return
    row = AccountMail.objects.create(kind=kind, about_id=about_id)
    due.owe(DUE, row.pk)
    enqueue("accounts.send_mail", mail_id=row.pk)


def send(*, mail_id: UUID) -> None:
    """Claim the mail, write it, and send it with no connection held.

    :raises core.claims.AlreadyClaimed: if another worker sends it or it went already.
    """
    with claims.take(AccountMail, mail_id) as claim:
        row: AccountMail = claim.row
        letter = _writers[row.kind](row.about_id)
        if letter is not None:
            message = _message(row.kind, *letter)
            pool.give_back()
            try:
                message.send()
            except Exception as error:
                outbox.postpone(claim, kind=DUE, error=type(error).__name__)
                return
        with transaction.atomic():
            claim.record(AccountMail.Status.SENT, sent_at=clock.now(), error="" if letter else "no longer wanted")
            due.settle(DUE, row.pk)
            audit.record("account_mail.sent", row, kind=row.kind)


def _message(kind: str, recipient: str, context: dict[str, Any]) -> EmailMessage:
    tenant = tenancy.current()
    context = {"company": tenant.name} | context
    subject, text = letters.write(f"accounts/mail/{kind}", context)
    reply_to = [tenant.contact_email] if tenant.contact_email else []
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [recipient], reply_to=reply_to)


def retry(*, mail_id: UUID) -> None:
    """Owe a mail that was given up again.

    :raises core.state.TransitionNotAllowed: if it was not.
    """
    outbox.retry(AccountMail.objects.get(pk=mail_id), kind=DUE, task="accounts.send_mail", event="account_mail.retried")


def site_url() -> str:
    """The address of the tenant's portal, without a slash at the end."""
    return str(tenancy.current().address)


def _changed(user_id: UUID) -> Letter | None:
    user = User.objects.filter(pk=user_id).first()
    return None if user is None else (user.email, {"name": user.name, "link": f"{site_url()}/account/"})


def _owner_reset(user_id: UUID) -> Letter | None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    told = {"link": f"{site_url()}/audit/", "support_email": settings.SUPPORT_EMAIL}
    return None if user is None else (user.email, {"name": user.name} | told)


register(Kind.CHANGED, _changed)
register(Kind.OWNER_RESET, _owner_reset)
