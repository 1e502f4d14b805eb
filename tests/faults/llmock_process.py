"""Providers for a test: llmock servers that can be killed, stopped, started again and told to fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from django.conf import settings
from llmock.journal import RequestRecord
from llmock.verdict import Verdict, judge

from core.localservices.procfile import die_with_parent
from tests.faults.llmock_server import MARK


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider is like. `usd` is its price for a million tokens in."""

    label: str
    quality: int
    usd: str
    rpm: int | None = None
    tpm: int | None = None
    in_flight: int | None = None


@contextmanager
def nursery() -> Iterator[subprocess.Popen[str]]:
    """The process that starts servers; they end with it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.llmock_server"],
        env=os.environ | {"PYTHONPATH": "platform:."},
        cwd=settings.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=partial(die_with_parent, signal.SIGKILL, os.getpid()),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class Provider:
    """One llmock server on a port of its own."""

    def __init__(self, terms: Terms, nursery: subprocess.Popen[str], folder: Path, port: int) -> None:
        self.terms, self.folder, self._nursery, self._port = terms, folder / terms.label, nursery, port
        self.folder.mkdir()
        self.address = f"http://127.0.0.1:{self._port}"
        self._pid = 0

    def start(self) -> None:
        """Begin to start; `answers` says when it did."""
        asked = {"port": self._port, "folder": str(self.folder), "rpm": self.terms.rpm, "tpm": self.terms.tpm}
        assert self._nursery.stdin is not None and self._nursery.stdout is not None
        self._nursery.stdin.write(json.dumps(asked) + "\n")
        self._nursery.stdin.flush()
        self._pid = int(self._nursery.stdout.readline())

    def answers(self) -> bool:
        """:raises ProcessLookupError: if it ended by itself; whoever answers on its port is somebody else."""
        os.kill(self._pid, 0)
        try:
            urlopen(f"{self.address}/health", timeout=2).close()
        except OSError:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._pid, number)

    def will(self, *behaviours: dict[str, Any]) -> None:
        """Queue what the next requests get: see llmock.scenarios."""
        told = json.dumps({"behaviors": behaviours}).encode()
        urlopen(Request(f"{self.address}/_llmock/scenario", told), timeout=5).close()

    def behave(self) -> None:
        """Forget what was queued."""
        urlopen(Request(f"{self.address}/_llmock/scenario", method="DELETE"), timeout=5).close()

    def arrivals(self) -> Counter[str]:
        """How often each question came in, by its mark, in all lives."""
        return Counter((self.folder / "arrivals").read_text().split())

    def records(self) -> list[RequestRecord]:
        """Whom it answered and how, in all lives; times are of one clock."""
        lines = (self.folder / "records").read_text().splitlines()
        said = [json.loads(line) for line in lines]
        return [RequestRecord(**{name: value for name, value in one.items() if name != "duration"}) for one in said]


def mark_of(record: RequestRecord) -> str:
    """The mark of the question that was asked."""
    found = MARK.search(json.dumps(record.body))
    assert found is not None
    return found.group(1)


def one_after_another(records: Iterable[RequestRecord]) -> list[RequestRecord]:
    """What another attempt followed was given up when that began, which its server notices late or not at all."""
    found: list[RequestRecord] = []
    begun: dict[str, float] = {}
    for record in sorted(records, key=lambda record: record.started_at, reverse=True):
        mark = mark_of(record)
        if (after := begun.get(mark)) is not None:
            record = replace(record, completed=False, ended_at=min(record.ended_at, after))
        found.append(record)
        begun[mark] = record.started_at
    return found[::-1]


def verdict(records: Iterable[RequestRecord]) -> Verdict:
    """llmock's verdict over several lives or servers as if they were one."""
    ordered = sorted(records, key=lambda record: record.started_at)
    return judge(replace(record, seq=place) for place, record in enumerate(ordered, 1))
