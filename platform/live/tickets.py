"""Tickets: what lets a browser listen to one interview. Sealed and dated, so the event route needs no database."""

import base64
import json
import time
from dataclasses import dataclass
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from live.channels import Channel

SECONDS = 60  # a ticket opens a stream for so long; the stream itself lives longer
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Ticket:
    """What one lets hear, and when it was issued (milliseconds since 1970): closing a channel voids older ones."""

    channel: Channel
    issued_ms: int


class TicketNotValid(Exception):
    """The ticket was not made here, was changed, or is older than SECONDS."""


def issue(channel: Channel) -> str:
    """A ticket to this channel. Nobody but the event route can read it."""
    secret = base64.b64encode(channel.secret).decode()
    held = {"channel": channel.name, "secret": secret, "at": int(time.time() * 1000)}
    return _box().encrypt(json.dumps(held).encode()).decode()


def read(ticket: str) -> Ticket:
    """:raises TicketNotValid: unless it is a ticket of the last SECONDS."""
    if len(ticket) > LONGEST:
        raise TicketNotValid
    try:
        held = json.loads(_box().decrypt(ticket.encode("ascii", "replace"), ttl=SECONDS))
    except InvalidToken as error:
        raise TicketNotValid from error
    return Ticket(Channel(held["channel"], base64.b64decode(held["secret"])), held.get("at", 0))


@cache
def _box() -> Fernet:
    """Keyed by SECRET_KEY for this one purpose."""
    key = HKDF(hashes.SHA256(), 32, salt=None, info=b"live.ticket").derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
