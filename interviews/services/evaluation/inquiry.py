"""What a model is asked about each competency: which answers, in which order and words, and how often.

A competency is rated on the answers to its own questions: what else was said cannot move it. It is asked about in
three passes, and where an answer gives orders once more without the words that do (CLEARED).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from interviews.services.evaluation import features, orders, relevance
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

    `left_out` answers did not fit; `flagged`: one of the others gives orders.
    """

    competency: CompetencyText
    answers: tuple[Answer, ...]
    left_out: int
    flagged: bool
    passes: tuple[Pass, ...]


def plan(competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> tuple[Inquiry, ...]:
    """What is asked about each competency; the same for the same answers."""
    read = orders.cleared(answers)
    flagged = {one.turn_id for one in read.flagged}
    mapped = any(answer.competency_keys for answer in answers)
    inquiries = []
    for competency in competencies:
        meant = [one for one in answers if one.text.strip() and (not mapped or competency.key in one.competency_keys)]
        chosen = _within_limit(competency, competencies, meant)
        orders_given = any(answer.turn_id in flagged for answer in chosen)
        passes = _passes(chosen, _clean(read.answers) if orders_given else {})
        inquiries.append(Inquiry(competency, tuple(chosen), len(meant) - len(chosen), orders_given, passes))
    return tuple(inquiries)


def _clean(answers: Sequence[Answer]) -> dict[UUID, Answer]:
    """The answers of which something is left, without the gaps."""
    short = (replace(one, text=re.sub(r"\s+", " ", one.text).strip()) for one in answers)
    return {one.turn_id: one for one in short if one.text}


def _passes(chosen: Sequence[Answer], clean: dict[UUID, Answer]) -> tuple[Pass, ...]:
    """As they were given, the last first, and from the middle on; then without orders, if anything is left."""
    if not chosen:
        return ()
    sent = tuple((f"A{place}", answer) for place, answer in enumerate(chosen, 1))
    middle = (len(sent) + 1) // 2
    orders_of = (sent, sent[::-1], (*sent[middle:], *sent[:middle]))
    passes = tuple(Pass(name, place, order) for place, (name, order) in enumerate(zip(PASSES, orders_of, strict=True)))
    rest = tuple((name, clean[answer.turn_id]) for name, answer in sent if answer.turn_id in clean)
    return (*passes, Pass(CLEARED, 1, rest)) if rest else passes


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
    return len(answer.text) + len(answer.question)
