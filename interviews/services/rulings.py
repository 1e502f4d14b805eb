"""Rulings on contests, by a named person, with a reason: upheld, the interview is evaluated anew without the answer."""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, due, state
from core.state import TransitionNotAllowed
from interviews.models import CandidateRequest, Contest, Evaluation, Interview
from interviews.selectors import contests, scope
from interviews.services import evaluations, redos, standing, turns

LONGEST_RULING = 2000


class RulingMissing(ValueError):
    """A ruling needs its reason in plain text."""


class AlreadyRuled(Exception):
    """Somebody ruled on this contest meanwhile, or another evaluation of the interview began at this moment."""


def open_contest(*, contest_id: UUID, by: User) -> dict[str, Any]:
    """The contest with its question and answer, for the person who rules on it; nothing of any evaluation.

    :raises Contest.DoesNotExist: if there is no such contest for this person.
    :raises accounts.roles.NotPermitted: if the role may not.
    """
    found = _found(contest_id, by)
    audit.record("contest.viewed", found)
    return contests.to_rule_on(found)


def rule(*, contest_id: UUID, by: User, upheld: bool, ruling: str) -> Contest:
    """Uphold or decline the contest, for good.

    Upheld, the answer counts no more: the result that stands is superseded and stays readable, and a new one is owed
    that leaves the answer out. What people rated or decided stays as it was.

    :raises RulingMissing, AlreadyRuled, interviews.services.standing.Withdrawn: with nothing changed.
    :raises Contest.DoesNotExist: if there is no such contest for this person.
    :raises accounts.roles.NotPermitted: if the role may not.
    """
    found = _found(contest_id, by)
    words = _clean(ruling)
    to = Contest.Status.UPHELD if upheld else Contest.Status.DECLINED
    try:
        with transaction.atomic():
            interview = _held(found.turn.interview_id)
            state.move(found, to, ruled_by=by, ruled_at=clock.now(), ruling=words)
            CandidateRequest.objects.filter(pk=found.request_id).update(handled_by=by, handled_at=found.ruled_at)
            audit.record(f"contest.{to}", found, turn=str(found.turn_id))
            if upheld:
                _evaluate_anew(interview, found)
    except TransitionNotAllowed as error:
        raise AlreadyRuled from error
    return found


def _found(contest_id: UUID, by: User) -> Contest:
    by.require(Permission.HANDLE_REQUESTS)
    related = ("turn__interview__application__job", "turn__question", "request", "ruled_by")
    return Contest.objects.select_related(*related).get(scope.within(by, "turn__interview__"), pk=contest_id)


def _held(interview_id: UUID) -> Interview:
    """The interview, on which nothing is written or evaluated by others until the commit.

    Whoever records a result, makes one anew or withdraws holds this row too: each of them comes before or after.

    :raises interviews.services.standing.Withdrawn: with nothing written.
    """
    interview = Interview.objects.select_for_update(of=("self",), no_key=True).select_related("version")
    found = interview.get(pk=interview_id)
    standing.refuse_over(found)
    return found


def _evaluate_anew(interview: Interview, contest: Contest) -> None:
    """Supersede the current evaluation, wherever it stands: a worker that runs it then records nothing."""
    current = Evaluation.objects.exclude(status=Evaluation.Status.SUPERSEDED).filter(interview=interview).first()
    if current is None:
        return  # it was never to be evaluated; an evaluation that somebody asks for later leaves the answer out
    state.move(current, Evaluation.Status.SUPERSEDED, lease_until=None)
    due.settle("evaluation", current.pk)
    redos.settle(current.pk)
    successor = evaluations.owe(interview, rubric=current.rubric)
    audit.record("evaluation.superseded", current, by=str(successor.pk), contest=str(contest.pk))


def _clean(ruling: str) -> str:
    try:
        words = turns.clean(ruling)
    except ValueError as error:
        raise RulingMissing from error
    if len(words) > LONGEST_RULING:
        raise RulingMissing
    return words
