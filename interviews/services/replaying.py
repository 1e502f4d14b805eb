"""Replaying an evaluation: its result is derived once more from what was stored, and compared with what was stored.

Nobody is asked: what a model said is kept with the evaluation, sealed under the candidate's key.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from core import audit
from interviews.models import Evaluation, Finding
from interviews.services import evaluations, standing
from interviews.services.evaluation import basic, code, derive, input_hash, model
from interviews.services.evaluation.types import Output, Point, Rating, Result
from keys.box import CannotOpen
from keys.ring import KeyDestroyed

SCORES = ("overall", "technical", "communication", "values", "coverage", "spread", "recommendation")


class CannotReplay(Exception):
    """There is nothing to derive this evaluation from; the message says why."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not as it was, e.g. "rating of sql: level"."""

    what: str
    stored: Any
    derived: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """How the evaluation was made, and where its derived result is not the stored one."""

    versions: Mapping[str, str]
    code: str
    differences: tuple[Difference, ...]


def replay(*, evaluation_id: UUID) -> Replay:
    """Derive the result anew, of this evaluation or of the newest one of this interview.

    The tenant's trail keeps that somebody did, and what came of it.

    :raises CannotReplay: if it has no result, was made by another evaluator, or can't be read any more.
    """
    try:
        evaluation = _finished(evaluation_id)
        differences = tuple(_differences(evaluation))
    except standing.Withdrawn as error:
        raise CannotReplay("The candidate withdrew, or was erased.") from error
    except (CannotOpen, KeyDestroyed) as error:
        raise CannotReplay("The candidate's key does not open what was stored: it was destroyed.") from error
    audit.record("evaluation.replayed", evaluation, differences=len(differences))
    return Replay(evaluation.versions, code.version(), differences)


def _finished(evaluation_id: UUID) -> Evaluation:
    found = Evaluation.objects.filter(Q(pk=evaluation_id) | Q(interview=evaluation_id)).first()  # the newest first
    if found is None:
        raise CannotReplay("There is no such evaluation in this tenant.")
    if not found.mode:
        raise CannotReplay(f"It has no result: its status is {found.status}.")
    made_by = found.versions.get("evaluator", "")
    if made_by != (ours := model.VERSION if found.mode == "model" else basic.version()):
        raise CannotReplay(f"It was made by {made_by or 'an unnamed evaluator'}, and this release has {ours}.")
    if found.outputs is None:
        raise CannotReplay("It was made before outputs were kept.")
    return found


def _differences(evaluation: Evaluation) -> Iterator[Difference]:
    material, versions = evaluations.material_of(evaluation), evaluation.versions
    given = (material.competencies, material.answers, material.thresholds)
    outputs = [Output(**one) for one in json.loads(evaluation.outputs or "[]")]
    result = derive(*given, evaluation.mode, outputs, versions)
    stored, derived = _stored(evaluation), _derived(result)
    stored["input"], derived["input"] = evaluation.input_hash, input_hash(*given, versions)
    for what in sorted({*stored, *derived}):
        if stored.get(what) != derived.get(what):
            yield Difference(what, stored.get(what), derived.get(what))


def _stored(evaluation: Evaluation) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(evaluation, name) for name in SCORES}
    for row in evaluation.ratings.select_related("competency").prefetch_related("quotes"):
        quotes = sorted((quote.turn_id, quote.start, quote.end) for quote in row.quotes.all())
        found |= _rated(row.competency.key, row.level, row.confidence, row.rationale, row.not_covered, quotes)
    points: dict[str, list[tuple[Any, ...]]] = {kind: [] for kind in Finding.Kind.values}
    for one in evaluation.findings.all():
        points[one.kind].append((one.text, one.turn_id, one.start, one.end))
    return found | {kind: sorted(rows) for kind, rows in points.items()}


def _derived(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(result.scores, name) for name in SCORES}
    for rating in result.ratings:
        found |= _of(rating)
    return found | {
        Finding.Kind.STRENGTH.value: _points(result.strengths),
        Finding.Kind.WEAKNESS.value: _points(result.weaknesses),
    }


def _of(rating: Rating) -> dict[str, Any]:
    quotes = sorted((span.turn_id, span.start, span.end) for span in rating.quotes)
    return _rated(rating.competency_key, rating.level, rating.confidence, rating.rationale, rating.not_covered, quotes)


def _rated(key: str, *values: Any) -> dict[str, Any]:
    names = ("level", "confidence", "rationale", "not covered", "quotes")
    return {f"rating of {key}: {name}": value for name, value in zip(names, values, strict=True)}


def _points(points: tuple[Point, ...]) -> list[tuple[Any, ...]]:
    return sorted((point.text, point.quote.turn_id, point.quote.start, point.quote.end) for point in points)
