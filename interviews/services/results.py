"""The AI's result that stands, held against the one that a person's page showed."""

from uuid import UUID

from interviews.models import Evaluation, Interview
from interviews.selectors import scores


class ResultMadeAnew(Exception):
    """The AI's result is another one than this person's page showed; look at it first."""


def finished(interview: Interview) -> Evaluation | None:
    """The result that stands, provisional or not."""
    made = Evaluation.objects.filter(interview=interview, status__in=scores.FINISHED)
    return made.prefetch_related("ratings__competency").first()


def as_shown(interview: Interview, shown: UUID | None) -> Evaluation | None:
    """The result that stands; None where there is none and none was shown.

    Whoever holds the interview's row knows that it stands until the commit.

    :param shown: the id of the result on the page, None if there was none.
    :raises ResultMadeAnew: if it is another one.
    """
    found = finished(interview)
    if (found.pk if found else None) != shown:
        raise ResultMadeAnew(str(interview.pk))
    return found
