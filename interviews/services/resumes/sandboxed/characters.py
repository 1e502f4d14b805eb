"""Characters that nobody sees: taken out of a text, and said."""

import re
import unicodedata
from collections import Counter

CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
TAGS = re.compile(r"[\U000e0000-\U000e007f]+")
SELECTORS = re.compile(r"[\U000e0100-\U000e01ef]")
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
FORMS = re.compile(
    "[\ufb00-\ufb4f\ufb50-\ufdff\ufe70-\ufefc]"
)  # ligatures and Arabic shapes: a quote is written in letters
# Harmless where writing needs them: hyphenation, joining in Arabic, Indic scripts and emoji, direction marks.
HONEST = frozenset("\u00ad\u200c\u200d\u200e\u200f\u061c\u2060\ufeff\u2066\u2067\u2068\u2069\u202a\u202b\u202c")
JOINERS = "\u200c\u200d"
FLAG = "\U0001f3f4"


def clean(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text as it is seen, and what was in it unseen as (reason, text).

    Tag characters are shown as the letters they stand for, others by their number and how often they came.
    """
    hidden: list[tuple[str, str]] = []
    text = CONTROLS.sub("", text)
    text = TAGS.sub(lambda found: _tags(found, text, hidden), text)
    unseen: Counter[str] = Counter()
    text = SELECTORS.sub(lambda found: _count(found, unseen), text)
    text = UNSEEN.sub(lambda found: _unseen(found, text, unseen), text)
    if unseen:
        hidden.append(("zero_width", ", ".join(f"U+{ord(c):04X} ×{n}" for c, n in sorted(unseen.items()))))
    return FORMS.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text), hidden


def _tags(found: re.Match[str], text: str, hidden: list[tuple[str, str]]) -> str:
    said = "".join(chr(ord(c) - 0xE0000) for c in found[0] if 0xE0020 <= ord(c) <= 0xE007E)
    if found.start() and text[found.start() - 1] == FLAG and re.fullmatch(r"[a-z]{2}[a-z0-9]{1,3}", said):
        return found[0]  # the flag of a region
    hidden.append(("zero_width", said or f"U+{ord(found[0][0]):X} ×{len(found[0])}"))
    return ""


def _count(found: re.Match[str], unseen: Counter[str]) -> str:
    unseen[found[0]] += 1
    return ""


def _unseen(found: re.Match[str], text: str, unseen: Counter[str]) -> str:
    """Single ones that writing needs pass or vanish without a word; anything else is counted."""
    at, character = found.start(), found[0]
    around = text[at - 1 : at], text[at + 1 : at + 2]
    alone = not any(UNSEEN.fullmatch(c) for c in around if c)
    if character in JOINERS and alone and all(c and _joins(c) for c in around):
        return character
    if character in HONEST - set(JOINERS) and alone:
        return ""
    unseen[character] += 1
    return ""


def _joins(character: str) -> bool:
    """Letters, marks and pictures that are written with joiners: none of Latin, Greek or Cyrillic."""
    category = unicodedata.category(character)
    return ord(character) >= 0x0590 and category in {"Lo", "Mn", "Mc", "So", "Sk", "Lm"}
