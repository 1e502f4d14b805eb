"""Consensus: the levels that several people agreed on, recorded by one of them under their name."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit
from interviews.models import Consensus, ConsensusRating, ConsensusReview, Interview, Review
from interviews.selectors import scope
from interviews.services.reviews import LONGEST_NOTE, OwnRating
from interviews.services.standing import hold

FEWEST = 2


class TooFewRaters(Exception):
    """A consensus rests on the submitted reviews of two people or more, your own among them."""


class ReviewLeftOut(Exception):
    """Somebody's submitted review is not among those that this person looked at; look at it first."""


class ConsensusIncomplete(ValueError):
    """Choose a level, 1 to 5 or "no evidence", for every competency."""


class AgreedMeanwhile(Exception):
    """There is a consensus that this person has not seen; look at it first."""


def record(
    *,
    interview_id: UUID,
    by: User,
    levels: Mapping[UUID, OwnRating],
    rests_on: Collection[UUID],
    seen: UUID | None = None,
) -> Consensus:
    """Insert the consensus, which supersedes the one that was `seen`.

    :param levels: competency id -> agreed level and note.
    :param rests_on: the reviews that were looked at: all that are submitted.
    :raises TooFewRaters, ReviewLeftOut, ConsensusIncomplete, AgreedMeanwhile: with nothing stored.
    :raises interviews.services.standing.Withdrawn: with nothing stored.
    :raises accounts.roles.NotPermitted: if the role may not decide.
    :raises Interview.DoesNotExist: if there is no such interview for this person.
    """
    by.require(Permission.DECIDE)
    interview = scope.interviews_of(by).get(pk=interview_id)
    _check_levels(interview, levels)
    try:
        with transaction.atomic():
            hold(interview.pk)
            reviews = _reviews(interview, by, set(rests_on))
            return _insert(interview, by, levels, reviews, seen)
    except IntegrityError as error:
        raise AgreedMeanwhile from error


def standing(interview_id: UUID) -> Consensus | None:
    """The consensus that no other supersedes."""
    return Consensus.objects.filter(interview=interview_id, superseded_by=None).first()


def _check_levels(interview: Interview, levels: Mapping[UUID, OwnRating]) -> None:
    wanted = set(interview.version.competencies.values_list("pk", flat=True))
    if set(levels) != wanted or not all(one.rated for one in levels.values()):
        raise ConsensusIncomplete
    if any(one.level not in (None, 1, 2, 3, 4, 5) or len(one.note) > LONGEST_NOTE for one in levels.values()):
        raise ConsensusIncomplete


def _reviews(interview: Interview, by: User, named: set[UUID]) -> list[Review]:
    # Drafts are locked too: one that is being submitted at this moment counts.
    rows = Review.objects.select_for_update(no_key=True).filter(interview=interview).order_by("pk")
    submitted = [review for review in rows if review.status == Review.Status.SUBMITTED]
    found = [review for review in submitted if review.pk in named]
    if len(found) < max(FEWEST, len(named)) or by.pk not in {review.reviewer_id for review in found}:
        raise TooFewRaters
    if len(found) < len(submitted):
        raise ReviewLeftOut
    return found


def _insert(
    interview: Interview, by: User, levels: Mapping[UUID, OwnRating], reviews: list[Review], seen: UUID | None
) -> Consensus:
    before = standing(interview.pk)
    if before is not None and before.pk != seen:
        raise AgreedMeanwhile
    subject = interview.subject_id
    row = Consensus.objects.create(interview=interview, subject_id=subject, agreed_by=by, supersedes=before)
    ConsensusReview.objects.bulk_create(ConsensusReview(consensus=row, review=review) for review in reviews)
    ConsensusRating.objects.bulk_create(
        ConsensusRating(
            consensus=row, competency_id=pk, subject_id=subject, level=one.level, note=one.note.strip() or None
        )
        for pk, one in levels.items()
    )
    audit.record("consensus.recorded", row, reviews=len(reviews), supersedes=str(before.pk) if before else "")
    return row
