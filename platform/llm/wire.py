"""The wire: one request to an OpenAI-compatible server, under one total deadline and one size.

The SDK's read timeout starts anew with every byte, so a server that sends one byte a second would hold a worker
for hours. Here the deadline lives under the HTTP client, at the socket: every read gets what is left of it.
"""

import logging
import math
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from ssl import SSLContext
from typing import Any

import httpcore2
import httpx2
import openai

from core import clock
from llm import headers, reaching
from llm.failures import WireError
from llm.headers import Observed
from llm.targets import Target

MOST_BYTES = 1_000_000
MOST_ERROR = 65_536
CONNECT_SECONDS = 5.0
# Shorter than the idle time of common servers (5 s), so that a kept connection is not closed under a request.
KEEPALIVE_SECONDS = 4.0
POOLS = 16
MOST_KEPT = 16  # idle connections of each
IDLE_SECONDS = 15.0  # a stream that says nothing for so long has stalled
RETRY_INFO = re.compile(r'"retryDelay"\s*:\s*"([^"]{1,20})"')  # Gemini's word for Retry-After
STATUS_KINDS = {401: "unauthorised", 403: "unauthorised", 404: "not_found", 408: "timeout", 429: "rate_limited"}

_call = threading.local()
_clients: dict[tuple[str, str], openai.OpenAI] = {}
_lock = threading.Lock()


class _Stream(httpcore2.NetworkStream):
    """A connection whose every act ends with the current call's deadline."""

    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, _left(timeout))
        _call.bytes += len(data)
        if _call.bytes > MOST_BYTES:
            raise WireError("too_large")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        stream = _Stream(super().connect_tcp(host, port, _left(timeout), local_address, socket_options))
        try:
            peer = str(stream.get_extra_info("server_addr")[0])
        except OSError as error:  # it is gone again
            raise httpcore2.ConnectError from error
        if reaching.is_forbidden(peer):  # its name may point elsewhere since somebody looked
            stream.close()
            raise WireError("unusable")
        return stream


