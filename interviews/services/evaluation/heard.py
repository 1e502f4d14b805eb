"""What of a model's passes stands: a level needs quotes that are really in an answer, and passes that agree.

The level is the median of the passes that have one; where less than two have one, there is no evidence. Passes that lie
far apart, or another level without the words that give orders, leave the rating to a person.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import fmean, median_low
from typing import Any

from django.utils.translation import gettext as _

from interviews.services.evaluation import quoting
from interviews.services.evaluation.inquiry import CLEARED, PASSES, Inquiry, Sent
from interviews.services.evaluation.types import Output, Rating, Span

MOST_SPREAD = 1  # levels between the passes
FEWEST_WITH_A_LEVEL = 2
MOST_QUOTES, MOST_COUNTER = 4, 3
NOTHING = Decimal("0.00")
QUOTED = re.compile(r"[\"“”„«»]([^\"“”„«»]{4,})[\"“”„«»]")
ADVICE = re.compile(
    r"\b(?:hir(?:e|es|ed|ing)|reject(?:ed|ion)?|shortlist\w*|(?:recommend(?:s|ed|ation)?|advance|offer) "
    r"(?:the (?:candidate|applicant|job)|th(?:is|em)\b|him|her))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One pass, verified: without a quote that stands it has no level."""

    level: int | None
    confidence: Decimal
    quotes: tuple[Span, ...]
    counter: tuple[Span, ...]
    rationale: str
    not_covered: str


def verify(said: Mapping[str, Any], sent: Sent, inquiry: Inquiry) -> Heard:
    """What stands of an output that came through the schema."""
    quotes = quoting.located(said["quotes"], sent, inquiry)
    return Heard(
        level=None if said["level"] is None or not quotes else int(said["level"]),
        confidence=Decimal(str(said["confidence"])),
        quotes=quotes,
        counter=quoting.located(said.get("counter_evidence", ()), sent, inquiry),
        rationale=_told(said.get("rationale", ""), sent, inquiry),
        not_covered=_told(said.get("not_covered", ""), sent, inquiry),
    )


def rate(inquiry: Inquiry, outputs: Mapping[str, Output]) -> Rating:
    """The rating that follows from the outputs of its passes. Nobody asked = no evidence."""
    if not inquiry.passes:
        return _unasked(inquiry)
    heard = {one.name: verify(outputs[one.name].said, one.sent, inquiry) for one in inquiry.passes}
    passes = [heard[name] for name in PASSES]
    levels = [one.level for one in passes if one.level is not None]
    level = median_low(levels) if len(levels) >= FEWEST_WITH_A_LEVEL else None
    spread = max(levels) - min(levels) if level is not None else None
    if not inquiry.whole:
        return _withheld(inquiry, "length", spread)
    if inquiry.flagged and (heard[CLEARED].level if CLEARED in heard else None) != level:
        return _withheld(inquiry, "difference", spread)
    if level is None:
        why = passes[0].not_covered
        return Rating(inquiry.competency.key, None, NOTHING, "", why, (), left_out=inquiry.left_out)
    if spread is not None and spread > MOST_SPREAD:
        return _withheld(inquiry, "spread", spread)
    return _rating(inquiry, level, spread, levels, passes)


def _rating(inquiry: Inquiry, level: int, spread: int | None, levels: Sequence[int], passes: Sequence[Heard]) -> Rating:
    """The first pass alone gives reasons in words: they count where its level is the median."""
    agreeing = [one for one in passes if one.level == level]
    share = Fraction(len(agreeing), len(passes))
    confidence = sum((one.confidence for one in agreeing), Decimal(0)) / len(agreeing)
    quotes = quoting.apart([span for one in agreeing for span in one.quotes])[:MOST_QUOTES]
    return Rating(
        competency_key=inquiry.competency.key,
        level=level,
        confidence=(confidence * share.numerator / share.denominator).quantize(Decimal("0.01")),
        rationale=agreeing[0].rationale,
        not_covered=passes[0].not_covered,
        quotes=quotes,
        value=Decimal(str(round(fmean(levels), 2))),
        counter=quoting.apart([span for span in agreeing[0].counter if span not in quotes])[:MOST_COUNTER],
        spread=spread,
        left_out=inquiry.left_out,
    )


def _unasked(inquiry: Inquiry) -> Rating:
    """Nothing was said, or nothing that fits into a question."""
    if inquiry.left_out:
        return _withheld(inquiry, "length", None)
    return Rating(inquiry.competency.key, None, NOTHING, "", _("No answer said anything about this."), ())


def _withheld(inquiry: Inquiry, why: str, spread: int | None) -> Rating:
    key, left_out = inquiry.competency.key, inquiry.left_out
    return Rating(key, None, NOTHING, "", "", (), withheld=why, spread=spread, left_out=left_out)


def _told(text: str, sent: Sent, inquiry: Inquiry) -> str:
    """The model's own words, or nothing: what it quotes in them must stand too, and it gives no advice.

    Where an answer may give orders they are not shown at all: an order can dictate them.
    """
    text = text.strip()
    quoted = [{"answer": "", "text": words} for words in QUOTED.findall(text)]
    invented = any(not quoting.located([one], sent, inquiry) for one in quoted)
    return "" if inquiry.flagged or invented or ADVICE.search(text) else text
