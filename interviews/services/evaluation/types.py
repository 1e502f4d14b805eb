"""What the evaluator takes and gives: plain data, no models."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CompetencyText:
    key: str
    name: str
    definition: str
    anchors: tuple[str, str, str, str, str]
    dimension: str
    weight: Decimal


@dataclass(frozen=True, slots=True)
class Answer:
    turn_id: UUID
    question: str
    text: str
    competency_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    turn_id: UUID
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Rating:
    competency_key: str
    level: int | None
    confidence: Decimal
    rationale: str
    not_covered: str
    quotes: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Point:
    text: str
    quote: Span


@dataclass(frozen=True, slots=True)
class Scores:
    overall: Decimal | None
    technical: Decimal | None
    communication: Decimal | None
    values: Decimal | None
    coverage: Decimal
    spread: Decimal
    recommendation: str


@dataclass(frozen=True, slots=True)
class Result:
    ratings: tuple[Rating, ...]
    scores: Scores
    strengths: tuple[Point, ...]
    weaknesses: tuple[Point, ...]
    mode: str
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Thresholds:
    hire: Decimal
    maybe: Decimal
    coverage_floor: Decimal


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    interview_id: UUID
    known: tuple[str, ...]
