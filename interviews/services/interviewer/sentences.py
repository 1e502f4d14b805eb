"""Sentences of a text that is still arriving."""

import re

END = re.compile(r"(?<=[.!?…])\s+")


def split(buffer: str, *, final: bool) -> tuple[list[str], str]:
    """The complete sentences with the white space that follows them, and the rest; all joined give `buffer` back."""
    found, start = [], 0
    for end in END.finditer(buffer):
        found.append(buffer[start : end.end()])
        start = end.end()
    rest = buffer[start:]
    if final and rest:
        return [*found, rest], ""
    return found, rest
