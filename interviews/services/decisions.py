"""Decisions: by a named person, with a reason, on evidence that is ready."""

from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, state
from core.state import TransitionNotAllowed
from interviews.models import Application, Decision, Evaluation, Interview, Review
from interviews.selectors import scope
from interviews.services import results, turns

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
    *,
    interview_id: UUID,
    by: User,
    outcome: str,
    reason_code: str,
    reason: str,
    result: UUID | None,
    seen: UUID | None = None,
) -> Decision:
    """Insert the decision, which supersedes the one that was `seen`, and move the application's stage.

    The same decision by the same person again is the same click and returns what stands.

    :param result: the finished evaluation that was looked at, None if there was none.
    :raises NothingToRestOn, ReasonMissing, DecidedMeanwhile: with nothing changed.
    :raises interviews.services.results.ResultMadeAnew: with nothing changed.
    :raises accounts.roles.NotPermitted: if the role may not decide.
    :raises Interview.DoesNotExist: if there is no such interview for this person.
    """
    by.require(Permission.DECIDE)
    reason = _clean(outcome, reason_code, reason)
    try:
        with transaction.atomic():
            interview = _held(interview_id, by)
            evaluation, review, standing = _rests_on(interview, by, result, seen)
            return _insert(interview, by, (outcome, reason_code, reason), evaluation, review, standing)
    except (IntegrityError, TransitionNotAllowed, DecidedMeanwhile) as error:
        standing = Decision.objects.filter(application__interviews=interview_id, superseded_by=None).first()
        asked = (by.pk, outcome, reason_code, reason)
        if standing and (standing.decided_by_id, standing.outcome, standing.reason_code, standing.reason) == asked:
            return standing
        raise DecidedMeanwhile from error


def _held(interview_id: UUID, by: User) -> Interview:
    """The interview, on which nothing is decided and no result made anew by others until the commit."""
    found = scope.interviews_of(by).get(pk=interview_id)
    interview = Interview.objects.select_for_update(of=("self",), no_key=True).get(pk=found.pk)
    # Another attempt of the same application is decided on before or after this one; always the interview first.
    interview.application = Application.objects.select_for_update(no_key=True).get(pk=found.application_id)
    return interview


def _rests_on(
    interview: Interview, by: User, result: UUID | None, seen: UUID | None
) -> tuple[Evaluation | None, Review, Decision | None]:
    """The ready evaluation and the own review that the decision names, and the decision that it supersedes."""
    review = Review.objects.filter(interview=interview, reviewer=by, status=Review.Status.SUBMITTED).first()
    if review is None:
        raise NothingToRestOn
    standing = interview.application.decisions.filter(superseded_by=None).first()
    if standing is not None and standing.pk != seen:
        raise DecidedMeanwhile
    evaluation = results.as_shown(interview, result)
    ready = evaluation is not None and evaluation.status == Evaluation.Status.READY
    return evaluation if ready else None, review, standing


def _insert(
    interview: Interview,
    by: User,
    decided: tuple[str, str, str],
    evaluation: Evaluation | None,
    review: Review,
    standing: Decision | None,
) -> Decision:
    """The decision, of `decided`: outcome, code and words of the reason."""
    outcome, reason_code, reason = decided
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
        supersedes=standing,
    )
    stage = STAGE[Decision.Outcome(outcome)]
    if application.stage != stage:
        state.move(application, stage, field="stage", stage_by=by, stage_at=clock.now())
    # Who reads the trail may still have to rate: it says nothing of what the AI found (selectors.overrides does).
    audit.record("decision.made", decision, outcome=outcome, reason_code=reason_code)
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
