"""Interviews scored anew under the job's current scorecard, so that they may be ranked with newer ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, state
from core.state import TransitionNotAllowed
from interviews.models import Application, Decision, Evaluation, Interview, Job, JobVersion
from interviews.selectors import scope, scores
from interviews.services import evaluations, redos, rubrics, standing

MOST = 200  # interviews at once


class TooMany(ValueError):
    """So many interviews are not scored anew at once."""


class CannotRescore(Exception):
    """A decision stands, or the evaluation is not finished, so this interview keeps what it has."""


@dataclass(frozen=True, slots=True)
class Rescored:
    """How many evaluations are owed anew, and how many interviews keep what they have."""

    owed: int
    kept: int


def rescore(*, job_id: UUID, interviews: Sequence[UUID], by: User) -> Rescored:
    """Owe each interview an evaluation by the job's current scorecard, in the place of its finished one.

    Both are kept. An interview whose candidate withdrew or was erased, that a person has decided on, or whose
    evaluation is under way or failed stays as it is.

    :raises TooMany: if there are more than MOST.
    :raises accounts.roles.NotPermitted: if `by` may not both manage jobs and decide.
    :raises Job.DoesNotExist: if there is no such job for this person, or nothing of it is published.
    """
    by.require(Permission.MANAGE_JOBS)
    by.require(Permission.DECIDE)
    if len(interviews) > MOST:
        raise TooMany
    job = scope.jobs_of(by).select_related("current_version").get(pk=job_id, current_version__isnull=False)
    found = scope.interviews_of(by).filter(pk__in=interviews, application__job=job).order_by("pk")
    owed = 0
    for interview in found.select_related("version"):
        try:
            _rescore(interview, job)
            owed += 1
        except (CannotRescore, TransitionNotAllowed, standing.Withdrawn):
            continue
    return Rescored(owed, len(set(interviews)) - owed)


@transaction.atomic
def _rescore(interview: Interview, job: Job) -> None:
    """:raises CannotRescore, core.state.TransitionNotAllowed, standing.Withdrawn: with nothing written."""
    version = job.current_version
    assert isinstance(version, JobVersion)
    standing.hold(interview.pk)
    # Whoever decides has to wait for this lock, so that nobody decides between the look and the move.
    Application.objects.select_for_update().get(pk=interview.application_id)
    if Decision.objects.filter(application=interview.application_id, superseded_by=None).exists():
        raise CannotRescore
    evaluation = Evaluation.objects.filter(interview=interview, status__in=scores.FINISHED).first()
    if evaluation is None:
        raise CannotRescore
    state.move(evaluation, Evaluation.Status.SUPERSEDED, source=evaluation.status)
    redos.settle(evaluation.pk)
    successor = evaluations.owe(interview, rubric=version)
    Evaluation.objects.filter(pk=successor.pk).update(without=evaluation.without)
    audit.record("evaluation.rescored", evaluation, by=str(successor.pk), rubric=rubrics.label(version))
