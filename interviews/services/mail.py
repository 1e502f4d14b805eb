"""The outbox: mail is written in the transaction that causes it and sent by a worker until it went."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string

from accounts.roles import Permission
from core import audit, claims, clock, due, letters, outbox, pool, tenancy
from core.tasks import enqueue
from interviews.models import Interview, Mail
from interviews.selectors import scope
from interviews.services import links


def owe(*, kind: str, interview: Interview, recipient: str, context: dict[str, Any]) -> Mail:
    """Write a mail from the templates `interviews/mail/<kind>*` and owe its sending; mail to staff is text alone."""
    context = {"company": tenancy.current().name} | context
    template = f"interviews/mail/{kind}"
    subject, text = letters.write(template, context)
    mail = Mail.objects.create(
        kind=kind,
        interview=interview,
        subject_id=interview.subject_id,
        recipient=recipient,
        subject=subject,
        body_text=text,
        body_html=render_to_string(f"{template}.html", context) if kind == Mail.Kind.INVITATION else None,
    )
    due.owe("mail", mail.pk)
    enqueue("interviews.send_mail", mail_id=mail.pk)
    return mail


def owe_to_staff(*, kind: str, interview: Interview, permission: Permission, context: dict[str, Any]) -> None:
    """One mail to each active person who holds `permission` and for whom this interview is there."""
    context = {"portal_url": links.portal_url()} | context
    for email in scope.people_of(interview, permission).values_list("email", flat=True):
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
            outbox.postpone(claim, kind="mail", error=type(error).__name__)
            return
        with transaction.atomic():
            claim.record(Mail.Status.SENT, sent_at=clock.now(), body_text=None, body_html=None, error="")
            due.settle("mail", mail.pk)
            audit.record("mail.sent", mail, kind=mail.kind)


def _reply_to() -> list[str]:
    contact = tenancy.current().contact_email
    return [contact] if contact else []


def retry(*, mail_id: UUID) -> None:
    """Owe a mail that was given up again.

    :raises core.state.TransitionNotAllowed: if it was not.
    """
    outbox.retry(Mail.objects.get(pk=mail_id), kind="mail", task="interviews.send_mail", event="mail.retried")
