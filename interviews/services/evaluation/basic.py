"""The basic evaluator: deterministic, without a model, and always provisional.

It rates how concretely a person answered, per competency, from the answers that are about it. It can't judge
whether what was said is right; that is why no decision may rest on it. It reads English.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from interviews.services.evaluation import features, fits, follow_ups, locate, orders, relevance, weighing
from interviews.services.evaluation.features import Evidence
from interviews.services.evaluation.fits import Fit
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.relevance import Scale
from interviews.services.evaluation.text import Sentence
from interviews.services.evaluation.types import Answer, CompetencyText, Rating, Span
from interviews.services.evaluation.weighing import Weighed, Weight

MOST_QUOTES = 3
LONGEST_QUOTE = 400


def version() -> str:
    """Changes with the data files."""
    return lexicon().version


def parameters() -> dict[str, Any]:
    """What a result depends on besides the words and the versions."""
    return {"fit": "+".join(fits.product().roles)}


def rate(
    competencies: Sequence[CompetencyText], answers: Sequence[Answer], fit: Fit | None = None
) -> tuple[Rating, ...]:
    """A rating of each competency, with the sentences that carried it; no relevant answer = no evidence."""
    read, scales = orders.cleared(answers), relevance.scales(competencies)
    whole, used = features.read(read.answers), fit or fits.product()
    ratings = [_of(one.key, whole, scales[one.key], used) for one in competencies]
    if not read.flagged:
        return tuple(ratings)
    rest = features.read(read.unflagged)
    meant = {key for answer in read.flagged for key in answer.competency_keys}
    return tuple(
        _withheld(one.competency_key)
        if one.competency_key in meant or one != _of(one.competency_key, rest, scales[one.competency_key], used)
        else one
        for one in ratings
    )


def _of(key: str, evidence: Sequence[Evidence], scale: Scale, fit: Fit) -> Rating:
    weight = weighing.weigh(evidence, follow_ups.looking_back(evidence), key, scale)
    return _rate(key, weight, scale, fit) if weight else _nothing(key)


def _nothing(key: str) -> Rating:
    return Rating(
        key, None, Decimal("0.00"), "", _("The fixed rules recognised nothing about this in the answers."), ()
    )


def _withheld(key: str) -> Rating:
    why = _("An answer gives orders to the evaluator: a person has to rate this.")
    return Rating(key, None, Decimal("0.00"), "", why, (), withheld="orders")


def _rate(key: str, weight: Weight, scale: Scale, fit: Fit) -> Rating:
    value = fit.value(weighing.score(weight, scale, fit))
    level, shown = fit.level(value), weighing.shown(weight.answers, scale)
    return Rating(
        competency_key=key,
        level=level,
        confidence=_confidence(value, len(weight.answers), fit),
        rationale=_rationale(shown, len(weight.answers)),
        not_covered=_not_covered(shown),
        quotes=_quotes(weight.answers, scale, positive=level >= 3),
        value=Decimal(str(round(value, 2))),
    )


def _confidence(value: float, answers: int, fit: Fit) -> Decimal:
    """More answers and a value far from the next level give more; never much, because nothing was understood."""
    how = lexicon().settings["confidence"]
    margin = min(abs(value - cut) for cut in fit.cuts)
    found = how["base"] + how["per_answer"] * min(answers, how["most_answers"]) + how["margin"] * margin
    return Decimal(str(round(min(found, how["most"]), 2)))


def _quotes(weighed: Sequence[Weighed], scale: Scale, *, positive: bool) -> tuple[Span, ...]:
    """The sentences that carried the score, in the order of the interview."""
    rated = []
    for place, (item, weight) in enumerate(weighed):
        for sentence in _quotable(item):
            stems = frozenset(lexicon().content(sentence.text))
            carried = features.score(sentence.text, item.question)[1] - lexicon().settings["base"]
            about = 1 + relevance.overlap(stems, scale)
            rated.append(((carried if positive else -carried) * about * weight, place, sentence))
    best = sorted(rated, key=lambda row: (-row[0], row[1], row[2].start))[:MOST_QUOTES]
    return tuple(_span(weighed[place][0], sentence) for _value, place, sentence in sorted(best, key=_position))


def _quotable(item: Evidence) -> list[Sentence]:
    """The sentences long enough to prove something; where all are short, what was said as a whole."""
    long = [sentence for sentence in item.sentences if locate.is_long_enough(sentence.text)]
    if long:
        return long
    start, end = item.sentences[0].start, item.sentences[-1].end
    return [Sentence(item.answer.text[start:end], start, end)]


def _position(row: tuple[float, int, Sentence]) -> tuple[int, int]:
    return row[1], row[2].start


def _span(item: Evidence, sentence: Sentence) -> Span:
    """The sentence, or as many whole words of it as a quote may have."""
    end = sentence.end
    if end - sentence.start > LONGEST_QUOTE:
        cut = item.answer.text.rfind(" ", sentence.start + LONGEST_QUOTE // 2, sentence.start + LONGEST_QUOTE)
        end = cut if cut > 0 else sentence.start + LONGEST_QUOTE
    return Span(item.answer.turn_id, sentence.start, end)


def _rationale(strength: dict[str, float], answers: int) -> str:
    """What the score rests on, in words; never a praise of the person."""
    shown = [text for name, text in _shown().items() if strength[name] >= 0.25]
    lowered = [text for name, text in _lowered().items() if strength[name] >= 0.25]
    parts = [_("Relevant answers: %(count)d.") % {"count": answers}]
    if shown:
        parts.append(_("Shown: %(list)s.") % {"list": ", ".join(shown)})
    if lowered:
        parts.append(_("Lowered by: %(list)s.") % {"list": ", ".join(lowered)})
    return " ".join(parts)


def _shown() -> dict[str, str]:
    return {
        "detail": _("concrete details"),
        "method": _("a method"),
        "reason": _("reasons"),
        "figure": _("figures"),
        "result": _("a result"),
        "ownership": _("own actions"),
    }


def _lowered() -> dict[str, str]:
    return {
        "hedge": _("vague wording"),
        "impression": _("impressions instead of checks"),
        "disowned": _("work that others did"),
        "absence": _("things not done"),
    }


def _not_covered(strength: dict[str, float]) -> str:
    missing = {
        "figure": _("no figures"),
        "reason": _("no reasons"),
        "result": _("no result"),
        "ownership": _("the person's own part"),
    }
    return ", ".join(text for name, text in missing.items() if strength[name] == 0)
