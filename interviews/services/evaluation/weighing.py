"""The answers that count for one competency, each with its weight, and what they show together.

The features of an answer (`features`) are averaged by weight; two more belong to the competency: `best_anchor` (how
much of the best anchor is spoken of) and `top_anchor` (stems that only the two best anchors use).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interviews.services.evaluation import relevance
from interviews.services.evaluation.features import Evidence
from interviews.services.evaluation.fits import Fit
from interviews.services.evaluation.follow_ups import LookingBack
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.relevance import Scale
from interviews.services.evaluation.text import words

Weighed = tuple[Evidence, float]
MOST_WORDS_TO_PUT_RIGHT = 60  # a longer answer says something of its own too


@dataclass(frozen=True, slots=True)
class Weight:
    """`answers` are those that count; `taken` and `righted` say how much was taken back and put right, 0 to 1.

    `sure` is what is left of certainty after the follow-ups that told less than what they asked about, 1 = all.
    """

    answers: tuple[Weighed, ...]
    taken: float
    righted: float
    sure: float


def weigh(evidence: Sequence[Evidence], back: Sequence[LookingBack], key: str, scale: Scale) -> Weight | None:
    """What is said about the competency; None = nothing is, or there are no anchors to hold it against."""
    if not scale.best:
        return None
    said = relevance.measured(evidence, key, scale)
    for one in back:
        if one.puts_right and len(words(evidence[one.place].answer.text)) <= MOST_WORDS_TO_PUT_RIGHT:
            said[one.place] = 0.0
    places = relevance.counted(said)
    if not places:
        return None
    power, best, how = lexicon().settings["relevance"]["power"], max(said), lexicon().settings["looking_back"]
    about = [(one, max(said[one.place - 1], said[one.place]) / best) for one in back if _is_about(one, places)]
    return Weight(
        answers=tuple((evidence[place], said[place] ** power) for place in places),
        taken=max((one.takes_back * share for one, share in about), default=0.0),
        righted=max((one.puts_right * share for one, share in about), default=0.0),
        sure=math.prod(
            1 - how["doubt"] * one.thinner * said[one.place - 1] / best for one, _share in about if said[one.place - 1]
        ),
    )


def _is_about(one: LookingBack, places: Sequence[int]) -> bool:
    return one.place in places or one.place - 1 in places


def shown(answers: Sequence[Weighed], scale: Scale) -> dict[str, float]:
    """Feature -> 0 to 1."""
    found = {
        name: _mean([(item.features[name], weight) for item, weight in answers]) for name in answers[0][0].features
    }
    found["best_anchor"] = _mean([(relevance.likeness(item, scale), weight) for item, weight in answers])
    found["top_anchor"] = _mean([(relevance.touched(item, scale), weight) for item, weight in answers])
    return found


def score(weight: Weight, scale: Scale, fit: Fit) -> float:
    """The score of `fit`, nearer to the middle where few answers speak for more; then what was taken back.

    What is not medium comes nearer to the middle with every follow-up that told less than what it asked about.
    """
    how = lexicon().settings["looking_back"]
    found = fit.score(shown(weight.answers, scale))
    if found > fit.middle:
        weights = [each for _, each in weight.answers]
        count = sum(weights) / max(weights)  # what says little counts little as an answer too
        found = fit.middle + (found - fit.middle) * count / (count + how["answers_to_believe"])
    if weight.righted and found < fit.middle:
        found = min(found + how["puts_right"] * weight.righted, fit.middle)
    if not fit.thresholds[0] <= found <= fit.thresholds[1]:
        found = fit.middle + (found - fit.middle) * weight.sure
    return found - how["takes_back"] * weight.taken


def _mean(values: Sequence[tuple[float, float]]) -> float:
    """Of values, each with its weight."""
    return sum(value * weight for value, weight in values) / sum(weight for _, weight in values)
