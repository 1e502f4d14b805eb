"""What the answers so far show about each competency, and so which follow-up is wanted next.

The account is made without a model, from the features of the basic evaluator, sentence by sentence. Sentences that
are no evidence (praise of oneself, the question pasted back, repetition, buzzwords in a row) are set aside there.
Each kind is a share of 0..1 per competency, the best that one answer to a question about it shows:

evidence    sentences with a method or a figure and no mere impression; two are enough
ownership   sentences in the first person in which nobody else did it and nothing was left undone; two are enough
result      a sentence that says what came of it
clarify     the share of sentences that are neither hedged nor an impression; 0 where nearly nothing was said

Sentences are counted up to that number and words not at all, so a longer answer is no better one.

A follow-up is about the competency of the question with the greatest weight x what is missing. It is wanted while
the caps last, never for a kind that this question's follow-ups asked for already, never after the candidate
declined, and not where core questions to come about heavier competencies have a claim on what is left of the
interview's cap. A hypothetical question has no own part and no result to ask for. The lists are English: in
another language nothing is wanted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from interviews.services.evaluation import features
from interviews.services.evaluation.features import Evidence
from interviews.services.evaluation.lexicon import folded, lexicon
from interviews.services.evaluation.types import Answer, CompetencyText
from interviews.services.interviewer import phrases
from interviews.services.interviewer.types import KINDS, Wanted

FILE = "coverage"
LANGUAGES = ("en",)
ASKED_IN_DOUBT = ("clarify", "evidence", "ownership", "result")  # the order of what is equally missing
NEEDS_A_PAST = frozenset({"ownership", "result"})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the interview stands. `keys` are the competencies of the core question, `to_come` those of later ones."""

    question: str  # the core question's text
    keys: tuple[str, ...]
    asked_kinds: frozenset[str]  # of this question's follow-ups
    left: int  # follow-ups that this question may still get
    left_in_interview: int
    to_come: tuple[tuple[str, ...], ...]
    language: str = "en"


Shown = dict[str, float]


def wanted(competencies: Sequence[CompetencyText], answers: Sequence[Answer], at: Standing) -> Wanted:
    """The kinds of follow-up to the last of `answers` that coverage asks for, most missing first."""
    if min(at.left, at.left_in_interview) <= 0 or at.language.partition("-")[0] not in LANGUAGES:
        return Wanted()
    if not at.keys or not answers or phrases.pattern(FILE, "declined").search(phrases.plain(answers[-1].text)):
        return Wanted()
    asked = [competency for competency in competencies if competency.key in at.keys]
    kinds, shown = _askable(at.question), account(at.keys, answers)
    needs = {one.key: float(one.weight) * _missing(shown[one.key], kinds) for one in asked}
    about = max(asked, key=lambda one: needs[one.key])
    missing = _most_missing(shown[about.key], [kind for kind in kinds if kind not in at.asked_kinds])
    if not missing or not needs[about.key] or _is_kept_back(needs[about.key], competencies, at):
        return Wanted()
    return Wanted(missing, about.name)


def told(answer: Answer) -> tuple[str, ...]:
    """The kinds that one answer shows wholly by itself, of those that its question can be answered with."""
    found = shown(features.read([answer])[0])
    return tuple(kind for kind in _askable(answer.question) if found[kind] == 1)


def account(keys: Sequence[str], answers: Sequence[Answer]) -> dict[str, Shown]:
    """competency key -> kind -> the share that the answers to its questions show so far."""
    about = [answer for answer in answers if any(key in keys for key in answer.competency_keys)]
    found = [(item.answer.competency_keys, shown(item)) for item in features.read(about)]
    return {key: _best([one for meant, one in found if key in meant]) for key in keys}


def shown(item: Evidence) -> Shown:
    """kind -> the share that one answer shows."""
    if not item.is_any:
        return dict.fromkeys(KINDS, 0.0)
    counts, said = dict.fromkeys(KINDS, 0), lexicon().phrases
    for sentence in item.sentences:
        has = {name: pattern.search(folded(sentence.text)) is not None for name, pattern in said.items()}
        counts["evidence"] += (has["method"] or has["figure"]) and not has["impression"]
        counts["ownership"] += has["ownership"] and not (has["disowned"] or has["absence"])
        counts["result"] += has["result"] and not has["absence"]
        counts["clarify"] += not (has["hedge"] or has["impression"])
    full = phrases.data(FILE)["full"] | {"clarify": len(item.sentences)}
    return {kind: min(1.0, counts[kind] / full[kind]) for kind in KINDS}


def _best(shown: Sequence[Shown]) -> Shown:
    return {kind: max((one[kind] for one in shown), default=0.0) for kind in KINDS}


def _askable(question: str) -> tuple[str, ...]:
    hypothetical = phrases.pattern(FILE, "hypothetical").search(phrases.plain(question)) is not None
    return tuple(kind for kind in ASKED_IN_DOUBT if not (hypothetical and kind in NEEDS_A_PAST))


def _missing(found: Shown, kinds: Sequence[str]) -> float:
    return sum(1 - found[kind] for kind in kinds) / len(kinds)


def _most_missing(found: Shown, kinds: Iterable[str]) -> tuple[str, ...]:
    least = phrases.data(FILE)["wanted_from"]
    return tuple(sorted((kind for kind in kinds if 1 - found[kind] >= least), key=lambda kind: found[kind]))


def _is_kept_back(need: float, competencies: Sequence[CompetencyText], at: Standing) -> bool:
    """Whether as many questions to come as follow-ups are left can be expected to need one more than this."""
    weights = {item.key: float(item.weight) for item in competencies}
    expected = phrases.data(FILE)["expected"]
    claims = sum(max((weights[key] for key in keys), default=0.0) * expected > need for keys in at.to_come)
    return claims >= at.left_in_interview
