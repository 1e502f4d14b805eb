"""What the interviewer takes and gives: plain data, no models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

# What a follow-up may ask for: a concrete example, the person's own part, what came of it, what was meant.
KINDS = ("evidence", "ownership", "result", "clarify")
AGAIN = "again"  # the kind of a turn that shows a question once more: no follow-up, and no model asks for it


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question as it was shown, and what the candidate said."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What coverage asks for next: kinds of follow-up, most missing first, about one competency.

    Nothing wanted = no follow-up is possible.
    """

    kinds: tuple[str, ...] = ()
    about: str = ""  # the competency's name, "" where nothing is wanted


@dataclass(frozen=True, slots=True)
class Probe:
    """A follow-up question; `kind` is one of KINDS. Of kind AGAIN it is the last question once more."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What a reply is written from. The last of `recent` (three at most) is the answer to reply to."""

    interview_id: UUID
    turn_id: UUID
    job_title: str
    company: str
    requirements: tuple[str, ...]  # "name: definition" of each competency
    candidate_names: tuple[str, ...]  # for redaction only, never sent
    recent: tuple[Exchange, ...]
    questions: tuple[str, ...]  # every question shown so far and every core question to come
    next_question: str | None  # the core question that follows word for word; None after the last one
    wanted: Wanted
    jurisdiction: str  # which private matters are forbidden; "" = all
    language: str
    number: int = 1  # of the turn in its interview
    told: tuple[str, ...] = ()  # kinds that the last answer shows wholly
    shown_again: bool = False  # this core question was asked once more already
    every_reply: bool = False  # the job wants a model's words also where no follow-up is wanted
    so_far: str = ""  # what the answers show and which follow-ups were asked, in one line
    written: Mapping[str, str] = field(
        default_factory=dict
    )  # kind -> the follow-up that the plan has for this question


@dataclass(frozen=True, slots=True)
class Reply:
    """What the candidate reads before the next question.

    `mode` says whose words they are: a model's, a template's where none was needed, or the script's (basic) where
    none could be asked or its words were refused. `model` and the numbers are those of a call that was made, also
    where its text was refused.
    """

    text: str
    probe: Probe | None  # one follow-up question; None = go on
    mode: str
    model: str
    prompt_version: str
    tokens_in: int
    tokens_out: int
    model_ms: int
    first_ms: int = 0  # until the first words of the model
    trouble: str = ""  # why the script took the model's place: timeout, refused or unavailable
