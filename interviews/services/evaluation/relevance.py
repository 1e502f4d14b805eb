"""Which answers say something about which competency.

A competency's scale is the words of its name, definition and anchors; words that every competency of the job
uses weigh little, words that all rubrics use less. An answer is relevant by its own words, by the question it
replies to (as far as it stays on that topic), and because the question was meant for the competency.
"""

import math
from collections import Counter
from collections.abc import Sequence

from interviews.services.evaluation.features import Evidence
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.types import CompetencyText

Scale = dict[str, float]  # stem -> weight


def scales(competencies: Sequence[CompetencyText]) -> dict[str, Scale]:
    """The weighted words of each competency, by its key."""
    counted = {competency.key: _count(competency) for competency in competencies}
    used = Counter(stem for counts in counted.values() for stem in counts)
    rubric, share = lexicon().rubric_words, lexicon().settings["relevance"]["rubric_word"]
    return {
        key: {
            stem: math.sqrt(times) * math.log(1 + len(counted) / used[stem]) * (share if stem in rubric else 1)
            for stem, times in counts.items()
        }
        for key, counts in counted.items()
    }


def relevant(evidence: Sequence[Evidence], key: str, scale: Scale) -> list[tuple[Evidence, float]]:
    """The answers that say something about the competency, each with its weight; empty = no evidence."""
    how = lexicon().settings["relevance"]
    measured = [(item, _relevance(item, key, scale)) for item in evidence if item.is_any]
    best = max((value for _, value in measured), default=0.0)
    if best < how["least"]:
        return []
    return [(item, value ** how["power"]) for item, value in measured if value >= how["share_of_best"] * best]


def overlap(stems: frozenset[str], scale: Scale) -> float:
    """How much of the scale these words touch, whatever their number."""
    return sum(scale.get(stem, 0.0) for stem in stems) / math.sqrt(
        lexicon().settings["relevance"]["smoothing"] + len(stems)
    )


def _relevance(item: Evidence, key: str, scale: Scale) -> float:
    how = lexicon().settings["relevance"]
    own = overlap(item.stems, scale)
    shared = len(item.stems & item.question) / math.sqrt(how["smoothing"] + len(item.stems))
    on_topic = min(1.0, (own + shared) / how["on_topic"])
    meant = how["mapped"] if key in item.answer.competency_keys else 0.0
    return own + on_topic * (how["question"] * overlap(item.question, scale) + meant)


def _count(competency: CompetencyText) -> Counter[str]:
    lex = lexicon()
    counts: Counter[str] = Counter()
    for stem in lex.content(competency.name):
        counts[stem] += lex.settings["relevance"]["name"]
    for text in (competency.definition, *competency.anchors):
        counts.update(set(lex.content(text)))
    return counts
