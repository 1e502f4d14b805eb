"""The bad line itself: each kind of weather does what its name says, and good weather changes nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.faults.proxy import Proxy
from tests.stack import wait_until


@pytest.fixture
def line() -> Iterator[Proxy]:
    """A proxy in front of a server that sends back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_echo_all, args=[server], daemon=True).start()
    with Proxy(server.getsockname()[1]) as proxy:
        yield proxy
    server.close()


def _echo_all(server: socket.socket) -> None:
    while True:
        try:
            client, _address = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=[client], daemon=True).start()


def _echo(client: socket.socket) -> None:
    with client:
        try:
            while data := client.recv(65536):
                client.sendall(data)
        except OSError:
            pass


def connected(line: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", line.port), timeout=5)


def echoed(client: socket.socket, data: bytes) -> tuple[float, int]:
    """Send this and read it back: the seconds that took, and in how many pieces it came."""
    began, got, pieces = time.monotonic(), b"", 0
    client.sendall(data)
    while len(got) < len(data):
        part = client.recv(65536)
        assert part, "the line was closed"
        got, pieces = got + part, pieces + 1
    assert got == data
    return time.monotonic() - began, pieces


def _send_a_megabyte(client: socket.socket) -> None:
    client.sendall(b"x" * 1_000_000)
    client.shutdown(socket.SHUT_WR)


def test_a_good_line_carries_a_megabyte_and_the_end(line: Proxy) -> None:
    with connected(line) as client:
        threading.Thread(target=_send_a_megabyte, args=[client]).start()
        got = 0
        while part := client.recv(65536):
            got += len(part)

    assert got == 1_000_000


def test_latency_comes_on_both_ways_and_can_be_switched_while_it_is_used(line: Proxy) -> None:
    with connected(line) as client:
        before = min(echoed(client, b"hello")[0] for _ in range(3))
        line.set(latency=0.1, jitter=0.05)
        during, _pieces = echoed(client, b"hello")
        line.set()
        after = min(echoed(client, b"hello")[0] for _ in range(3))

    assert before < 0.1 and after < 0.1
    assert 0.2 <= during < 2


def test_a_slicer_makes_crumbs_with_pauses(line: Proxy) -> None:
    line.set(slice_bytes=2, slice_pause=0.02)

    with connected(line) as client:
        seconds, pieces = echoed(client, b"0123456789")

    assert pieces >= 5
    assert seconds >= 0.08


def test_a_slow_line_carries_that_many_bytes_a_second(line: Proxy) -> None:
    line.set(bytes_a_second=10_000)

    with connected(line) as client:
        seconds, _pieces = echoed(client, b"x" * 5_000)

    assert 0.4 <= seconds < 3


def test_a_cut_is_an_end_and_a_reset_is_an_error(line: Proxy) -> None:
    with connected(line) as one:
        echoed(one, b"hello")
        line.cut()
        end = one.recv(10)
    with connected(line) as other:
        echoed(other, b"hello")
        line.reset()
        with pytest.raises(ConnectionResetError):
            other.recv(10)

    assert end == b""
    wait_until(lambda: line.open() == 0, "the proxy keeps a line that ended")


def test_a_line_can_be_cut_in_the_middle_of_an_answer(line: Proxy) -> None:
    line.set(cut_after=100)

    with connected(line) as client:
        echoed(client, b"x" * 60)
        client.sendall(b"x" * 60)
        end = client.recv(100)

    assert end == b""


def test_a_frozen_line_says_nothing_and_loses_nothing(line: Proxy) -> None:
    with connected(line) as client:
        line.freeze()
        client.sendall(b"hello")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(10)
        line.thaw()
        client.settimeout(5)
        got = client.recv(10)

    assert got == b"hello"


def test_healing_a_frozen_line_loses_what_waited_on_it(line: Proxy) -> None:
    with connected(line) as client:
        echoed(client, b"hello")
        line.freeze()
        client.sendall(b"lost")
        line.heal()
        with pytest.raises(ConnectionResetError):
            client.recv(10)
    with connected(line) as again:
        seconds, _pieces = echoed(again, b"hello")

    assert seconds < 1


def test_a_refusing_line_ends_every_connection_at_once(line: Proxy) -> None:
    line.refuse()

    with connected(line) as client:
        end = client.recv(10)

    assert end == b""


def test_a_server_that_is_away_ends_the_connection(line: Proxy) -> None:
    line.target = 1

    with connected(line) as client:
        end = client.recv(10)

    assert end == b""
