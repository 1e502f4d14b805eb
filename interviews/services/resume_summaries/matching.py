"""What of a resume speaks to a requirement, without a model: lines that share its words. Found or not, never how much.

A line counts when it has a word of the requirement's name (a name without such a word, "Go", as it is written), or
two words of its definition and its two best anchors that only some of the job's requirements use. Which words are
everyday ones is the basic evaluator's list.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.text import sentences
from interviews.services.resume_summaries.lines import Line
from interviews.services.resume_summaries.types import MOST_QUOTES, Place, Requirement

FEWEST_SHARED = 2
SHARE_OF_ALL = 0.5  # a word that more of the requirements use tells none of them apart
FEWEST_REQUIREMENTS = 3  # from so many on that can be said
LONGEST_QUOTE = 300  # characters: a longer line is quoted by its sentence


def requirements(found: Sequence[Line], wanted: Sequence[Requirement]) -> dict[str, tuple[Place, ...]]:
    """key -> at most MOST_QUOTES places that speak to the requirement, in the order of the text."""
    pieces = [_Piece(place, said, frozenset(lexicon().content(said))) for place, said in _pieces(found)]
    return {scale.key: _places(pieces, scale) for scale in _scales(wanted)}


@dataclass(frozen=True, slots=True)
class _Piece:
    place: Place
    said: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Scale:
    """A requirement's words: those of its name, and those of all of it that tell it apart from the others."""

    key: str
    name: frozenset[str]
    written: re.Pattern[str] | None
    distinctive: frozenset[str]

    def is_named(self, piece: _Piece) -> bool:
        return bool(piece.stems & self.name) or (
            self.written is not None and self.written.search(piece.said) is not None
        )


def _pieces(found: Sequence[Line]) -> Iterator[tuple[Place, str]]:
    for line in found:
        if line.heading:
            continue
        if line.end - line.start <= LONGEST_QUOTE:
            yield line.place, line.text
        else:
            for one in sentences(line.text):
                yield (line.start + one.start, line.start + one.end), one.text


def _scales(wanted: Sequence[Requirement]) -> Iterator[_Scale]:
    lex = lexicon()
    all_of = {
        one.key: frozenset(lex.content(" ".join((one.definition, *one.anchors[-2:])))) - lex.rubric_words
        for one in wanted
    }
    used = Counter(stem for stems in all_of.values() for stem in stems)
    most = len(wanted) * SHARE_OF_ALL if len(wanted) >= FEWEST_REQUIREMENTS else len(wanted)
    for one in wanted:
        name = frozenset(lex.content(one.name)) - lex.rubric_words
        written = None if name else re.compile(rf"(?<!\w){re.escape(one.name)}(?!\w)")
        yield _Scale(one.key, name, written, name | {stem for stem in all_of[one.key] if used[stem] <= most})


def _places(pieces: Sequence[_Piece], scale: _Scale) -> tuple[Place, ...]:
    shared = {piece.place: len(piece.stems & scale.distinctive) for piece in pieces}
    speaks = [piece.place for piece in pieces if shared[piece.place] >= FEWEST_SHARED or scale.is_named(piece)]
    best = sorted(speaks, key=lambda place: (-shared[place], place))[:MOST_QUOTES]
    return tuple(sorted(best))
