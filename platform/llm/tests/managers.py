"""Somebody else's secrets managers, for tests: Vault (KV 2) and AWS Secrets Manager on one loopback port."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Managers(ThreadingHTTPServer):
    """`secrets` are fields by path (Vault) or id (AWS); while `away`, every answer is a 503."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.secrets: dict[str, dict[str, str]] = {}
        self.token = "vault-token"
        self.asked = 0
        self.away = False
        self.delay = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Managers

    def do_GET(self) -> None:
        """GET /v1/<mount>/data/<path>."""
        mount, _data, path = self.path.removeprefix("/v1/").partition("/data/")
        if self.headers.get("X-Vault-Token") != self.server.token:
            return self._say(403, {"errors": ["permission denied"]})
        return self._give(f"{mount}/{path}", lambda fields: {"data": {"data": fields, "metadata": {"version": 1}}})

    def do_POST(self) -> None:
        """GetSecretValue, as JSON 1.1."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return self._give(
            asked["SecretId"], lambda fields: {"Name": asked["SecretId"], "SecretString": json.dumps(fields)}
        )

    def do_HEAD(self) -> None:
        self._say(404, {})

    def _give(self, name: str, shape: Any) -> None:
        self.server.asked += 1
        time.sleep(self.server.delay)
        if self.server.away:
            return self._say(503, {"errors": ["sealed"]})
        fields = self.server.secrets.get(name)
        missing = {"errors": [], "__type": "ResourceNotFoundException"}
        return (
            self._say(200, shape(fields))
            if fields
            else self._say(404 if "Token" in str(self.headers) else 400, missing)
        )

    def _say(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def running() -> Iterator[Managers]:
    server = Managers()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
