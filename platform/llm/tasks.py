"""What beat has the model layer do for the platform as a whole, and tenants' batches."""

from collections.abc import Callable
from uuid import UUID

from celery import shared_task

from core import pool, tenancy
from core.tasks import tenant_task
from llm import admission, batches, judging, key_ages, lost, own_alerts, usage


def _on_the_platform(service: Callable[[], object]) -> None:
    try:
        with tenancy.enter_platform():
            service()
    finally:
        pool.give_back()


@shared_task(name="llm.watch_keys", queue="default")  # type: ignore[untyped-decorator]
def watch_keys() -> None:
    """Notice keys that were rotated."""
    _on_the_platform(key_ages.watch)


@shared_task(name="llm.roll_up", queue="default")  # type: ignore[untyped-decorator]
def roll_up() -> None:
    """Add up what was used in the hours that are over."""
    _on_the_platform(usage.roll_up)


@shared_task(name="llm.settle_lost", queue="default")  # type: ignore[untyped-decorator]
def settle_lost() -> None:
    """Settle the calls whose workers died, and free what they reserved."""
    _on_the_platform(lambda: admission.forget(lost.settle_lost()))


@shared_task(name="llm.judge_experiments", queue="default")  # type: ignore[untyped-decorator]
def judge_experiments() -> None:
    """Switch off the prompt versions that break a guardrail."""
    _on_the_platform(judging.judge)


@tenant_task("llm.look_at_own_budget", queue="default")
def look_at_own_budget(*, budget_id: UUID) -> None:
    own_alerts.look(budget_id=budget_id)


@tenant_task("llm.run_batch", queue="batch")
def run_batch(*, batch_id: UUID) -> None:
    batches.run(batch_id=batch_id)
