"""Evaluations made a second time, to measure whether the same words get the same levels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction

from core import audit, claims, clock, due, metrics, pool
from interviews.models import Evaluation, Retest
from interviews.services import evaluations, quality, retests, standing
from interviews.services.evaluation.types import Result

SAME_MAKERS = ("evaluator", "prompt")  # versions that have to be the first one's for a comparison to mean anything

log = structlog.get_logger()


class NotComparable(Exception):
    """There is nothing to repeat any more, or not in the same way; the message is the reason that is kept."""


class NoModel(Exception):
    """No model answered; the message says why."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Pairs of levels: `apart` has the levels between each two, None where one alone saw no evidence."""

    apart: tuple[int | None, ...]

    @property
    def same(self) -> int:
        return self.apart.count(0)

    @property
    def within_one(self) -> int:
        return self.same + self.apart.count(1)

    @property
    def largest(self) -> int:
        return max((levels for levels in self.apart if levels is not None), default=0)


def run(*, retest_id: UUID) -> None:
    """Claim the retest, evaluate once more with nothing held and nothing kept of before, store how far both are apart.

    Without a model it is owed for later, at most `retests.MOST` times; who withdrew is not evaluated again.

    :raises core.claims.AlreadyClaimed: if another worker is at it, or it is over.
    :raises core.claims.LeaseLost: if another worker took over meanwhile; nothing was written.
    """
    with claims.take(Retest, retest_id) as claim:
        try:
            _repeat(claim)
        except (claims.LeaseLost, *pool.AWAY):
            raise  # it is owed as before
        except standing.Withdrawn:
            _drop(claim, "withdrawn")
        except NotComparable as reason:
            _drop(claim, str(reason))
        except NoModel as reason:
            _put_off(claim, str(reason))
        except Exception as error:
            log.error("retest_failed", exc_info=True)
            _put_off(claim, type(error).__name__)


def _repeat(claim: claims.Claim) -> None:
    first = Evaluation.objects.select_related("interview").get(pk=claim.row.evaluation_id)
    if first.status != Evaluation.Status.READY:
        raise NotComparable("superseded")
    levels = dict(first.ratings.values_list("competency__key", "level"))
    with quality.listening() as said:
        second = _second(first)
    _refuse_other_makers(first, second)
    apart = compare(levels, {rating.competency_key: rating.level for rating in second.ratings})
    with transaction.atomic():
        standing.hold(first.interview_id)
        _record(claim, apart, second)
        quality.count_models(said)


def _second(first: Evaluation) -> Result:
    """:raises NoModel, interviews.services.standing.Withdrawn: with nothing written."""
    material = evaluations.material_of(first)
    context = replace(material.context, feature=retests.FEATURE)
    second = evaluations.evaluate_material(replace(material, context=context))
    if second.mode != first.mode:
        raise NoModel(second.trouble or "not_configured")
    return second


def _refuse_other_makers(first: Evaluation, second: Result) -> None:
    if [first.versions.get(name) for name in SAME_MAKERS] != [second.versions.get(name) for name in SAME_MAKERS]:
        raise NotComparable("other_versions")


def compare(first: Mapping[str, int | None], second: Mapping[str, int | None]) -> Comparison:
    """The levels of the same competencies; what one lacks is no pair."""
    return Comparison(tuple(quality.levels_apart(first[key], second[key]) for key in first if key in second))


def _record(claim: claims.Claim, found: Comparison, second: Result) -> None:
    claim.record(
        Retest.Status.DONE,
        model=second.versions.get("model", "")[:120],
        pairs=len(found.apart),
        same=found.same,
        within_one=found.within_one,
        largest=found.largest,
        reason="",
        finished_at=clock.now(),
    )
    due.settle(retests.KIND, claim.row.pk)
    audit.record("evaluation.retested", claim.row.evaluation)
    transaction.on_commit(partial(_count, found), robust=True)


def _count(found: Comparison) -> None:
    metrics.retests.labels("done").inc()
    for levels in found.apart:
        metrics.retest_levels.labels("2+" if levels is None or levels > 1 else str(levels)).inc()


def _put_off(claim: claims.Claim, reason: str) -> None:
    """Later, unless it was tried often enough."""
    if claim.attempts >= retests.MOST:
        return _drop(claim, reason)
    with transaction.atomic():
        claim.record(Retest.Status.OWED, reason=reason[:60])
        due.owe(retests.KIND, claim.row.pk, after=retests.AGAIN)
    return None


def _drop(claim: claims.Claim, reason: str) -> None:
    with transaction.atomic():
        claim.record(Retest.Status.DROPPED, reason=reason[:60], finished_at=clock.now())
        due.settle(retests.KIND, claim.row.pk)
        transaction.on_commit(metrics.retests.labels("dropped").inc, robust=True)
