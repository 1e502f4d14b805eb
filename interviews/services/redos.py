"""When a provisional result for want of a model is made again: later each time in vain, soon once a model answers."""

from datetime import timedelta
from uuid import UUID

from core import due, rows, tenancy
from interviews.models import Evaluation

KIND = "evaluation_redo"
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=6)
MOST = 24
HASTENED = timedelta(seconds=10)  # after it was made in vain: where calls fail by turns, one result does not spend MOST

# Whoever is at one of them now decides its time: no two wait for each other here.
HASTEN = """
    UPDATE public.due SET due_at = found.at
      FROM (SELECT owed.id, greatest(statement_timestamp(), made.finished_at + %s) AS at
              FROM public.due owed JOIN interviews_evaluation made ON made.id = owed.object_id
             WHERE owed.tenant = %s AND owed.kind = %s AND owed.failed_at IS NULL
               FOR UPDATE OF owed SKIP LOCKED) found
     WHERE due.id = found.id AND due.due_at > found.at"""


def owe(evaluation: Evaluation) -> bool:
    """Have this result made again once a model answers; each time in vain, twice as much later.

    :returns: False if that was tried often enough.
    """
    made = Evaluation.objects.filter(interview=evaluation.interview_id).count()
    if made <= MOST:
        due.owe(KIND, evaluation.pk, after=min(FIRST * 2 ** (made - 1), LONGEST))
    return made <= MOST


def settle(evaluation_id: UUID) -> None:
    """It was made again, or is no longer wanted."""
    due.settle(KIND, evaluation_id)


def hasten() -> None:
    """A model answers again: nothing of this tenant waits any longer for the pauses that doubled while none did."""
    rows.execute(HASTEN, [HASTENED, tenancy.schema(), KIND])
