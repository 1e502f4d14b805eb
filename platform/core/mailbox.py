"""The development mailbox: mail goes into files under var/mailbox and is read on the public site."""

import email
import email.policy
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage as ParsedMessage
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from core.ids import uuid7

NEWEST = 200
NAME = re.compile(r"[0-9a-f-]{36}\.eml")


class NoSuchMail(LookupError):
    """The mailbox has no message of this name."""


class MailboxBackend(BaseEmailBackend):
    """Write each message into a file of its own."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.MAILBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            draft = folder / f".{uuid7()}"
            draft.write_bytes(message.message().as_bytes())
            draft.replace(folder / f"{uuid7()}.eml")
        return len(email_messages)


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as the mailbox shows it."""

    name: str
    to: str
    subject: str
    sent_at: datetime | None
    body_text: str
    links: tuple[str, ...]


def is_loopback(address: str) -> bool:
    """Whether this client address is this machine."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def listing() -> list[Mail]:
    """The newest messages, newest first."""
    names = sorted((path.name for path in Path(settings.MAILBOX_DIR).glob("*.eml")), reverse=True)
    return [read(name) for name in names[:NEWEST]]


def read(name: str) -> Mail:
    """:raises NoSuchMail: for any name that is not a message of the mailbox."""
    path = Path(settings.MAILBOX_DIR) / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise NoSuchMail(name)
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, ParsedMessage)
    text = _text(message)
    date = message["Date"]
    return Mail(
        name=name,
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        sent_at=date.datetime if date is not None else None,
        body_text=text,
        links=tuple(word for word in text.split() if word.startswith(("http://", "https://"))),
    )


def _text(message: ParsedMessage) -> str:
    part = message.get_body(preferencelist=("plain",))
    return str(part.get_content()) if part is not None else ""
