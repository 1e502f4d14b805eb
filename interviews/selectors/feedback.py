"""Feedback in both directions: letters, what a candidate says about the questions, and its sums for people."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Avg, Case, Count, Min, Q, TextField, Value, When
from django.db.models.functions import Coalesce

from interviews.models import FeedbackLetter, Interview, Job, QuestionThumb, Turn
from interviews.selectors import contested

LEAST = 10  # people: what fewer of them said would tell of single ones, however often they said it
COUNTED = (Interview.Status.COMPLETED, Interview.Status.ABANDONED)
PEOPLE = Count("subject_id", distinct=True)
NO_WORDS = Value("", TextField())


def current(interview: Interview) -> FeedbackLetter | None:
    """The letter that stands."""
    found = FeedbackLetter.objects.filter(interview=interview, superseded_by=None)
    return found.select_related("evaluation", "released_by").first()


def letter(interview: Interview) -> dict[str, Any] | None:
    """The candidate's letter; none is there for who withdrew."""
    found = current(interview) if interview.status in COUNTED else None
    if found is None:
        return None
    return {
        "text": found.text,
        "released_at": found.released_at,
        "before_contest": contested.upheld_since(interview.pk, found.released_at),
    }


def questions(interview: Interview) -> list[dict[str, Any]]:
    """What was asked, with the candidate's own thumb and contest of it, for an interview that is over."""
    turns = interview.turns.exclude(kind=Turn.Kind.CLOSING).select_related("thumb", "contest").order_by("number")
    return [_question(turn) for turn in turns]


def _question(turn: Turn) -> dict[str, Any]:
    thumb: QuestionThumb | None = getattr(turn, "thumb", None)
    contest = getattr(turn, "contest", None)
    return {
        "id": turn.pk,
        "number": turn.number,
        "question": turn.shown,
        "thumb": thumb.thumb if thumb else "",
        "answered": turn.answer is not None,
        "contest": contest
        and {
            "status": contest.status,
            "reason": contest.get_reason_display(),
            "made_at": contest.made_at,
            "ruled_at": contest.ruled_at,
            "ruling": contest.ruling or "",
        },
    }


def contestable(interview: Interview) -> list[tuple[str, str]]:
    """The answered questions that were not contested yet: a turn's id and the question's words, to choose from."""
    asked = questions(interview)
    return [(str(one["id"]), f"{one['number']}. {one['question']}") for one in asked if can_contest(one)]


def can_contest(question: dict[str, Any]) -> bool:
    return question["answered"] and not question["contest"]


def of_candidate(interview: Interview) -> dict[str, Any]:
    """What the status page shows of feedback."""
    if interview.status not in COUNTED:
        return {"letter": None, "asked": []}
    asked = questions(interview)
    return {
        "letter": letter(interview),
        "asked": asked,
        "contests": [one for one in asked if one["contest"]],
        "contest_until": contested.closes_at(interview),
        "can_contest": not contested.is_closed(interview) and any(map(can_contest, asked)),
    }


def sums(job: Job) -> dict[str, Any]:
    """What the job's candidates say about its interviews: nothing about fewer than ten of them."""
    over = Interview.objects.filter(application__job=job, status__in=COUNTED, stars__isnull=False)
    stars = over.aggregate(count=PEOPLE, mean=Avg("stars"))
    return {
        "least": LEAST,
        "stars": stars if stars["count"] >= LEAST else None,
        "questions": [{"question": row["words"]} | _share(row) for row in _thumbs(job)],
    }


def _thumbs(job: Job) -> Iterable[Mapping[str, Any]]:
    """By the words of the question, over all versions that asked it; follow-ups together come last, without words."""
    given = QuestionThumb.objects.filter(turn__interview__application__job=job, turn__interview__status__in=COUNTED)
    asked = Coalesce("turn__question__text", NO_WORDS)
    by_words = given.annotate(words=Case(When(turn__kind=Turn.Kind.PROBE, then=NO_WORDS), default=asked))
    up = Count("pk", filter=Q(thumb=QuestionThumb.Thumb.UP))
    first = Min("turn__question__position")
    counted = by_words.values("words").annotate(people=PEOPLE, count=Count("pk"), up=up, first=first)
    return counted.order_by(Case(When(words="", then=1), default=0), "first", "words")


def _share(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["people"] < LEAST:
        return {"count": None, "percent": None}
    return {"count": row["count"], "percent": round(100 * row["up"] / row["count"])}
