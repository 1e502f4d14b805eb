"""Fetching what an admin gave us the address of: from the public internet alone, and in no more than five seconds."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core import addresses, pool

SECONDS = 5.0
MOST_BYTES = 1024 * 1024
CHUNK = 64 * 1024

_resolvers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="fetching")


class NotFetched(Exception):
    """Nothing came from this address; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """An https address in its parts; `host` is ASCII (IDNA)."""

    host: str
    port: int
    path: str


def fetch(
    url: str,
    *,
    may_call: Callable[[str], bool] = addresses.is_public,
    trust: ssl.SSLContext | None = None,
    seconds: float = SECONDS,
) -> bytes:
    """The body of a GET of `url`: https, resolved once, from that very address, no redirects, at most 1 MiB.

    :param may_call: whether an IP address may be called; another rule is for tests alone, as is `trust`.
    :raises NotFetched: with a sentence for the person who typed the address.
    :raises core.pool.HeldDuringCall: inside a transaction.
    """
    target = parse(url)
    pool.give_back()
    ends_at = time.monotonic() + seconds
    place = _resolve(target, may_call, seconds)
    try:
        with _socket(target, place, trust or ssl.create_default_context(), ends_at) as wire:
            body, whole = _get(target, wire)
            if time.monotonic() >= ends_at or not whole:  # a cut connection looks like the end of the body
                raise OSError("cut")
            return body
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = time.monotonic() >= ends_at
        raise NotFetched(_late(target, seconds) if late else _why(target, error)) from error


def _why(target: Target, error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _("The certificate of %(host)s is not valid (%(reason)s). Have it renewed, or upload the file.") % {
            "host": target.host,
            "reason": error.verify_message,
        }
    return _("%(host)s does not answer as a web server over https. Check the address, or upload the file.") % {
        "host": target.host
    }


def parse(url: str) -> Target:
    """:raises NotFetched: if this is no https address that we would call."""
    wrong = _("Write a whole address that begins with https://, without a user name or password in it.")
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in url):
        raise NotFetched(wrong)
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii").rstrip(".")
        port = parts.port or 443
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        path.encode("ascii")
    except ValueError as error:
        raise NotFetched(wrong) from error
    if parts.scheme != "https" or not host or "@" in parts.netloc:
        raise NotFetched(wrong)
    return Target(host, port, path)


def _resolve(target: Target, may_call: Callable[[str], bool], seconds: float) -> str:
    """The one address that is called; every address of the name must be allowed."""
    looked = _resolvers.submit(socket.getaddrinfo, target.host, target.port, type=socket.SOCK_STREAM)
    try:
        found = [str(entry[4][0]) for entry in looked.result(timeout=seconds)]
    except TooLate as error:
        raise NotFetched(_late(target, seconds)) from error
    except (OSError, ValueError) as error:
        raise NotFetched(
            _("There is no server named %(host)s. Check the address for typing mistakes.") % {"host": target.host}
        ) from error
    if not found or not all(may_call(place) for place in found):
        raise NotFetched(
            _("%(host)s is in a private network, which we never call. Upload the file instead.") % {"host": target.host}
        )
    return found[0]


@contextmanager
def _socket(target: Target, place: str, trust: ssl.SSLContext, ends_at: float) -> Iterator[ssl.SSLSocket]:
    """TLS to this address under the name's certificate; whatever is not over in time is cut."""
    plain = socket.create_connection((place, target.port), max(0.01, ends_at - time.monotonic()))
    # A server that sends a byte now and then never runs into the socket's own timeout.
    cut = plain.dup()
    watch = threading.Timer(max(0.0, ends_at - time.monotonic()), _cut, [cut])
    watch.daemon = True
    watch.start()
    try:
        with trust.wrap_socket(plain, server_hostname=target.host) as wire:
            yield wire
    finally:
        watch.cancel()
        cut.close()
        plain.close()


def _cut(wire: socket.socket) -> None:
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:  # closed already
        return


def _get(target: Target, wire: ssl.SSLSocket) -> tuple[bytes, bool]:
    """The body, and whether it is as long as the server said."""
    connection = http.client.HTTPConnection(target.host, target.port)
    connection.sock = wire
    host = target.host if target.port == 443 else f"{target.host}:{target.port}"
    connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
    for name, value in (("Host", host), ("User-Agent", "Candor"), ("Accept", "application/samlmetadata+xml, */*")):
        connection.putheader(name, value)
    connection.endheaders()
    with connection.getresponse() as response:
        _refuse_status(target, response)
        return _body(response), not response.length


def _refuse_status(target: Target, response: http.client.HTTPResponse) -> None:
    if 300 <= response.status < 400:
        raise NotFetched(_("This address leads on to another one. Open it in a browser and enter the last address."))
    if response.status != 200:
        raise NotFetched(
            _("%(host)s answers with error %(status)s. Check the address, or upload the file.")
            % {"host": target.host, "status": response.status}
        )
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise NotFetched(_("The server sends it compressed, which we did not ask for. Upload the file instead."))


def _body(response: http.client.HTTPResponse) -> bytes:
    read = bytearray()
    while chunk := response.read(CHUNK):
        read += chunk
        if len(read) > MOST_BYTES:
            raise NotFetched(_("What is at this address is larger than 1 MiB: it is no provider's own metadata."))
    return bytes(read)


def _late(target: Target, seconds: float) -> str:
    return _("%(host)s did not answer in full within %(seconds)d seconds. Try again later, or upload the file.") % {
        "host": target.host,
        "seconds": round(seconds),
    }
