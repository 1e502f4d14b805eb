"""Contests as people of the tenant see them: to rule on, beside the transcript, and what came of those upheld."""

from typing import Any

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Contest, Decision, Evaluation, Interview, Turn
from interviews.selectors import people, scores

Row = dict[str, Any]


def to_rule_on(contest: Contest) -> Row:
    """The contest with its question and answer."""
    turn = contest.turn
    job = turn.interview.application.job
    return _shown(contest, words=True) | {
        "interview_id": turn.interview_id,
        "candidate": people.names([contest.subject_id])[contest.subject_id],
        "job_title": job.title,
        "number": turn.number,
        "question": turn.shown,
        "answer": turn.answer,
    }


def beside(turn: Turn, viewer: User) -> Row | None:
    """The contest of this turn; the candidate's words, and the ruling's, are for who handles requests."""
    found: Contest | None = getattr(turn, "contest", None)
    return _shown(found, words=viewer.may(Permission.HANDLE_REQUESTS)) if found else None


def _shown(contest: Contest, *, words: bool) -> Row:
    return {
        "id": contest.pk,
        "reason": contest.get_reason_display(),
        "words": contest.words if words else "",
        "made_at": contest.made_at,
        "open": contest.status == Contest.Status.OPEN,
        "upheld": contest.status == Contest.Status.UPHELD,
        "ruled_by": contest.ruled_by.name if contest.ruled_by else "",
        "ruled_at": contest.ruled_at,
        "ruling": (contest.ruling or "") if words else "",
        "may_rule": words and contest.status == Contest.Status.OPEN,
    }


def decided_before(interview: Interview) -> bool:
    """Whether the decision that stands was made before a contest was upheld."""
    standing = Decision.objects.filter(application=interview.application_id, superseded_by=None).values("decided_at")
    upheld = Contest.objects.filter(turn__interview=interview, status=Contest.Status.UPHELD)
    return upheld.filter(ruled_at__gt=standing[:1]).exists()


def side_by_side(interview: Interview) -> Row | None:
    """The results before and after the upheld contests, oldest first, level by level; None if there is but one.

    Only for people whose own review is in. Of results that left out the same answers the newest is shown.
    """
    results = _results(interview)
    if len({_left_out(one) for one in results}) < 2:
        return None
    shown = list({_left_out(one): one for one in results}.values())
    numbers = {str(pk): number for pk, number in interview.turns.values_list("pk", "number")}
    names = {rating.competency.key: rating.competency.name for one in shown for rating in one.ratings.all()}
    return {
        "columns": [_column(one, numbers) for one in shown],
        "rows": [{"name": name, "levels": _levels(shown, key)} for key, name in names.items()],
    }


def _results(interview: Interview) -> list[Evaluation]:
    """Every result there was, oldest first; the current one too."""
    kept = (*scores.FINISHED, Evaluation.Status.SUPERSEDED)
    found = Evaluation.objects.filter(interview=interview, status__in=kept).exclude(mode="")
    return list(found.order_by("created_at", "pk").prefetch_related("ratings__competency"))


def _left_out(evaluation: Evaluation) -> frozenset[str]:
    return frozenset(evaluation.without)


def _column(evaluation: Evaluation, numbers: dict[str, int]) -> Row:
    return {
        "finished_at": evaluation.finished_at,
        "without": sorted(numbers[turn_id] for turn_id in evaluation.without if turn_id in numbers),
        "overall": evaluation.overall,
        "basic": evaluation.mode == "basic",
        "recommendation": evaluation.get_recommendation_display(),
    }


def _levels(evaluations: list[Evaluation], key: str) -> list[int | None]:
    return [
        next((rating.level for rating in one.ratings.all() if rating.competency.key == key), None)
        for one in evaluations
    ]
