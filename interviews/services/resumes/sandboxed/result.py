"""What a reader found, as plain data for the parent.

`{"kind", "pages", "paragraphs": [[page, text]], "hidden": [[page, reason, text]], "more_hidden": n, "ignored": [kind],
"unreadable": n}`. Pages count from 1.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from . import bounds
from .characters import clean
from .refusal import Refusal


class Paragraph(NamedTuple):
    page: int
    text: str


@dataclass
class Found:
    """Collects a resume."""

    kind: str
    pages: int
    paragraphs: list[Paragraph] = field(default_factory=list)
    hidden: list[tuple[int, str, str]] = field(default_factory=list)
    more_hidden: int = 0
    ignored: list[str] = field(default_factory=list)
    unreadable: int = 0
    characters: int = 0

    def add(self, page: int, text: str) -> None:
        """A paragraph, without the characters that nobody sees.

        :raises Refusal: if it is more than a resume holds.
        """
        text, unseen = clean(text)
        for reason, said in unseen:
            self.hide(page, reason, said)
        text = text.strip()
        self.characters += len(text)
        if self.characters > bounds.MAX_CHARACTERS:
            raise Refusal("too_much_text")
        if text:
            self.paragraphs.append(Paragraph(page, text))

    def hide(self, page: int, reason: str, text: str) -> None:
        """A piece that is not shown; the same again on one page counts as one piece."""
        text, unseen = clean(text) if reason != "zero_width" else (text, [])
        for other, said in unseen:
            self.hide(page, other, said)
        piece = (page, reason, text.strip()[: bounds.MAX_HIDDEN_TEXT])
        if not piece[2] or piece in self.hidden[-5:]:
            return
        if len(self.hidden) >= bounds.MAX_HIDDEN:
            self.more_hidden += 1
        else:
            self.hidden.append(piece)

    def plain(self) -> dict[str, Any]:
        """:raises Refusal: if nothing of it can be read: a scan, or letters that stand for nothing."""
        if self.characters - self.unreadable < max(1, self.characters * 0.2):
            raise Refusal("no_text")
        return {
            "kind": self.kind,
            "pages": self.pages,
            "paragraphs": self.paragraphs,
            "hidden": self.hidden,
            "more_hidden": self.more_hidden,
            "ignored": self.ignored,
            "unreadable": self.unreadable,
        }
