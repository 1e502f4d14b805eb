"""Words that are told and not said: in quotation marks after "she wrote", or in a sentence with "he told us"."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from compliance.injection.phrases import Hit
from compliance.injection.rules import Rule, rules
from compliance.injection.words import SENTENCE_END, Word

QUOTED = re.compile(r'"[^"\n]{3,400}+"|「[^」\n]{3,400}+」|„[^"\n]{3,400}+"')
TOLD = 0.4  # of a rule's weight
NEVER_TOLD = frozenset(("exfiltration", "cost_bombs"))  # nobody tells of these in passing
BEFORE = 8  # words before the quotation in which somebody tells of it
AROUND = 200  # characters of a sentence in which somebody tells, on each side

Span = tuple[int, int]


def weakened(text: str, words: list[Word], hits: list[Hit]) -> Iterator[Hit]:
    """The hits in a folded text, those that are only told at less than their weight."""
    told = _merged((*_quotations(text, words), *_sentences(text, (hit for hit in hits if hit.rule.family == "told"))))
    for hit in hits:
        if hit.rule.family != "told":
            weaker = hit.rule.family not in NEVER_TOLD and _holds(told, hit)
            yield replace(hit, rule=_weaker(hit.rule)) if weaker else hit


def _quotations(text: str, words: list[Word]) -> Iterator[Span]:
    ends = [word.end for word in words]
    for match in QUOTED.finditer(text):
        place = bisect_right(ends, match.start())
        if any(word.said in rules().reporters for word in words[max(0, place - BEFORE) : place]):
            yield match.span()


def _sentences(text: str, hits: Iterable[Hit]) -> Iterator[Span]:
    ends = [match.end() for match in SENTENCE_END.finditer(text)]
    for hit in hits:
        before, after = bisect_right(ends, hit.start), bisect_left(ends, hit.end)
        start = ends[before - 1] if before else 0
        end = ends[after] if after < len(ends) else len(text)
        yield max(start, hit.start - AROUND), min(end, hit.end + AROUND)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _holds(spans: list[Span], hit: Hit) -> bool:
    place = bisect_right(spans, (hit.start, len(spans) and spans[-1][1])) - 1
    return place >= 0 and hit.end <= spans[place][1]


@cache
def _weaker(rule: Rule) -> Rule:
    """The rule at the weight of what is only told."""
    return replace(rule, weight=rule.weight * TOLD)
