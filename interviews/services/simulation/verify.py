"""What the stored rows say about a simulation, against what its candidates sent."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from interviews.models import Interview, Turn
from interviews.services.simulation.client import Played
from interviews.services.simulation.report import Verified


def verify(played: Sequence[Played]) -> Verified:
    """Compare every interview's rows with what was sent, in the tenant that was entered.

    Answers are sealed, so the rows are read through the model, which opens them.
    """
    ids = [one.interview_id for one in played if one.interview_id is not None]
    completed = set(
        Interview.objects.filter(pk__in=ids, status=Interview.Status.COMPLETED).values_list("pk", flat=True)
    )
    turns = _turns(ids)
    lost = doubled = 0
    for one in played:
        rows = turns.get(one.interview_id, []) if one.interview_id else []
        stored = Counter(row.answer for row in rows if row.answer is not None)
        lost += missing(one.acknowledged, stored.elements())
        doubled += missing(stored.elements(), one.sent)
        doubled += surplus_questions(rows, finished=one.interview_id in completed)
    return Verified(completed=len(completed), lost=lost, doubled=doubled)


def missing(wanted: Iterable[str], present: Iterable[str]) -> int:
    """How many of `wanted` are not in `present`, each counted as often as it occurs."""
    return (Counter(wanted) - Counter(present)).total()


def surplus_questions(rows: Sequence[Turn], *, finished: bool) -> int:
    """Questions that no answer called for: core questions shown again, and turns left over.

    Each answer opens one turn or, at the end, none; so a finished interview has as many turns as answers.
    """
    core = Counter(row.question_id for row in rows if row.kind == Turn.Kind.CORE)
    repeated = core.total() - len(core)
    answered = sum(row.answer is not None for row in rows)
    return max(repeated, len(rows) - answered - (0 if finished else 1), 0)


def _turns(ids: Sequence[UUID]) -> dict[UUID, list[Turn]]:
    """interview -> its turns, without the candidate's last words, which answer no question."""
    found: dict[UUID, list[Turn]] = {}
    rows = Turn.objects.filter(interview_id__in=ids).exclude(kind=Turn.Kind.CLOSING)
    for row in rows.only("id", "interview_id", "subject_id", "kind", "question_id", "answer"):
        found.setdefault(row.interview_id, []).append(row)
    return found
