"""Who could not begin for want of quota, and still wants to."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from core import clock
from interviews.models import Interview, Turn, TurnedAway
from interviews.selectors import people, scope

MOST = 200


def hoping() -> QuerySet[TurnedAway]:
    """Those whose interview can still begin, longest waiting first; one whose reservation ran out has begun unheard."""
    now = clock.now()
    unheard = Turn.objects.filter(interview=OuterRef("pk"), number=1, status=Turn.Status.OPEN)
    in_time = Q(interview__deadline_at=None) | Q(interview__deadline_at__gt=now)
    begun = Interview.objects.filter(Exists(unheard), status=Interview.Status.IN_PROGRESS)
    can = Q(interview__status__in=Interview.BEFORE_START, interview__expires_at__gt=now)
    return TurnedAway.objects.filter(can | (in_time & Q(interview__in=begun))).order_by("since", "pk")


def untold() -> QuerySet[TurnedAway]:
    """Those who wait for word that they can begin."""
    return hoping().filter(told_at=None)


def will_be_told(interview: Interview) -> bool:
    """Whether the candidate waits for a mail, and an address is known that it can go to."""
    return bool(interview.application.candidate.email) and untold().filter(pk=interview.pk).exists()


def count() -> int:
    return untold().count()


def page(viewer: User) -> list[dict[str, Any]]:
    """The viewer's candidates who wait, or were told and have not begun."""
    mine = hoping().filter(scope.within(viewer, "interview__")).select_related("interview__application__job")
    rows = list(mine[:MOST])
    names = people.names([row.interview.subject_id for row in rows])
    return [_row(row, names[row.interview.subject_id]) for row in rows]


def _row(row: TurnedAway, name: str) -> dict[str, Any]:
    interview = row.interview
    ends: datetime | None = interview.expires_at if interview.status in Interview.BEFORE_START else None
    return {
        "interview_id": interview.pk,
        "name": name,
        "initials": people.initials(name),
        "job_title": interview.application.job.title,
        "since": row.since,
        "told_at": row.told_at,
        "expires_at": ends,
    }
