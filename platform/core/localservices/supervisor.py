"""`make run`: services, secrets, databases, demo and the Procfile, until Ctrl-C ends everything it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType

import psutil

from core.localservices import readiness, roles, summary
from core.localservices.errors import ServiceError
from core.localservices.leader import leading
from core.localservices.processes import Known, end_all, known
from core.localservices.procfile import Processes
from core.localservices.progress import step
from core.localservices.server import is_free
from core.localservices.service import release
from core.localservices.urls import is_embedded, provide

Remember = Callable[[Iterable[Known]], None]
QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser"}  # on one's own computer one may
ON_SERVERS = (
    "`make run` is for one person's computer and CANDOR_ENV is production. On a server give every setting of "
    ".env.example that production needs, run `python manage.py migrate_all`, then start each line of the Procfile "
    "under the system's own process manager (docs/operations.md)."
)


def run(root: Path, var: Path, make_secrets: Callable[[Path], list[Path]]) -> int:
    """Bring everything up and keep it up.

    :param make_secrets: writes the keys of a first run into a folder and returns those it made.
    :returns: the exit code; 0 after Ctrl-C.
    :raises ServiceError: if it cannot start; the message says what to do.
    """
    if os.environ.get("CANDOR_ENV") == "production":
        raise ServiceError(ON_SERVERS)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)  # the terminal was closed
    try:
        with leading(var, "`make run`") as remember:
            return _lead(root, var, make_secrets, remember)
    except KeyboardInterrupt:  # while another process held the folder's lock
        return 0


def _lead(root: Path, var: Path, make_secrets: Callable[[Path], list[Path]], remember: Remember) -> int:
    _set_paths(root)
    _set_ports()
    try:
        preparing = _begin_preparing(root, remember)
        _start_services(var)
        _make_secrets(var, make_secrets)
        code = _prepare_databases(preparing) or _run_processes(root, var, remember)
    except KeyboardInterrupt:
        code = 0
    finally:
        _end_what_is_left()
        release(var)
    print("Candor has stopped.", flush=True)
    return code


def _set_paths(root: Path) -> None:
    """Let every process find the source roots and the programs of this Python's environment."""
    os.environ["PYTHONPATH"] = os.pathsep.join((str(root / "platform"), str(root)))
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))


def _set_ports() -> None:
    """Put HOST, PORT and INTERNAL_PORT into the environment.

    :raises ServiceError: if one is not a number or taken.
    """
    host = os.environ.setdefault("HOST", "127.0.0.1")
    port = _port("PORT", 8000)
    internal = _port("INTERNAL_PORT", port + 1000)
    if not is_free(port, host):
        raise ServiceError(f"Port {port} is taken: stop what uses it, or choose another: make run PORT={port + 1}")
    if not is_free(internal):
        raise ServiceError(f"Port {internal} (health and metrics) is taken: choose another with INTERNAL_PORT=...")


def _port(name: str, default: int) -> int:
    text = os.environ.setdefault(name, str(default))
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ServiceError(f"{name} is {text!r}: it must be a number from 1 to 65535.")
    return int(text)


def _start_services(var: Path) -> None:
    with step(2, "services") as note:
        embedded = is_embedded(os.environ)
        provide(var)
        os.environ["CANDOR_VAR"] = str(var)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        if not embedded:
            readiness.require_services(os.environ)
            roles.prepare_databases(os.environ)
            note("your own servers (DATABASE_URL, REDIS_URL)")


def _make_secrets(var: Path, make: Callable[[Path], list[Path]]) -> None:
    with step(3, "secrets") as note:
        made = make(var)
        (var / "run").mkdir(parents=True, exist_ok=True)
        if made:
            note("made " + " and ".join(str(path) for path in made))
            note("Back them up, apart from each other and from the database: without them the data cannot be read.")


def _begin_preparing(root: Path, remember: Remember) -> subprocess.Popen[str]:
    """Start the process that migrates and seeds; it is apart, so that this one stays small and forks well."""
    command = [sys.executable, "-m", "core.localservices.prepare"]
    child = subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, text=True, start_new_session=True)
    remember(known([child.pid]))
    return child


def _prepare_databases(child: subprocess.Popen[str]) -> int:
    """Tell it the environment and wait for its exit code."""
    with suppress(BrokenPipeError):  # it ended already; its code says so
        child.communicate(json.dumps(dict(os.environ)) + "\n")
    return child.wait()


def _run_processes(root: Path, var: Path, remember: Remember) -> int:
    """Start the Procfile and stay until it ends; a thread says when all is ready."""
    readiness.forget_worker(os.environ["REDIS_URL"])
    _share_metrics(var / "run" / "metrics")
    failed = threading.Event()

    def watch(processes: Processes) -> None:
        remember(known(processes.pids().values()))
        missing = readiness.wait(processes, os.environ)
        if missing is None:
            print(_ready(var), flush=True)
        elif missing:
            print(f"Candor: {missing}", file=sys.stderr, flush=True)
            failed.set()
            processes.stop()

    print("[6/7] processes", flush=True)
    manager = Processes(root / "Procfile", os.environ | QUIET, watch)
    manager.loop()
    if manager.asked:
        return 0
    if not failed.is_set():
        print("Candor: a process ended by itself; see the first `stopped` above.", file=sys.stderr, flush=True)
    return 1


def _share_metrics(folder: Path) -> None:
    """Give the processes an empty folder in which they share their counts."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        file.unlink()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _ready(var: Path) -> str:
    seconds = time.time() - float(os.environ.get("CANDOR_STARTED", psutil.Process().create_time()))
    return f"[7/7] ready        {seconds:.1f} s in all\n\n{summary.table(var, os.environ)}\n\nCandor is ready\n"


def _end_what_is_left() -> None:
    """End every child of this process; the servers are not among them, they end with their last user."""
    end_all(known(child.pid for child in psutil.Process().children()))


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
