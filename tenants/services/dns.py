"""What the world's DNS says about a name: the proof that a tenant owns it."""

import dns.exception
import dns.resolver

SECONDS = 5.0


class NoAnswer(RuntimeError):
    """The name servers did not answer in time, or said that they can't: try again in a few minutes."""


def txt_records(name: str) -> list[str]:
    """The TXT records of `name`, each joined from its strings; empty when there are none.

    :raises NoAnswer: if no name server answered, or each failed or refused (SERVFAIL): that says nothing of the name.
    """
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.exception.SyntaxError):
        return []
    except dns.exception.DNSException as error:
        raise NoAnswer(name) from error
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
