"""A form of the billing page leads to Stripe's pages by a 303: Chromium asks form-action about the redirect too."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from playwright.sync_api import Browser

from core.middleware import ContentPolicy
from tests.browser.conftest import ARGUMENTS
from tests.payments.case import on

PAGE = '<!doctype html><form method="post" action="/go"><button>Pay</button></form>'
STRIPE = "https://checkout.stripe.com/c/pay/cs_1"


def policy(path: str) -> str:
    """What the middleware says on this path where Stripe is on."""
    with override_settings(**on("")):
        answer = ContentPolicy(lambda request: HttpResponse())(RequestFactory().get(path))
        assert isinstance(answer, HttpResponse)
        return str(answer["Content-Security-Policy"])


@contextmanager
def site(header: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", header)
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(303)
            self.send_header("Location", STRIPE)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def refused(said: list[str]) -> bool:
    return any("form-action" in text for text in said)


def reached(tried: list[str]) -> bool:
    return any(text.startswith(STRIPE) and "ERR_CONNECTION_REFUSED" in text for text in tried)


@pytest.mark.parametrize(("path", "goes"), [("/billing/", True), ("/settings/", False)])
def test_the_form_reaches_stripe_from_the_billing_pages_alone(
    browser: Browser, executable: str, path: str, goes: bool
) -> None:
    tried: list[str] = []
    said: list[str] = []
    with site(policy(path)) as address, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens there
        nobody = f"--host-resolver-rules=MAP checkout.stripe.com 127.0.0.1:{taken.getsockname()[1]}"
        chrome = browser.browser_type.launch(executable_path=executable, args=[*ARGUMENTS, nobody])
        page = chrome.new_page()
        page.on("requestfailed", lambda request: tried.append(f"{request.url} {request.failure}"))
        page.on("console", lambda message: said.append(message.text))
        page.goto(address)
        page.get_by_role("button").click(no_wait_after=True)
        for _ in range(100):
            if refused(said) or reached(tried):
                break
            page.wait_for_timeout(100)
        chrome.close()

    assert (reached(tried), refused(said)) == (goes, not goes), (tried, said)
