"""A job description as drafting reads it."""

import re
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _

from interviews.services.drafting.types import Why
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.text import words
from interviews.services.interviewer import phrases
from interviews.services.interviewer.phrases import Pattern
from interviews.services.plan_linter import reading
from interviews.services.plan_linter.plain import Plain, plain

FEWEST_WORDS = 20
MOST_WORDS = 5000
MOST_CHARACTERS = 50_000
LONGEST_TITLE = 120  # characters
LONGEST_TITLE_WORDS = 12
NO_TEXT = re.compile(  # what nobody sees: control, format and filler characters, tags, halves of characters
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
TITLE_MARK = re.compile(r"(?:job title|position|role|title|vacancy|we are hiring|hiring)\s*:\s*", re.IGNORECASE)

# Marks of a list or a heading before and after a title. Not any sign: ".NET" and "C#" begin and end with one.
TITLE_FRAME = re.compile(r"^(?:[\s*_\-\u2022]|#+\s)+|(?:\s+#+|[\s*_:])+$")
LAST_STOP = re.compile(r"(?<=\w\w)\.$")
FILE = "drafting"
PIECE = re.compile(r"[^\n.!?;]+")  # a line, or a sentence of one


class CannotDraft(ValueError):
    """There is nothing to draft a plan from."""


class DescriptionEmpty(CannotDraft):
    """The job description has no words."""


class DescriptionTooShort(CannotDraft):
    """The job description is too short to tell what the work is."""


class DescriptionTooLong(CannotDraft):
    """The job description is longer than any that describes one job."""


class DescriptionNotEnglish(CannotDraft):
    """The job description is in another language; the library is English."""


@dataclass(frozen=True, slots=True)
class Described:
    """A description that can be read. `text` is as long as what was given: signs that are no text became spaces."""

    text: str
    plain: Plain

    @property
    def title(self) -> str:
        """Its first line, if that looks like a title; else ""."""
        first = next((line for line in self.text.splitlines() if line.strip()), "")
        title = TITLE_FRAME.sub("", TITLE_MARK.sub("", TITLE_FRAME.sub("", first), count=1))
        title = LAST_STOP.sub("", title)
        return title if len(title) <= LONGEST_TITLE and len(title.split()) <= LONGEST_TITLE_WORDS else ""

    def places(self, pattern: Pattern) -> list[Why]:
        """Where the pattern matches what is said about the work, from the beginning on."""
        return [self._why(match) for match in pattern.finditer(self.about_work)]

    @property
    def about_work(self) -> str:
        """The plain text, as long as it is, without what stands in any description."""
        return _about_work(self.plain.text)

    def quoted(self, words: str) -> Why | None:
        """Where these words stand, whatever their case and white space.

        None if they do not stand there, or are everyday words alone, which speak for anything.
        """
        if not lexicon().content(words):
            return None
        said = r"\s+".join(map(re.escape, plain(words).text.split()))
        match = re.search(rf"(?<!\w){said}(?!\w)", self.plain.text)
        return self._why(match) if match else None

    def _why(self, match: re.Match[str]) -> Why:
        start, end = self.plain.place(*match.span())
        return Why(self.text[start:end], start, end)


@lru_cache(maxsize=8)  # each competency of a library asks
def _about_work(text: str) -> str:
    everywhere = phrases.pattern(FILE, "sentences")
    text = PIECE.sub(lambda piece: _blank(piece) if everywhere.search(piece[0]) else piece[0], text)
    return phrases.pattern(FILE, "phrases").sub(_blank, text)


def _blank(match: re.Match[str]) -> str:
    return ";" * len(match[0])


def read(description: str) -> Described:
    """The description, checked.

    :raises DescriptionEmpty, DescriptionTooShort, DescriptionTooLong, DescriptionNotEnglish: if none can be drafted.
    """
    if len(description) > MOST_CHARACTERS:
        raise DescriptionTooLong(_("Use at most %s words.") % MOST_WORDS)
    text = NO_TEXT.sub(" ", description)
    count = len(words(text))
    if not count:
        raise DescriptionEmpty(_("Paste the job description."))
    if not reading.is_english(text):
        raise DescriptionNotEnglish(_("Use an English description, or choose competencies by hand."))
    if count < FEWEST_WORDS:
        raise DescriptionTooShort(_("Use at least %s words about the work.") % FEWEST_WORDS)
    if count > MOST_WORDS:
        raise DescriptionTooLong(_("Use at most %s words.") % MOST_WORDS)
    return Described(text, plain(text))
