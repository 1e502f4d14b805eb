"""Candidates whom the quota turned away: who they are, and one mail to each when there is room again."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from accounts.models import User
from accounts.roles import Permission
from billing import selectors as billing
from core import audit, clock, due, tenancy
from core.tasks import enqueue
from interviews.models import Interview, Mail, TurnedAway
from interviews.selectors import turned_away as waiting
from interviews.services import invitations, mail
from tenants.services import staff_mail

KIND = "quota_room"
AT_ONCE = 50  # mails in one transaction
LOOKS_AGAIN = timedelta(days=1)  # whoever was told and does not come leaves room to the next
TIME_TO_COME = timedelta(days=3)


def note(interview: Interview) -> bool:
    """Remember that this candidate waits; False if that was known, and nobody needs to be told."""
    now = clock.now()
    _row, made = TurnedAway.objects.get_or_create(pk=interview.pk, defaults={"since": now})
    again = TurnedAway.objects.filter(pk=interview.pk, told_at__isnull=False)
    return made or again.update(since=now, told_at=None) == 1


def room_came() -> None:
    """There is room in the current tenant's quota: owe those who wait for it a mail, in the current transaction."""
    if waiting.untold().exists():
        due.owe(KIND, tenancy.tenant_id())
        enqueue("interviews.tell_of_room", tenant_row_id=tenancy.tenant_id())


@transaction.atomic
def tell() -> None:
    """Tell those who wait longest that they can begin: as many as there is room for, each once."""
    usage = billing.usage()
    room = usage.left if usage.held.status in usage.held.SERVED and tenancy.current().closes_at is None else 0
    found = waiting.untold().select_related("interview__application__job", "interview__application__candidate")
    rows = list(found[: max(0, min(room, AT_ONCE))])
    for row in rows:
        _tell(row)
    if not rows or not waiting.untold().exists():
        due.settle(KIND, tenancy.tenant_id())
    else:
        due.owe(KIND, tenancy.tenant_id(), after=due.FIRST_LOOK if room > len(rows) else LOOKS_AGAIN)


def _tell(row: TurnedAway) -> None:
    now, interview = clock.now(), row.interview
    if TurnedAway.objects.filter(pk=row.pk, told_at=None).update(told_at=now) != 1:
        return
    if interview.status in Interview.BEFORE_START:
        _leave_time(interview)
    candidate = interview.application.candidate
    context = {
        "name": candidate.name,
        "job_title": interview.application.job.title,
        "deadline_at": interview.expires_at if interview.status in Interview.BEFORE_START else None,
        "link": invitations.another_link(interview, by=None),
    }
    mail.owe(kind=Mail.Kind.ROOM, interview=interview, recipient=candidate.email, context=context)
    audit.record("candidate.told_of_room", interview)


def _leave_time(interview: Interview) -> None:
    """Whoever was kept waiting gets some days to come, though their invitation would end before."""
    at_least = clock.now() + TIME_TO_COME
    if interview.expires_at < at_least:
        Interview.objects.filter(pk=interview.pk).update(expires_at=Greatest(F("expires_at"), at_least))
        interview.expires_at = at_least
        due.owe("interview_expiry", interview.pk, after=TIME_TO_COME)


def page(*, by: User) -> dict[str, Any]:
    """Who waits, and who in the company can make room."""
    by.require(Permission.HANDLE_REQUESTS)
    audit.record("candidates.waiting_listed")
    deciders = staff_mail.people(Permission.MANAGE_BILLING).order_by("name", "email")
    return {"rows": waiting.page(by), "deciders": [] if by.may(Permission.MANAGE_BILLING) else list(deciders)}
