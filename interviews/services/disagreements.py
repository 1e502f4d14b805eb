"""Why a person's level is another than the AI's: written once the own review is in, until somebody decides."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock
from interviews.models import Decision, Disagreement, Evaluation, Interview, Review
from interviews.selectors import comparison, scope
from interviews.services import results, standing

LONGEST_WORDS = 2000


class NothingToCompare(Exception):
    """Submit your own review first: there is nothing to disagree with until then, or no proposal was made."""


class DecidedAlready(Exception):
    """Somebody has decided on this candidate: the reasons stand as they are."""


class ReasonRefused(ValueError):
    """Choose a reason from the list where the levels are two or more apart, and keep the words short and plain."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why; an empty code takes a reason away that was given for one level's difference."""

    code: str
    words: str = ""


def explain(*, interview_id: UUID, by: User, reasons: Mapping[str, Reason], result: UUID | None) -> None:
    """Store the person's reasons, by the competency's key; those of other competencies stay as they are.

    :param result: the evaluation that they are about, as it was looked at.
    :raises NothingToCompare, DecidedAlready, ReasonRefused: with nothing stored.
    :raises interviews.services.results.ResultMadeAnew: with nothing stored.
    :raises interviews.services.standing.Withdrawn: with nothing stored.
    :raises accounts.roles.NotPermitted: if the role may not review.
    :raises Interview.DoesNotExist: if there is no such interview for this person.
    """
    by.require(Permission.REVIEW)
    interview = scope.interviews_of(by).get(pk=interview_id)
    try:
        with transaction.atomic():
            _explain(interview, by, reasons, result)
    except DatabaseError as error:  # a trigger sees a decision that was committed meanwhile
        if _decided(interview):
            raise DecidedAlready from error
        raise


def _explain(interview: Interview, by: User, reasons: Mapping[str, Reason], result: UUID | None) -> None:
    standing.hold(interview.pk)
    review, evaluation = _compared(interview, by, result)
    differences = comparison.differences(review, evaluation)
    for key, reason in reasons.items():
        _check(differences, key, reason)
    for key, reason in reasons.items():
        _store(review, differences[key][0].pk, reason)
    audit.record("review.explained", review, subject_id=interview.subject_id, competencies=sorted(reasons))


def _decided(interview: Interview) -> bool:
    return Decision.objects.filter(application=interview.application_id).exists()


def _compared(interview: Interview, by: User, result: UUID | None) -> tuple[Review, Evaluation]:
    """The person's submitted review, locked, and the result that stands."""
    mine = Review.objects.select_for_update().filter(interview=interview, reviewer=by)
    review = mine.filter(status=Review.Status.SUBMITTED).prefetch_related("ratings__competency").first()
    if review is None:
        raise NothingToCompare
    if _decided(interview):
        raise DecidedAlready
    evaluation = results.as_shown(interview, result)
    if evaluation is None:
        raise NothingToCompare
    return review, evaluation


def _check(differences: Mapping[str, tuple[object, str]], key: str, reason: Reason) -> None:
    if key not in differences or (reason.code and reason.code not in Disagreement.Code.values):
        raise ReasonRefused
    if not reason.code and (differences[key][1] == comparison.FAR_APART or reason.words.strip()):
        raise ReasonRefused
    if len(reason.words) > LONGEST_WORDS or any(
        unicodedata.category(one) in ("Cc", "Cs") and one not in "\r\n\t" for one in reason.words
    ):
        raise ReasonRefused


def _store(review: Review, rating_id: UUID, reason: Reason) -> None:
    if not reason.code:
        review.disagreements.filter(rating=rating_id).delete()
        return
    found = review.disagreements.filter(rating=rating_id).first()
    row = found or Disagreement(review=review, rating_id=rating_id, subject_id=review.interview.subject_id)
    row.code, row.words, row.written_at = reason.code, reason.words.strip() or None, clock.now()
    row.save()
