"""Provisional results for want of a model: owed anew, and made again once one answers."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction

from core import audit, clock, due, state
from core.claims import AlreadyClaimed
from core.state import TransitionNotAllowed
from interviews.models import Decision, Evaluation
from interviews.selectors import policies
from interviews.services import evaluations, money, redos, standing
from llm import allowances, gateway, health

LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(days=14)
BUDGET_GIVE_UP_AFTER = timedelta(days=32)  # a month's budget begins anew before that


def redo(*, evaluation_id: UUID) -> None:
    """Supersede the provisional evaluation by a new one that is owed, if a model can be asked again; else look later.

    While the budgets have no room for a call none is tried, so that tries are left when they have.

    What a person decided on stays as it was. A submitted review does not rest on the evaluation (it was locked until
    then): the review stays, the new result takes the place of the old, and the page says so.

    :raises core.claims.AlreadyClaimed: if another worker did it meanwhile.
    """
    evaluation = Evaluation.objects.select_related("interview__version", "rubric").get(pk=evaluation_id)
    if not _is_wanted(evaluation):
        redos.settle(evaluation_id)
        if evaluation.status == Evaluation.Status.PROVISIONAL:  # and not one that another took the place of
            money.give_back(evaluation.interview_id)
    elif _can_ask(evaluation):
        _supersede(evaluation)
    else:
        due.owe(redos.KIND, evaluation_id, after=_pause(evaluation))


def _is_wanted(evaluation: Evaluation) -> bool:
    decided = Decision.objects.filter(application=evaluation.interview.application_id)
    return (
        evaluation.status == Evaluation.Status.PROVISIONAL
        and evaluation.interview.status not in standing.OVER
        and _age(evaluation) < (BUDGET_GIVE_UP_AFTER if evaluation.error == "budget" else GIVE_UP_AFTER)
        and not decided.exists()
    )


def _can_ask(evaluation: Evaluation) -> bool:
    policy = policies.of_job(evaluation.interview.version.job_id)
    if gateway.mode(policy) != "model" or health.mode(policy) == health.OFF:
        return False
    return allowances.is_payable(policy, evaluation.interview_id, "evaluation")


def _supersede(evaluation: Evaluation) -> None:
    try:
        with transaction.atomic():
            standing.hold(evaluation.interview_id)
            state.move(evaluation, Evaluation.Status.SUPERSEDED, source=Evaluation.Status.PROVISIONAL)
            redos.settle(evaluation.pk)
            successor = evaluations.owe(evaluation.interview, rubric=evaluation.rubric)
            Evaluation.objects.filter(pk=successor.pk).update(without=evaluation.without)
            audit.record("evaluation.superseded", evaluation, by=str(successor.pk))
    except (TransitionNotAllowed, standing.Withdrawn) as error:
        raise AlreadyClaimed(str(evaluation.pk)) from error


def _age(evaluation: Evaluation) -> timedelta:
    assert evaluation.finished_at is not None  # it has a result
    return clock.now() - evaluation.finished_at


def _pause(evaluation: Evaluation) -> timedelta:
    """As long as it waits already: so the pauses double."""
    return min(max(_age(evaluation), redos.FIRST), LONGEST_PAUSE)
