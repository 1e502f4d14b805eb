"""What the evaluator takes and gives: plain data, no models."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from llm.policy import TenantPolicy


@dataclass(frozen=True, slots=True)
class CompetencyText:
    """A behavioural scale. `anchors` are for levels 1 to 5, "" where a three-anchor rubric has none.

    `dimension` is technical, communication or values; `weight` is relative to the job's other competencies.
    """

    key: str
    name: str
    definition: str
    anchors: tuple[str, str, str, str, str]
    dimension: str
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Answer:
    """What a candidate said to a question, and which competencies the question was meant for."""

    turn_id: UUID
    question: str
    text: str
    competency_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an answer: `Answer.text[start:end]`, in code points."""

    turn_id: UUID
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rating:
    """A level with its evidence. `level` None = no evidence, which is never a low level; then there are no quotes.

    `value` is where on the scale of 1 to 5 the evidence stands, finer than the level; None without one. `counter` are
    words that speak against the level. `withheld` is why a person has to rate it (a code of
    interviews.models.CompetencyRating.Withheld), "" where nothing is in the way. `spread` is the distance of a model's
    passes, in levels. `left_out` is how many answers did not fit into the question.
    """

    competency_key: str
    level: int | None
    confidence: Decimal  # 0..1
    rationale: str
    not_covered: str
    quotes: tuple[Span, ...]
    value: Decimal | None = None
    withheld: str = ""
    counter: tuple[Span, ...] = ()
    spread: int | None = None
    left_out: int = 0

    @property
    def standing(self) -> Decimal | None:
        """The value, or the level where an evaluator gives no finer one."""
        if self.value is not None:
            return self.value
        return None if self.level is None else Decimal(self.level)


@dataclass(frozen=True, slots=True)
class Output:
    """What a model said about a competency in the pass `name`, as it came through the schema."""

    competency_key: str
    said: dict[str, Any]
    name: str
    model: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """How much of an output stands: quotes that were said and located, a level that was said and kept a quote."""

    model: str
    quotes: int
    located: int
    level: bool
    supported: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A strength or a weakness, and the words that show it."""

    text: str
    quote: Span


@dataclass(frozen=True, slots=True)
class Scores:
    """Numbers computed from the ratings: 0-100 with one decimal, None where nothing was rated.

    `coverage` is the share of the weight that was rated, `spread` the weighted standard deviation of the rated
    competencies' scores. `recommendation` is hire, maybe, no_hire, or "" below the coverage floor and where a rating is
    withheld; `reason` says why, in the codes of interviews.models.Evaluation.Reason.
    """

    overall: Decimal | None
    technical: Decimal | None
    communication: Decimal | None
    values: Decimal | None
    coverage: Decimal
    spread: Decimal
    recommendation: str
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    """An evaluation. `mode` is model or basic; `versions` names what it was made with, and the hash of its input.

    `parameters` is what else it was made with, `outputs` what a model said, none in basic mode, `spoken` how much
    of each stands; `trouble` is why one was asked in vain, where asking later may help.
    """

    ratings: tuple[Rating, ...]
    scores: Scores
    strengths: tuple[Point, ...]
    weaknesses: tuple[Point, ...]
    mode: str
    versions: dict[str, str]
    parameters: dict[str, Any] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The job's bars on the 0-100 scale; `coverage_floor` is a share."""

    hire: Decimal
    maybe: Decimal
    coverage_floor: Decimal


@dataclass(frozen=True, slots=True)
class Material:
    """What an evaluation is made of, and how many hours it may wait for a batch."""

    competencies: tuple[CompetencyText, ...]
    answers: tuple[Answer, ...]
    thresholds: Thresholds
    policy: TenantPolicy
    context: "EvaluationContext"
    waits_hours: int


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """Whose interview this is; `known` are the identifiers of the person (`subject_id`), which never leave.

    `rubric` names the version of the scorecard, `language` is the interview's. `mapped`: its questions were meant for
    competencies, each for some, whether or not somebody answered; None = as the answers say. `feature` is what its
    calls of a model are counted, limited and kept as (llm.features).
    """

    interview_id: UUID
    known: tuple[str, ...]
    subject_id: UUID | None = None
    rubric: str = ""
    language: str = "en"
    mapped: bool | None = None
    feature: str = "evaluation"
