"""A simulation beside a fault: interviews of a tenant of its own, played by `manage.py simulate` from end to end."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from typing import Any

from tests.faults.scene import Scene
from tests.stack import wait_until

OWED = "SELECT count(*) FROM due WHERE tenant = %s AND kind IN ('turn', 'evaluation', 'mail')"
HURRY = [0.1, 0.3]  # the model's seconds once the faults are over: nothing is proved by waiting then


@dataclass(frozen=True, slots=True)
class Result:
    """What `simulate` printed, and its exit code."""

    report: dict[str, Any]
    exit_code: int

    def figures(self) -> dict[str, int]:
        names = ("interviews", "completed", "lost", "doubled", "errors")
        return {name: self.report[name] for name in names}


def clean(interviews: int) -> dict[str, int]:
    """The figures of a run in which nothing went wrong."""
    return {"interviews": interviews, "completed": interviews, "lost": 0, "doubled": 0, "errors": 0}


@dataclass(slots=True)
class Simulation:
    """`interviews` of `tenant`, so many at once; `patience` is in seconds, of one reply."""

    scene: Scene
    tenant: str
    interviews: int
    concurrency: int = 1
    patience: int = 120
    _process: subprocess.Popen[bytes] = field(init=False)

    def begin(self) -> None:
        """Start it; when this returns the tenant is there."""
        stack = self.scene.stack
        wanted = {
            "url": stack.url,
            "tenant": self.tenant,
            "interviews": self.interviews,
            "concurrency": self.concurrency,
            "patience": self.patience,
        }
        arguments = [text for name, value in wanted.items() for text in (f"--{name}", str(value))]
        self._process = stack.begin("simulate", *arguments, "--json", name=f"simulate-{self.tenant}")
        there = f"SELECT to_regclass('{self.tenant}.interviews_turn') IS NOT NULL"
        wait_until(lambda: bool(stack.value(there)), "the simulation made no tenant")

    def wait(self, seconds: float) -> None:
        """Let every candidate play to the end while the model stays as it is."""
        self._process.wait(seconds)

    def finish(self) -> Result:
        """Let the rest go fast; when this returns nothing is owed any more."""
        self.scene.model.set(latency=HURRY)
        printed, _ = self._process.communicate(timeout=240)
        wait_until(lambda: self.scene.stack.value(OWED, self.tenant) == 0, "work is still owed", seconds=120)
        return Result(json.loads(printed), self._process.returncode)

    def play(self) -> Result:
        self.begin()
        return self.finish()
