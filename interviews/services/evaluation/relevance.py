"""Which answers say something about which competency.

A competency's scale is the words of its name, definition and anchors; words that every competency of the job
uses weigh little, words that all rubrics use less. An answer is relevant by its own words, by the question it
replies to (as far as it stays on that topic), and because the question was meant for the competency.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from interviews.services.evaluation.features import Evidence
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.types import CompetencyText


@dataclass(frozen=True, slots=True)
class Scale:
    """A competency's words: stem -> weight, and the stems that only its two best anchors use."""

    weights: dict[str, float]
    top: frozenset[str]


def scales(competencies: Sequence[CompetencyText]) -> dict[str, Scale]:
    """The words of each competency, by its key."""
    counted = {competency.key: _count(competency) for competency in competencies}
    used = Counter(stem for counts in counted.values() for stem in counts)
    rubric, share = lexicon().rubric_words, lexicon().settings["relevance"]["rubric_word"]
    rarity = {stem: math.log(1 + len(counted) / used[stem]) * (share if stem in rubric else 1) for stem in used}
    return {
        competency.key: Scale(
            weights={stem: math.sqrt(times) * rarity[stem] for stem, times in counted[competency.key].items()},
            top=_top(competency),
        )
        for competency in competencies
    }


def relevant(evidence: Sequence[Evidence], key: str, scale: Scale) -> list[tuple[Evidence, float]]:
    """The answers that say something about the competency, each with its weight; empty = no evidence."""
    how = lexicon().settings["relevance"]
    measured = [(item, _relevance(item, key, scale)) for item in evidence if item.is_any]
    best = max((value for _, value in measured), default=0.0)
    if best < how["least"]:
        return []
    return [(item, value ** how["power"]) for item, value in measured if value >= how["share_of_best"] * best]


def ranked(evidence: Sequence[Evidence], key: str, scale: Scale) -> list[Evidence]:
    """All answers, those that say most about the competency first."""
    return sorted(evidence, key=lambda item: -_relevance(item, key, scale))


def overlap(stems: frozenset[str], scale: Scale) -> float:
    """How much of the scale these words touch, whatever their number."""
    smoothing = lexicon().settings["relevance"]["smoothing"]
    return sum(scale.weights.get(stem, 0.0) for stem in stems) / math.sqrt(smoothing + len(stems))


def score(item: Evidence, scale: Scale) -> float:
    """The answer's score for this competency: its own, and a little for what the best anchors speak of."""
    how = lexicon().settings["top_anchor"]
    touched: int = min(len(item.stems & scale.top), how["most"])
    return float(item.score + how["coefficient"] * touched / how["most"])


def _relevance(item: Evidence, key: str, scale: Scale) -> float:
    how = lexicon().settings["relevance"]
    meant = how["mapped"] if key in item.answer.competency_keys else 0.0
    if not meant and len(item.stems & scale.weights.keys()) < how["fewest_shared"]:
        return 0.0  # one word in common is chance
    own = overlap(item.stems, scale)
    shared = len(item.stems & item.question) / math.sqrt(how["smoothing"] + len(item.stems))
    on_topic = min(1.0, (own + shared) / how["on_topic"])
    return float(own + on_topic * (how["question"] * overlap(item.question, scale) + meant))


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
