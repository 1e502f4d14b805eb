"""Questions about what somebody would do, where one about what they did tells more.

What makes a question hypothetical is what coverage takes for it (coverage.json), and beside it: "would" after a
question word, "if" with a condition, and a case told in the present before "what do you do".
"""

import re
from collections.abc import Sequence

from interviews.services.interviewer import phrases
from interviews.services.plan_linter import doubles
from interviews.services.plan_linter.plain import Place, Plain, listed

WOULD = re.compile(
    rf"(?:\b(?:how|what)|^\W*{doubles.BEFORE}{doubles.RELATIVE})\s+(?:[\w'-]+\s+){{0,4}}?(?:would|might)\b"
    r"(?!\s+(?:say|describe|call)\b)"
)
CONDITION = re.compile(
    r"\b(?:if|in\s+case)\s+(?:[\w'-]+\s+){1,6}?(?:were|was|broke|fell|went|had|asked|came|got|became|made|gave|found|told|failed|left|could)\b"
)
PRESENT = re.compile(r"\b(?:what|how|whom?|which|where)\s+(?:[\w'-]+\s+){0,3}?(?:do|are|will)\s+(?:you|your)\b")
CASE = re.compile(r"\W*(?:a|an|one|two|three|your|the|some|several|somebody|someone|you)\s")


def found(asked: Sequence[Plain]) -> Place | None:
    """The words of a question's sentences that leave the past; None if none do."""
    for sentence in asked:
        place = _listed(sentence)
        if place:
            return place
    return _told_case(asked)


def _listed(sentence: Plain) -> Place | None:
    text = sentence.without("harmless_hypothetical")
    match = phrases.pattern("coverage", "hypothetical").search(text) or listed("hypothetical").search(text)
    match = match or WOULD.search(text) or (CONDITION.search(text) if "would" in text else None)
    return sentence.place(*match.span()) if match else None


def _told_case(asked: Sequence[Plain]) -> Place | None:
    """ "A customer wants a refund without a receipt. What do you do?" """
    if len(asked) < 2 or doubles.asks(asked[0]) or not CASE.match(asked[0].text):
        return None
    match = PRESENT.search(asked[-1].text)
    return asked[-1].place(*match.span()) if match else None
