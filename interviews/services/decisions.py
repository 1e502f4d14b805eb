"""Decisions: by a named person, with a reason, on evidence that is ready."""

from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, state
from core.state import TransitionNotAllowed
from interviews.models import Application, Decision, Evaluation, Interview, Review
from interviews.services import turns

LONGEST_REASON = 2000
STAGE = {
    Decision.Outcome.ADVANCE: Application.Stage.ADVANCED,
    Decision.Outcome.HOLD: Application.Stage.ON_HOLD,
    Decision.Outcome.REJECT: Application.Stage.REJECTED,
}


class NothingToRestOn(Exception):
    """Rate every competency yourself first, or wait for an evaluation that is not provisional."""


class ReasonMissing(ValueError):
    """A decision needs a reason, in a code and in words."""


class DecidedMeanwhile(Exception):
    """Somebody decided this instant; look at their decision first."""


def decide(*, interview_id: UUID, by: User, outcome: str, reason_code: str, reason: str) -> Decision:
    """Insert the decision, which supersedes the last one, and move the application's stage.

    :raises NothingToRestOn, ReasonMissing, DecidedMeanwhile: with nothing changed.
    :raises accounts.roles.NotPermitted: if the role may not decide.
    """
    by.require(Permission.DECIDE)
    reason = _clean(outcome, reason_code, reason)
    try:
        with transaction.atomic():
            return _decide(interview_id, by, outcome, reason_code, reason)
    except (IntegrityError, TransitionNotAllowed) as error:
        raise DecidedMeanwhile from error


def _decide(interview_id: UUID, by: User, outcome: str, reason_code: str, reason: str) -> Decision:
    interview = Interview.objects.select_related("application").get(pk=interview_id)
    evaluation = Evaluation.objects.filter(interview=interview, status=Evaluation.Status.READY).first()
    review = Review.objects.filter(interview=interview, reviewer=by, status=Review.Status.SUBMITTED).first()
    if evaluation is None and review is None:
        raise NothingToRestOn
    application = interview.application
    decision = Decision.objects.create(
        application=application,
        interview=interview,
        subject_id=interview.subject_id,
        decided_by=by,
        outcome=outcome,
        reason_code=reason_code,
        reason=reason,
        evaluation=evaluation,
        review=review,
        supersedes=application.decisions.filter(superseded_by=None).first(),
    )
    stage = STAGE[Decision.Outcome(outcome)]
    if application.stage != stage:
        state.move(application, stage, field="stage", stage_by=by, stage_at=clock.now())
    audit.record("decision.made", decision, outcome=outcome, reason_code=reason_code)
    return decision


def _clean(outcome: str, reason_code: str, reason: str) -> str:
    if outcome not in Decision.Outcome.values or reason_code not in Decision.Reason.values:
        raise ReasonMissing
    try:
        reason = turns.clean(reason)
    except ValueError as error:
        raise ReasonMissing from error
    if len(reason) > LONGEST_REASON:
        raise ReasonMissing
    return reason
