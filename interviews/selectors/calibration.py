"""How people rate beside each other and beside the AI, as counts of pairs; over what the viewer may know alone."""

from typing import Any

from django.db.models import Aggregate, Avg, Count, F, FloatField, Max, OuterRef, Q, QuerySet, StdDev, Subquery
from django.db.models.functions import Cast

from accounts.models import User
from interviews.models import Decision, Evaluation, Interview, Review, ReviewRating
from interviews.selectors import blind, overrides, scores

Pair = dict[str, Any]  # key, name, job, number, mode, one, other, n: so many pairs of these two levels


class Median(Aggregate):
    """The middle value (PostgreSQL)."""

    function, template = "PERCENTILE_CONT", "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def known(viewer: User) -> QuerySet[Interview] | None:
    """The interviews of which this person may see figures; None of none: then no rating is read."""
    interviews = blind.open_to(viewer)
    return interviews if interviews.exists() else None


def _submitted(interviews: QuerySet[Interview]) -> Q:
    return Q(review__status=Review.Status.SUBMITTED, review__interview__in=interviews.values("pk"))


def severities(interviews: QuerySet[Interview], *, only: User | None) -> list[dict[str, Any]]:
    """Each rater's mean difference from the mean of the others of the same interview and competency."""
    rated = ReviewRating.objects.filter(_submitted(interviews), level__isnull=False)
    beside = rated.filter(competency=OuterRef("competency"), review__interview=OuterRef("review__interview"))
    mean = beside.exclude(review=OuterRef("review")).values("competency").annotate(mean=Avg("level")).values("mean")
    difference = Cast("level", FloatField()) - F("others")
    rows = rated.annotate(others=Subquery(mean)).filter(others__isnull=False)
    if only is not None:
        rows = rows.filter(review__reviewer=only)
    found: Any = rows.values("review__reviewer", name=F("review__reviewer__name"), email=F("review__reviewer__email"))
    figures = {"n": Count("pk"), "mean": Avg(difference), "deviation": StdDev(difference, sample=True)}
    return list(found.annotate(**figures).order_by("name", "email"))


def minutes(interviews: QuerySet[Interview], *, only: User | None) -> list[dict[str, Any]]:
    """The median of each rater's review times in milliseconds, and in the last row that of all."""
    timed = Review.objects.filter(
        status=Review.Status.SUBMITTED, interview__in=interviews.values("pk"), active_ms__gt=0
    )
    mine = timed if only is None else timed.filter(reviewer=only)
    by_rater: list[Any] = list(
        mine.values("reviewer").annotate(n=Count("pk"), median=Median("active_ms")).order_by("reviewer")
    )
    return [*by_rater, {"reviewer": None} | timed.aggregate(n=Count("pk"), median=Median("active_ms"))]


def between_people(interviews: QuerySet[Interview]) -> list[Pair]:
    """Pairs of two people's levels of the same interview and competency, each pair of people once."""
    others = "review__interview__reviews"
    rows = ReviewRating.objects.filter(
        _submitted(interviews),
        **{
            f"{others}__status": Review.Status.SUBMITTED,
            f"{others}__pk__gt": F("review"),
            f"{others}__ratings__competency": F("competency"),
        },
    )
    version = "review__interview__version"
    return _counted(rows, other=f"{others}__ratings__level", job=f"{version}__job__title", number=f"{version}__number")


def with_the_ai(interviews: QuerySet[Interview]) -> list[Pair]:
    """Pairs of a person's level and the AI's that stands, paired by the competency's key; without what it withheld."""
    evaluation = "review__interview__evaluations"
    rows = ReviewRating.objects.filter(
        _submitted(interviews),
        **{
            f"{evaluation}__status__in": scores.FINISHED,
            f"{evaluation}__ratings__withheld": "",
            f"{evaluation}__ratings__competency__key": F("competency__key"),
        },
    )
    version = f"{evaluation}__ratings__competency__version"
    return _counted(
        rows,
        other=f"{evaluation}__ratings__level",
        job=f"{version}__job__title",
        number=f"{version}__number",
        mode=f"{evaluation}__mode",
    )


def _counted(rows: QuerySet[ReviewRating], **columns: str) -> list[Pair]:
    named = {name: F(path) for name, path in columns.items()}
    grouped: Any = rows.values(key=F("competency__key"), one=F("level"), **named)
    return list(grouped.annotate(n=Count("pk"), name=Max("competency__name")).order_by("key", "job", "number"))


def overridden(interviews: QuerySet[Interview]) -> list[dict[str, Any]]:
    """Of the decisions on a proposal that can be overridden, by what it recommended: how many, how many against it."""
    made: Any = overrides.with_recommendation(Decision.objects.filter(interview__in=interviews.values("pk")))
    could = made.filter(recommended__in=list(overrides.OPPOSITE))
    counts = {"n": Count("pk"), "against": Count("pk", filter=overrides.against())}
    return list(could.values("recommended").annotate(**counts).order_by("recommended"))


def label_of(recommended: str) -> str:
    return str(Evaluation.Recommendation(recommended).label)
