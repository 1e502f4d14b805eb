"""Interviews scored anew under the job's current scorecard, so that they may be ranked with newer ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, state
from core.state import TransitionNotAllowed
from interviews.models import Application, Decision, Evaluation, Interview, JobVersion
from interviews.selectors import scope, scores
from interviews.services import evaluations, redos, rubrics, standing
from interviews.services.rubrics import Rubric

MOST = 200  # interviews at once


class TooMany(ValueError):
    """So many interviews are not scored anew at once."""


class CannotRescore(Exception):
    """A decision stands, the evaluation is not finished or the score is by this scorecard, so it stays as it is."""


@dataclass(frozen=True, slots=True)
class Rescored:
    """How many evaluations are owed anew, and how many interviews keep what they have."""

    owed: int
    kept: int


def rescore(*, job_id: UUID, interviews: Sequence[UUID], by: User) -> Rescored:
    """Owe each interview an evaluation by the job's current scorecard, in the place of its finished one.

    Both are kept. An interview whose candidate withdrew or was erased, that a person has decided on, whose evaluation
    is under way or failed, or whose score may be ranked with those of the current scorecard already stays as it is:
    nobody gets a second try at the same score.

    :raises TooMany: if there are more than MOST.
    :raises accounts.roles.NotPermitted: if `by` may not both manage jobs and decide.
    :raises Job.DoesNotExist: if there is no such job for this person, or nothing of it is published.
    """
    by.require(Permission.MANAGE_JOBS)
    by.require(Permission.DECIDE)
    if len(interviews) > MOST:
        raise TooMany
    job = scope.jobs_of(by).select_related("current_version").get(pk=job_id, current_version__isnull=False)
    version = job.current_version
    assert isinstance(version, JobVersion)
    current = rubrics.of(version)
    found = scope.interviews_of(by).filter(pk__in=interviews, application__job=job).order_by("pk")
    owed = 0
    for interview in found.select_related("version"):
        try:
            _rescore(interview, version, current)
            owed += 1
        except (CannotRescore, TransitionNotAllowed, standing.Withdrawn):
            continue
    return Rescored(owed, len(set(interviews)) - owed)


@transaction.atomic
def _rescore(interview: Interview, version: JobVersion, current: Rubric) -> None:
    """:raises CannotRescore, core.state.TransitionNotAllowed, standing.Withdrawn: with nothing written."""
    # The interview's row first and then the application's, as decisions take them: the other order could deadlock.
    # A decision that was first is seen below, and one that comes later sees what was moved.
    standing.hold(interview.pk)
    Application.objects.select_for_update().get(pk=interview.application_id)
    if Decision.objects.filter(application=interview.application_id, superseded_by=None).exists():
        raise CannotRescore
    found = Evaluation.objects.filter(interview=interview, status__in=scores.FINISHED)
    evaluation = found.select_related("rubric").first()
    if evaluation is None or rubrics.comparable(rubrics.of(evaluation.rubric or interview.version), current):
        raise CannotRescore
    state.move(evaluation, Evaluation.Status.SUPERSEDED, source=evaluation.status)
    redos.settle(evaluation.pk)
    successor = evaluations.owe(interview, rubric=version)
    Evaluation.objects.filter(pk=successor.pk).update(without=evaluation.without)
    audit.record("evaluation.rescored", evaluation, by=str(successor.pk), rubric=rubrics.label(version))