class _Transport(httpx2.HTTPTransport):
    """HTTP/1.1 over connections that know the deadline.

    A pool looks at each of its connections whenever a request begins or ends, so a few hundred are spread over POOLS.
    """

    def __init__(self) -> None:
        context = _trusted()
        super().__init__(verify=context)
        self._pools = [
            httpcore2.ConnectionPool(
                ssl_context=context,
                max_connections=None,
                max_keepalive_connections=MOST_KEPT,
                keepalive_expiry=KEEPALIVE_SECONDS,
                network_backend=_Backend(),
            )
            for _ in range(POOLS)
        ]

    @property
    def _pool(self) -> httpcore2.ConnectionPool:
        """The one of this thread."""
        return self._pools[threading.get_native_id() % POOLS]

    @_pool.setter
    def _pool(self, unused: httpcore2.ConnectionPool) -> None:
        """What the base class makes goes unused."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        if response.headers.get("content-encoding", "identity") != "identity":
            response.close()
            raise WireError("encoded")  # a small body could unpack to any size
        response.encoding = "utf-8"  # not as it calls itself: the SDK reads errors, and not every codec is one of text
        return response


@cache
def _trusted() -> SSLContext:
    """Whom all clients of this process trust: reading the certificates takes longer than a call to a near server."""
    return httpx2.create_ssl_context()


def _left(timeout: float | None) -> float:
    """What is left of the current call's deadline, in seconds.

    :raises WireError: when nothing is.
    """
    left = float(_call.deadline - time.monotonic())
    if left <= 0:
        raise WireError("timeout")
    return left if timeout is None else min(left, timeout)


@contextmanager
def _until(deadline: float) -> Iterator[None]:
    _call.deadline, _call.bytes = deadline, 0
    try:
        yield
    except openai.APIStatusError as error:
        raise WireError(_status_kind(error.status_code), _observed_of(error.response)) from None
    except openai.APITimeoutError:
        raise WireError("timeout") from None
    except openai.APIConnectionError as error:
        raise WireError(_connection_kind(error.__cause__)) from None
    except httpx2.TimeoutException:  # in the middle of a stream the SDK does not translate
        raise WireError("timeout") from None
    except httpx2.TransportError:
        raise WireError("cut") from None
    except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        raise WireError("unusable") from None  # an address or key that can't even be put into a request


def _connection_kind(cause: BaseException | None) -> str:
    if isinstance(cause, httpx2.ConnectError):
        return "refused"
    # What can't be put into a request (a line break in a key) was never sent, and no repetition mends it.
    return "unusable" if isinstance(cause, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol) else "cut"


def _status_kind(status: int) -> str:
    return STATUS_KINDS.get(status, "server_error" if status >= 500 else "rejected")


def _observed_of(response: httpx2.Response) -> Observed:
    """What the headers say about limits, or the body where a provider writes it there."""
    now = clock.now()
    found = headers.observed(response.headers, now)
    if response.status_code == 429 and found.retry_after is None:
        asked = RETRY_INFO.search(response.text[:MOST_ERROR])
        return replace(found, retry_after=headers.seconds(asked.group(1), now)) if asked else found
    return found


def post(target: Target, body: Mapping[str, Any], *, deadline: float) -> tuple[bytes, Observed]:
    """The body of the answer to a chat completion, and what its headers say about limits.

    :raises WireError: whatever went wrong; no content, address or key is in it.
    """
    with _until(deadline):
        path, options = "/chat/completions", _options(deadline)
        response = _client(target).post(path, body=dict(body), cast_to=httpx2.Response, options=options)
        return response.content, headers.observed(response.headers, clock.now())


def stream(target: Target, body: Mapping[str, Any], *, deadline: float, feed: Callable[[bytes], None]) -> Observed:
    """Hand the body of a streamed chat completion to `feed`, piece by piece; an error of `feed` ends the request.

    :returns: what the headers say about limits.

    :raises WireError: as above.
    """
    with _until(deadline):
        path, options = "/chat/completions", _options(deadline, idle=IDLE_SECONDS)
        # The SDK's own stream builds an object for every piece: 11 ms of CPU an answer.
        response: Any = _client(target).post(
            path, body=dict(body), cast_to=httpx2.Response, options=options, stream=True, stream_cls=openai.Stream[Any]
        )
        try:
            for data in response.iter_raw():
                feed(data)
        finally:
            response.close()
        return headers.observed(response.headers, clock.now())


def get_models(target: Target, *, deadline: float) -> bytes:
    """The body of the server's list of models.

    :raises WireError: as above.
    """
    with _until(deadline):
        return _client(target).get("/models", cast_to=httpx2.Response, options=_options(deadline)).content


def _options(deadline: float, idle: float = math.inf) -> Any:
    left = max(deadline - time.monotonic(), 0.001)
    soon = min(CONNECT_SECONDS, left)
    timeout = httpx2.Timeout(connect=soon, read=min(left, idle), write=left, pool=soon)
    return {"timeout": timeout, "security": {"bearer_auth": True}}  # never an OPENAI_ADMIN_KEY of the environment


def _client(target: Target) -> openai.OpenAI:
    """One client for each address and key in a process."""
    key = (target.base_url, target.api_key)
    with _lock:
        if key not in _clients:
            _clients[key] = _new_client(target)
        return _clients[key]


def _new_client(target: Target) -> openai.OpenAI:
    for name in ("openai", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
    ours = {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}  # not everybody's business
    return openai.OpenAI(
        api_key=target.api_key,
        base_url=target.base_url,
        max_retries=0,
        default_headers={"Accept-Encoding": "identity", **ours},  # type: ignore[dict-item]
        http_client=httpx2.Client(transport=_Transport(), trust_env=False, follow_redirects=False),
    )
