"""A mark that bounds data in a prompt, and that nobody who writes the data can have written.

Prompts hold PLACEHOLDER, so that equal questions are equal texts, and every request gets a word in its place.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

# Control characters: no answer is stored with them, and JSON writes them as escapes.
PLACEHOLDER = "\x02nonce\x03"
REMOVED = dict.fromkeys(map(ord, "\x02\x03"))
LETTERS = "bcdfghjkmnpqrstvwxz"
LENGTH = 12
SECRET = secrets.token_bytes(32)  # of this process


def without(text: str) -> str:
    """The text as it may stand in a prompt outside of JSON: it can't hold the placeholder."""
    return text.translate(REMOVED)


def fill(messages: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The messages with a secret word in place of every placeholder.

    The word follows from all that stands before the last placeholder and from the process's secret: other data gets
    another word, which its writer can't know; equal data gets the same, so that a provider's prompt cache finds it.
    """
    head, found, _ = "\x1e".join(message["content"] for message in messages).rpartition(PLACEHOLDER)
    if not found:
        return list(messages)
    word = _word(head)
    return [message | {"content": message["content"].replace(PLACEHOLDER, word)} for message in messages]


def _word(head: str) -> str:
    digest = hmac.digest(SECRET, head.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:LENGTH])
