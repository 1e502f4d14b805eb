"""Resumes and what was made of them. Whoever must still rate an interview gets no row of a summary."""

import json
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from interviews.models import Interview, Resume, ResumeSummary
from interviews.selectors import blind, scope

TO_RATE = (Interview.Status.COMPLETED, Interview.Status.ABANDONED)


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


def kept(interview: Interview) -> list[dict[str, Any]]:
    """What is kept of each upload, for the candidate: the text, and the pieces that nobody sees who reads the file."""
    return [
        {"at": row.uploaded_at, "text": row.text, "hidden": [said for _, _, said in json.loads(row.hidden)]}
        for row in of_application(interview)
    ]
