"""Tasks of the model layer."""

from uuid import UUID

from celery import shared_task

from core import pool, tenancy
from core.tasks import tenant_task
from llm import batches, judging


# --- experiments -------------------------------------------------------------------------------
@shared_task(name="llm.judge_experiments", queue="default")  # type: ignore[untyped-decorator]
def judge_experiments() -> None:
    try:
        with tenancy.enter_platform():
            judging.judge()
    finally:
        pool.give_back()


# --- batches -----------------------------------------------------------------------------------
@tenant_task("llm.run_batch", queue="batch")
def run_batch(*, batch_id: UUID) -> None:
    batches.run(batch_id=batch_id)
