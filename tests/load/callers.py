"""Processes that call a model on order, each with calls of its own kind: what is measured side by side obeys alike.

An order is a line of JSON: which call, how many times, over how many threads, spread over how many seconds. Its
answer is what each call took. Only the standard library is used on the caller's side, so that it also runs in an
environment which has nothing of Candor.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

BEGIN_SECONDS = 60.0  # until every thread of an order is there

Call = Callable[[str], object]  # is told the order's text


def obey(calls: Mapping[str, Call], within: Callable[[], AbstractContextManager[Any]] = nullcontext) -> None:
    """Do what the lines of standard input order, until it closes; each thread works `within` that context."""
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(_carry_out(calls[order["call"]], order, within)), flush=True)


def _carry_out(call: Call, order: dict[str, Any], within: Callable[[], AbstractContextManager[Any]]) -> dict[str, Any]:
    times, text, seconds = order["times"], order["text"], order["seconds"]
    took: list[float] = []
    errors: Counter[str] = Counter()
    numbers = iter(range(times))
    begun = threading.Barrier(order["threads"] + 1, timeout=BEGIN_SECONDS)

    def work() -> None:
        with within():
            begun.wait()
            for number in numbers:  # shared: each number goes to one thread
                time.sleep(max(0.0, began + seconds * number / times - time.perf_counter()) if seconds else 0)
                start = time.perf_counter()
                try:
                    call(text)
                except Exception as error:  # whatever a client raises is what is counted
                    errors[str(getattr(error, "kind", type(error).__name__))] += 1
                else:
                    took.append((time.perf_counter() - start) * 1000)

    threads = [threading.Thread(target=work) for _ in range(order["threads"])]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    begun.wait()
    for thread in threads:
        thread.join()
    return {"ms": took, "seconds": time.perf_counter() - began, "errors": errors}


class Caller:
    """The other end: a process that obeys."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def wait(self) -> None:
        """Until it is ready for orders."""
        assert self._line() == "ready"

    def begin(self, call: str, times: int, *, threads: int = 1, text: str = "", seconds: float = 0.0) -> None:
        order = {"call": call, "times": times, "threads": threads, "text": text, "seconds": seconds}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()

    def finish(self) -> dict[str, Any]:
        """What the order that was begun came to: {"ms", "seconds", "errors"}."""
        found: dict[str, Any] = json.loads(self._line())
        return found

    def order(self, call: str, times: int, *, threads: int = 1, text: str = "", seconds: float = 0.0) -> dict[str, Any]:
        self.begin(call, times, threads=threads, text=text, seconds=seconds)
        return self.finish()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def kill(self) -> None:
        """SIGKILL: no goodbye, nothing is put in order."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode().strip()
        assert line, f"{self.process.args!r} ended with {self.process.poll()}"
        return line
