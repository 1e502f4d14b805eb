"""What is added up of evaluations and reviews since a moment, by what made them and by whose scale they rate."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

# Each begins with the columns of a cell's key: four of Maker, and the version whose scale rated.
EVALUATIONS = """
    SELECT e.mode, e.versions ->> 'evaluator', e.versions ->> 'prompt', e.versions ->> 'model',
           coalesce(e.rubric_id, i.version_id), count(*)
      FROM interviews_evaluation e JOIN interviews_interview i ON i.id = e.interview_id
     WHERE e.finished_at >= %s
     GROUP BY 1, 2, 3, 4, 5"""
RATINGS = """
    SELECT e.mode, e.versions ->> 'evaluator', e.versions ->> 'prompt', e.versions ->> 'model',
           coalesce(e.rubric_id, i.version_id), c.withheld, c.spread, count(*), count(c.level)
      FROM interviews_evaluation e JOIN interviews_interview i ON i.id = e.interview_id
      JOIN interviews_competencyrating c ON c.evaluation_id = e.id
     WHERE e.finished_at >= %s
     GROUP BY 1, 2, 3, 4, 5, 6, 7"""
FIGURES = """
    SELECT e.mode, e.versions ->> 'evaluator', e.versions ->> 'prompt', f.model,
           coalesce(e.rubric_id, i.version_id), count(*), sum(f.answers), sum(f.refused), sum(f.quotes),
           sum(f.located), sum(f.levels), sum(f.supported)
      FROM interviews_evaluation e JOIN interviews_interview i ON i.id = e.interview_id
      JOIN interviews_modelfigures f ON f.evaluation_id = e.id
     WHERE e.finished_at >= %s
     GROUP BY 1, 2, 3, 4, 5"""
# A person's level is compared with that of the evaluation that stands, where both rate on the same scale.
AGREEMENT = """
    SELECT e.mode, e.versions ->> 'evaluator', e.versions ->> 'prompt', e.versions ->> 'model',
           coalesce(e.rubric_id, i.version_id), array_agg(DISTINCT i.id), array_agg(DISTINCT r.reviewer_id), count(*),
           count(*) FILTER (WHERE abs(own.level - c.level) <= 1)
      FROM interviews_review r
      JOIN interviews_interview i ON i.id = r.interview_id
      JOIN interviews_evaluation e ON e.interview_id = i.id AND e.status IN ('ready', 'provisional')
      JOIN interviews_reviewrating own ON own.review_id = r.id
      JOIN interviews_competencyrating c ON c.evaluation_id = e.id AND c.competency_id = own.competency_id
     WHERE r.submitted_at >= %s AND r.status = 'submitted' AND own.level IS NOT NULL AND c.level IS NOT NULL
     GROUP BY 1, 2, 3, 4, 5"""


class Maker(NamedTuple):
    """What made an evaluation; without a model, `prompt` and `model` are ""."""

    mode: str
    evaluator: str
    prompt: str
    model: str


@dataclass(slots=True)
class Sums:
    """Of one maker and scale, or of several. `heard` are the evaluations for which a model was asked."""

    evaluations: int = 0
    ratings: int = 0
    without_level: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    distances: Counter[int] = field(default_factory=Counter)
    heard: int = 0
    answers: int = 0
    refused: int = 0
    quotes: int = 0
    located: int = 0
    levels: int = 0
    supported: int = 0
    reviewed: set[UUID] = field(default_factory=set)
    reviewers: set[UUID] = field(default_factory=set)
    pairs: int = 0
    near: int = 0

    def add(self, other: "Sums") -> None:
        for name in self.__slots__:
            mine, others = getattr(self, name), getattr(other, name)
            setattr(self, name, mine | others if isinstance(mine, set) else mine + others)

    def add_evaluations(self, count: int) -> None:
        self.evaluations += count

    def add_ratings(self, withheld: str, spread: int | None, count: int, rated: int) -> None:
        self.ratings += count
        self.without_level += count - rated
        if withheld:
            self.withheld[withheld] += count
        if spread is not None:
            self.distances[spread] += count

    def add_figures(self, *counts: int) -> None:
        names = ("heard", "answers", "refused", "quotes", "located", "levels", "supported")
        for name, count in zip(names, counts, strict=True):
            setattr(self, name, getattr(self, name) + count)

    def add_agreement(self, interviews: list[UUID], reviewers: list[UUID], pairs: int, near: int) -> None:
        self.reviewed.update(interviews)
        self.reviewers.update(reviewers)
        self.pairs += pairs
        self.near += near


Cells = dict[tuple[Maker, UUID], Sums]
PARTS: tuple[tuple[str, Callable[..., None]], ...] = (
    (EVALUATIONS, Sums.add_evaluations),
    (RATINGS, Sums.add_ratings),
    (FIGURES, Sums.add_figures),
    (AGREEMENT, Sums.add_agreement),
)


def since(moment: datetime) -> Cells:
    """By maker and the version whose scale rated: one statement for each of the four tables."""
    cells: Cells = defaultdict(Sums)
    for statement, add in PARTS:
        for mode, evaluator, prompt, model, scale, *counts in _rows(statement, moment):
            add(cells[Maker(mode, evaluator or "", prompt or "", model or ""), scale], *counts)
    return cells


def together(cells: Iterable[Sums]) -> Sums:
    total = Sums()
    for cell in cells:
        total.add(cell)
    return total


def _rows(statement: str, moment: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [moment])
        return cursor.fetchall()
