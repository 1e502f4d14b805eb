"""Who stands where among those whose scores were made alike; scores that were not are never ranked together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import User
from accounts.roles import Permission
from core import audit
from interviews.models import Evaluation, Job
from interviews.selectors import people, scope, scores
from interviews.selectors import standings as selected
from interviews.services import rescoring, rubrics
from interviews.services.rubrics import Rubric

MADE_WITH = ("evaluator", "model", "prompt")  # of Evaluation.versions


@dataclass(frozen=True, slots=True)
class Place:
    """One candidate; `rank` is None where there is no overall score."""

    interview_id: UUID
    name: str
    rank: int | None
    overall: Decimal | None
    recommendation_label: str
    recommendation_tone: str
    decided: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Scores that were made alike: the same scorecard and weights, evaluator, model, prompt and mode.

    `current` is whether the scorecard is that of the job's current version.
    """

    rubric: str
    made_with: tuple[str, ...]
    provisional: bool
    current: bool
    places: tuple[Place, ...]

    @property
    def undecided(self) -> list[UUID]:
        """The interviews that can be scored anew."""
        return [one.interview_id for one in self.places if not one.decided]

    @property
    def offered(self) -> list[UUID]:
        """As many of them as are scored anew at once, the best first."""
        return self.undecided[: rescoring.MOST]


@dataclass(frozen=True, slots=True)
class Standings:
    """The groups, those of the current scorecard first; `locked` interviews the viewer has to rate first."""

    job: Job
    current: str
    groups: tuple[Group, ...]
    locked: int
    waiting: int


def standings(*, job_id: UUID, by: User) -> Standings:
    """The standings of a job as far as this person may see results.

    :raises accounts.roles.NotPermitted: if `by` may not see candidates.
    :raises Job.DoesNotExist: if there is no such job for this person.
    """
    by.require(Permission.VIEW_CANDIDATES)
    job = scope.jobs_of(by).get(pk=job_id)
    audit.record("standings.viewed", job)
    known = rubrics.of_job(job_id)
    found = list(selected.evaluated(job_id, by))
    names = people.names(one.subject_id for one in found)
    current = known.get(job.current_version_id) if job.current_version_id else None
    return Standings(
        job=job,
        current=current.label if current else "",
        groups=tuple(_groups(found, known, current, names)),
        locked=selected.locked(job_id, by),
        waiting=selected.waiting(job_id, by),
    )


def _groups(
    found: Iterable[Any], known: dict[UUID, Rubric], current: Rubric | None, names: dict[UUID, str]
) -> list[Group]:
    apart: dict[tuple[Any, ...], list[Any]] = {}
    newest: dict[str, Rubric] = {rubric.content.whole: rubric for rubric in known.values()}
    for one in found:
        whole = known[one.rubric_id or one.interview.version_id].content.whole
        made = tuple(str(one.versions.get(name, "")) for name in MADE_WITH)
        apart.setdefault((whole, *made, one.mode, one.status), []).append(one)
    groups = [
        Group(
            rubric=newest[whole].label,
            made_with=tuple(filter(None, made)),
            provisional=status == Evaluation.Status.PROVISIONAL,
            current=current is not None and rubrics.comparable(newest[whole], current),
            places=tuple(_places(rows, names)),
        )
        for (whole, *made, _mode, status), rows in apart.items()
    ]
    return sorted(groups, key=lambda one: (not one.current, one.provisional, -len(one.places), one.made_with))


def _places(rows: Sequence[Any], names: dict[UUID, str]) -> list[Place]:
    """The best first, who has the same score at the same rank, and last who has none."""
    scored = [one for one in rows if one.overall is not None]
    better = {one.pk: sum(other.overall > one.overall for other in scored) for one in scored}
    ranked = sorted(scored, key=lambda one: better[one.pk])
    return [
        Place(
            interview_id=one.interview_id,
            name=names[one.subject_id],
            rank=better[one.pk] + 1 if one.pk in better else None,
            overall=one.overall,
            recommendation_label=str(one.get_recommendation_display()),
            recommendation_tone=scores.TONES[one.recommendation],
            decided=one.decided,
        )
        for one in [*ranked, *(one for one in rows if one.overall is None)]
    ]
