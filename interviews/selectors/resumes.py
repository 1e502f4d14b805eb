"""Resumes and what was made of them. Whoever must still rate an interview gets no row of a summary."""

import json
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from interviews.models import Interview, Resume, ResumeSummary
from interviews.selectors import blind, scope

TO_RATE = (Interview.Status.COMPLETED, Interview.Status.ABANDONED)
AWAITED = (ResumeSummary.Status.OWED, ResumeSummary.Status.RUNNING)


def of_application(interview: Interview) -> QuerySet[Resume]:
    """Every upload for this application, the newest first; one of another job is not there."""
    return Resume.objects.filter(application=interview.application_id).select_related("uploaded_by")


def is_locked(interview: Interview, *, viewer: User) -> bool:
    """Whether this person has yet to rate this interview, or another finished attempt of the same application."""
    attempts = scope.interviews_of(viewer).filter(application=interview.application_id)
    to_rate = attempts.filter(Q(pk=interview.pk) | Q(status__in=TO_RATE))
    return to_rate.exclude(pk__in=blind.rated_by(viewer)).exists()


def summary(resume: Resume, interview: Interview, *, viewer: User) -> tuple[ResumeSummary | None, bool]:
    """The summary for the version of the job that this interview follows, and whether it is locked and not read."""
    if is_locked(interview, viewer=viewer):
        return None, True
    return ResumeSummary.objects.filter(resume=resume, version=interview.version_id).first(), False


def is_awaited(interview: Interview, *, viewer: User, resume_id: UUID | None = None) -> bool:
    """Whether the summary of this upload, or of the newest, is still to be made; False for whom it is locked."""
    if is_locked(interview, viewer=viewer):
        return False
    uploads = of_application(interview).values_list("pk", flat=True)
    chosen = uploads.first() if resume_id is None else uploads.filter(pk=resume_id).first()
    found = ResumeSummary.objects.filter(resume=chosen, version=interview.version_id, status__in=AWAITED)
    return chosen is not None and found.exists()


def kept(interview: Interview) -> list[dict[str, Any]]:
    """What is kept of each upload, for the candidate: the text, and the pieces that nobody sees who reads the file."""
    return [
        {"at": row.uploaded_at, "text": row.text, "hidden": [said for _, _, said in json.loads(row.hidden)]}
        for row in of_application(interview)
    ]
