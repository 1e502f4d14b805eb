"""What is counted of evaluations, where their rows are stored: docs/quality.md defines each figure.

A model is heard while nothing is stored yet, and what it said may be thrown away and asked for again. So `listening`
gathers what is heard, and `keep` stores and counts it with the evaluation that it became: a delivery that comes twice
counts once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, astuple, dataclass
from functools import partial
from typing import TypeAlias

from django.db import transaction

from core import metrics
from interviews.models import CompetencyRating, Evaluation, ModelFigures, Review
from interviews.services.evaluation.types import Rating, Result
from llm.failures import BAD_OUTPUT


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of a model's words; each second one is a part of the one before."""

    answers: int = 0
    refused: int = 0
    quotes: int = 0
    located: int = 0
    levels: int = 0
    supported: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*map(sum, zip(astuple(self), astuple(other), strict=True)))


UNNAMED = "unnamed"  # who gave an answer that could not be used is in the ledger alone
Heard: TypeAlias = defaultdict[str, Figures]  # by model
_listening: ContextVar[Heard | None] = ContextVar("quality_listening", default=None)


@contextmanager
def listening() -> Iterator[Heard]:
    """Gather what is heard in the block instead of counting it; what nobody keeps is not counted."""
    gathered: Heard = defaultdict(Figures)
    token = _listening.set(gathered)
    try:
        yield gathered
    finally:
        _listening.reset(token)


def heard(*, model: str, quotes: int, located: int, levels: int, supported: int, refused: bool) -> None:
    """A model was asked about a competency: how many quotes it said and how many of them stand in an answer, how many
    levels and how many of them kept such a quote; `refused` where it gave no answer of the wanted shape.

    :raises ValueError: if a part is above its whole, or below 0.
    """
    if not (0 <= located <= quotes and 0 <= supported <= levels):
        raise ValueError(f"{located} of {quotes} quotes, {supported} of {levels} levels")
    said = Figures(1, int(refused), quotes, located, levels, supported)
    gathered = _listening.get()
    if gathered is None:
        _count_model(model, said)
    else:
        gathered[model] += said


def hear(result: Result) -> None:
    """Everything that models said for this result, and that one refused where that left it without them."""
    for one in result.spoken:
        heard(
            model=one.model,
            quotes=one.quotes,
            located=one.located,
            levels=int(one.level),
            supported=int(one.supported),
            refused=False,
        )
    if result.trouble in BAD_OUTPUT:
        heard(model=UNNAMED, quotes=0, located=0, levels=0, supported=0, refused=True)


def keep(evaluation: Evaluation, result: Result, said: Heard) -> None:
    """Store what became of the models' words with the evaluation, and count it and the ratings after the commit."""
    ModelFigures.objects.bulk_create(
        ModelFigures(evaluation=evaluation, model=model, **asdict(figures)) for model, figures in sorted(said.items())
    )
    count_models(said)
    transaction.on_commit(partial(_count_ratings, result.mode, result.ratings), robust=True)


def count_models(said: Heard) -> None:
    """Count what became of the models' words after the commit."""
    for model, figures in sorted(said.items()):
        transaction.on_commit(partial(_count_model, model, figures), robust=True)


def compare(review: Review) -> None:
    """Count how far the person's levels are from those of the evaluation that stands now, once this is committed."""
    pairs = list(_pairs(review))
    transaction.on_commit(partial(_count_pairs, pairs), robust=True)


def levels_apart(one: int | None, other: int | None) -> int | None:
    """The levels between two ratings; 0 for two without one, None where one alone has none."""
    if one is None or other is None:
        return 0 if one is other else None
    return abs(one - other)


def _pairs(review: Review) -> Iterator[tuple[str, str]]:
    """(mode, how far apart) of each competency that at least one of both gave a level."""
    own = dict(review.ratings.values_list("competency", "level"))
    finished = [Evaluation.Status.READY, Evaluation.Status.PROVISIONAL]
    rated = CompetencyRating.objects.filter(
        evaluation__interview=review.interview_id, evaluation__status__in=finished, competency__in=own
    )
    for competency, level, mode in rated.values_list("competency", "level", "evaluation__mode"):
        if (level, own[competency]) != (None, None):
            yield mode, _named(levels_apart(level, own[competency]))


def _named(apart: int | None) -> str:
    if apart is None:
        return "one_without"
    return str(apart) if apart < 2 else "2+"


def _count_model(model: str, said: Figures) -> None:
    """Every series of the model stands from now on, so that a quotient of two never lacks one."""
    answers, quotes, levels = metrics.model_answers, metrics.model_quotes, metrics.model_levels
    answers.labels(model, "accepted").inc(said.answers - said.refused)
    answers.labels(model, "refused").inc(said.refused)
    quotes.labels(model, "located").inc(said.located)
    quotes.labels(model, "fabricated").inc(said.quotes - said.located)
    levels.labels(model, "supported").inc(said.supported)
    levels.labels(model, "unsupported").inc(said.levels - said.supported)


def _count_ratings(mode: str, ratings: Iterable[Rating]) -> None:
    for rating in ratings:
        outcome = "withheld" if rating.withheld else "no_evidence" if rating.level is None else "rated"
        metrics.ratings.labels(mode, outcome).inc()
        if rating.withheld:
            metrics.ratings_withheld.labels(rating.withheld).inc()
        if rating.spread is not None:
            metrics.pass_distance.observe(rating.spread)


def _count_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    for mode, apart in pairs:
        metrics.agreement.labels(mode, apart).inc()


for _reason in CompetencyRating.Withheld.values:
    metrics.ratings_withheld.labels(_reason)
