#!/usr/bin/env python3
"""Somebody else's model server, for tests: OpenAI-compatible, on loopback, with every fault seen in the field.

    python tests/mock_model.py --port 9100 --latency 2-5 --seed 1

It speaks plain HTTP/1.1 from the standard library alone. `POST /v1/chat/completions` answers with text, or, where
a JSON schema is asked for, with an object of that shape: a neutral transition for an interviewer's turn; for an
evaluation a level with a quote taken word for word from the data block. `GET /v1/models` lists one model.
`GET /_count` says what came in: {"chat", "answered", "models", "faults", "open"}; `POST /_reset` starts anew.

A fault is named by the model ("mock!html") or the header X-Mock-Fault; `--fault html --every 3` breaks each third
request. Their names are in FAULTS.
"""

import argparse
import json
import random
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

try:
    from tests.mock_answers import FAULTS, Sent, completion, say
except ImportError:  # run as a script
    from mock_answers import FAULTS, Sent, completion, say  # type: ignore[no-redef, import-not-found]

MODEL = "mock"


class Handler(BaseHTTPRequestHandler):
    """One connection; HTTP/1.1 keeps it open."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every second answer waits 40 ms for an acknowledgement
    server: "Server"

    def do_GET(self) -> None:
        if self.path == "/_count":
            self.send_json(self.server.counts())
        elif self.path.endswith("/models"):
            self.server.count("models")
            self.send_json({"object": "list", "data": [{"id": name, "object": "model"} for name in self.server.models]})
        else:
            self.send_json({"error": {"message": "no such path"}}, status=404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/_reset":
            self.server.reset()
            self.send_json({})
        elif self.path.endswith("/chat/completions"):
            self.chat(json.loads(body))
        else:
            self.send_json({"error": {"message": "no such path"}}, status=404)

    def chat(self, request: Sent) -> None:
        number = self.server.begin(request, {name.lower(): value for name, value in self.headers.items()})
        try:
            fault = self.fault(request, number)
            self.server.sleep(number)
            if fault:
                self.server.count(f"fault:{fault}")
                FAULTS[fault](self, request)
            else:
                self.send_json(completion(request, say(request, self.server.seed)))
                self.server.count("answered")
        except OSError:
            self.close_connection = True  # the client is gone: killed, or out of patience
        finally:
            self.server.count("open", -1)

    def fault(self, request: Sent, number: int) -> str | None:
        """What to break: asked for by the request, or the server's turn to."""
        named = self.headers.get("X-Mock-Fault") or str(request.get("model", "")).partition("!")[2]
        if named:
            return named
        broken = self.server.every and number % self.server.every == 0
        return self.server.fault_name if broken else None

    def send_json(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_raw(json.dumps(body).encode(), status=status, headers=headers)

    def send_raw(
        self, body: bytes, status: int = 200, kind: str = "application/json", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: what candidates said is in the requests."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(
        self,
        port: int = 0,
        *,
        latency: tuple[float, float] = (0.0, 0.0),
        seed: int = 1,
        fault: str = "",
        every: int = 0,
        models: tuple[str, ...] = (MODEL,),
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.latency, self.seed, self.fault_name, self.every, self.models = latency, seed, fault, every, models
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self.counted: Counter[str] = Counter()
            self.requests: list[Sent] = []
            self.headers: list[dict[str, str]] = []

    def begin(self, request: Sent, headers: dict[str, str]) -> int:
        """Count a chat request the moment it is read, before any answer.

        :returns: its number, from 1.
        """
        with self.lock:
            self.counted["chat"] += 1
            self.counted["open"] += 1
            self.requests.append(request)
            self.headers.append(headers)
            return self.counted["chat"]

    def count(self, name: str, by: int = 1) -> None:
        with self.lock:
            self.counted[name] += by

    def counts(self) -> dict[str, Any]:
        with self.lock:
            faults = {name[6:]: n for name, n in self.counted.items() if name.startswith("fault:")}
            return {name: self.counted[name] for name in ("chat", "answered", "models", "open")} | {"faults": faults}

    def sleep(self, number: int) -> None:
        """As long as the seed says for this request, whatever the threads do."""
        time.sleep(random.Random(self.seed * 1_000_003 + number).uniform(*self.latency))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is the point of many tests."""


class MockModel:
    """The server in a thread, for tests in one process: `with MockModel() as mock: mock.url`."""

    def __init__(self, **options: Any) -> None:
        self.server = Server(**options)

    def __enter__(self) -> "MockModel":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    @property
    def requests(self) -> list[Sent]:
        """The bodies of the chat requests, in the order in which they came."""
        return list(self.server.requests)

    @property
    def headers(self) -> list[dict[str, str]]:
        return list(self.server.headers)

    @property
    def chats(self) -> int:
        return int(self.server.counts()["chat"])


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="An OpenAI-compatible model server for tests.")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--latency", default="0-0", help="seconds, from-to")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", default="", choices=["", *FAULTS])
    parser.add_argument("--every", type=int, default=0, help="break each Nth request")
    told = parser.parse_args(arguments)
    low, _dash, high = told.latency.partition("-")
    latency = (float(low), float(high or low))
    server = Server(told.port, latency=latency, seed=told.seed, fault=told.fault, every=told.every)
    print(f"mock model on http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
