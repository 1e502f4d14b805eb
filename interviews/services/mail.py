"""The outbox: mail is written in the transaction that causes it and sent by a worker until it went."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from accounts.models import User
from accounts.roles import MATRIX, Permission
from core import audit, claims, clock, due, pool, state, tenancy
from core.tasks import enqueue
from interviews.models import Interview, Mail
from interviews.services import links

GIVE_UP_AFTER = 12


def owe(*, kind: str, interview: Interview, recipient: str, context: dict[str, Any]) -> Mail:
    """Write a mail from the templates `interviews/mail/<kind>*` and owe its sending; mail to staff is text alone."""
    context = {"company": tenancy.current().name} | context
    template = f"interviews/mail/{kind}"
    mail = Mail.objects.create(
        kind=kind,
        interview=interview,
        subject_id=interview.subject_id,
        recipient=recipient,
        subject=" ".join(render_to_string(f"{template}_subject.txt", context).split()),
        body_text=render_to_string(f"{template}.txt", context),
        body_html=render_to_string(f"{template}.html", context) if kind == Mail.Kind.INVITATION else None,
    )
    due.owe("mail", mail.pk)
    enqueue("interviews.send_mail", mail_id=mail.pk)
    return mail


def owe_to_staff(*, kind: str, interview: Interview, permission: Permission, context: dict[str, Any]) -> None:
    """One mail to each active person of the tenant whose role holds `permission`."""
    context = {"portal_url": links.portal_url()} | context
    roles = [role for role, allowed in MATRIX.items() if permission in allowed]
    for email in User.objects.filter(role__in=roles, is_active=True).values_list("email", flat=True):
        owe(kind=kind, interview=interview, recipient=email, context=context)


def send(*, mail_id: UUID) -> None:
    """Claim the mail, send it with no connection held, and empty its body once it went.

    :raises core.claims.AlreadyClaimed: if another worker sends it or it went already.
    """
    with claims.take(Mail, mail_id) as claim:
        mail: Mail = claim.row
        message = EmailMultiAlternatives(
            mail.subject, mail.body_text or "", settings.DEFAULT_FROM_EMAIL, [mail.recipient], reply_to=_reply_to()
        )
        if mail.body_html:
            message.attach_alternative(mail.body_html, "text/html")
        pool.give_back()
        try:
            message.send()
        except Exception as error:
            _postpone(claim, type(error).__name__)
            return
        with transaction.atomic():
            claim.record(Mail.Status.SENT, sent_at=clock.now(), body_text=None, body_html=None, error="")
            due.settle("mail", mail.pk)
            audit.record("mail.sent", mail, kind=mail.kind)


def _reply_to() -> list[str]:
    contact = tenancy.current().contact_email
    return [contact] if contact else []


def _postpone(claim: claims.Claim, error: str) -> None:
    """Leave it owed for the due row's next look, or give up visibly after many."""
    with transaction.atomic():
        if claim.attempts < GIVE_UP_AFTER:
            claim.record(Mail.Status.OWED, error=error[:60])
        else:
            claim.record(Mail.Status.FAILED, error=error[:60])
            due.fail("mail", claim.row.pk, error)


@transaction.atomic
def retry(*, mail_id: UUID) -> None:
    """Owe a mail that was given up again.

    :raises core.state.TransitionNotAllowed: if it was not.
    """
    mail = Mail.objects.get(pk=mail_id)
    state.move(mail, Mail.Status.OWED, source=Mail.Status.FAILED, attempts=0, error="")
    due.owe("mail", mail.pk)
    enqueue("interviews.send_mail", mail_id=mail.pk)
    audit.record("mail.retried", mail)
