"""Somebody else's model server that knows who asks: it answers the keys it accepts, and refuses every other one."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = {
    "model": "keyed",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Noted."}}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 2},
}


class Keyed(ThreadingHTTPServer):
    """`accepted` are its keys; `answered` and `refused` count requests by the key they came with."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *accepted: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.accepted = frozenset(accepted)
        self.answered: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.counting = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Keyed
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        known = key in self.server.accepted
        with self.server.counting:
            (self.server.answered if known else self.server.refused)[key] += 1
        # As some providers do, the refusal repeats what was sent.
        self._say(200, ANSWER) if known else self._say(401, {"error": {"message": f"Incorrect API key: {key}"}})

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the tests count."""

    def _say(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


@contextmanager
def keyed(*accepted: str) -> Iterator[Keyed]:
    """Such a server while the block runs."""
    server = Keyed(*accepted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
