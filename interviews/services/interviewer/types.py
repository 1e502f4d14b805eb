"""What the interviewer takes and gives: plain data, no models."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question as it was shown, and the answer to it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class TurnContext:
    """Everything a reply is written from.

    :param requirements: "name: definition" of each competency.
    :param candidate_names: identifiers of the candidate, for redaction alone; never sent.
    :param recent: the last turns, at most three; the last one is the answer to reply to.
    :param next_question: the core question that follows word for word, None after the last one.
    """

    interview_id: UUID
    turn_id: UUID
    job_title: str
    company: str
    requirements: tuple[str, ...]
    candidate_names: tuple[str, ...]
    recent: tuple[Exchange, ...]
    next_question: str | None
    may_probe: bool
    language: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A transition that neither praises nor judges, and one optional follow-up question.

    :param mode: "model", or "basic" where the script spoke.
    :param model_ms: time on the wire, 0 in basic mode.
    """

    text: str
    probe: str | None
    mode: str
    model: str = ""
    prompt_version: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    model_ms: int = 0
