"""The Candor that the browsers look at: one for all workers of a test run, whoever runs which test."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import psycopg

from config import env as environment
from tests.stack import ROOT, Stack, stack

TENANT = "acme"


@dataclass(frozen=True, slots=True)
class Candor:
    """What the tests need of a running stack: its port, its database as the owner role, its worker's process,
    and what its processes see."""

    port: str
    database: str
    worker: int
    env: dict[str, str]

    @classmethod
    def of(cls, running: Stack) -> Candor:
        return cls(running.env["PORT"], running.env["DATABASE_OWNER_URL"], running.pids()["worker"], running.env)

    def site(self, tenant: str = TENANT) -> str:
        """The address of a tenant's site as a browser knows it; "" is the public site."""
        return f"http://{f'{tenant}.{Stack.domain}'.lstrip('.')}:{self.port}"

    def value(self, statement: str, *values: object) -> Any:
        """The first column of a query's one row."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            [row] = connection.execute(statement.encode(), values).fetchall()
        return row[0]

    def code_of(self, email: str) -> str:
        """What the authenticator app of a person of the demo shows now; it opens one sign-in."""
        command = [sys.executable, "manage.py", "demo_code"]
        shown = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=True).stdout
        return next(line.split()[0] for line in shown.splitlines() if line.endswith(email))

    @contextmanager
    def worker_paused(self) -> Iterator[None]:
        """While the block runs nobody writes replies: what is sent stays owed. One such block at a time."""
        with _opened("paused") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.kill(self.worker, signal.SIGSTOP)
            try:
                yield
            finally:
                os.kill(self.worker, signal.SIGCONT)


@contextmanager
def shared() -> Iterator[Candor]:
    """The run's Candor with its demo data: the first who asks starts it, and ends it when nobody uses it any more.

    The gate lets one process at a time come or go; the owner's lock tells whether the stack's starter still lives.
    """
    with ExitStack() as held:
        gate, owner, users = (held.enter_context(_opened(name)) for name in ("gate", "owner", "users"))
        fcntl.flock(gate, fcntl.LOCK_EX)
        mine = _is_free(owner)
        running = _started(held) if mine else Candor(**json.loads(_note().read_text(encoding="utf-8")))
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        try:
            yield running
        finally:
            if mine:
                fcntl.flock(gate, fcntl.LOCK_EX)
                fcntl.flock(users, fcntl.LOCK_EX)


def _started(held: ExitStack) -> Candor:
    started = held.enter_context(stack("browser", "seed_demo"))
    running = Candor.of(started)
    note = _note()
    note.touch(mode=0o600)
    note.write_text(json.dumps(asdict(running)), encoding="utf-8")
    return running


def _is_free(file: IO[str]) -> bool:
    """Take this lock unless somebody holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _note() -> Path:
    """Where the others read how to reach the stack."""
    return environment.var_dir() / "run" / "browser.json"


def _opened(name: str) -> IO[str]:
    path = environment.var_dir() / "run" / f"browser-{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("w")
