"""An interview's part of the model budgets: taken when it starts, given back when nothing more will be asked for it."""

from functools import partial
from uuid import UUID

from django.db import transaction

from interviews.models import Interview
from interviews.selectors import policies
from llm import allowances


def set_aside(interview: Interview) -> None:
    """Take it after the commit; without it the interview runs all the same."""
    policy = policies.of_job(interview.version.job_id)
    transaction.on_commit(partial(allowances.take, policy, interview.pk), robust=True)


def give_back(interview_id: UUID) -> None:
    """Give back the rest after the commit."""
    transaction.on_commit(partial(allowances.give_back, interview_id), robust=True)
