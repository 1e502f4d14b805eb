"""A Candor of its own for a process test: embedded servers, databases, and the Procfile's web, worker and beat.

Everything is below one folder and on ports of its own, so it runs beside `make run` and beside other tests.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import psutil
import psycopg
import redis
from honcho.environ import parse_procfile

from config import env as environment
from core.localservices import ServiceError, bootstrap, readiness, service, suite
from core.localservices.postgres import SUPERUSER
from core.localservices.procfile import die_with_parent
from core.localservices.server import free_port

ROOT = Path(__file__).resolve().parents[1]
COMMAND_SECONDS = 120
STOP_SECONDS = 20
KILL = signal.SIGKILL


class Stack:
    """The processes of one Candor: output in `<var>/output/<name>.log`, the servers' data in `data`.

    `domain` is what the names of hosts end with.
    """

    domain = "candor.localhost"

    def __init__(self, var: Path, env: dict[str, str]) -> None:
        self.var, self.env = var, env
        self.url = f"http://127.0.0.1:{env['PORT']}"
        self.redis = redis.Redis.from_url(env["REDIS_URL"])
        self.data = _data(self.redis)
        self.database = psycopg.connect(env["DATABASE_OWNER_URL"], autocommit=True)
        self._commands: dict[str, str] = parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8")).processes
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._own: dict[str, dict[str, str]] = {}
        self._begun: list[subprocess.Popen[bytes]] = []

    def host(self, tenant: str) -> str:
        """The Host header of a tenant's site; an empty name is the public site."""
        return f"{tenant}.{self.domain}:{self.env['PORT']}".lstrip(".")

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query returns, as the owner role."""
        return self.database.execute(statement.encode(), values).fetchall()

    def value(self, statement: str, *values: object) -> Any:
        """The first column of a query's one row."""
        [row] = self.rows(statement, *values)
        return row[0]

    def command(self, name: str) -> str:
        """What the Procfile starts under this name."""
        return self._commands[name]

    def set_command(self, name: str, command: str) -> None:
        """Start this under that name, beside the Procfile's or in place of it."""
        self._commands[name] = command

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._processes.items() if process.poll() is None}

    def ended(self) -> list[str]:
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def exit_code(self, name: str) -> int:
        """The exit code of a process that ended; negative for a signal."""
        return self._processes[name].returncode

    def output(self, name: str) -> Path:
        return self.var / "output" / f"{name}.log"

    def give(self, name: str, **env: str) -> None:
        """Settings that this process alone gets, from its next start on."""
        self._own[name] = {**self._own.get(name, {}), **env}

    def take_back(self, name: str, *settings: str) -> None:
        for setting in settings:
            self._own.get(name, {}).pop(setting, None)

    def start(self, name: str, command: str = "") -> None:
        """Start a process of the Procfile, or another one of `command`'s kind; it dies with the tests."""
        line = self._commands[command or name]
        self._processes[name] = self._spawn(["/bin/sh", "-c", f"exec {line}"], name)

    def begin(self, *arguments: str, name: str) -> subprocess.Popen[bytes]:
        """Start a command of manage.py; its standard output is a pipe, the rest goes to `output(name)`."""
        process = self._spawn([sys.executable, "manage.py", *arguments], name, stdout=subprocess.PIPE)
        self._begun.append(process)
        return process

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py to its end; returns what it printed."""
        process = self.begin(*arguments, name=arguments[0])
        printed, _ = process.communicate(timeout=COMMAND_SECONDS)
        assert process.returncode == 0, self.output(arguments[0]).read_text()
        return printed.decode()

    def signal(self, name: str, number: signal.Signals) -> None:
        self._processes[name].send_signal(number)

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye, nothing is put in order."""
        self._processes[name].kill()
        self._processes[name].wait(STOP_SECONDS)

    def end(self, name: str) -> None:
        """SIGTERM, and forget the process."""
        process = self._processes.pop(name)
        process.terminate()
        process.wait(STOP_SECONDS)

    def restart_worker(self, name: str = "worker") -> None:
        """Start a worker and wait for its sign of life."""
        readiness.forget_worker(self.env["REDIS_URL"])
        self.start(name, "worker")
        wait_until(lambda: bool(self.redis.exists(readiness.WORKER_ALIVE)), "the worker gave no sign of life")

    def restart_web(self) -> None:
        """Start the web process and wait until it serves."""
        self.start("web")
        self.wait_for_web()

    def wait_for_web(self) -> None:
        """Wait until the web process serves."""
        wait_until(self._serves, "the web process does not serve")

    def _serves(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.env['INTERNAL_PORT']}/health/ready", timeout=5) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def stop_server(self, name: str, number: int = KILL) -> None:
        """End the embedded `postgres` or `valkey` by a signal and wait until it is gone."""
        pid_file = {"postgres": "postmaster.pid", "valkey": "valkey.pid"}[name]
        process = psutil.Process(int((self.data / name / pid_file).read_text().split()[0]))
        children = process.children(recursive=True)
        process.send_signal(number)
        _gone, left = psutil.wait_procs([process, *children], STOP_SECONDS)
        assert left == [], f"{name} is still there"

    def start_servers(self) -> None:
        """Start the embedded servers that do not run, where they were."""
        service.ensure(self.var)
        self.database.close()
        self.database = psycopg.connect(self.env["DATABASE_OWNER_URL"], autocommit=True)

    def superuser(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the database server's own administrator, in autocommit."""
        password = json.loads((service.home(self.var) / "passwords.json").read_text())[SUPERUSER]
        address = urlsplit(self.env["DATABASE_OWNER_URL"])
        url = address._replace(netloc=f"{SUPERUSER}:{password}@{address.hostname}:{address.port}").geturl()
        return psycopg.connect(url, autocommit=True)

    def start_all(self) -> None:
        """Start the Procfile and wait until Candor serves."""
        for name in self._commands:
            self.start(name)
        missing = readiness.wait(self, self.env)
        assert missing is None, missing
        self.require_all()

    def require_all(self) -> None:
        """:raises AssertionError: if a process ended that nobody ended here."""
        assert self.ended() == [], f"{self.ended()} ended: see {self.var / 'output'}"

    def stop(self) -> dict[str, int]:
        """Ask every process to end, and make those that do not; returns the exit codes."""
        everything = [*self._processes.values(), *self._begun]
        for process in everything:
            process.terminate()
        for process in everything:
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
            process.kill()
            process.wait()
        codes = {name: process.returncode for name, process in self._processes.items()}
        self._processes.clear()
        self._begun.clear()
        return codes

    def _spawn(self, command: list[str], name: str, *, stdout: int | None = None) -> subprocess.Popen[bytes]:
        self.output(name).parent.mkdir(exist_ok=True)
        with self.output(name).open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env | self._own.get(name, {}),
                stdin=subprocess.DEVNULL,
                stdout=output if stdout is None else stdout,
                stderr=output,
                preexec_fn=partial(die_with_parent, signal.SIGKILL, os.getpid()),
            )


