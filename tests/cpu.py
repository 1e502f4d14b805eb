"""The CPU that work costs, told apart from what else happens in a test's process."""

import time
from collections.abc import Callable


def cheapest(work: Callable[[], object], tries: int = 3) -> float:
    """Seconds of this thread's CPU in the best of a few tries: a collection of garbage hits one of them, not all."""
    return min(_cost(work) for _ in range(tries))


def _cost(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return time.thread_time() - started
