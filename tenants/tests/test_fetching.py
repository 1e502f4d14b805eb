"""Fetching from an address that somebody typed: what is never called, and what is never waited for."""

import ssl
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import gaierror
from typing import Any
from unittest.mock import patch

from django.db import transaction
from django.test import SimpleTestCase

from core import addresses, pool
from core.testing import CommittingTestCase
from tenants.services import fetching
from tenants.services.fetching import NotFetched
from tenants.tests import idps

PAGES: dict[str, Any] = {}


class Page(BaseHTTPRequestHandler):
    """Serves PAGES: a path -> what answers it."""

    def do_GET(self) -> None:
        PAGES["seen"] = dict(self.headers)
        PAGES[self.path](self)

    def log_message(self, *args: Any) -> None:
        return

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def drip(page: Page) -> None:
    """A byte now and then, for longer than anybody waits."""
    page.send_response(200)
    page.end_headers()
    try:
        while not PAGES["over"].wait(0.05):
            page.wfile.write(b"x")
    except OSError:
        return


@contextmanager
def server() -> Iterator[int]:
    """A TLS server on loopback; its port."""
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder) / "chain.pem"
        chain.write_bytes(idps.key_pem() + idps.pem(idps.good()).encode())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
    http = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    http.daemon_threads = True
    http.socket = context.wrap_socket(http.socket, server_side=True)
    PAGES["over"] = threading.Event()
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield http.server_address[1]
    finally:
        PAGES["over"].set()
        http.shutdown()
        http.server_close()


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cadata=idps.pem(idps.good()))


def loopback(place: str) -> bool:
    return place in ("127.0.0.1", "::1")


class AddressTests(SimpleTestCase):
    def test_private_loopback_link_local_and_metadata_addresses_are_not_public(self) -> None:
        for place in (
            *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
            *("100.100.100.200", "192.0.0.192", "224.0.1.1", "255.255.255.255", "198.18.0.1", "240.0.0.1"),
            *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1"),
            *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::7f00:1"),
            *("64:ff9b:1::1", "::127.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::"),
        ):
            self.assertFalse(addresses.is_public(place), place)

    def test_addresses_of_the_internet_are_public(self) -> None:
        for place in ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::93.184.216.34", "::ffff:93.184.216.34"):
            self.assertTrue(addresses.is_public(place), place)


class RefusedAddressTests(SimpleTestCase):
    def refused(self, url: str, sentence: str) -> None:
        with self.assertRaisesMessage(NotFetched, sentence):
            fetching.fetch(url)

    def test_only_whole_https_addresses_without_a_name_in_them_are_called(self) -> None:
        for url in (
            *("http://idp.example/m", "ftp://idp.example/m", "file:///etc/passwd", "idp.example", "https://"),
            *(
                "https://a:b@idp.example/m",
                "https://idp.example:0x50/m",
                "https://idp.example/\r\nHost: x",
                "https://[::1",
            ),
        ):
            self.refused(url, "begins with https://")

    def test_the_machine_s_own_networks_are_never_called(self) -> None:
        with patch("socket.create_connection") as connect:
            for host in (
                "127.0.0.1",
                "localhost",
                "[::1]",
                "169.254.169.254",
                "0177.0.0.1",
                "2130706433",
                "[::ffff:10.0.0.1]",
            ):
                self.refused(f"https://{host}/latest/meta-data", "private network")

        connect.assert_not_called()

    def test_one_private_address_among_public_ones_is_enough(self) -> None:
        both = [(0, 0, 0, "", (place, 443)) for place in ("93.184.216.34", "10.0.0.1")]
        with patch("socket.getaddrinfo", return_value=both), patch("socket.create_connection") as connect:
            self.refused("https://idp.example/m", "private network")

        connect.assert_not_called()

    def test_a_name_that_does_not_exist_is_told_so(self) -> None:
        with patch("socket.getaddrinfo", side_effect=gaierror):
            self.refused("https://nowhere.example/m", "no server named nowhere.example")

    def test_the_name_is_asked_for_once_and_its_very_address_is_called(self) -> None:
        answers = [[(0, 0, 0, "", ("93.184.216.34", 443))], [(0, 0, 0, "", ("127.0.0.1", 443))]]
        with (
            patch("socket.getaddrinfo", side_effect=answers) as looked,
            patch("socket.create_connection", side_effect=ConnectionRefusedError) as connect,
        ):
            self.refused("https://idp.example/m", "does not answer")

        self.assertEqual((looked.call_count, connect.call_args.args[0]), (1, ("93.184.216.34", 443)))


