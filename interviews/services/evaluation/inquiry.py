"""What a model is asked about each competency: which answers, in which order and words, and how often.

A competency is rated on the answers to its own questions: what else was said cannot move it. It is asked about in
three passes, and where an answer gives orders once more without the words that do (CLEARED).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from interviews.services.evaluation import features, orders, relevance
from interviews.services.evaluation.readable import Readable
from interviews.services.evaluation.types import Answer, CompetencyText

PASSES = ("1", "2", "3")
CLEARED = "cleared"
MOST_CHARACTERS = 9000  # of questions and answers in one call; beyond it the most relevant ones are sent

Sent = tuple[tuple[str, Answer], ...]  # each with its id


@dataclass(frozen=True, slots=True)
class Pass:
    """One call. `wording` counts the prompt's wordings from 0, which alone asks for reasons in words."""

    name: str
    wording: int
    sent: Sent


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The calls about one competency: none where nobody answered to it.

    `left_out` answers did not fit, `whole` says whether that is the smaller part. `blanked` are those of the others
    that give orders, or may, with these words blanked and every other in its place.
    """

    competency: CompetencyText
    answers: tuple[Answer, ...]
    left_out: int
    whole: bool
    blanked: Mapping[UUID, str]
    passes: tuple[Pass, ...]

    @property
    def flagged(self) -> bool:
        return bool(self.blanked)


def plan(competencies: Sequence[CompetencyText], found: Readable) -> tuple[Inquiry, ...]:
    """What is asked about each competency; the same for the same answers."""
    given = {one.turn_id: one.text for one in found.answers}
    cleared = {one.turn_id: one.text for one in orders.cleared(found.answers).answers}
    inquiries = []
    for competency in competencies:
        meant = [one for one in found.answers if one.text.strip() and _is_about(one, competency, found)]
        chosen = _within_limit(competency, competencies, meant)
        turns = [one.turn_id for one in chosen]
        blanked = {turn_id: cleared[turn_id] for turn_id in turns if cleared[turn_id] != given[turn_id]}
        whole = 2 * sum(map(_size, chosen)) >= sum(map(_size, meant))
        left_out = len(meant) - len(chosen)
        inquiries.append(Inquiry(competency, tuple(chosen), left_out, whole, blanked, _passes(chosen, blanked)))
    return tuple(inquiries)


def _is_about(answer: Answer, competency: CompetencyText, found: Readable) -> bool:
    return not found.mapped or competency.key in answer.competency_keys


def _passes(chosen: Sequence[Answer], blanked: Mapping[UUID, str]) -> tuple[Pass, ...]:
    """As they were given, the last first, and from the middle on; then without orders, if anything is left."""
    if not chosen:
        return ()
    sent = tuple((f"A{place}", answer) for place, answer in enumerate(chosen, 1))
    middle = (len(sent) + 1) // 2
    orders_of = (sent, sent[::-1], (*sent[middle:], *sent[:middle]))
    passes = tuple(Pass(name, place, order) for place, (name, order) in enumerate(zip(PASSES, orders_of, strict=True)))
    rest = tuple((name, left) for name, answer in sent if (left := _without(answer, blanked)).text)
    return (*passes, Pass(CLEARED, 1, rest)) if blanked and rest else passes


def _without(answer: Answer, blanked: Mapping[UUID, str]) -> Answer:
    """The answer without the gaps that its blanked words leave."""
    if answer.turn_id not in blanked:
        return answer
    return replace(answer, text=re.sub(r"\s+", " ", blanked[answer.turn_id]).strip())


def _within_limit(
    competency: CompetencyText, competencies: Sequence[CompetencyText], meant: Sequence[Answer]
) -> list[Answer]:
    """The most relevant answers that fit, in the order in which they were given."""
    if sum(map(_size, meant)) <= MOST_CHARACTERS:
        return list(meant)
    scale = relevance.scales(competencies)[competency.key]
    chosen, left = set(), MOST_CHARACTERS
    for item in relevance.ranked(features.read(meant), competency.key, scale):
        if _size(item.answer) <= left:
            chosen.add(item.answer.turn_id)
            left -= _size(item.answer)
    return [answer for answer in meant if answer.turn_id in chosen]


def _size(answer: Answer) -> int:
    """Its characters; where they take more than two bytes, half of its bytes, because such take more tokens."""
    text = answer.text + answer.question
    return max(len(text), len(text.encode("utf-8", "surrogatepass")) // 2)
