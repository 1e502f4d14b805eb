"""TXT records asked for over the wire: a small name server on loopback answers."""

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
from django.test import SimpleTestCase

from tenants.services import dns as ours

FAILING = {"servfail.acme.com.": dns.rcode.SERVFAIL, "refused.acme.com.": dns.rcode.REFUSED}
KNOWN = {"_candor-domain.interviews.acme.com.": ['"candor=" "0123"', '"v=spf1 -all"']}


class NameServer(threading.Thread):
    """Answers TXT questions over UDP until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]

    def run(self) -> None:
        while True:
            data, asker = self.socket.recvfrom(4096)
            if data == b"stop":
                return
            question = dns.message.from_wire(data)
            answer = dns.message.make_response(question)
            answer.flags |= dns.flags.RA
            name = question.question[0].name
            if records := KNOWN.get(name.to_text()):
                answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *records))
            else:
                answer.set_rcode(FAILING.get(name.to_text(), dns.rcode.NXDOMAIN))
            self.socket.sendto(answer.to_wire(), asker)

    def stop(self) -> None:
        self.socket.sendto(b"stop", ("127.0.0.1", self.port))
        self.join(5)
        self.socket.close()


class WireTests(SimpleTestCase):
    def setUp(self) -> None:
        self.server = NameServer()
        self.server.start()
        self.addCleanup(self.server.stop)
        before = dns.resolver.default_resolver
        self.addCleanup(setattr, dns.resolver, "default_resolver", before)
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], self.server.port
        dns.resolver.default_resolver = resolver

    def test_each_record_is_joined_from_its_strings(self) -> None:
        found = ours.txt_records("_candor-domain.interviews.acme.com")

        self.assertEqual(sorted(found), ["candor=0123", "v=spf1 -all"])

    def test_a_name_that_is_not_there_has_none(self) -> None:
        self.assertEqual(ours.txt_records("_candor-domain.other.acme.com"), [])

    def test_a_name_that_dns_can_not_hold_has_none(self) -> None:
        self.assertEqual(ours.txt_records("x" * 70 + ".acme.com"), [])

    def test_a_name_server_that_fails_or_refuses_says_nothing_of_the_name(self) -> None:
        for name in FAILING:
            with self.subTest(name), self.assertRaises(ours.NoAnswer):
                ours.txt_records(name)
