"""From where a rule matched to what to leave out: the whole sentence or line, or as far as the disguise goes."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from compliance.injection import decoding
from compliance.injection.normalising import Plain
from compliance.injection.phrases import Hit
from compliance.injection.words import CJK, SENTENCE_END, is_lookalike

FARTHEST = 300  # characters of a sentence without end, on each side
UNDISGUISED = 3  # plain words that may stand between disguised ones
LEET = re.compile(r"[A-Za-z][0-9@$]|[0-9@$][A-Za-z]")
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
OTHER = re.compile("[\u0370-\u052f\u1d00-\u1d2b\ua730-\ua7ff\u0250-\u02af]")
LETTERS = re.compile(r"[^\W\d_]{2}")
JAPANESE_OR_CHINESE = re.compile(f"[{CJK}]")  # where wide letters are ordinary
FEWEST_DISGUISED = 4
NEAR_WORDS = 60  # characters between two disguised words
WRITTEN = re.compile(r"\S+")

Span = tuple[int, int]


def boundaries(plain: Plain) -> list[int]:
    """Where in the original a sentence or a line ends, in order."""
    return [plain.places[match.end() - 1] + 1 for match in SENTENCE_END.finditer(plain.text)]


def to_leave_out(text: str, hits: list[Hit], ends: list[int]) -> tuple[Span, ...]:
    """What the hits stand in, in order; what touches is one."""
    merged: list[Span] = []
    for hit in sorted(hits, key=lambda hit: hit.start):
        if merged and hit.end <= merged[-1][1]:
            continue
        start, end = _whole(text, hit, ends)
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def disguised_runs(text: str) -> Iterator[Span]:
    """Several words of look-alikes or styled letters close to each other: nobody types so by accident."""
    if text.isascii():
        return
    run: list[Span] = []
    foreign = any(_is_foreign(word) for word in set(text.split()))
    for word in WRITTEN.finditer(text):
        if not LETTERS.search(word[0]) or word[0].isascii() or not _is_disguised(word[0], foreign):
            continue
        run = [*run, word.span()] if run and word.start() - run[-1][1] <= NEAR_WORDS else [word.span()]
        if len(run) >= FEWEST_DISGUISED:
            yield run[0][0], run[-1][1]
            run = run[1:]


def _whole(text: str, hit: Hit, ends: list[int]) -> Span:
    if hit.exact:
        return hit.start, hit.end
    before = bisect_right(ends, hit.start)
    after = bisect_left(ends, hit.end)
    start = max(ends[before - 1] if before else 0, hit.start - FARTHEST)
    end = min(ends[after] if after < len(ends) else len(text), hit.end + FARTHEST)
    return _disguised_part(text, hit, start, end) if hit.disguised else (start, end)


def _disguised_part(text: str, hit: Hit, start: int, end: int) -> Span:
    """The part of the sentence around the hit in which words are disguised, if any of the hit is."""
    if not any(_is_odd(word) for word in text[hit.start : hit.end].split()):
        return start, end
    before = [word.span() for word in WRITTEN.finditer(text, start, hit.start)]
    after = [word.span() for word in WRITTEN.finditer(text, hit.end, end)]
    first = _reach(text, before[::-1])
    last = _reach(text, after)
    return (first[0] if first else hit.start), (last[1] if last else hit.end)


def _reach(text: str, words: list[Span]) -> Span | None:
    """The last disguised word before too many plain ones."""
    reached, plain = None, 0
    for word in words:
        plain = 0 if _is_odd(text[word[0] : word[1]]) else plain + 1
        if plain > UNDISGUISED:
            break
        reached = reached if plain else word
    return reached


def _is_odd(word: str) -> bool:
    """Whether a word hides something, is disguised, or is of letters and digits."""
    if word.isascii():
        return LEET.search(word) is not None
    return decoding.hides(word) or _is_disguised(word)


def _is_disguised(word: str, foreign: bool = False) -> bool:
    """Whether its letters are styled or pass for others; where words are `foreign`, only two scripts in one tell."""
    if decoding.is_styled(word):
        return sum(map(str.isalpha, word)) > 1 and not JAPANESE_OR_CHINESE.search(word)
    if not OTHER.search(word):
        return False
    return LATIN.search(word) is not None or (not foreign and not _is_foreign(word))


def _is_foreign(word: str) -> bool:
    """Whether a word is really of another script: it has letters that pass for no Latin one."""
    letters = [letter for letter in word if letter.isalpha()]
    return OTHER.search(word) is not None and not all(map(is_lookalike, letters)) and not LATIN.search(word)
