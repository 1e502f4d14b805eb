"""Words that are told and not said: what stands in quotation marks after "she wrote" counts less."""

import re
from bisect import bisect_right
from dataclasses import replace
from functools import cache

from compliance.injection.rules import Rule, rules
from compliance.injection.words import Word

QUOTED = re.compile(r'"[^"\n]{3,400}+"|「[^」\n]{3,400}+」|„[^"\n]{3,400}+"')
TOLD = 0.4  # of a rule's weight
BEFORE = 8  # words before the quotation in which somebody tells of it

Quoted = list[tuple[int, int]]


def quoted(text: str, words: list[Word]) -> Quoted:
    """The quotations of a folded text that somebody tells of, in order."""
    found: Quoted = []
    ends = [word.end for word in words]
    for match in QUOTED.finditer(text):
        place = bisect_right(ends, match.start())
        if any(word.said in rules().reporters for word in words[max(0, place - BEFORE) : place]):
            found.append(match.span())
    return found


def holds(spans: Quoted, start: int, end: int) -> bool:
    """Whether one of the quotations has this span within it."""
    place = bisect_right(spans, (start, len(spans) and spans[-1][1])) - 1
    return place >= 0 and spans[place][0] <= start and end <= spans[place][1]


@cache
def weaker(rule: Rule) -> Rule:
    """The rule at the weight of what is only told."""
    return replace(rule, weight=rule.weight * TOLD)
