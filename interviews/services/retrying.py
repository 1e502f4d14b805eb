"""What failed, tried again in a person's name."""

from uuid import UUID

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Evaluation, Turn
from interviews.selectors import scope
from interviews.services import evaluations, turns


def retry_turn(*, turn_id: UUID, by: User) -> None:
    """Have the reply to an answer written again.

    :raises core.state.TransitionNotAllowed: if it did not fail.
    :raises accounts.roles.NotPermitted, Turn.DoesNotExist: with nothing changed.
    """
    by.require(Permission.REVIEW)
    turn = Turn.objects.only("pk").get(scope.within(by, "interview__"), pk=turn_id)
    turns.retry(turn_id=turn.pk)


def retry_evaluation(*, evaluation_id: UUID, by: User) -> None:
    """Have the interview evaluated again.

    :raises core.state.TransitionNotAllowed: if it did not fail.
    :raises accounts.roles.NotPermitted, Evaluation.DoesNotExist: with nothing changed.
    """
    by.require(Permission.REVIEW)
    evaluation = Evaluation.objects.only("pk").get(scope.within(by, "interview__"), pk=evaluation_id)
    evaluations.retry(evaluation_id=evaluation.pk)
