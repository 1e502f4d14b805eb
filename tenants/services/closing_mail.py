"""Mail to the owners of a tenant about its closing: it was asked for, taken back, or is carried out.

The due row keeps it owed until it went. The text is written from the closing as it stands when it is sent.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from accounts.roles import Permission
from core import clock, due, letters, pool, tenancy
from core.tasks import enqueue
from tenants.models import Closing
from tenants.services import staff_mail

KIND = "closing_mail"
LEASE = timedelta(minutes=1)
WAITS_FOR_MAIL = timedelta(days=1)  # a mail server that is away must not keep data that has to go
LETTERS = {
    Closing.Status.WAITING: "closing_asked",
    Closing.Status.CANCELLED: "closing_taken_back",
    Closing.Status.REMOVING: "closing_carried_out",
}

log = structlog.get_logger()


def owe(row: Closing) -> None:
    """Owe the owners a mail about what became of the closing, in the current transaction."""
    with tenancy.enter(row.tenant.schema_name):
        due.owe(KIND, row.pk, after=LEASE)
        enqueue("tenants.send_closing_mail", closing_id=row.pk)


def send(*, closing_id: UUID) -> None:
    """Send what is owed, with no connection held; what fails stays owed, and what is no longer so is not told."""
    row = Closing.objects.select_related("tenant").filter(pk=closing_id, tenant_id=tenancy.tenant_id()).first()
    if row is None or not due.put_off(KIND, closing_id, by=LEASE):
        return
    if _sent(row) and Closing.objects.filter(pk=closing_id, status=row.status).exists():
        due.settle(KIND, closing_id)


def told_of_end(row: Closing) -> bool:
    """Tell the owners before their addresses go, once; False while the mail server is away, for a day at most."""
    with tenancy.enter_row(row.tenant):
        if due.put_off(KIND, row.pk, by=LEASE):
            if not _sent(row) and row.removing_since and row.removing_since > clock.now() - WAITS_FOR_MAIL:
                return False
            due.settle(KIND, row.pk)
    return True


def _sent(row: Closing) -> bool:
    """Whether the mail went; True where there is nobody to tell, or nothing."""
    recipients = staff_mail.addresses(Permission.CLOSE_TENANT)
    if row.status not in LETTERS or not recipients:
        return True
    message = _message(row, recipients)
    pool.give_back()
    try:
        message.send()
    except Exception as error:
        log.warning("closing_mail_failed", error=type(error).__name__)
        return False
    return True


def _message(row: Closing, recipients: list[str]) -> EmailMessage:
    context = {
        "company": row.tenant.name,
        "closing": row,
        "by_owner": row.asked_by_type == "user",
        "suspended": row.tenant.suspended,
        "page_url": row.tenant.page("settings_close"),
        "support_email": settings.SUPPORT_EMAIL,
    }
    subject, text = letters.write(f"tenants/mail/{LETTERS[Closing.Status(row.status)]}", context)
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, recipients)
