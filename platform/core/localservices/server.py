"""The life of one embedded server: adopt the one that runs, else start it; know it by its data, stop it, wait."""

from __future__ import annotations

import random
import signal
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from core.localservices.binaries import Bundle
from core.localservices.errors import ServiceError, disk_full
from core.localservices.processes import Known, send, wait_gone
from core.localservices.runner import Runner

PATIENCE = 60.0  # seconds to become ready; recovery after a crash reads the whole log
ATTEMPTS = 40
PORTS = range(20000, 30000)  # below the ports that systems hand to outgoing connections
LOG_LIMIT = 5_000_000  # bytes
PASSING = ("Address already in use", "Failed listening on port", "shared memory block")
FULL = ("No space left on device", "Disk quota exceeded")


class Server(ABC):
    """A server whose data is in `data`, whose output is in `log`; run by `runner` out of `bundle`."""

    name: str
    last_resort: signal.Signals  # after a polite SIGINT went unheard

    def __init__(self, place: Path, runner: Runner, bundle: Bundle) -> None:
        self.data = place / self.name
        self.log = place / f"{self.name}.log"
        self.runner = runner
        self.bundle = bundle

    @abstractmethod
    def prepare(self) -> None:
        """Make the data folder on a first start; quick afterwards."""

    @abstractmethod
    def command(self, port: int) -> list[str | Path]:
        """The command line that serves on `port` of the loopback address."""

    @abstractmethod
    def noted(self) -> tuple[int, int] | None:
        """Pid and port as the server's own files tell them; either may be out of date."""

    @abstractmethod
    def forget(self) -> None:
        """Remove a pid file that a crash left behind."""

    @abstractmethod
    def answers(self, port: int) -> bool:
        """Whether the server on `port` takes commands and serves our data folder, not somebody else's."""

    def process(self) -> psutil.Process | None:
        """Our running server process: the noted pid may be another program's by now."""
        noted = self.noted()
        known = Known.of(noted[0]) if noted else None
        process = known.process() if known else None
        try:
            ours = process is not None and any(str(self.data) in word for word in process.cmdline())
        except psutil.Error:
            return None
        return process if ours else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at starting a server; its own output begins at `offset` bytes of the log."""

    known: Known | None
    port: int
    offset: int


def adopt(server: Server) -> int | None:
    """The port of our server if it runs and answers; one that hangs is ended.

    :returns: None when it has to be started.
    """
    process, noted = server.process(), server.noted()
    if process is None or noted is None:
        if noted is not None:
            server.forget()
        return None
    known = Known.of(process.pid)
    if known and _becomes_ready(server, known, noted[1]):
        return noted[1]
    stop([server], patience=5)
    return None


def begin(server: Server, port: int | None) -> Attempt:
    """Start a server without waiting; `port` is the one it had last, kept when it is still free."""
    server.prepare()
    if server.log.exists() and server.log.stat().st_size > LOG_LIMIT:
        server.log.unlink()
    offset = server.log.stat().st_size if server.log.exists() else 0
    chosen = port if port and is_free(port) else free_port()
    return Attempt(Known.of(server.runner.start(server.command(chosen), server.log)), chosen, offset)


def finish(server: Server, attempt: Attempt) -> int:
    """Wait until it serves; tries again where the cause passes (a port just taken, a dying predecessor).

    :returns: its port.
    :raises ServiceError: with the server's own words when it will not start.
    """
    for _ in range(ATTEMPTS):
        if attempt.known and _becomes_ready(server, attempt.known, attempt.port):
            return attempt.port
        words = _words(server, attempt)
        if any(cause in words for cause in FULL):
            raise disk_full(server.data)
        if not any(cause in words for cause in PASSING):
            break
        time.sleep(0.25)
        attempt = begin(server, None)
    last = words.strip().splitlines()[-1:] or ["it said nothing"]
    raise ServiceError(f"The embedded {server.name} did not start: {last[0]} (all of it is in {server.log}).")


def stop(servers: Sequence[Server], *, patience: float = 20.0) -> None:
    """Ask all to stop at once, wait until they are gone, and insist when they are not."""
    running = [(process, server.last_resort) for server in servers if (process := server.process())]
    for process, _ in running:
        send(process, signal.SIGINT)
    living = wait_gone([process for process, _ in running], patience)
    for process, last_resort in running:
        if process in living:
            send(process, last_resort)
    for process in wait_gone(living, 5):
        send(process, signal.SIGKILL)
    wait_gone(living, 5)


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether we could listen on this port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """:raises ServiceError: if a thousand ports are taken."""
    for port in random.sample(PORTS, 1000):
        if is_free(port):
            return port
    raise ServiceError(f"No free port was found between {PORTS.start} and {PORTS.stop}: close some programs.")


def _becomes_ready(server: Server, known: Known, port: int) -> bool:
    """Wait until it answers; False when it ended or took too long."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.answers(port):
            return True
        if not known.alive():
            return False
        time.sleep(0.01)
    return False


def _words(server: Server, attempt: Attempt) -> str:
    """What the server printed during this attempt."""
    try:
        return server.log.read_bytes()[attempt.offset :].decode("utf-8", "replace")
    except OSError:
        return ""
