"""Mail to the owners and admins of a tenant: it is suspended, or served again.

The due row keeps it owed until it went. The text is written from the tenant as it stands when it is sent.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from accounts.roles import Permission
from core import due, letters, pool, tenancy
from core.tasks import enqueue
from tenants.models import Tenant
from tenants.services import staff_mail

KIND = "suspension_mail"
LEASE = timedelta(minutes=1)
LETTERS = {Tenant.Status.SUSPENDED: "suspended", Tenant.Status.READY: "resumed"}

log = structlog.get_logger()


def owe(tenant: Tenant) -> None:
    """Owe the people who run the tenant a mail about how it stands, in the current transaction."""
    with tenancy.enter(tenant.schema_name):
        due.owe(KIND, tenant.pk, after=LEASE)
        enqueue("tenants.send_suspension_mail", tenant_row_id=tenant.pk)


def send(*, tenant_id: UUID) -> None:
    """Send what is owed, with no connection held; what fails stays owed, and what is no longer so is not told."""
    tenant = Tenant.objects.filter(pk=tenant_id, schema_name=tenancy.schema()).first()
    if tenant is None or not due.put_off(KIND, tenant_id, by=LEASE):
        return
    recipients = staff_mail.addresses(Permission.MANAGE_SETTINGS)
    if tenant.status in LETTERS and recipients:
        message = _message(tenant, recipients)
        pool.give_back()
        try:
            message.send()
        except Exception as error:
            log.warning("suspension_mail_failed", error=type(error).__name__)
            return
    if Tenant.objects.filter(pk=tenant_id, status=tenant.status).exists():
        due.settle(KIND, tenant_id)


def _message(tenant: Tenant, recipients: list[str]) -> EmailMessage:
    context = {"company": tenant.name, "tenant": tenant, "support_email": settings.SUPPORT_EMAIL}
    subject, text = letters.write(f"tenants/mail/{LETTERS[Tenant.Status(tenant.status)]}", context)
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, recipients)
