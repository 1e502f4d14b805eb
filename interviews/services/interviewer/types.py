from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Exchange:
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class TurnContext:
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
    text: str
    probe: str | None
    mode: str
    model: str
    prompt_version: str
    tokens_in: int
    tokens_out: int
    model_ms: int
