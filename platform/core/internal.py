"""The internal port: metrics and health, answered before any host is resolved and never to the public."""

import errno
import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.conf import settings
from django.db import connections

from core import exposition, statsd
from core.redis import client

Server = ThreadingHTTPServer


def explain(error: OSError) -> str:
    """What to do about an internal port that can't be opened."""
    if error.errno == errno.EADDRINUSE:
        return f"The internal port {settings.INTERNAL_PORT} is taken; set INTERNAL_PORT to a free one."
    return f"The internal port {settings.INTERNAL_PORT} can't be opened: {error.strerror}."


def start() -> Server:
    """Serve /metrics, /health/live and /health/ready from a thread; another feeds STATSD_ADDRESS, if there is one.

    :raises OSError: if the port is taken.
    """
    server = ThreadingHTTPServer((settings.INTERNAL_HOST, settings.INTERNAL_PORT), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="internal-port", daemon=True).start()
    statsd.start()
    return server


def readiness() -> dict[str, str]:
    """Each service this process needs -> "ok" or "away"."""
    probes: dict[str, Callable[[], object]] = {
        "database": lambda: _select_one("default"),
        "keys": lambda: _select_one("keys"),
        "redis": lambda: client().ping(),
    }
    return {name: _probe(probe) for name, probe in probes.items()}


def _probe(probe: Callable[[], object]) -> str:
    try:
        probe()
    except Exception:
        return "away"
    return "ok"


def _select_one(alias: str) -> None:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connections[alias].close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(HTTPStatus.OK, exposition.text(), "text/plain; version=0.0.4")
        elif self.path == "/health/live":
            self._answer(HTTPStatus.OK, b'{"status": "ok"}')
        elif self.path == "/health/ready":
            parts = readiness()
            ready = set(parts.values()) == {"ok"}
            self._answer(HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE, json.dumps(parts).encode())
        else:
            self._answer(HTTPStatus.NOT_FOUND, b'{"status": "not found"}')

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Probes are no news."""
