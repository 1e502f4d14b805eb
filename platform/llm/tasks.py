"""Tasks of the model layer."""

from celery import shared_task

from core import pool, tenancy
from llm import judging


# --- experiments -------------------------------------------------------------------------------
@shared_task(name="llm.judge_experiments", queue="default")  # type: ignore[untyped-decorator]
def judge_experiments() -> None:
    try:
        with tenancy.enter_platform():
            judging.judge()
    finally:
        pool.give_back()
