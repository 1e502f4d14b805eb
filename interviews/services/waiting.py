"""Evaluations that may wait: a provider's batch answers them at about half the price, or its time passes.

An evaluation that waits is owed, without a lease: its due row stands at the deadline of its batch, which falls due at
once when the batch is over. Then it runs as ever, and finds in the cache what the batch answered.
"""

from datetime import timedelta

from django.db import transaction

from core import audit, claims, clock, due
from interviews.models import Evaluation
from interviews.services import standing
from interviews.services.evaluation import questions
from interviews.services.evaluation.types import Material
from llm import batches, gateway

KIND = "evaluation"


def put_off(claim: claims.Claim, material: Material) -> bool:
    """Whether the evaluation waits for its batch, owed at the first look; then its claim is over.

    :raises core.claims.LeaseLost: another worker took over; it finds the batch.
    :raises interviews.services.standing.Withdrawn: nothing waits any more.
    """
    evaluation: Evaluation = claim.row
    if not material.waits_hours:
        return False
    if not batches.exists(KIND, evaluation.pk) and not _submitted(evaluation, material):
        return False
    with transaction.atomic():
        standing.hold(evaluation.interview_id)
        until = batches.waits_until(KIND, evaluation.pk, lock=True)
        if until is None:
            return False
        claim.record(Evaluation.Status.OWED, attempts=0)
        due.owe(KIND, evaluation.pk, after=until - clock.now())
    return True


def _submitted(evaluation: Evaluation, material: Material) -> bool:
    """Whether a provider's batch is asked: one that costs less, and has the time for it."""
    deadline = evaluation.created_at + timedelta(hours=material.waits_hours)
    if deadline <= clock.now():
        return False
    asked = questions(
        competencies=material.competencies,
        answers=material.answers,
        policy=material.policy,
        context=material.context,
    )
    try:
        batch = gateway.submit_batch(asked, owner_kind=KIND, owner_id=evaluation.pk, deadline_at=deadline)
    except batches.NotBatchable:
        return False
    if batch is not None:
        audit.record("evaluation.waits", evaluation, until=deadline.isoformat())
    return batch is not None
