"""Whether a text gives orders to the one that evaluates it, and where. It flags; it changes and refuses nothing."""

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

from compliance.injection import decoding, labels, quoting, spans, structures
from compliance.injection.normalising import Plain, as_shown, backwards, normalise
from compliance.injection.phrases import Hit, Matcher
from compliance.injection.rules import rules
from compliance.injection.spans import Span
from compliance.injection.words import Word, spaced_out, split

THRESHOLD = 1.0
NEAR = 100  # characters within which hits add up: an order is short
DEEPEST = 2  # codings within codings
FEWEST_HINTS = 2  # known words of a text that is turned round or rotated
SHORTEST_HINT = 4


@dataclass(frozen=True, slots=True)
class Findings:
    """`score` is the heaviest sum of rules close to each other; `spans` are places of the original, in order."""

    score: float
    families: tuple[str, ...]
    spans: tuple[Span, ...]

    @property
    def flagged(self) -> bool:
        return self.score >= THRESHOLD


def detect(text: str, *, spans_from: float = THRESHOLD) -> Findings:
    """What of the text speaks to the evaluator and not to the interviewer. Linear time; no text makes it raise.

    :param spans_from: the score from which places are named; below THRESHOLD they are suspicions, and not flagged.
    """
    return _detect(text, 0, Matcher(rules()), spans_from)


def leave_out(text: str, spans: Iterable[Span]) -> str:
    """The text without the spans, for a second reading."""
    kept, end = [], 0
    for start, stop in spans:
        kept.append(text[end:start].strip())
        end = max(end, stop)
    return "\n".join(part for part in (*kept, text[end:].strip()) if part)


def _detect(text: str, depth: int, matcher: Matcher, spans_from: float = THRESHOLD) -> Findings:
    plain = normalise(text)
    found = list(_within(text, plain, matcher))
    shown = as_shown(text)
    if shown:
        found += _within(text, shown, matcher)
    if depth < DEEPEST:
        found += _decoded(text, depth, matcher)
    found += (
        Hit(matcher.rules.weights["disguised_run"], start, end, True) for start, end in spans.disguised_runs(text)
    )
    found.sort(key=lambda hit: (hit.start, hit.end))
    score, heavy = _heaviest(found, spans_from)
    if score < spans_from:
        return Findings(round(score, 2), (), ())
    families = Counter(hit.rule.family for hit in heavy)
    return Findings(
        round(score, 2),
        tuple(family for family, _ in families.most_common()),
        spans.to_leave_out(text, heavy, spans.boundaries(plain)),
    )


def _within(text: str, plain: Plain, matcher: Matcher) -> Iterator[Hit]:
    """The hits in one reading of the text, placed in the original; a disguised one counts more."""
    words = split(plain.text)
    for hit in chain(quoting.weakened(plain.text, words, list(_phrases(plain, words, matcher))), _shapes(plain.text)):
        yield from _placed(text, plain, hit, matcher)
    for turned in _turned(plain, words, matcher):
        for hit in matcher.hits(split(turned.text)):
            if hit.rule.weight:
                yield from _placed(text, turned, replace(hit, disguised=True), matcher, "turned")


def _placed(text: str, reading: Plain, hit: Hit, matcher: Matcher, how: str = "disguise") -> Iterator[Hit]:
    start, end = reading.original(hit.start, hit.end)
    hides = decoding.hides(text[start:end])
    disguised = hit.disguised or hides or decoding.is_styled(text[start:end])
    yield replace(hit, start=start, end=end, disguised=disguised)
    if disguised:
        rule = matcher.rules.weights["hidden" if hides else how]
        yield replace(hit, start=start, end=end, rule=rule, disguised=True)


def _phrases(plain: Plain, words: list[Word], matcher: Matcher) -> Iterator[Hit]:
    yield from matcher.hits(words)
    for start, end, joined in spaced_out(plain.text):
        for hit in matcher.hits(joined):
            yield Hit(hit.rule, start, end, disguised=True, exact=True)


def _shapes(folded: str) -> Iterator[Hit]:
    yield from structures.hits(folded)
    yield from labels.hits(folded)


def _turned(plain: Plain, words: list[Word], matcher: Matcher) -> Iterator[Plain]:
    """The text read backwards or with its letters rotated by thirteen, where its words suggest that."""
    said = {word.said for word in words if len(word.said) >= SHORTEST_HINT}
    if sum(matcher.knows(word[::-1]) and not matcher.knows(word) for word in said) >= FEWEST_HINTS:
        yield backwards(plain)
    if sum(matcher.knows(codecs.encode(word, "rot13")) for word in said if word.isascii()) >= FEWEST_HINTS:
        yield Plain(codecs.encode(plain.text, "rot13"), plain.places)


def _decoded(text: str, depth: int, matcher: Matcher) -> Iterator[Hit]:
    """Fragments in another coding that are orders when decoded, and whatever nobody can see."""
    known = matcher.rules.weights
    for fragment in decoding.fragments(text):
        inner = _detect(fragment.said, depth + 1, matcher)
        if inner.score >= THRESHOLD / 2:
            yield Hit(known["encoded"], fragment.start, fragment.end, exact=True)
    for name, start, end in decoding.unseen(text):
        yield Hit(known[name], start, end, exact=name != "hidden_in_words", disguised=True)


def _heaviest(found: list[Hit], least: float) -> tuple[float, list[Hit]]:
    """The largest sum of different rules within a window, and every hit of a window that reaches `least`."""
    within: Counter[object] = Counter()
    largest, total, first = 0.0, 0.0, 0
    heavy: dict[int, Hit] = {}
    done = 0
    for number, hit in enumerate(found):
        if not within[hit.rule]:
            total += hit.rule.weight
        within[hit.rule] += 1
        while hit.start - found[first].end > NEAR:
            within[found[first].rule] -= 1
            if not within[found[first].rule]:
                total -= found[first].rule.weight
            first += 1
        largest = max(largest, total)
        if total >= least - 1e-9:
            heavy.update((place, found[place]) for place in range(max(first, done), number + 1))
            done = number + 1
    return round(largest, 6), list(heavy.values())
