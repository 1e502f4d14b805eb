"""Decisions: by a named person, with a reason, on evidence that is ready."""

from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, state
from core.state import TransitionNotAllowed
from interviews.models import Application, Decision, Evaluation, Review
from interviews.selectors import overrides, scope
from interviews.services import turns

LONGEST_REASON = 2000
STAGE = {
    Decision.Outcome.ADVANCE: Application.Stage.ADVANCED,
    Decision.Outcome.HOLD: Application.Stage.ON_HOLD,
    Decision.Outcome.REJECT: Application.Stage.REJECTED,
}


class NothingToRestOn(Exception):
    """Rate every competency yourself first: until then the AI's proposal is locked, and nothing else is evidence."""


class ReasonMissing(ValueError):
    """A decision needs a reason that fits it, in a code and in words."""


class DecidedMeanwhile(Exception):
    """There is a decision that this person has not seen; look at it first."""


def decide(
    *, interview_id: UUID, by: User, outcome: str, reason_code: str, reason: str, seen: UUID | None = None
) -> Decision:
    """Insert the decision, which supersedes the one that was `seen`, and move the application's stage.

    The same decision by the same person again is the same click and returns what stands.

    :raises NothingToRestOn, ReasonMissing, DecidedMeanwhile: with nothing changed.
    :raises accounts.roles.NotPermitted: if the role may not decide.
    :raises Interview.DoesNotExist: if there is no such interview for this person.
    """
    by.require(Permission.DECIDE)
    reason = _clean(outcome, reason_code, reason)
    try:
        with transaction.atomic():
            return _decide(interview_id, by, outcome, reason_code, reason, seen)
    except (IntegrityError, TransitionNotAllowed, DecidedMeanwhile) as error:
        standing = Decision.objects.filter(application__interviews=interview_id, superseded_by=None).first()
        asked = (by.pk, outcome, reason_code, reason)
        if standing and (standing.decided_by_id, standing.outcome, standing.reason_code, standing.reason) == asked:
            return standing
        raise DecidedMeanwhile from error


def _decide(interview_id: UUID, by: User, outcome: str, reason_code: str, reason: str, seen: UUID | None) -> Decision:
    interview = scope.interviews_of(by).select_related("application").get(pk=interview_id)
    review = Review.objects.filter(interview=interview, reviewer=by, status=Review.Status.SUBMITTED).first()
    if review is None:
        raise NothingToRestOn
    evaluation = Evaluation.objects.filter(interview=interview, status=Evaluation.Status.READY).first()
    application = interview.application
    standing = application.decisions.filter(superseded_by=None).first()
    if standing is not None and standing.pk != seen:
        raise DecidedMeanwhile
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
        supersedes=standing,
    )
    stage = STAGE[Decision.Outcome(outcome)]
    if application.stage != stage:
        state.move(application, stage, field="stage", stage_by=by, stage_at=clock.now())
    against = overrides.went_against(decision)
    audit.record("decision.made", decision, outcome=outcome, reason_code=reason_code, against_proposal=against)
    return decision


def _clean(outcome: str, reason_code: str, reason: str) -> str:
    if reason_code not in Decision.FITTING.get(outcome, ()):
        raise ReasonMissing
    try:
        reason = turns.clean(reason)
    except ValueError as error:
        raise ReasonMissing from error
    if len(reason) > LONGEST_REASON:
        raise ReasonMissing
    return reason
