"""The processes of a server under load: web, a worker a core with many threads, beat, and a model."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from os import getpid
from typing import Any
from urllib.request import urlopen

import psutil

from core.localservices.procfile import die_with_parent
from core.localservices.server import free_port
from tests.load.candidates import Place, Played, Wanted
from tests.model_process import Model
from tests.stack import ROOT, Stack, stack, wait_until

WORKERS, THREADS = 2, 250  # a worker a core
TENANTS, QUICK_TENANTS = 8, 2  # over which a bar's interviews are spread
LONGEST_SECONDS = 1800
WITHIN_DJANGO = frozenset({"prepare", "listeners", "events", "calls", "prompts", "costs", "fleet"})
WIDEST_PREPARE = 2  # processes
FEW = 100  # interviews that one process makes before a second has started


@dataclass(frozen=True, slots=True)
class Server:
    """A running Candor, its model, and their processes."""

    stack: Stack
    model: Model
    model_process: psutil.Process
    database_process: psutil.Process
    redis_process: psutil.Process

    @property
    def port(self) -> int:
        return int(self.stack.env["PORT"])

    def cpu(self) -> dict[str, float]:
        """CPU seconds that each part has used so far; the workers together."""
        pids = self.stack.pids()
        workers = sum(_cpu(psutil.Process(pid)) for name, pid in pids.items() if name.startswith("worker"))
        return {
            "web": _cpu(psutil.Process(pids["web"])),
            "worker": workers,
            "beat": _cpu(psutil.Process(pids["beat"])) if "beat" in pids else 0.0,
            "postgresql": _cpu(self.database_process),
            "valkey": _cpu(self.redis_process),
            "mock": _cpu(self.model_process),
        }

    def memory(self, part: str) -> float:
        """Megabytes that the processes of this name hold, shared pages by their share."""
        processes = [psutil.Process(pid) for name, pid in self.stack.pids().items() if name.startswith(part)]
        return sum(_held(one) for process in processes for one in _tree(process)) / 1e6

    def late_ms(self) -> float:
        """By how much the model's answers ended late."""
        with urlopen(f"{self.model.address}/_count", timeout=5) as answer:
            return float(json.load(answer)["late_ms"])

    def worker_connections(self) -> int:
        """Open connections of worker processes to PostgreSQL."""
        workers = [pid for name, pid in self.stack.pids().items() if name.startswith("worker")]
        return sum(_database_connections(pid, str(self.stack.database.info.port)) for pid in workers)

    def run(self, module: str, *arguments: str, given: Any = None) -> Any:
        """Run a module of tests.load to its end; what it printed, read as JSON."""
        return finish(self.begin(module, *arguments, given=given))

    def begin(self, module: str, *arguments: str, given: Any = None, log: str = "") -> subprocess.Popen[bytes]:
        """Start a module of tests.load; `given` is the first line of its input, as JSON, `log` gets what it logs."""
        errors = self.stack.output(log).open("ab") if log else None
        process = subprocess.Popen(
            [sys.executable, "-m", *_module(module), *arguments],
            cwd=ROOT,
            env=self.stack.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            preexec_fn=partial(die_with_parent, signal.SIGKILL, getpid()),
        )
        if errors is not None:
            errors.close()
        if given is not None:
            assert process.stdin is not None
            process.stdin.write(json.dumps(given).encode() + b"\n")
            process.stdin.flush()
        return process

    def prepare(self, tenants: tuple[str, ...], each: int, **options: int) -> list[Place]:
        """Interviews that have begun, so many in each tenant, in an order that goes round the tenants."""
        told = [text for name, value in options.items() for text in (f"--{name.replace('_', '-')}", str(value))]
        told += ["--url", self.stack.url]
        width = WIDEST_PREPARE if each * len(tenants) > FEW else 1
        if width > 1:
            self.run("prepare", "--tenants", ",".join(tenants), *told, "--each", "0")  # one after the other
        told += ["--each", str(each)]
        parts = [part for number in range(width) if (part := tenants[number::width])]
        begun = [self.begin("prepare", "--tenants", ",".join(part), *told) for part in parts]
        made = [[Place(**place) for place in finish(process)] for process in begun]
        by_host: dict[str, list[Place]] = {}
        for place in (place for part in made for place in part):
            by_host.setdefault(place.host, []).append(place)
        return [place for row in zip(*by_host.values(), strict=True) for place in row]

    def play(self, wanted: Wanted) -> Played:
        """Let the candidates play, from a process of their own."""
        return Played.of(self.run("candidates", given=wanted.told()))


def _module(name: str) -> list[str]:
    return ["tests.load.within_django", name] if name in WITHIN_DJANGO else [f"tests.load.{name}"]


def finish(process: subprocess.Popen[bytes]) -> Any:
    """Wait for the end of a module of tests.load; what it printed, read as JSON."""
    printed, _ = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == 0, f"{process.args!r} ended with {process.returncode}"
    return json.loads(printed)


def tenants(name: str, quick: bool) -> tuple[str, ...]:
    """The names of a bar's own tenants, which are their schemas too."""
    return tuple(f"{name}{number}" for number in range(QUICK_TENANTS if quick else TENANTS))


@contextmanager
def server(name: str, *, workers: int = WORKERS, threads: int = THREADS, **env: str) -> Iterator[Server]:
    """A Candor as on a server: the Procfile's commands, but with so many workers of so many threads each."""

    def set_workers(made: Stack) -> None:
        command = re.sub(r" -c \S+", f" -c {threads}", made.command("worker"))
        for number in range(workers):
            made.set_command(f"worker{number or ''}", command)

    with (
        _model() as (model, process),
        stack(name, before=set_workers, OPENAI_BASE_URL=model.base_url, LLM_MODEL="load", **env) as made,
    ):
        backend = psutil.Process(made.value("SELECT pg_backend_pid()"))
        redis = psutil.Process(_info(made)["process_id"])
        postmaster = backend.parent()
        assert postmaster is not None
        yield Server(made, model, process, postmaster, redis)


@contextmanager
def _model() -> Iterator[tuple[Model, psutil.Process]]:
    model = Model(port := free_port())
    command = [sys.executable, "-m", "tests.load.model", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, preexec_fn=partial(die_with_parent, signal.SIGKILL, getpid()))
    try:
        wait_until(model.answers, "the model did not answer", seconds=20)
        yield model, psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def _info(made: Stack) -> Mapping[str, Any]:
    found: Any = made.redis.info("server")
    return dict(found)


def _held(process: psutil.Process) -> float:
    """Bytes; nothing where the process ended meanwhile (a command that a library asked something)."""
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0.0


def _tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    """CPU seconds of a process, of those it started, and of those that ended."""
    total = 0.0
    for one in _tree(process):
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return float(total)


def _database_connections(pid: int, port: str) -> int:
    found = 0
    for one in _tree(psutil.Process(pid)):
        try:
            found += sum(bool(c.raddr) and str(c.raddr.port) == port for c in one.net_connections("tcp"))
        except psutil.NoSuchProcess:
            continue
    return found
