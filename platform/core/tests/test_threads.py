"""No thread waits for a client: a body is whole before Django starts, and a response is handed over at once."""

import json
import os
import socket
import time
from http.client import HTTPResponse
from unittest.mock import patch

from django.conf import settings
from django.test import SimpleTestCase
from prometheus_client import REGISTRY

from core import threads
from core.tests.served import PATIENCE, THREADS, Site, site

MANY = THREADS * 3


def answer(client: socket.socket) -> HTTPResponse:
    """What the server answers on this connection, headers read."""
    response = HTTPResponse(client)
    response.begin()
    return response


class ServedCase(SimpleTestCase):
    def site(self, seconds: float = 30.0) -> Site:
        return self.enterContext(site(seconds=seconds))

    def hold(self, client: socket.socket) -> socket.socket:
        self.addCleanup(client.close)
        return client

    def assert_answers(self, site: Site) -> None:
        self.assertEqual(site.fetch("GET", "/"), (200, b"nothing"))


class SlowTests(ServedCase):
    def test_bodies_that_stay_away_delay_nobody(self) -> None:
        site = self.site()
        for _ in range(MANY):
            self.hold(site.send("POST /echo\nContent-Length: 1000", b"x"))

        self.assert_answers(site)

        self.assertEqual(site.reached, ["GET /"])

    def test_readers_that_stay_away_delay_nobody(self) -> None:
        site = self.site()
        for _ in range(MANY):
            self.hold(site.send("GET /large", receive_buffer=4096))

        self.assert_answers(site)


