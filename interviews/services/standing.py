"""Whether an interview still stands, asked at the moment at which something is written about it."""

from uuid import UUID

from django.db import connection

from interviews.models import Interview

HOLD = "SELECT status FROM interviews_interview WHERE id = %s FOR SHARE"
HOLD_ALONE = "SELECT status FROM interviews_interview WHERE id = %s FOR NO KEY UPDATE"
OVER = Interview.OVER


class Withdrawn(Exception):
    """The candidate withdrew, or was erased, while this was made: nothing more is written about them."""


def refuse_over(interview: Interview) -> None:
    """:raises Withdrawn: if it was over when it was read."""
    if interview.status in OVER:
        raise Withdrawn(str(interview.pk))


def hold(interview_id: UUID, *, alone: bool = False) -> str:
    """The interview's status, which stays so until the commit; `alone`: and nobody else holds it until then.

    :raises Withdrawn: with nothing written.
    """
    with connection.cursor() as cursor:
        cursor.execute(HOLD_ALONE if alone else HOLD, [interview_id])
        [status] = cursor.fetchone()
    if status in OVER:
        raise Withdrawn(str(interview_id))
    return str(status)
