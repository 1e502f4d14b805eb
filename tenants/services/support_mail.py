"""Mail to the people of a tenant who allow support access: somebody asks for it, somebody came in.

The due row keeps it owed until it went. There is no text to store: it is written from the grant when it is sent.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.roles import Permission
from core import due, letters, pool, tenancy
from core.tasks import enqueue
from tenants.models import SupportGrant
from tenants.services import staff_mail

KIND = "support_mail"
LEASE = timedelta(minutes=1)
ASKED, ENTERED = "asked", "entered"

log = structlog.get_logger()


def owe(grant: SupportGrant) -> None:
    """Owe the tenant's people a mail about what became of the grant, in the current transaction."""
    with tenancy.enter(grant.tenant.schema_name):
        due.owe(KIND, grant.pk)
        enqueue("tenants.send_support_mail", grant_id=grant.pk)


def send(*, grant_id: UUID) -> None:
    """Send what is owed about this grant, with no connection held; what fails stays owed and is tried again."""
    grant = _claimed(grant_id)
    if grant is None:
        return
    notice = _notice(grant)
    recipients = staff_mail.addresses(Permission.ALLOW_SUPPORT)
    if notice and notice != grant.told and recipients:
        message = _message(notice, grant, recipients)
        pool.give_back()
        try:
            message.send()
        except Exception as error:
            log.warning("support_mail_failed", error=type(error).__name__)
            return
    _note(grant.pk, notice)


@transaction.atomic
def _note(grant_id: UUID, notice: str) -> None:
    """It went. What happened to the grant meanwhile stays owed."""
    now = SupportGrant.objects.select_for_update().get(pk=grant_id)
    SupportGrant.objects.filter(pk=grant_id).update(told=notice, telling_until=None)
    if _notice(now) in ("", notice):
        due.settle(KIND, grant_id)


def _claimed(grant_id: UUID) -> SupportGrant | None:
    """The grant, for one sender at a time."""
    own = SupportGrant.objects.filter(pk=grant_id, tenant_id=tenancy.tenant_id())
    free = Q(telling_until=None) | Q(telling_until__lt=Now())
    return own.select_related("tenant").get() if own.filter(free).update(telling_until=Now() + LEASE) else None


def _notice(grant: SupportGrant) -> str:
    if grant.entered_at is not None:
        return ENTERED
    return ASKED if grant.status == SupportGrant.Status.REQUESTED else ""


def _message(notice: str, grant: SupportGrant, recipients: list[str]) -> EmailMessage:
    tenant = grant.tenant
    context = {"grant": grant, "company": tenant.name, "address": tenant.page("support_settings")}
    subject, text = letters.write(f"tenants/support/mail/{notice}", context)
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, recipients)
