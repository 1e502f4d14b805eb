"""A resume as it was read."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of the visible text: `text[start:end]` of its resume. Pages count from 1."""

    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Hidden:
    """A piece that nobody sees who looks at the page, with a key of `refusals.HIDDEN`."""

    page: int
    reason: str
    text: str


@dataclass(frozen=True)
class Resume:
    """What a file says. Only `text` may ever be matched or summarised; `hidden` is for a person to look at.

    `ignored` names what the file carries beside its text (scripts, files, links to outside content) and was not opened;
    `unreadable` counts letters whose font does not say what they are; `more_hidden` counts pieces beyond those listed.
    """

    kind: str
    text: str
    paragraphs: tuple[Paragraph, ...]
    hidden: tuple[Hidden, ...]
    pages: int
    characters: int
    more_hidden: int = 0
    unreadable: int = 0
    ignored: tuple[str, ...] = ()

    def paragraph(self, number: int) -> str:
        """The words of a paragraph."""
        place = self.paragraphs[number]
        return self.text[place.start : place.end]
