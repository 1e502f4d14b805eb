"""What of a model's passes stands: a level needs quotes that are really in an answer, and passes that agree.

The level is the median of the passes that have one; where less than two have one, there is no evidence. Passes that lie
far apart, or another level without the words that give orders, leave the rating to a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import fmean, median_low
from typing import Any

from django.utils.translation import gettext as _

from interviews.services.evaluation import locate
from interviews.services.evaluation.inquiry import CLEARED, PASSES, Inquiry, Sent
from interviews.services.evaluation.types import Rating, Span

MOST_SPREAD = 1  # levels between the passes
FEWEST_WITH_A_LEVEL = 2
MOST_QUOTES, MOST_COUNTER = 4, 3
NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Heard:
    """One pass, verified. `said` is how many quotes the model gave for its level; without a located one it has none."""

    level: int | None
    confidence: Decimal
    quotes: tuple[Span, ...]
    counter: tuple[Span, ...]
    rationale: str
    not_covered: str
    said: int


def verify(said: Mapping[str, Any], sent: Sent) -> Heard:
    """What stands of an output that came through the schema."""
    quotes = _located(said["quotes"], sent)
    level = None if said["level"] is None or not quotes else int(said["level"])
    return Heard(
        level=level,
        confidence=Decimal(str(said["confidence"])),
        quotes=quotes,
        counter=_located(said.get("counter_evidence", ()), sent),
        rationale=said.get("rationale", "").strip(),
        not_covered=said.get("not_covered", "").strip(),
        said=len(said["quotes"]),
    )


def rate(inquiry: Inquiry, outputs: Mapping[str, Mapping[str, Any]]) -> Rating:
    """The rating that follows from the outputs: pass -> what was said. Nobody asked = no evidence."""
    key = inquiry.competency.key
    if not inquiry.passes or not outputs:
        return _unasked(inquiry)
    sent = {one.name: one.sent for one in inquiry.passes}
    heard = {name: verify(said, sent[name]) for name, said in outputs.items()}
    passes = [heard[name] for name in PASSES]
    levels = [one.level for one in passes if one.level is not None]
    level = median_low(levels) if len(levels) >= FEWEST_WITH_A_LEVEL else None
    spread = max(levels) - min(levels) if level is not None else None
    if inquiry.flagged and (heard[CLEARED].level if CLEARED in heard else None) != level:
        return _withheld(inquiry, "difference", spread)
    if level is None:
        return Rating(key, None, NOTHING, "", passes[0].not_covered, (), left_out=inquiry.left_out)
    if spread is not None and spread > MOST_SPREAD:
        return _withheld(inquiry, "spread", spread)
    return _rating(inquiry, level, spread, levels, passes)


def _rating(inquiry: Inquiry, level: int, spread: int | None, levels: Sequence[int], passes: Sequence[Heard]) -> Rating:
    agreeing = [one for one in passes if one.level == level]
    share = Fraction(len(agreeing), len(passes))
    confidence = sum((one.confidence for one in agreeing), Decimal(0)) / len(agreeing)
    quotes = _apart([span for one in agreeing for span in one.quotes])[:MOST_QUOTES]
    counter = [span for one in passes for span in one.counter if not any(_overlap(span, quote) for quote in quotes)]
    return Rating(
        competency_key=inquiry.competency.key,
        level=level,
        confidence=(confidence * share.numerator / share.denominator).quantize(Decimal("0.01")),
        rationale=agreeing[0].rationale,  # none where the pass that gave one has another level
        not_covered=passes[0].not_covered,
        quotes=quotes,
        value=Decimal(str(round(fmean(levels), 2))),
        counter=_apart(counter)[:MOST_COUNTER],
        spread=spread,
        left_out=inquiry.left_out,
    )


def _unasked(inquiry: Inquiry) -> Rating:
    """Nothing was said, or nothing that fits into a question."""
    if inquiry.left_out:
        return _withheld(inquiry, "length", None)
    return Rating(inquiry.competency.key, None, NOTHING, "", _("No answer said anything about this."), ())


def _withheld(inquiry: Inquiry, why: str, spread: int | None) -> Rating:
    return Rating(
        inquiry.competency.key, None, NOTHING, "", "", (), withheld=why, spread=spread, left_out=inquiry.left_out
    )


def _located(quotes: Sequence[Mapping[str, str]], sent: Sent) -> tuple[Span, ...]:
    """The quotes that stand word for word in an answer that was sent, the named one first; each place once."""
    named = dict(sent)
    answers = [answer for _id, answer in sent]
    spans: list[Span] = []
    for quote in quotes:
        first = [named[quote["answer"]]] if quote["answer"] in named else []
        span = locate.find(quote["text"], [*first, *answers])
        if span is not None and span not in spans:
            spans.append(span)
    return tuple(spans)


def _apart(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans that share no word with one before them."""
    kept: list[Span] = []
    for span in spans:
        if not any(_overlap(span, other) for other in kept):
            kept.append(span)
    return tuple(kept)


def _overlap(one: Span, other: Span) -> bool:
    return one.turn_id == other.turn_id and one.start < other.end and other.start < one.end
