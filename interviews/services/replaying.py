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
from interviews.models import CompetencyRating, Evaluation, Finding, Quote
from interviews.services import evaluations, standing
from interviews.services.evaluation import basic, code, derive, input_hash, model
from interviews.services.evaluation.types import Output, Point, Rating, Result
from keys.box import CannotOpen
from keys.ring import KeyDestroyed

SCORES = ("overall", "technical", "communication", "values", "coverage", "spread", "recommendation", "reason")
RATED = ("level", "confidence", "value", "spread", "withheld", "left_out", "rationale", "not_covered")


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
    except (model.AskedDifferently, KeyError, TypeError) as error:
        raise CannotReplay("What was stored answers other questions than this release asks.") from error
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
    ours_too = (model if found.mode == "model" else basic).parameters()
    if found.parameters and not ours_too.items() <= found.parameters.items():
        raise CannotReplay("It was made with other parameters than this release has.")
    if found.outputs is None or not found.parameters:
        raise CannotReplay("It was made before outputs and parameters were kept.")
    return found


def _differences(evaluation: Evaluation) -> Iterator[Difference]:
    material, versions = evaluations.material_of(evaluation), evaluation.versions
    given = (material.competencies, material.answers, material.thresholds)
    outputs = [Output(**one) for one in json.loads(evaluation.outputs or "[]")]
    parameters = evaluation.parameters
    result = derive(*given, evaluation.mode, outputs, versions, parameters)
    stored, derived = _stored(evaluation), _derived(result)
    stored["input"], derived["input"] = evaluation.input_hash, input_hash(*given, versions, parameters)
    for what in sorted({*stored, *derived}):
        if stored.get(what) != derived.get(what):
            yield Difference(what, stored.get(what), derived.get(what))


def _stored(evaluation: Evaluation) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(evaluation, name) for name in SCORES}
    for row in evaluation.ratings.select_related("competency").prefetch_related("quotes"):
        quotes = [(quote.turn_id, quote.start, quote.end, quote.kind) for quote in row.quotes.all()]
        found |= _rated(row.competency.key, row, quotes)
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
    kinds = [(Quote.Kind.SUPPORTS.value, rating.quotes), (Quote.Kind.COUNTERS.value, rating.counter)]
    quotes = [(span.turn_id, span.start, span.end, kind) for kind, spans in kinds for span in spans]
    return _rated(rating.competency_key, rating, quotes)


def _rated(key: str, rating: Rating | CompetencyRating, quotes: list[tuple[Any, ...]]) -> dict[str, Any]:
    found = {f"rating of {key}: {name.replace('_', ' ')}": getattr(rating, name) for name in RATED}
    return found | {f"rating of {key}: quotes": sorted(quotes)}


def _points(points: tuple[Point, ...]) -> list[tuple[Any, ...]]:
    return sorted((point.text, point.quote.turn_id, point.quote.start, point.quote.end) for point in points)
