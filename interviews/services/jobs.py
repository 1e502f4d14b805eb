"""Jobs and their immutable versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock
from interviews.models import Competency, Job, JobVersion, Question
from interviews.services.interviewer import topics

LONGEST_WAIT_HOURS = 24


class VersionIncomplete(ValueError):
    """A version needs a question, a competency with weight, and a question for each competency."""


class WaitsTooLong(ValueError):
    """No batch takes longer than a day, so no evaluation waits longer for one."""


class UnknownJurisdiction(ValueError):
    """There is no data on which private matters this jurisdiction forbids."""


@dataclass(frozen=True, slots=True)
class CompetencyPlan:
    """A competency to rate; `anchors` are levels 1 to 5, "" where a three-anchor rubric has none."""

    key: str
    name: str
    definition: str
    dimension: str
    weight: Decimal
    anchors: tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class QuestionPlan:
    """A core question and the keys of the competencies it is about."""

    text: str
    competencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JobPlan:
    """Everything a version fixes."""

    slug: str
    title: str
    competencies: tuple[CompetencyPlan, ...]
    questions: tuple[QuestionPlan, ...]
    location: str = ""
    intro: str = ""
    minutes: int = 35
    max_probes: int = 1
    max_probes_interview: int = 4
    words_every_reply: bool = False
    evaluation_waits_hours: int = 0
    jurisdiction: str = ""
    threshold_hire: Decimal = Decimal(70)
    threshold_maybe: Decimal = Decimal(50)
    coverage_floor: Decimal = Decimal("0.60")


@transaction.atomic
def publish_job(*, plan: JobPlan, by: User | None) -> Job:
    """Create the job, or give it its next version, and open it.

    :raises VersionIncomplete: if the plan can't be interviewed or rated.
    :raises WaitsTooLong: if its evaluations would wait more than LONGEST_WAIT_HOURS.
    :raises UnknownJurisdiction: if the plan names one that the data file doesn't know.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    """
    if by is not None:
        by.require(Permission.MANAGE_JOBS)
    _check(plan)
    job, _ = Job.objects.get_or_create(
        slug=plan.slug, defaults={"title": plan.title, "location": plan.location, "owner": by}
    )
    version = _create_version(job, plan)
    JobVersion.objects.filter(pk=version.pk).update(published_at=clock.now(), published_by=by)
    Job.objects.filter(pk=job.pk).update(
        title=plan.title, location=plan.location, current_version=version, status=Job.Status.OPEN
    )
    audit.record("job.published", job, version=version.number)
    job.refresh_from_db()
    return job


def _check(plan: JobPlan) -> None:
    keys = {competency.key for competency in plan.competencies}
    asked = {key for question in plan.questions for key in question.competencies}
    if not plan.questions or not plan.competencies:
        raise VersionIncomplete("Add at least one question and one competency.")
    if asked != keys:
        raise VersionIncomplete(f"These competencies and questions do not match: {', '.join(sorted(asked ^ keys))}.")
    if sum(competency.weight for competency in plan.competencies) <= 0:
        raise VersionIncomplete("Give at least one competency a weight.")
    if not 0 <= plan.evaluation_waits_hours <= LONGEST_WAIT_HOURS:
        raise WaitsTooLong(f"Use 0 to {LONGEST_WAIT_HOURS} hours.")
    if plan.jurisdiction and plan.jurisdiction not in topics.jurisdictions():
        raise UnknownJurisdiction(f"Use one of {', '.join(sorted(topics.jurisdictions()))}, or none.")


def _create_version(job: Job, plan: JobPlan) -> JobVersion:
    number = job.versions.count() + 1
    version = JobVersion.objects.create(
        job=job,
        number=number,
        intro=plan.intro,
        minutes=plan.minutes,
        max_probes=plan.max_probes,
        max_probes_interview=plan.max_probes_interview,
        words_every_reply=plan.words_every_reply,
        evaluation_waits_hours=plan.evaluation_waits_hours,
        jurisdiction=plan.jurisdiction,
        threshold_hire=plan.threshold_hire,
        threshold_maybe=plan.threshold_maybe,
        coverage_floor=plan.coverage_floor,
    )
    rows = {item.key: _competency(version, position, item) for position, item in enumerate(plan.competencies, 1)}
    Competency.objects.bulk_create(rows.values())
    _create_questions(version, plan.questions, {key: row.pk for key, row in rows.items()})
    return version


def _competency(version: JobVersion, position: int, plan: CompetencyPlan) -> Competency:
    anchors = {f"anchor_{level}": text for level, text in enumerate(plan.anchors, 1)}
    return Competency(
        version=version,
        position=position,
        key=plan.key,
        name=plan.name,
        definition=plan.definition,
        dimension=plan.dimension,
        weight=plan.weight,
        **anchors,
    )


def _create_questions(version: JobVersion, plans: Sequence[QuestionPlan], ids: dict[str, UUID]) -> None:
    for position, plan in enumerate(plans, 1):
        question = Question.objects.create(version=version, position=position, text=plan.text)
        question.competencies.set(Competency.objects.filter(pk__in=[ids[key] for key in plan.competencies]))