class ServedTests(SimpleTestCase):
    def setUp(self) -> None:
        PAGES.clear()
        self.port = self.enterContext(server())

    def fetch(self, path: str = "/m", host: str = "localhost", **more: Any) -> bytes:
        given: dict[str, Any] = {"may_call": loopback, "trust": trusting()}
        return fetching.fetch(f"https://{host}:{self.port}{path}", **(given | more))

    def refused(self, sentence: str, **more: Any) -> None:
        with self.assertRaisesMessage(NotFetched, sentence):
            self.fetch(**more)

    def test_the_body_comes_and_the_server_is_asked_by_its_name(self) -> None:
        PAGES["/m?a=1"] = lambda page: page.answer(b"<xml/>")

        self.assertEqual(self.fetch("/m?a=1"), b"<xml/>")
        self.assertEqual(PAGES["seen"]["Host"], f"localhost:{self.port}")
        self.assertNotIn("Accept-Encoding", PAGES["seen"])

    def test_a_certificate_that_nobody_vouches_for_or_of_another_name_is_refused(self) -> None:
        PAGES["/m"] = lambda page: page.answer(b"<xml/>")

        self.refused("The certificate of localhost is not valid", trust=None)
        self.refused("The certificate of 127.0.0.1 is not valid", host="127.0.0.1")
        self.assertNotIn("seen", PAGES)

    def test_no_redirect_is_followed(self) -> None:
        PAGES["/m"] = lambda page: page.answer(b"", 302, Location="/other")
        PAGES["/other"] = lambda page: page.answer(b"<xml/>")

        self.refused("leads on to another one")

    def test_errors_and_compressed_answers_are_told(self) -> None:
        PAGES["/m"] = lambda page: page.answer(b"", 404)
        PAGES["/z"] = lambda page: page.answer(b"zz", Content_Encoding="gzip")

        self.refused("answers with error 404")
        self.refused("sends it compressed", path="/z")

    def test_more_than_a_mebibyte_is_refused_whatever_the_server_said(self) -> None:
        PAGES["/m"] = lambda page: page.answer(b"x" * (1024 * 1024 + 1))
        PAGES["/most"] = lambda page: page.answer(b"x" * 1024 * 1024)

        self.refused("larger than 1 MiB")
        self.assertEqual(len(self.fetch("/most")), 1024 * 1024)

    def test_a_body_that_is_cut_is_not_taken_for_the_whole(self) -> None:
        PAGES["/m"] = lambda page: page.answer(b"<xml/>", Content_Length="100")

        self.refused("does not answer")

    def test_a_server_that_sends_a_byte_now_and_then_is_left_in_time(self) -> None:
        PAGES["/m"] = drip
        started = time.monotonic()

        self.refused("did not answer in full", seconds=0.4)

        self.assertLess(time.monotonic() - started, 2)

    def test_a_port_where_nobody_answers_is_told(self) -> None:
        with self.assertRaisesMessage(NotFetched, "does not answer"):
            fetching.fetch("https://localhost:9/m", may_call=loopback, trust=trusting())


class HeldTests(CommittingTestCase):
    def test_it_is_refused_inside_a_transaction(self) -> None:
        with transaction.atomic(), self.assertRaises(pool.HeldDuringCall):
            fetching.fetch("https://idp.example/m")
