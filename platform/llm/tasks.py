from celery import shared_task

from core import pool
from llm import key_ages


@shared_task(name="llm.watch_keys", queue="default")  # type: ignore[untyped-decorator]
def watch_keys() -> None:
    """Notice keys that were rotated."""
    try:
        key_ages.watch()
    finally:
        pool.give_back()
