"""Which answers say something about which competency.

A competency's scale is the words of its name, definition and anchors; words that every competency of the job
uses weigh little, words that all rubrics use less. An answer is relevant by its own words, by the question it
replies to (as far as it stays on that topic), and because the question was meant for the competency.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interviews.services.evaluation.features import Evidence
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.types import CompetencyText


@dataclass(frozen=True, slots=True)
class Scale:
    """A competency's words: stem -> weight, the stems that only its two best anchors use, and the best one's own.

    `best` has the stems of the best anchor, each with how rare it is among the best anchors of the job. `fullness` is 1
    for a scale of many words, less for a short one, which an answer can share less with.
    """

    weights: dict[str, float]
    top: frozenset[str]
    best: dict[str, float]
    fullness: float


def scales(competencies: Sequence[CompetencyText]) -> dict[str, Scale]:
    """The words of each competency, by its key."""
    counted = {competency.key: _count(competency) for competency in competencies}
    used = Counter(stem for counts in counted.values() for stem in counts)
    rubric, share = lexicon().rubric_words, lexicon().settings["relevance"]["rubric_word"]
    best = {competency.key: frozenset(lexicon().content(competency.anchors[-1])) for competency in competencies}
    tops = {competency.key: _top(competency) for competency in competencies}
    shared = Counter(stem for stems in best.values() for stem in stems)
    rarity = {stem: math.log(1 + len(counted) / used[stem]) * (share if stem in rubric else 1) for stem in used}
    made = {}
    for key, counts in counted.items():
        weights = {stem: math.sqrt(times) * rarity[stem] for stem, times in counts.items()}
        own = {stem: math.log(1 + len(best) / shared[stem]) for stem in best[key]}
        made[key] = Scale(weights, tops[key], own, _fullness(weights))
    return made


def measured(evidence: Sequence[Evidence], key: str, scale: Scale) -> list[float]:
    """How much each answer says about the competency, 0 for one that says nothing at all."""
    return [_relevance(item, key, scale) if item.is_any else 0.0 for item in evidence]


def counted(relevances: Sequence[float]) -> list[int]:
    """The places of the answers that count, given how much each says; none = no evidence."""
    how = lexicon().settings["relevance"]
    best = max(relevances, default=0.0)
    if best < how["least"]:
        return []
    return [place for place, value in enumerate(relevances) if value >= how["share_of_best"] * best]


def ranked(evidence: Sequence[Evidence], key: str, scale: Scale) -> list[Evidence]:
    """All answers, those that say most about the competency first."""
    return sorted(evidence, key=lambda item: -_relevance(item, key, scale))


def overlap(stems: frozenset[str], scale: Scale) -> float:
    """How much of the scale these words touch, whatever their number."""
    smoothing = lexicon().settings["relevance"]["smoothing"]
    return sum(scale.weights.get(stem, 0.0) for stem in stems) / math.sqrt(smoothing + len(stems))


def likeness(item: Evidence, scale: Scale) -> float:
    """How much of the best anchor the answer speaks of in words that the question did not give it, 0 to 1."""
    own = item.stems - item.question
    smoothing, most = lexicon().settings["relevance"]["smoothing"], lexicon().settings["best_anchor"]["most"]
    touched = sum(scale.best.get(stem, 0.0) for stem in own) / math.sqrt(smoothing + len(item.stems))
    return min(touched, most) / most


def touched(item: Evidence, scale: Scale) -> float:
    """How many stems of the two best anchors alone the answer has, 0 to 1."""
    most = lexicon().settings["top_anchor"]["most"]
    return float(min(len(item.stems & scale.top), most) / most)


def _relevance(item: Evidence, key: str, scale: Scale) -> float:
    how = lexicon().settings["relevance"]
    meant = how["mapped"] if key in item.answer.competency_keys else 0.0
    if not meant and len(item.stems & scale.weights.keys()) < max(1, round(how["fewest_shared"] * scale.fullness)):
        return 0.0  # one word in common with a long scale is chance
    own = overlap(item.stems, scale)
    shared = len(item.stems & item.question) / math.sqrt(how["smoothing"] + len(item.stems))
    on_topic = min(1.0, (own + shared) / how["on_topic"])
    return float((own + on_topic * how["question"] * overlap(item.question, scale)) / scale.fullness + on_topic * meant)


def _fullness(weights: Mapping[str, float]) -> float:
    size = math.sqrt(sum(weight * weight for weight in weights.values()))
    how = lexicon().settings["relevance"]
    return float(max(how["least_full"], min(size / how["full_at"], 1.0)))


def _count(competency: CompetencyText) -> Counter[str]:
    lex = lexicon()
    counts: Counter[str] = Counter()
    for stem in lex.content(competency.name):
        counts[stem] += lex.settings["relevance"]["name"]
    for text in (competency.definition, *competency.anchors):
        counts.update(set(lex.content(text)))
    return counts


def _top(competency: CompetencyText) -> frozenset[str]:
    lex = lexicon()
    low, below, middle, above, high = (frozenset(lex.content(anchor)) for anchor in competency.anchors)
    return (above | high) - (low | below | middle)
