"""A process that publishes events at a steady rate to many interviews.

    python -m tests.load.within_django events --connections 3000 --rate 2000 --seconds 15 --first 0 [--flusher]

Event n goes to interview n modulo `connections`. As the flusher of live.publisher does, several go out in one round
trip; with `--flusher` it is that flusher, and what it waits for others counts too. Prints how many were sent.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from uuid import UUID

from core.redis import client
from live import publisher
from live.channels import Channel

MARK = b'"text":"'
TURN = UUID(int=7)
TICK_SECONDS = 0.01
SAID = "Thank you, that is noted. "


def channel(number: int) -> Channel:
    """The same in the process that listens."""
    return Channel(f"candor:load:live:{number:032x}", hashlib.sha256(f"load {number}".encode()).digest())


def text(number: int) -> str:
    """What tells a listener which event this is and when it was said."""
    return f"{number} {time.monotonic_ns()} {SAID}"


def send(numbers: range, connections: int) -> None:
    """In one round trip, as the flusher sends."""
    pipe = client().pipeline(transaction=False)
    for number in numbers:
        to = channel(number % connections)
        sealed = to.seal({"turn": str(TURN), "attempt": 1, "type": "text", "text": text(number)})
        publisher.queue_event(pipe, to, sealed)
    pipe.execute()


def say(numbers: range, connections: int) -> None:
    for number in numbers:
        publisher.Publisher(channel(number % connections), TURN, 1).say(text(number))


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("connections", "rate", "first"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--flusher", action="store_true")
    told = parser.parse_args()
    number, end = told.first, told.first + int(told.rate * told.seconds)
    began = time.monotonic()
    while number < end:
        upto = min(end, told.first + int((time.monotonic() - began) * told.rate) + 1)
        (say if told.flusher else send)(range(number, upto), told.connections)
        number = upto
        time.sleep(TICK_SECONDS)
    time.sleep(1)  # for the flusher, which is no part of this thread
    json.dump({"sent": number - told.first, "seconds": time.monotonic() - began - 1}, sys.stdout)


if __name__ == "__main__":
    main()
