"""Beat by a clock that never jumps.

Celery's own scheduler reckons with the time of day: set back by five minutes, it sends nothing for five minutes.
"""

import time
from typing import Any

from celery.beat import Scheduler


class SteadyScheduler(Scheduler):
    """Sends each entry every so many seconds, from the start of the process on, and keeps no file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._next: dict[str, float] = {}
        super().__init__(*args, **kwargs)

    def tick(self, **_: Any) -> float:
        """Send what is due; returns the seconds until the next entry is."""
        now = time.monotonic()
        for name, entry in self.schedule.items():
            if self._next.get(name, now) <= now:
                self._next[name] = now + entry.schedule.seconds
                self.apply_entry(entry, producer=self.producer)
        return max(min(self._next.values(), default=now + self.max_interval) - time.monotonic(), 0.0)
