"""A small browser: one address, one tenant's Host header, cookies by hand, redirects, patience.

Names below *.localhost do not resolve everywhere, so the address and the Host header are apart. Cookies
are Secure and `__Host-`, which a client library rightly keeps from http; here they are sent back as they came.
"""

import json
import random
import socket
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from interviews.services.simulation.forms import Form

TIMEOUT_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 20.0
MAX_REDIRECTS = 10
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})


class Unreachable(ConnectionError):
    """The server did not give a usable answer within the client's patience."""


class WrongTurn(RuntimeError):
    """A redirect led to another site or in circles."""


@dataclass(frozen=True, slots=True)
class Page:
    """A response. `path` is where it was found, after redirects."""

    status: int
    path: str
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> dict[str, Any]:
        """The body as an object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Browser:
    """One candidate's browser. Not for several threads.

    :param url: scheme and address to connect to, such as http://127.0.0.1:8000.
    :param host: the Host header, such as acme.candor.localhost:8000.
    :param patience: seconds for which connection errors, 429 and 5xx are tried again.
    """

    def __init__(self, url: str, *, host: str, patience: float = 120.0) -> None:
        self.address = urlsplit(url)
        if self.address.scheme not in ("http", "https") or not self.address.hostname:
            raise ValueError(f"{url!r} is not an address such as http://127.0.0.1:8000.")
        self.host, self.patience = host, patience
        self.cookies: dict[str, str] = {}
        self.retries = 0
        self._connection: HTTPConnection | None = None

    @property
    def origin(self) -> str:
        return f"{self.address.scheme}://{self.host}"

    def get(self, path: str, *, accept: str = "text/html") -> Page:
        """The page at `path`, redirects followed."""
        return self._follow(self._patiently("GET", path, b"", {"Accept": accept}))

    def submit(self, page: Page, form: Form, **changes: str) -> Page:
        """Post a form of `page` with changed fields, redirects followed."""
        body = urlencode(form.fields | changes).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin, "Accept": "text/html"}
        return self._follow(self._patiently("POST", self._inside(page.path, form.action), body, headers))

    def post_json(self, path: str, payload: dict[str, Any], headers: dict[str, str]) -> Page:
        """Post JSON; the answer as it came."""
        known = {"Content-Type": "application/json", "Accept": "application/json", "Origin": self.origin}
        return self._patiently("POST", path, json.dumps(payload).encode(), known | headers)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _follow(self, page: Page) -> Page:
        for _ in range(MAX_REDIRECTS):
            if page.status not in (301, 302, 303, 307, 308):
                return page
            path = self._inside(page.path, page.headers.get("Location", ""))
            page = self._patiently("GET", path, b"", {"Accept": "text/html"})
        raise WrongTurn(f"More than {MAX_REDIRECTS} redirects, the last to {_shown(page.path)}.")

    def _inside(self, path: str, target: str) -> str:
        """`target` relative to `path`, as a path of this site."""
        parts = urlsplit(urljoin(f"{self.origin}{path}", target))
        if parts.netloc != self.host:
            raise WrongTurn(f"The site leads away to {parts.netloc}.")
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    def _patiently(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        """Send until there is an answer worth reading. Safe because a candidate's every write can be repeated."""
        until, attempt = time.monotonic() + self.patience, 0
        while True:
            reason, wait = "", min(0.1 * 2**attempt, 5.0) * random.uniform(0.5, 1.5)  # nosec B311
            try:
                page = self._send(method, path, body, headers)
            except (OSError, HTTPException) as error:
                self.close()
                reason = f"{type(error).__name__}: {error}"
            else:
                if page.status not in TRY_AGAIN:
                    return page
                reason, wait = f"status {page.status}", max(wait, _retry_after(page.headers))
            if time.monotonic() + wait > until:
                raise Unreachable(f"{method} {_shown(path)}: {reason}")
            attempt, self.retries = attempt + 1, self.retries + 1
            time.sleep(wait)

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        if self._connection is None:
            self._connection = _connect(self.address.scheme, self.address.hostname or "", self.address.port, self.host)
        sent = {"Host": self.host, "User-Agent": "Candor-simulate/1", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        self._connection.request(method, path, body=body or None, headers=sent)
        response = self._connection.getresponse()
        page = Page(response.status, path, response.headers, response.read())
        self._keep_cookies(response.headers)
        if response.will_close:
            self.close()
        return page

    def _keep_cookies(self, headers: HTTPMessage) -> None:
        for line in headers.get_all("Set-Cookie", []):
            try:
                morsels = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in morsels.items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.coded_value


class _NamedTLS(HTTPConnection):
    """TLS to one address under another server name."""

    def __init__(self, address: str, port: int, *, server_name: str) -> None:
        super().__init__(address, port, timeout=TIMEOUT_SECONDS)
        self._server_name = server_name

    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self._server_name)


def _connect(scheme: str, address: str, port: int | None, host: str) -> HTTPConnection:
    if scheme == "https":
        return _NamedTLS(address, port or 443, server_name=host.partition(":")[0])
    connection = HTTPConnection(address, port or 80, timeout=TIMEOUT_SECONDS)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _retry_after(headers: HTTPMessage) -> float:
    """Seconds the server asks to wait; 0 when it does not say so in seconds."""
    value = headers.get("Retry-After", "")
    return min(float(value), LONGEST_WAIT_SECONDS) if value.isdigit() else 0.0


def _shown(path: str) -> str:
    """A path for messages, without the secret of a link."""
    return "/i/…" if path.startswith("/i/") else path
