"""Python imports this at the start of a process that has this folder on its path: the wall clock follows a file.

The file named by CLOCK_FILE holds the seconds by which the process's time is ahead. What is monotonic stays as it is.
"""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

LOOK_SECONDS = 0.2


def _follow(file: Path) -> None:
    """Look at the file for as long as the process lives."""
    ahead = 0.0
    traveller = time_machine.travel(datetime.now(UTC), tick=True).start()
    while True:
        wanted = float(file.read_text() or ahead)
        if wanted != ahead:
            traveller.shift(timedelta(seconds=wanted - ahead))
            ahead = wanted
        time.sleep(LOOK_SECONDS)


if "CLOCK_FILE" in os.environ:
    threading.Thread(target=_follow, args=[Path(os.environ["CLOCK_FILE"])], daemon=True).start()
