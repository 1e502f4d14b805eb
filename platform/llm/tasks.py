"""What beat has the model layer do, for the platform as a whole."""

from celery import shared_task

from core import pool, tenancy
from llm import lost, usage


@shared_task(name="llm.roll_up", queue="default")  # type: ignore[untyped-decorator]
def roll_up() -> None:
    try:
        with tenancy.enter_platform():
            usage.roll_up()
    finally:
        pool.give_back()


@shared_task(name="llm.settle_lost", queue="default")  # type: ignore[untyped-decorator]
def settle_lost() -> None:
    try:
        with tenancy.enter_platform():
            lost.settle_lost()
    finally:
        pool.give_back()
