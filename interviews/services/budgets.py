"""Budgets that the tenant sets for itself: who may, for which job, and what the page about them shows."""

from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.roles import Permission
from interviews.models import Job
from interviews.selectors import budgets, scope
from interviews.selectors.budgets import Line
from llm import own_budgets
from llm.models import OwnBudget
from llm.own_budgets import Terms

TOTAL = OwnBudget.Period.TOTAL


def page(*, by: User, number: str | None) -> dict[str, Any]:
    """The tenant's budgets and what became of them; nobody's data is in it."""
    by.require(Permission.VIEW_BILLING)
    return budgets.page(viewer=by, number=number)


def open_one(*, by: User, period: str = TOTAL, job_id: UUID | None = None) -> Line:
    """One budget, to be changed.

    :raises Job.DoesNotExist: if there is no such job for this person.
    """
    by.require(Permission.MANAGE_BILLING)
    return budgets.line(period=period, job=_job(by, job_id))


def put(*, by: User, terms: Terms, seen: int, period: str = TOTAL, job_id: UUID | None = None) -> OwnBudget:
    """Set or change the budget of a day, a month or a job.

    :raises llm.own_budgets.ChangedMeanwhile: if it is not the one that was shown; nothing is written.
    :raises accounts.roles.NotPermitted, Job.DoesNotExist: nor here.
    """
    by.require(Permission.MANAGE_BILLING)
    _job(by, job_id)
    return own_budgets.put(period=period, group_id=job_id, terms=terms, seen=seen)


def remove(*, by: User, seen: int, period: str = TOTAL, job_id: UUID | None = None) -> None:
    """Remove it.

    :raises llm.own_budgets.ChangedMeanwhile: if it is not the one that was shown; nothing is written.
    :raises accounts.roles.NotPermitted, Job.DoesNotExist: nor here.
    """
    by.require(Permission.MANAGE_BILLING)
    _job(by, job_id)
    own_budgets.remove(period=period, group_id=job_id, seen=seen)


def _job(by: User, job_id: UUID | None) -> Job | None:
    return scope.jobs_of(by).get(pk=job_id) if job_id else None
