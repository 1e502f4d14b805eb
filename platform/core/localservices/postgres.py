"""The embedded PostgreSQL: one cluster, two roles, two databases (roles.py)."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import psycopg

from core.localservices.binaries import Bundle
from core.localservices.errors import ServiceError, disk_full
from core.localservices.runner import Runner
from core.localservices.server import FULL, Server
from core.localservices.state import write_private

SUPERUSER = "postgres"
INITDB = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--auth=scram-sha-256",
    f"--username={SUPERUSER}",
    "--no-instructions",
)
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may be 107 bytes long, a project's folder is longer
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_locks_per_transaction": "256",  # a dump or a schema per tenant locks many tables at once
    "max_wal_size": "512MB",
    "jit": "off",
    "timezone": "UTC",
    # Errors quote values and statements, which are people's data: they go to the client, never to the log.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}
RELAXED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "2GB"}


class Postgres(Server):
    """PostgreSQL with `passwords` (role -> password). `relaxed` gives up crash safety for speed: test data only."""

    name = "postgres"
    last_resort = signal.SIGQUIT

    def __init__(
        self, place: Path, runner: Runner, bundle: Bundle, passwords: dict[str, str], *, relaxed: bool = False
    ) -> None:
        super().__init__(place, runner, bundle)
        self.passwords = passwords
        self.relaxed = relaxed

    def prepare(self) -> None:
        """Run initdb beside the final place and rename, so that a crash leaves no half-made cluster."""
        if self.data.exists():
            return
        draft = self.data.with_name("postgres.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret = self.data.with_name("initdb.password")
        write_private(secret, self.passwords[SUPERUSER])
        self.runner.own(draft)
        try:
            self._initdb(draft, secret)
        finally:
            secret.unlink()
        draft.rename(self.data)

    def command(self, port: int) -> list[str | Path]:
        settings = SETTINGS | (RELAXED if self.relaxed else {}) | {"port": str(port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [self.bundle.program("postgres"), "-D", self.data, *options]

    def noted(self) -> tuple[int, int] | None:
        lines = self._pid_file()
        try:
            return int(lines[0]), int(lines[3])
        except (IndexError, ValueError):
            return None

    def forget(self) -> None:
        """The pid now belongs to another program, which PostgreSQL would take for itself and refuse to start."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def answers(self, port: int) -> bool:
        if self._pid_file()[7:8] != ["ready"]:
            return False
        try:
            with self.connect(port) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return row == (str(self.data),)

    def connect(self, port: int, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A superuser's connection, in autocommit."""
        return psycopg.connect(self.url(port, SUPERUSER, database), autocommit=True, connect_timeout=5)

    def url(self, port: int, role: str, database: str) -> str:
        return f"postgresql://{role}:{self.passwords[role]}@127.0.0.1:{port}/{database}"

    def _pid_file(self) -> list[str]:
        try:
            return [line.strip() for line in (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()]
        except OSError:
            return []

    def _initdb(self, folder: Path, secret: Path) -> None:
        options = [*INITDB, "--no-sync"] if self.relaxed else INITDB
        result = self.runner.run([self.bundle.program("initdb"), "-D", folder, f"--pwfile={secret}", *options])
        if any(cause in result.stderr for cause in FULL):
            raise disk_full(folder)
        if result.returncode != 0:
            words = result.stderr.strip().splitlines()[-1:] or [f"initdb ended with {result.returncode}"]
            raise ServiceError(f"The database folder {folder} could not be made: {words[0]}.")