@contextmanager
def stack(
    name: str, *commands: str, before: Callable[[Stack], None] = lambda made: None, **env: str
) -> Iterator[Stack]:
    """A migrated Candor with everything running, its data in a folder of its own; removed unless the block fails.

    :param commands: what manage.py does before the processes start.
    :param before: is called then, such as to `give` processes settings of their own.
    :param env: more of the processes' environment, such as OPENAI_BASE_URL.
    """
    var = environment.var_dir() / "stacks" / name
    _remove_left(var)
    made = Stack(var, _environment(var, env))
    try:
        for command in ("migrate_all", *commands):
            made.manage(command)
        before(made)
        made.start_all()
        yield made
        made.require_all()
    finally:
        made.stop()
        made.database.close()
        made.redis.close()
        service.release(var)
    _remove(var, made.data)


def _environment(var: Path, more: Mapping[str, str]) -> dict[str, str]:
    """What the processes see: nothing of a person's own set-up, our servers, free ports."""
    found = {name: value for name, value in bootstrap.environment().items() if name in ("PATH", "PYTHONPATH")}
    for folder in ("run", "tmp"):
        (var / folder).mkdir(parents=True)
    port, internal = free_ports(2)
    own = {"PORT": str(port), "INTERNAL_PORT": str(internal), "HOST": "127.0.0.1", "TMPDIR": str(var / "tmp")}
    return suite.environment(var) | found | service.ensure(var) | own | dict(more)


def free_ports(count: int) -> list[int]:
    """Ports that are free, and no two the same, which of ports drawn one by one happens now and then."""
    found: set[int] = set()
    while len(found) < count:
        found.add(free_port())
    return list(found)


def _remove_left(var: Path) -> None:
    """Remove what a killed run left: its servers may still run."""
    if var.exists():
        data = var
        with suppress(ServiceError):
            data = _data(redis.Redis.from_url(service.ensure(var)["REDIS_URL"]))
            service.release(var)
        _remove(var, data)


def _data(client: redis.Redis) -> Path:
    """Where the servers' data is; not below our folder where their user can't reach that."""
    return Path(str(client.config_get("dir")["dir"])).parent


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(true: Callable[[], bool], otherwise: str, *, seconds: float = 60.0, pause: float = 0.05) -> float:
    """Wait until `true()`; returns the seconds that took.

    :raises AssertionError: saying `otherwise` when it takes too long.
    """
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"{otherwise} within {seconds:.0f} s"
        time.sleep(pause)
    return time.monotonic() - began
