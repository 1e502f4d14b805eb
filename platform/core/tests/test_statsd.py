"""The optional sink: deltas of counters and histograms, gauges as they are, over UDP."""

import socket
from unittest import mock

from django.test import SimpleTestCase, override_settings
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from core import exposition, statsd


class SinkTests(SimpleTestCase):
    def setUp(self) -> None:
        registry = CollectorRegistry()
        self.counter = Counter("seen", "", ["who"], registry=registry)
        self.gauge = Gauge("open", "", registry=registry)
        self.histogram = Histogram("waited", "", registry=registry)
        self.enterContext(mock.patch.object(exposition, "families", lambda: list(registry.collect())))
        self.agent = self.enterContext(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.agent.bind(("127.0.0.1", 0))
        self.agent.settimeout(5)
        self.sink = statsd.Sink(self.agent.getsockname())

    def received(self) -> list[str]:
        """The lines of the next datagram."""
        return self.agent.recv(65535).decode().split("\n")

    def test_a_counter_goes_as_what_was_added_and_not_at_all_where_nothing_was(self) -> None:
        self.counter.labels("a").inc(40)
        list(self.sink.lines(exposition.families()))
        self.counter.labels("a").inc(2)

        self.sink.send(self.sink.lines(exposition.families()))
        self.sink.send(self.sink.lines(exposition.families()))

        self.assertEqual(self.received()[0], "seen_total:2|c|#who:a")
        self.assertEqual(self.received(), ["open:0|g"])

    def test_a_gauge_goes_as_it_is_and_a_histogram_as_sum_and_count(self) -> None:
        self.gauge.set(1.5)
        self.histogram.observe(0.25)
        self.histogram.observe(2)

        self.sink.send(self.sink.lines(exposition.families()))

        self.assertEqual(self.received(), ["open:1.5|g", "waited_count:2|c", "waited_sum:2.25|c"])

    def test_a_label_cannot_break_the_line(self) -> None:
        self.counter.labels("a:b|c#d,e\nf").inc()

        self.sink.send(self.sink.lines(exposition.families()))

        self.assertEqual(self.received()[0], "seen_total:1|c|#who:a_b_c_d_e_f")

    def test_a_total_that_fell_began_anew(self) -> None:
        self.counter.labels("a").inc(9)
        list(self.sink.lines(exposition.families()))
        self.counter.labels("a").reset()
        self.counter.labels("a").inc(4)

        [line] = [line for line in self.sink.lines(exposition.families()) if line.startswith("seen")]

        self.assertEqual(line, "seen_total:4|c|#who:a")

    def test_no_datagram_is_larger_than_a_packet_and_no_line_is_lost(self) -> None:
        for number in range(500):
            self.counter.labels(f"somebody {number}").inc()

        self.sink.send(self.sink.lines(exposition.families()))

        lines: list[str] = []
        while len(lines) < 501:
            datagram = self.agent.recv(65535)
            self.assertLessEqual(len(datagram), statsd.DATAGRAM)
            lines += datagram.decode().split("\n")
        self.assertEqual(len({line for line in lines if line.startswith("seen_total:1|c|#who:somebody ")}), 500)

    def test_the_thread_sends_what_was_counted_since_it_began(self) -> None:
        self.counter.labels("a").inc(40)
        with mock.patch.object(statsd, "EVERY", 0.05):
            stopped = self.sink.start()
            self.addCleanup(stopped.set)
            first = self.received()
            self.counter.labels("a").inc(3)
            seen = first
            while seen == ["open:0|g"]:
                seen = self.received()

        self.assertEqual(first, ["open:0|g"])
        self.assertEqual(seen[0], "seen_total:3|c|#who:a")

    def test_an_agent_that_is_away_costs_nothing(self) -> None:
        with mock.patch.object(statsd, "EVERY", 0.01):
            stopped = statsd.Sink(("no-such-host.invalid", 8125)).start()
            self.addCleanup(stopped.set)
            self.counter.labels("a").inc()

        self.assertFalse(stopped.is_set())


class AddressTests(SimpleTestCase):
    def test_a_host_and_a_port_are_taken_apart(self) -> None:
        self.assertEqual(statsd.parse("127.0.0.1:8125"), ("127.0.0.1", 8125))
        self.assertEqual(statsd.parse("[::1]:8125"), ("::1", 8125))

    def test_what_is_no_address_is_refused_with_a_sentence(self) -> None:
        for address in ("localhost", ":8125", "localhost:", "localhost:0", "localhost:99999", "localhost:http"):
            with self.subTest(address), self.assertRaisesMessage(statsd.BadAddress, "it must be host:port"):
                statsd.parse(address)

    def test_without_an_address_or_with_a_bad_one_nothing_is_sent(self) -> None:
        for address in ("", "localhost"):
            with self.subTest(address), override_settings(STATSD_ADDRESS=address):
                self.assertIsNone(statsd.start())
