"""The names of the queues, and which one a tenant's work goes to."""

import zlib
from collections.abc import Callable

BUCKETS = 64


def bucket(name: str, number: int) -> str:
    return f"{name}.{number:02d}"


# Workers take from these in turn (round robin), so a tenant that floods its own queue delays its neighbours by a task.
NAMES = ("default", *(bucket("turns", number) for number in range(BUCKETS)), "evaluations", "batch")


def by_tenant(name: str) -> Callable[[str], str]:
    """The queue of a tenant's schema among the BUCKETS of this name; the same in every process and release."""
    return lambda schema: bucket(name, zlib.crc32(schema.encode()) % BUCKETS)
