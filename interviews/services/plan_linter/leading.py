"""Questions that give away the answer that is wanted, or take something for granted.

Beside the listed words: a statement put as a question ("You have led a team?"), a tag (", don't you?"), a negative
beginning ("Isn't it better ..."), what matters or what everybody does told before the question, and praise of what the
candidate is asked about ("your outstanding work").
"""

import re
from collections.abc import Sequence

from interviews.services.evaluation.lexicon import lexicon
from interviews.services.interviewer import phrases
from interviews.services.plan_linter import doubles
from interviews.services.plan_linter.plain import Place, Plain, listed

# ", don't you?", ", right?" at the end of a sentence.
TAG = re.compile(
    r",\s*(?:right|correct|okay|no|(?:do|does|did|is|are|was|were|will|would|can|could|should|have|has|had)(?:n't)?"
    r"\s+(?:you|it|they|that|we))\s{0,9}\?+"
)
STATEMENT = re.compile(r"(?:(?:so|then|and|well),?\s+)?you(?:'re|'ve|'d|'ll)?\s+(?!(?:please|can|may)\b)")
SUPPOSED = re.compile(
    r"i(?:'m|\s+am)?\s+(?:\w+ly\s+)?(?:guess|assume|suppose|imagine|presume|trust|bet|believe|think|feel|sure|certain|convinced)\b"
)
WHY_IT_IS = re.compile(
    r"\bwhy\s+(?:is|are|was|were|do\s+you\s+(?:think|believe|feel))\s+(?:[\w'-]+\s+){1,6}?"
    r"(?:best|better|important|wrong|right|superior|inferior|worse|worst|essential|crucial|unfair|necessary)\b"
)
REASONED = re.compile(r"(?:since|because|as|given|knowing|seeing)\b")
YOUR_PRAISED = re.compile(r"\byour\s+(?:own\s+|very\s+)?")
AROUND = " \n\t\"'()"


def found(asked: Sequence[Plain]) -> Place | None:
    """The first words of a question's sentences that lead; None if there are none."""
    for sentence in asked:
        place = _in_form(sentence) or _told_before(sentence) or _praised(sentence)
        if place:
            return place
    return next((place for one in asked if (place := one.found("leading", "harmless_leading"))), None)


def _in_form(sentence: Plain) -> Place | None:
    begin = len(sentence.text) - len(sentence.text.lstrip(AROUND))
    match = listed("leading_begins").match(sentence.text, begin) or SUPPOSED.match(sentence.text, begin)
    match = match or TAG.search(sentence.text) or WHY_IT_IS.search(sentence.text)
    if match is None and sentence.text.rstrip(AROUND).endswith("?"):
        match = STATEMENT.match(sentence.text, begin)
    return sentence.place(*match.span()) if match else None


def _told_before(sentence: Plain) -> Place | None:
    """What matters, in a sentence of its own or as the reason of the question."""
    text = sentence.text.lstrip(AROUND)
    before = len(sentence.text) - len(text)
    end = len(sentence.text)
    if doubles.asks(sentence):
        comma = sentence.text.find(",")
        if comma < 0 or not REASONED.match(text):
            return None
        end = comma
    match = listed("matters").search(sentence.text, before, end)
    return sentence.place(*match.span()) if match else None


def _praised(sentence: Plain) -> Place | None:
    text = sentence.without("harmless_leading")
    for match in YOUR_PRAISED.finditer(text):
        praise = _praise(text, match.end())
        if praise:
            return sentence.place(match.start(), praise.end())
    return None


def _praise(text: str, start: int) -> re.Match[str] | None:
    """Praise as candidates say it of themselves, or as an interviewer must not say it."""
    said = lexicon().phrases["praise"].match(text, start)
    return said or phrases.pattern("judging_words", "anywhere").match(text, start)
