"""Finished evaluations of a job that one person may see: those of the interviews that they have rated themselves."""

from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from interviews.models import Decision, Evaluation, Interview
from interviews.selectors import blind, scope, scores

REVIEWABLE = (Interview.Status.COMPLETED, Interview.Status.ABANDONED)


def newest(job_id: UUID, viewer: User) -> QuerySet[Interview]:
    """The newest finished attempt of each of the viewer's applications for this job."""
    mine = scope.interviews_of(viewer).filter(application__job_id=job_id)
    ids = mine.order_by("application_id", "-number").distinct("application_id").values("pk")
    return Interview.objects.filter(pk__in=ids, status__in=REVIEWABLE)


def evaluated(job_id: UUID, viewer: User) -> QuerySet[Evaluation]:
    """The results that this viewer may see, best first; `decided` says whether a decision stands."""
    seen = newest(job_id, viewer).filter(pk__in=blind.rated_by(viewer))
    decision = Decision.objects.filter(application=OuterRef("interview__application"), superseded_by=None)
    found = Evaluation.objects.filter(interview__in=seen, status__in=scores.FINISHED)
    return found.select_related("interview").annotate(decided=Exists(decision)).order_by("-overall", "pk")


def waiting(job_id: UUID, viewer: User) -> int:
    """How many of the viewer's interviews that were rated by the viewer are being evaluated."""
    seen = newest(job_id, viewer).filter(pk__in=blind.rated_by(viewer))
    running = (Evaluation.Status.OWED, Evaluation.Status.RUNNING)
    return Evaluation.objects.filter(interview__in=seen, status__in=running).count()


def locked(job_id: UUID, viewer: User) -> int:
    """How many finished interviews this viewer has not rated yet, so that nothing of their results is shown."""
    return newest(job_id, viewer).exclude(pk__in=blind.rated_by(viewer)).count()
