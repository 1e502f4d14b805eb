"""Mail to those who look after billing: a budget is nearly used up, or is. Once a budget, period and level."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.roles import Permission
from core import audit, clock, due, letters, pool, tenancy
from core.claims import AlreadyClaimed
from interviews.selectors import budgets, stopping
from interviews.services import links
from llm.models import OwnBudgetNotice
from llm.own_budgets import TELL
from tenants.services import staff_mail

LEASE = timedelta(minutes=1)

log = structlog.get_logger()


def tell(*, notice_id: UUID) -> None:
    """Take the notice, write the mail, send it with nothing held; what fails stays owed.

    :raises core.claims.AlreadyClaimed: another worker does, they were told, or the budget was removed.
    """
    notice = _taken(notice_id)
    recipients = staff_mail.addresses(Permission.VIEW_BILLING)
    message = _message(notice, recipients)
    pool.give_back()
    try:
        if recipients:
            message.send()
    except Exception as error:
        log.warning("budget_notice_failed", error=type(error).__name__)
        OwnBudgetNotice.objects.filter(pk=notice_id).update(lease_until=None)
        return
    with transaction.atomic():
        OwnBudgetNotice.objects.filter(pk=notice_id).update(told_at=clock.now())
        due.settle(TELL, notice_id)
        audit.record("budget.told", notice, level=notice.level, people=len(recipients))


def _taken(notice_id: UUID) -> OwnBudgetNotice:
    """The notice, for LEASE.

    Its UPDATE names no other table: PostgreSQL does not look at a join again after waiting for the row, so that of two
    workers both would have it.
    """
    ours = OwnBudgetNotice.objects.filter(pk=notice_id, budget__tenant=tenancy.schema(), told_at=None)
    notice = ours.select_related("budget").first()
    if notice is None:
        due.settle(TELL, notice_id)
        raise AlreadyClaimed(str(notice_id))
    free = Q(lease_until=None) | Q(lease_until__lt=Now())
    if OwnBudgetNotice.objects.filter(free, pk=notice_id, told_at=None).update(lease_until=Now() + LEASE) != 1:
        raise AlreadyClaimed(str(notice_id))
    return notice


def _message(notice: OwnBudgetNotice, recipients: list[str]) -> EmailMessage:
    tenant, budget = tenancy.current(), notice.budget
    context = {
        "company": tenant.name,
        "name": budgets.name_of(budget),
        "budget": budget,
        "notice": notice,
        "features": stopping.FEATURES.values(),
        "anyway": stopping.ANYWAY,
        "page_url": f"{links.portal_url()}billing/budgets/",
    }
    subject, text = letters.write("interviews/mail/budget", context)
    return EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, recipients)
