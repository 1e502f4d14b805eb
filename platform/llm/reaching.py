"""Whether somebody answers at an address that an admin typed: one short look, at nothing of this machine's cloud."""

import http.client
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from core import addresses, pool
from core.addresses import METADATA
from llm import environment

LIMIT_SECONDS = 3.0

_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="reaching")


def refusal(base_url: str) -> str:
    """Why this address can't be a provider's; "" where anything at all answers HTTP there, whatever it says.

    :raises core.pool.HeldDuringCall: inside a transaction.
    """
    pool.give_back()
    unset = environment.missing(base_url)
    if unset:
        return _("%s is not set.") % unset[0]
    looked = _threads.submit(_look, environment.fill(base_url))
    try:
        return looked.result(timeout=LIMIT_SECONDS)  # a name server may take longer than a socket
    except TooLate:
        return _("Nobody answers there within 3 seconds.")


def _look(address: str) -> str:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, ValueError):
        return _("There is no server of this name.")
    if not found or any(is_forbidden(str(place)) for place in found):
        return _("This address is of the machine's own network, not a provider's.")
    try:
        _ask(parts.scheme, host, str(found[0]), port, parts.path or "/")
    except ssl.SSLError:
        return _("Its certificate is not valid.")
    except (OSError, http.client.HTTPException):
        return _("Nobody answers there.")
    return ""


def is_forbidden(place: str) -> bool:
    """Whether no provider can be at this IP address. Private networks are allowed: servers of one's own are there."""
    address = addresses.meant(place)
    return address.is_link_local or address.is_multicast or address.is_unspecified or address in METADATA


def _ask(scheme: str, host: str, place: str, port: int, path: str) -> None:
    """One HEAD to the very address that was looked at: the name is not resolved again, no redirect is followed."""
    with socket.create_connection((place, port), LIMIT_SECONDS) as plain:
        wire = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
        connection = http.client.HTTPConnection(host, port, timeout=LIMIT_SECONDS)
        connection.sock = wire
        connection.request("HEAD", path, headers={"User-Agent": "Candor"})
        connection.getresponse().close()
        connection.close()
