"""People's own ratings."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, state
from interviews.models import Application, Interview, Review, ReviewRating
from interviews.selectors import scope
from interviews.services import quality, review_time

LONGEST_NOTE = 2000
REVIEWABLE = (Interview.Status.COMPLETED, Interview.Status.ABANDONED)


class NotReviewable(Exception):
    """The interview is not finished, so there is nothing to rate yet."""


class ReviewIncomplete(ValueError):
    """Rate every competency, 1 to 5 or "no evidence", before submitting."""


class ReviewSubmitted(Exception):
    """This review was submitted and does not change any more."""


@dataclass(frozen=True, slots=True)
class OwnRating:
    """A person's level (1 to 5, None = no evidence) and note for a competency; not `rated` is a note alone."""

    level: int | None
    note: str = ""
    rated: bool = True


class StaleReview(Exception):
    """Another tab or device saved meanwhile; `version` and `held` (competency key -> rating) are what it saved."""

    def __init__(self, version: int, held: dict[str, OwnRating]) -> None:
        super().__init__(version)
        self.version, self.held = version, held


@transaction.atomic
def save_review(
    *,
    interview_id: UUID,
    by: User,
    ratings: Mapping[UUID, OwnRating],
    submit: bool,
    follows: int | None = None,
    opened: str = "",
) -> Review:
    """Store the person's ratings, as a draft or for good: what is submitted is what was on the page.

    :param ratings: competency id -> rating; other versions' competencies are refused.
    :param follows: the version of the draft that the writer saw last; None asks nothing.
    :param opened: the stamp of the page (review_time).
    :raises StaleReview: if a draft does not follow what is stored.
    :raises NotReviewable, ReviewIncomplete, ReviewSubmitted: with nothing stored.
    :raises accounts.roles.NotPermitted: if the role may not review.
    :raises Interview.DoesNotExist: if there is no such interview for this person.
    """
    by.require(Permission.REVIEW)
    interview = scope.interviews_of(by).get(pk=interview_id)
    if interview.status not in REVIEWABLE:
        raise NotReviewable
    wanted = set(interview.version.competencies.values_list("pk", flat=True))
    rated = {pk for pk, rating in ratings.items() if rating.rated}
    if not set(ratings) <= wanted or (submit and rated != wanted):
        raise ReviewIncomplete
    if any(rating.level not in (None, 1, 2, 3, 4, 5) or len(rating.note) > LONGEST_NOTE for rating in ratings.values()):
        raise ReviewIncomplete
    review = _locked(interview, by)
    if not submit and follows not in (None, review.draft_version):
        raise StaleReview(review.draft_version, _held(review))
    _store(review, interview, ratings)
    _count(review, interview, opened)
    if submit:
        state.move(review, Review.Status.SUBMITTED, submitted_at=clock.now())
        _take_up(interview, by)
        quality.compare(review)
    audit.record("review.submitted" if submit else "review.saved", review, subject_id=interview.subject_id)
    return review


def _locked(interview: Interview, by: User) -> Review:
    """The person's draft, locked against their own second tab.

    :raises ReviewSubmitted: if it is no draft any more.
    """
    Review.objects.get_or_create(interview=interview, reviewer=by)
    review = Review.objects.select_for_update().get(interview=interview, reviewer=by)
    if review.status == Review.Status.SUBMITTED:
        raise ReviewSubmitted
    return review


def _held(review: Review) -> dict[str, OwnRating]:
    rows = review.ratings.select_related("competency")
    return {row.competency.key: OwnRating(row.level, row.note or "", rated=row.rated) for row in rows}


def _count(review: Review, interview: Interview, opened: str) -> None:
    now = clock.now()
    passed = review_time.passed_ms(
        saved_at=review.saved_at, opened_at=review_time.opened_at(opened, interview), now=now
    )
    review.saved_at, review.draft_version, review.active_ms = now, review.draft_version + 1, review.active_ms + passed
    review.save(update_fields=["saved_at", "draft_version", "active_ms"])  # the row is locked


def _take_up(interview: Interview, by: User) -> None:
    """The first submitted review moves the application on, under the reviewer's name."""
    first = Application.objects.filter(pk=interview.application_id, stage=Application.Stage.INVITED)
    first.update(stage=Application.Stage.REVIEW, stage_by=by, stage_at=clock.now())


def _store(review: Review, interview: Interview, ratings: Mapping[UUID, OwnRating]) -> None:
    review.ratings.all().delete()
    ReviewRating.objects.bulk_create(
        [
            ReviewRating(
                review=review,
                competency_id=competency_id,
                subject_id=interview.subject_id,
                rated=rating.rated,
                level=rating.level,
                note=rating.note.strip() or None,
            )
            for competency_id, rating in ratings.items()
        ]
    )
