"""What the scrape shows, sent to a StatsD or Datadog agent over UDP: off without STATSD_ADDRESS.

One thread, in the process with the internal port. Counters go as what was added since the last time,
gauges as they are, histograms as their sum and count (their buckets stay with Prometheus).
"""

import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator

import structlog
from django.conf import settings
from prometheus_client.core import Metric
from prometheus_client.samples import Sample

from core import exposition

EVERY = 10.0  # seconds
DATAGRAM = 1400  # bytes that fit into one packet of an ordinary network
FORBIDDEN = str.maketrans(dict.fromkeys(":|@#,\n", "_"))

Key = tuple[str, tuple[tuple[str, str], ...]]
log = structlog.get_logger()


class BadAddress(ValueError):
    """STATSD_ADDRESS is not host:port."""


def parse(address: str) -> tuple[str, int]:
    """`host:port`, an IPv6 address in brackets.

    :raises BadAddress: if it is not that.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise BadAddress(f"STATSD_ADDRESS is {address!r}: it must be host:port, as in 127.0.0.1:8125.")
    return host.strip("[]"), int(port)


def start() -> threading.Event | None:
    """Feed STATSD_ADDRESS until the returned event is set; a bad address is logged and feeds nothing."""
    if not settings.STATSD_ADDRESS:
        return None
    try:
        return Sink(parse(settings.STATSD_ADDRESS)).start()
    except BadAddress as error:
        log.error("statsd_bad_address", reason=str(error))
        return None


class Sink:
    """An agent somewhere; when it is away, what would have been sent is gone."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address = address
        self._totals: dict[Key, float] = {}
        self._away = False

    def start(self) -> threading.Event:
        """Send every EVERY seconds until the returned event is set."""
        stopped = threading.Event()
        threading.Thread(target=self._run, args=[stopped], name="statsd", daemon=True).start()
        return stopped

    def _run(self, stopped: threading.Event) -> None:
        deliver: Callable[[Iterable[str]], object] = deque  # at first only remember: what was counted before is no news
        while True:
            try:
                deliver(self.lines(exposition.families()))
                self._away = False
            except Exception as error:
                if not self._away:
                    log.warning("statsd_away", error=type(error).__name__)
                self._away = True
            if stopped.wait(EVERY):
                return
            deliver = self.send

    def lines(self, families: Iterable[Metric]) -> Iterator[str]:
        """DogStatsD lines, and remember the totals."""
        for family in families:
            for sample in family.samples:
                if family.type == "gauge":
                    yield _line(sample, sample.value, "g")
                elif sample.name.endswith(("_total", "_sum", "_count")):
                    added = self._added(sample)
                    if added:
                        yield _line(sample, added, "c")

    def _added(self, sample: Sample) -> float:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        before, self._totals[key] = self._totals.get(key, 0.0), sample.value
        return sample.value - before if sample.value >= before else sample.value

    def send(self, lines: Iterable[str]) -> None:
        """As few datagrams as hold the lines.

        :raises OSError: if the host is unknown or refuses.
        """
        family, kind, protocol, _, address = socket.getaddrinfo(*self.address, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as sender:
            sender.setblocking(False)
            for datagram in _packed(lines):
                sender.sendto(datagram, address)


def _line(sample: Sample, value: float, kind: str) -> str:
    tags = ",".join(f"{name}:{label.translate(FORBIDDEN)}" for name, label in sorted(sample.labels.items()))
    return f"{sample.name}:{value:.10g}|{kind}" + (f"|#{tags}" if tags else "")


def _packed(lines: Iterable[str]) -> Iterator[bytes]:
    packet = b""
    for line in lines:
        encoded = line.encode()
        if packet and len(packet) + 1 + len(encoded) > DATAGRAM:
            yield packet
            packet = b""
        packet = packet + b"\n" + encoded if packet else encoded
    if packet:
        yield packet
