"""A model server in a process of its own, as a stack's processes reach it, and the orders that it takes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from core.localservices.procfile import die_with_parent
from core.localservices.server import free_port
from tests.stack import wait_until

MOCK = Path(__file__).with_name("mock_model.py")


class Model:
    """A model server that answers what is asked, and counts."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self.base_url = f"{self.address}/v1"

    def counts(self) -> dict[str, Any]:
        """What came in so far and is under way: see mock_model."""
        with urlopen(f"{self.address}/_count", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def count(self) -> int:
        """How many chat completions were asked for so far."""
        return int(self.counts()["chat"])

    def set(self, **behaviour: Any) -> None:
        """Behave like this from the next request on: see mock_model."""
        urlopen(Request(f"{self.address}/_set", json.dumps(behaviour).encode()), timeout=5).close()

    def answers(self) -> bool:
        try:
            return self.count() >= 0
        except OSError:
            return False


@contextmanager
def mock_model(*arguments: str) -> Iterator[Model]:
    """tests/mock_model.py on a port of its own, started with these arguments."""
    model = Model(port := free_port())
    command = [sys.executable, str(MOCK), "--port", str(port), *arguments]
    process = subprocess.Popen(command, preexec_fn=partial(die_with_parent, signal.SIGKILL, os.getpid()))
    try:
        wait_until(model.answers, "the mock model did not answer", seconds=20)
        yield model
    finally:
        process.kill()
        process.wait()
