"""The embedded Valkey: broker, cache and streams. What it holds is a hint or short-lived, yet it is kept on disk."""

from __future__ import annotations

import signal
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.localservices.binaries import Bundle
from core.localservices.runner import Runner
from core.localservices.server import Server
from core.localservices.state import write_private

MEMORY = "256mb"


class Valkey(Server):
    """Valkey with its configuration, and the password, in a private file: a command line can be read by all."""

    name = "valkey"
    last_resort = signal.SIGTERM

    def __init__(self, place: Path, runner: Runner, bundle: Bundle, password: str) -> None:
        super().__init__(place, runner, bundle)
        self.password = password
        self.configuration = self.data / "valkey.conf"
        self.pid_file = self.data / "valkey.pid"

    def prepare(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.runner.own(self.data)

    def command(self, port: int) -> list[str | Path]:
        write_private(self.configuration, self._settings(port))
        return [self.bundle.program("valkey-server"), self.configuration]

    def noted(self) -> tuple[int, int] | None:
        try:
            words = dict(line.split(" ", 1) for line in self.configuration.read_text(encoding="utf-8").splitlines())
            return int(self.pid_file.read_text(encoding="ascii")), int(words["port"])
        except (OSError, ValueError, KeyError):
            return None

    def forget(self) -> None:
        self.pid_file.unlink(missing_ok=True)

    def answers(self, port: int) -> bool:
        client = redis.Redis(
            port=port, password=self.password, socket_timeout=5, retry=Retry(NoBackoff(), 0), decode_responses=True
        )
        try:
            return client.config_get("dir") == {"dir": str(self.data)}
        except redis.RedisError:
            return False
        finally:
            client.close()

    def url(self, port: int) -> str:
        return f"redis://:{self.password}@127.0.0.1:{port}/0"

    def _settings(self, port: int) -> str:
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": self.password,
            "dir": f'"{self.data}"',
            "pidfile": f'"{self.pid_file}"',
            "set-proc-title": "no",
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": MEMORY,
            "maxmemory-policy": "noeviction",
        }
        return "".join(f"{key} {value}\n" for key, value in settings.items())
