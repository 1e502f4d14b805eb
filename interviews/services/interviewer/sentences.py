"""Cutting a text that arrives in pieces into sentences, without losing or adding a character."""

import re

# A full stop of a script that puts no space after it ends a sentence by itself; the others need white space.
STOP = re.compile(
    r"(?P<mark>[.!?…‽⁇⁈⁉]+|[。！？．｡।॥؟۔։።]+)"
    r"(?P<closing>[\"'”’»›)\]）】」』]*)"
    r"(?P<space>\s*)"
    r"|(?P<line>\n\s*)"
)
SPACED = frozenset(".!?…‽⁇⁈⁉")
WORD_BEFORE = re.compile(r"(?:[^\W\d_]+\.)*[^\W\d_]+$|\d+$")
ABBREVIATIONS = frozenset(
    {"dr", "mr", "mrs", "ms", "mx", "prof", "st", "jr", "sr", "gen", "col", "capt", "rev"}
    | {"vs", "etc", "approx", "inc", "ltd", "dept", "est", "cf", "al", "fig", "vol", "pp"}
    | {"jan", "feb", "apr", "aug", "sept", "oct", "nov", "dec"}
)
LONGEST_ABBREVIATION = 24  # characters; further back nobody looks
BEFORE_NUMBER = frozenset({"no", "nos", "p", "art", "sec", "ch"})


def split(buffer: str, *, final: bool) -> tuple[list[str], str]:
    """The complete sentences of the buffer, each with the white space after it, and what is left.

    A sentence is complete when the next one has begun, so that a number, an abbreviation or a closing quote that
    is still on its way is never cut; with `final` everything is given and nothing is left. The pieces and the
    rest join to exactly the buffer, however it was cut on its way.
    """
    found, start = [], 0
    for stop in STOP.finditer(buffer):
        if stop.end() < len(buffer) and _ends_sentence(stop, buffer):
            found.append(buffer[start : stop.end()])
            start = stop.end()
    rest = buffer[start:]
    if final and rest:
        return [*found, rest], ""
    return found, rest


def _ends_sentence(stop: re.Match[str], buffer: str) -> bool:
    """Whether a stop with something after it ends a sentence; in doubt it does not, which only joins two."""
    if stop["line"] is not None:
        return True
    following = buffer[stop.end()]
    if "\n" in stop["space"]:
        return True
    if stop["mark"][0] not in SPACED:
        return not (buffer[stop.start() - 1 : stop.start()].isdigit() and following.isdigit())
    if not stop["space"] or following.islower() or following in ",;:)":
        return False
    return stop["mark"] != "." or not _is_abbreviation(
        buffer[max(0, stop.start() - LONGEST_ABBREVIATION) : stop.start()], following
    )


def _is_abbreviation(before: str, following: str) -> bool:
    found = WORD_BEFORE.search(before)
    if found is None:
        return False
    word = found[0].lower()
    if word.isdigit() or word in BEFORE_NUMBER:
        return following.isdigit()  # "3. 5", "No. 5"
    return "." in word or word in ABBREVIATIONS or (len(word) == 1 and word != "i")
