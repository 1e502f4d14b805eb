"""Answers that look back at the answer before: what they take back, and what they put right.

"Not always; most of that was set up by others" takes evidence back. "I worded that badly" says that the answer before
is not what the person does: it is no evidence of its own, and lifts what that answer lowered. And who has less to tell
when asked about an answer than the answer told leaves it less sure, whether it was good or bad.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from interviews.services.evaluation.features import Evidence
from interviews.services.evaluation.lexicon import folded, lexicon


@dataclass(frozen=True, slots=True)
class LookingBack:
    """An answer at `place` about the one before it, three shares of 0 to 1.

    `thinner` is how much less detail it has: 0 = as much as the one before, 1 = none.
    """

    place: int
    takes_back: float
    puts_right: float
    thinner: float


def looking_back(evidence: Sequence[Evidence]) -> list[LookingBack]:
    """The answers that look back, in order; those that leave everything as it was are left out."""
    found = (_read(place, before, item) for place, (before, item) in enumerate(itertools.pairwise(evidence), start=1))
    return [one for one in found if one is not None]


def _read(place: int, before: Evidence, item: Evidence) -> LookingBack | None:
    if not _refers(before, item):
        return None
    text, lex = folded(item.answer.text), lexicon()
    how = lex.settings["looking_back"]
    taken, right = (len(lex.phrases[name].findall(text)) for name in ("takes_back", "puts_right"))
    detail = before.features["detail"]
    found = LookingBack(
        place,
        takes_back=0.0 if right else min(taken / how["most_taken"], 1.0),
        puts_right=min(right / how["most_right"], 1.0),
        thinner=max(0.0, 1 - item.features["detail"] / detail) if detail and not right else 0.0,
    )
    return found if taken or right or found.thinner else None


def _refers(before: Evidence, item: Evidence) -> bool:
    """Whether the question is about the answer before: it says so, quotes it, points at it or uses its words."""
    question, lex = folded(item.answer.question), lexicon()
    if lex.phrases["refers_back"].search(question) or any(mark in question for mark in '"“”'):
        return True
    shared = len(before.stems & item.question)
    return shared >= 2 or (shared == 1 and lex.phrases["points_back"].search(question) is not None)
