"""A small WSGI application on a running server: two threads behind `core.threads.serve`."""

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

import uvicorn
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse

from core import threads
from core.middleware import BodyLimit

THREADS = 2
LARGE = [b"x" * 100_000] * 200  # a file as it is sent, more than the buffers of both ends hold
PATIENCE = 5.0  # far above what an answer takes, and below what a waiting thread would


@dataclass
class Site:
    """Where it listens, and the requests that reached the threads: "POST /echo"."""

    port: int
    reached: list[str] = field(default_factory=list)

    def connect(self, receive_buffer: int = 0) -> socket.socket:
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(PATIENCE)
        client.connect(("127.0.0.1", self.port))
        return client

    def send(self, head: str, body: bytes = b"", *, receive_buffer: int = 0) -> socket.socket:
        """A connection over which this much of a request went: `head` is "POST /echo" and then header lines."""
        first, *headers = head.split("\n")
        client = self.connect(receive_buffer)
        client.sendall("\r\n".join((f"{first} HTTP/1.1", "Host: x", *headers, "", "")).encode() + body)
        return client

    def fetch(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body of one whole request."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()

    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = WSGIRequest(environ)
        response = BodyLimit(self._view)(request)
        start_response(f"{response.status_code} x", list(response.items()))
        return LARGE if request.path == "/large" else [response.content]

    def _view(self, request: HttpRequest) -> HttpResponse:
        self.reached.append(f"{request.method} {request.path}")
        if request.path == "/address":
            return HttpResponse(request.META["REMOTE_ADDR"])
        return HttpResponse(request.body or b"nothing")


@contextmanager
def site(*, seconds: float = 30.0, most: int = 500, **options: Any) -> Iterator[Site]:
    """A site whose clients have `seconds` for a body, `most` of them at once; `options` are uvicorn's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Site(listener.getsockname()[1])
        application = threads.serve(found.wsgi, threads=THREADS, seconds=seconds, most=most)
        config = uvicorn.Config(application, lifespan="off", log_config=None, timeout_graceful_shutdown=1, **options)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield found
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
