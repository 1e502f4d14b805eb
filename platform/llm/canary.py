"""A word that only the system prompt knows: an answer that holds it has repeated the prompt."""

import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path

WORDING = Path(__file__).parent / "data" / "canary.v1.txt"
LETTERS = "bcdfghjkmnpqrstvwxz"
# One for a process, not for a call: it stands at the end of a system prompt whose beginning providers cache.
WORD = "".join(secrets.choice(LETTERS) for _ in range(16))


@cache
def _sentence() -> str:
    return WORDING.read_text().strip().format(word=WORD)


def plant(messages: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The messages with the canary at the end of the first system message."""
    planted = list(messages)
    for place, message in enumerate(planted):
        if message["role"] == "system":
            planted[place] = message | {"content": f"{message['content']}\n{_sentence()}"}
            break
    return planted


def leaked(text: str, word: str = WORD) -> bool:
    """Whether the text gives the canary away, also spelled out with spaces, dashes, capitals or backwards."""
    letters = "".join(c for c in text.casefold() if c.isalpha())
    return word in letters or word[::-1] in letters
