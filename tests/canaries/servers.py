"""What the processes of a stack talk to: an address for Sentry's reports, and a model that only repeats."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies: list[bytes]

    def do_GET(self) -> None:
        self._answer({"data": [{"id": "parrot"}]})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        encoding = self.headers.get("Content-Encoding", "identity")
        assert encoding in ("identity", "gzip"), encoding
        self.bodies.append(gzip.decompress(body) if encoding == "gzip" else body)
        self._answer(self.reply(self.bodies[-1]))

    def reply(self, body: bytes) -> object:
        """What is answered to a POST, as JSON."""
        return {}

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the tests read the bodies."""

    def _answer(self, found: object) -> None:
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Collector(_Handler):
    """Takes Sentry's envelopes."""


class Parrot(_Handler):
    """A model that answers with what it was told, which is never what was asked for."""

    def reply(self, body: bytes) -> object:
        words = json.loads(body)["messages"][-1]["content"]
        message = {"role": "assistant", "content": f'{{"text": "{words}'}
        return {"model": "parrot", "choices": [{"index": 0, "finish_reason": "stop", "message": message}]}


@contextmanager
def served(kind: type[_Handler]) -> Iterator[tuple[int, list[bytes]]]:
    """The port of such a server while the block runs, and the bodies it got."""
    bodies: list[bytes] = []
    handler = type("Handler", (kind,), {"bodies": bodies})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port, bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