class DeadlineTests(ServedCase):
    def test_a_body_that_stays_away_is_refused_and_hung_up_on(self) -> None:
        site = self.site(seconds=0.2)
        before = REGISTRY.get_sample_value("candor_slow_bodies_total") or 0.0

        client = self.hold(site.send("POST /echo\nContent-Length: 5", b"x"))
        response = answer(client)

        self.assertEqual((response.status, response.headers["Connection"]), (408, "close"))
        self.assertEqual(response.headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertEqual(
            response.read(), b"The request did not arrive within 0.2 seconds; nothing was stored. Send it again."
        )
        self.assertEqual(client.recv(1), b"")
        self.assertEqual(site.reached, [])
        self.assertEqual(REGISTRY.get_sample_value("candor_slow_bodies_total"), before + 1)

    def test_at_the_api_it_is_a_problem_document(self) -> None:
        response = answer(self.hold(self.site(seconds=0.2).send("POST /api/v1/x\nContent-Length: 5")))

        problem = json.loads(response.read())
        self.assertEqual((response.status, response.headers["Content-Type"]), (408, "application/problem+json"))
        self.assertEqual((problem["type"], problem["status"]), ("urn:candor:problem:too_slow", 408))

    def test_a_drop_now_and_then_wins_no_time(self) -> None:
        site = self.site(seconds=0.5)
        client = self.hold(site.send("POST /echo\nContent-Length: 1000"))
        client.settimeout(0.1)
        began = time.monotonic()

        received = b""
        while not received and time.monotonic() - began < 5:
            client.sendall(b"x")
            try:
                received = client.recv(100)
            except TimeoutError:
                continue

        self.assertTrue(received.startswith(b"HTTP/1.1 408 "), received)
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(site.reached, [])


class WholeTests(ServedCase):
    def test_a_body_arrives_whole_and_exact(self) -> None:
        site = self.site()
        body = os.urandom(settings.MAX_BODY_BYTES)
        client = self.hold(site.send(f"POST /echo\nContent-Length: {len(body)}"))
        for start, end in ((0, 1), (1, 70_000), (70_000, 70_001), (70_001, len(body))):
            client.sendall(body[start:end])
            time.sleep(0.02)

        response = answer(client)

        self.assertEqual((response.status, response.read() == body), (200, True))

    def test_the_connection_serves_on_and_bodies_do_not_mix(self) -> None:
        client = self.hold(self.site().send("POST /echo\nContent-Length: 3", b"one"))
        self.assertEqual(answer(client).read(), b"one")

        for length, body, expected in ((0, b"", b"nothing"), (3, b"two", b"two")):
            client.sendall(f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + body)
            self.assertEqual(answer(client).read(), expected)

    def test_a_client_that_waits_for_a_hundred_gets_one(self) -> None:
        client = self.hold(self.site().send("POST /echo\nContent-Length: 3\nExpect: 100-continue"))
        self.assertTrue(client.recv(100).startswith(b"HTTP/1.1 100 "))

        client.sendall(b"one")

        self.assertEqual(answer(client).read(), b"one")

    def test_a_client_that_leaves_before_reaches_nothing(self) -> None:
        site = self.site()
        with site.send("POST /echo\nContent-Length: 1000", b"x" * 999):
            pass
        with site.send("POST /echo\nContent-Length: 1000", b"x" * 999) as client:
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(client.recv(1), b"")

        self.assert_answers(site)

        self.assertEqual(site.reached, ["GET /"])


class RefusedTests(ServedCase):
    """What core.middleware.BodyLimit refuses is not waited for."""

    def refused(self, *lines: str) -> int:
        """The status of a request of which only the head was sent."""
        site = self.site()
        response = answer(self.hold(site.send("\n".join(("POST /api/v1/x", *lines)))))

        self.assertEqual(site.reached, [])
        return response.status

    def test_a_body_that_is_too_large_is_refused_unread(self) -> None:
        for length in (str(settings.MAX_BODY_BYTES + 1), "9" * 19, "0" * 18 + "5"):
            with self.subTest(length):
                self.assertEqual(self.refused(f"Content-Length: {length}"), 413)

    def test_a_chunked_body_is_asked_for_a_length(self) -> None:
        self.assertEqual(self.refused("Transfer-Encoding: chunked"), 411)

    def test_a_length_beside_chunks_counts_for_nothing(self) -> None:
        self.assertEqual(self.refused("Content-Length: 5", "Transfer-Encoding: chunked"), 400)


class CrowdTests(SimpleTestCase):
    """What waits for its client takes no place from those who are being answered."""

    def test_a_body_that_does_not_come_keeps_nobody_out(self) -> None:
        with site(most=1) as found, found.send("POST /echo\nContent-Length: 5"):
            self.assertEqual(found.fetch("POST", "/echo", b"hello"), (200, b"hello"))

    def test_a_client_that_reads_nothing_is_given_up(self) -> None:
        with patch.object(threads, "SEND_SECONDS", 0.2), site(most=1) as found:
            deaf = [found.send("GET /large", receive_buffer=1024)]
            until = time.monotonic() + PATIENCE
            while (status := found.fetch("GET", "/echo")[0]) != 200 and time.monotonic() < until:
                self.assertEqual(status, 503)
                time.sleep(0.05)
            deaf[0].close()

        self.assertEqual(status, 200)

    def test_one_address_has_so_many_requests_at_once_and_no_more(self) -> None:
        with (
            patch.object(threads, "MOST_OF_ONE", 2),
            patch.object(threads, "OURSELVES", frozenset()),
            site() as found,
            found.send("POST /echo\nContent-Length: 5"),
            found.send("POST /echo\nContent-Length: 5") as second,
        ):
            time.sleep(0.1)
            refused = found.fetch("GET", "/echo")
            second.sendall(b"hello")
            self.assertIn(b"200", second.recv(15))
            ended = time.monotonic() + 10
            while (after := found.fetch("GET", "/echo"))[0] == 503 and time.monotonic() < ended:
                time.sleep(0.05)

        self.assertEqual((refused[0], after[0]), (503, 200))
        self.assertIn(b"Send it again", refused[1])

    def test_one_more_than_all_threads_can_take_in_time_is_refused(self) -> None:
        with site(most=0) as found:
            self.assertEqual(found.fetch("GET", "/echo")[0], 503)
            self.assertEqual(found.reached, [])


class AddressTests(SimpleTestCase):
    """Whose address counts behind a balancer: what FORWARDED_ALLOW_IPS is to uvicorn."""

    def address(self, trusted: str, *forwarded: str) -> str:
        with site(forwarded_allow_ips=trusted) as found:
            lines = [f"X-Forwarded-For: {value}" for value in forwarded]
            with found.send("\n".join(("GET /address", *lines))) as client:
                return answer(client).read().decode()

    def test_it_is_the_last_one_that_no_named_balancer_has(self) -> None:
        trusted = "127.0.0.1,10.0.0.0/8"

        self.assertEqual(self.address(trusted, "203.0.113.9"), "203.0.113.9")
        self.assertEqual(self.address(trusted, "6.6.6.6, 203.0.113.9, 10.1.2.3"), "203.0.113.9")
        self.assertEqual(self.address(trusted, "6.6.6.6", "203.0.113.9"), "203.0.113.9")

    def test_who_is_not_named_is_not_believed(self) -> None:
        self.assertEqual(self.address("10.0.0.0/8", "6.6.6.6"), "127.0.0.1")

    def test_a_star_would_let_clients_choose(self) -> None:
        self.assertEqual(self.address("*", "6.6.6.6, 203.0.113.9"), "6.6.6.6")
