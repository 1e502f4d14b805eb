"""A process whose threads all make the same call; started by the tests of shared calls.

    python -m llm.tests.flyer KEY THREADS CROWD (land | fail | die) LEASE_SECONDS

Who leads calls (a counter in Redis), waits until CROWD threads of all processes are aboard, and lands, fails or
dies by SIGKILL. Prints the texts that its threads ended with.
"""

import json
import os
import signal
import sys
import threading
import time
from dataclasses import replace

ABOARD, CALLS = "test:flight:aboard", "test:flight:calls"
SECONDS = 25.0


def main(key: str, threads: str, crowd: str, act: str, lease: str) -> None:
    import django

    django.setup()
    from core.redis import client
    from llm import flight
    from llm.cache import Stored
    from llm.tests.keeping import ANSWER, held

    texts: list[str] = []

    def fly() -> None:
        try:
            with flight.board(key, deadline=time.monotonic() + SECONDS, lease_seconds=float(lease)) as seat:
                client().incr(ABOARD)
                found = seat.wait() or call(seat)
                texts.append(found.text)
        except ConnectionAbortedError:
            texts.append("failed")

    def call(seat: flight.Seat) -> Stored:
        client().incr(CALLS)
        while int(held(ABOARD)) < int(crowd):
            time.sleep(0.01)
        if act == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if act == "fail" and held(CALLS) == b"1":
            raise ConnectionAbortedError
        stored = replace(ANSWER, text=f"of {os.getpid()}")
        seat.land(stored)
        return stored

    crew = [threading.Thread(target=fly) for _ in range(int(threads))]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    sys.stdout.write(json.dumps(texts))


if __name__ == "__main__":
    main(*sys.argv[1:])
