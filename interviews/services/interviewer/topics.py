"""Private matters that an interviewer must not touch, by jurisdiction (interviews/data/illegal_topics.json)."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from interviews.services.interviewer import phrases

FILE = "illegal_topics"


def touched(text: str, jurisdiction: str = "") -> str | None:
    """The forbidden matter that a text touches, or None. An unknown or unnamed jurisdiction forbids all of them."""
    return next((topic for topic, _ in touching(text, jurisdiction)), None)


def touching(text: str, jurisdiction: str = "") -> Iterator[tuple[str, str]]:
    """Each forbidden matter that a text touches, with the first words that do, in plain form (phrases.plain)."""
    plain = phrases.plain(text)
    for topic in sorted(forbidden(jurisdiction)):
        match = _match(plain, topic)
        if match is not None:
            yield topic, match[0]


def forbidden(jurisdiction: str) -> frozenset[str]:
    """The topics that a jurisdiction forbids, with those of the one it lies within."""
    data = phrases.data(FILE)
    found: dict[str, Any] | None = data["jurisdictions"].get(jurisdiction)
    if found is None:
        return frozenset(data["topics"])
    outer = forbidden(found["within"]) if "within" in found else frozenset()
    return outer | frozenset(found["forbids"])


def jurisdictions() -> dict[str, str]:
    """code -> name of those that the data knows."""
    return {code: entry["name"] for code, entry in phrases.data(FILE)["jurisdictions"].items()}


def _match(plain: str, topic: str) -> re.Match[str] | None:
    phrases_of, harmless = _patterns(topic)
    return phrases_of.search(harmless.sub(" ; ", plain) if harmless else plain)


@cache
def _patterns(topic: str) -> tuple[phrases.Pattern, phrases.Pattern | None]:
    entry = phrases.data(FILE)["topics"][topic]
    harmless = phrases.compiled(entry["harmless"]) if "harmless" in entry else None
    return phrases.compiled(entry["phrases"]), harmless
