"""A provider's process and processes that call it, for the bars of the model layer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

from core.localservices.procfile import die_with_parent
from core.localservices.server import free_port
from tests.load import opponent
from tests.load.callers import Caller
from tests.load.server import Server
from tests.stack import ROOT, wait_until

Manners = Mapping[str, Mapping[str, Any]]  # account -> tests.load.provider.Account


@dataclass(frozen=True, slots=True)
class Asked:
    """A provider with these accounts, whose rows the gateway of `running` was given.

    :param reads: whether the gateway reads them; if not, all of its calls go to the first account.
    """

    running: Server
    base: str
    tenant: str
    accounts: Manners
    reads: bool

    def counts(self) -> dict[str, Any]:
        """What each account saw (tests.load.provider.Account.told)."""
        with urlopen(f"{self.base}/_count", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def total(self, name: str) -> int:
        return sum(int(account.get(name, 0)) for account in self.counts().values())

    def set(self, accounts: Manners) -> None:
        """These accounts begin anew with these manners."""
        urlopen(Request(f"{self.base}/_set", json.dumps(dict(accounts)).encode()), timeout=10).close()

    def caller(self) -> Caller:
        """A process that calls through the gateway."""
        told = ["--base", self.base, "--tenant", self.tenant, "--accounts", json.dumps(dict(self.accounts))]
        return Caller(self.running.begin("calls", *told, log="calls"))

    def opponent(self) -> Caller | None:
        """A process that calls through litellm; None where that can't be installed."""
        interpreter = opponent.python()
        if interpreter is None:
            return None
        told = [
            "--base",
            self.base,
            "--accounts",
            ",".join(self.accounts),
            "--redis",
            self.running.stack.env["REDIS_URL"],
        ]
        process = subprocess.Popen(
            [str(interpreter), "-m", "tests.load.litellm_bench", *told],
            cwd=ROOT,
            env=opponent.environment(self.running.stack.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            preexec_fn=partial(die_with_parent, signal.SIGKILL, os.getpid()),
        )
        return Caller(process)


@contextmanager
def asked(running: Server, name: str, accounts: Manners, *, budget_usd: str = "") -> Iterator[Asked]:
    """A provider with these accounts, a tenant of that name, and the registry's rows for both."""
    port = free_port()
    command = [sys.executable, "-m", "tests.load.provider", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, preexec_fn=partial(die_with_parent, signal.SIGKILL, os.getpid()))
    base = f"http://127.0.0.1:{port}"
    try:
        running.prepare((name,), 0)
        told = ["--base", base, "--tenant", name, "--accounts", json.dumps(dict(accounts)), "--install"]
        reads = running.run("calls", *told, *(["--budget", budget_usd] if budget_usd else []))["reads"]
        made = Asked(running, base, name, accounts, reads)
        wait_until(lambda: _serves(made), "the provider does not serve", seconds=20)
        made.set(accounts)
        yield made
    finally:
        process.kill()
        process.wait()


def _serves(made: Asked) -> bool:
    try:
        return made.counts() is not None
    except OSError:
        return False
