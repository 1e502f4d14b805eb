"""Host names as the exact table of hosts holds them."""

import re

import idna
from django.conf import settings
from django.utils.translation import gettext as _

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST = 253


class BadHost(ValueError):
    """The name can't be a tenant's own host; the message says what to write."""


def clean(typed: str) -> str:
    """The host in lower case and ASCII (an international name as its punycode), without a dot at its end.

    :raises BadHost: for what is no full host name, or is one of the platform's own or under its domain.
    """
    host = _ascii(typed.strip().rstrip("."))
    labels = host.split(".")
    if len(host) > LONGEST or len(labels) < 2 or not all(LABEL.fullmatch(label) for label in labels):
        raise BadHost(_("Write a full host name such as careers.example.com, without a scheme, a port or a path."))
    if labels[-1].isdigit():
        raise BadHost(_("An address of numbers can't be a tenant's host; write a name."))
    base = settings.BASE_DOMAIN
    if host == base or host.endswith(f".{base}"):
        raise BadHost(_("Names under %(base)s are given by the set-up of a tenant, not here.") % {"base": base})
    return host


def _ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True, std3_rules=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError, IndexError):
        return ""
