"""Jobs and their immutable versions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import User
from accounts.roles import SUPPORT_ROLES, Permission
from core import audit, clock
from interviews.models import Competency, Job, JobVersion, Question
from interviews.selectors import scope
from interviews.services import rubrics
from interviews.services.interviewer import topics

LONGEST_WAIT_HOURS = 24
LONGEST_SLUG = 80
FIXED = (  # the columns of a version that have the same name in its plan
    *("intro", "minutes", "max_probes", "max_probes_interview", "words_every_reply", "evaluation_waits_hours"),
    *("jurisdiction", "threshold_hire", "threshold_maybe", "coverage_floor"),
)


class VersionIncomplete(ValueError):
    """A version needs a question, a competency with weight, and a question for each competency."""


class WaitsTooLong(ValueError):
    """No batch takes longer than a day, so no evaluation waits longer for one."""


class ChangedMeanwhile(Exception):
    """Somebody published another version since this one was shown."""


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
    """A core question, the keys of the competencies it is about, and the follow-ups written for it, by kind."""

    text: str
    competencies: tuple[str, ...]
    follow_ups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Settings:
    """What costs calls, and what can be changed without another question."""

    words_every_reply: bool
    evaluation_waits_hours: int


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
        slug=plan.slug, defaults={"title": plan.title, "location": plan.location, "owner": of_the_team(by)}
    )
    version = _publish(job, plan, by)
    Job.objects.filter(pk=job.pk).update(title=plan.title, location=plan.location, status=Job.Status.OPEN)
    audit.record("job.published", job, version=version.number)
    job.refresh_from_db()
    return job


@transaction.atomic
def change_settings(*, job_id: UUID, follows: int, settings: Settings, by: User) -> JobVersion:
    """Publish the job's version number `follows` once more, with these settings; with the same ones nothing is written.

    The job stays as open or closed as it is, and who was invited keeps the version of their invitation.

    :raises ChangedMeanwhile: if another version was published since.
    :raises WaitsTooLong: if its evaluations would wait more than LONGEST_WAIT_HOURS.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises Job.DoesNotExist: if there is no such job for this person, or nothing of it is published.
    """
    by.require(Permission.MANAGE_JOBS)
    job = _held(job_id, follows, by)
    current = job.current_version
    assert current is not None  # it was asked for
    wanted = asdict(settings)
    if all(getattr(current, name) == value for name, value in wanted.items()):
        return current
    plan = replace(plan_of(current), **wanted)
    _check(plan)
    version = _publish(job, plan, by)
    audit.record("job.settings_changed", job, version=version.number, **wanted)
    return version


@transaction.atomic
def publish_first(*, plan: JobPlan, by: User) -> Job:
    """Create and open a job of this plan, under a slug of its own whatever other job has the title.

    :raises VersionIncomplete, WaitsTooLong, UnknownJurisdiction: as `publish_job` does, with nothing written.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    """
    by.require(Permission.MANAGE_JOBS)
    _check(plan)
    job = _created(plan, by)
    version = _publish(job, plan, by)
    Job.objects.filter(pk=job.pk).update(status=Job.Status.OPEN)
    audit.record("job.published", job, version=version.number)
    job.refresh_from_db()
    return job


@transaction.atomic
def publish_next(*, job_id: UUID, follows: int, plan: JobPlan, by: User, restores: int | None = None) -> JobVersion:
    """Publish the version after number `follows`; the job stays as open or closed as it is.

    :param restores: the number of the earlier version that has this plan, for the audit trail.
    :raises ChangedMeanwhile: if another version was published since.
    :raises VersionIncomplete, WaitsTooLong, UnknownJurisdiction: as `publish_job` does, with nothing written.
    :raises accounts.roles.NotPermitted: if `by` may not manage jobs.
    :raises Job.DoesNotExist: if there is no such job for this person, or nothing of it is published.
    """
    by.require(Permission.MANAGE_JOBS)
    _check(plan)
    job = _held(job_id, follows, by)
    version = _publish(job, plan, by)
    Job.objects.filter(pk=job.pk).update(title=plan.title, location=plan.location)
    audit.record("job.published", job, version=version.number, restores=restores)
    return version


def _held(job_id: UUID, follows: int, by: User) -> Job:
    """The job with nobody else publishing it until the commit.

    :raises ChangedMeanwhile: if `follows` is not the number of its current version.
    """
    job = scope.jobs_of(by).select_for_update().get(pk=job_id, current_version__isnull=False)
    assert job.current_version is not None  # it was asked for above
    if job.current_version.number != follows:
        raise ChangedMeanwhile
    return job


def _created(plan: JobPlan, by: User) -> Job:
    """The job under the first slug of its title that is free."""
    stem = slugify(plan.title)[: LONGEST_SLUG - 5].strip("-") or "job"
    number, slug = 1, stem
    while True:
        try:
            with transaction.atomic():
                return Job.objects.create(slug=slug, title=plan.title, location=plan.location, owner=of_the_team(by))
        except IntegrityError:
            number += 1
            slug = f"{stem}-{number}"


def of_the_team(by: User | None) -> User | None:
    """Whom a row can name: a session of support is nobody of this tenant."""
    return None if by is None or by.role in SUPPORT_ROLES else by


def _publish(job: Job, plan: JobPlan, by: User | None) -> JobVersion:
    """The job's next version, never to change again, for whoever is invited from now on."""
    before = list(rubrics.of_job(job.pk).values())
    version = _create_version(job, plan)
    version.refresh_from_db()  # numbers as the columns hold them
    rubric = rubrics.after(before[-1] if before else None, rubrics.content_of(version.competencies.all(), version))
    JobVersion.objects.filter(pk=version.pk).update(
        rubric_version=rubric.version,
        rubric_hash=rubric.content.whole,
        published_at=clock.now(),
        published_by=of_the_team(by),
    )
    Job.objects.filter(pk=job.pk).update(current_version=version)
    return version


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


def plan_of(version: JobVersion) -> JobPlan:
    """The plan that this version was published from; cheapest with its job, questions and competencies at hand."""
    questions = version.questions.all()
    return JobPlan(
        slug=version.job.slug,
        title=version.job.title,
        location=version.job.location,
        competencies=tuple(_competency_plan(row) for row in version.competencies.all()),
        questions=tuple(
            QuestionPlan(row.text, tuple(one.key for one in row.competencies.all()), row.follow_ups)
            for row in questions
        ),
        **{name: getattr(version, name) for name in FIXED},
    )


def _competency_plan(row: Competency) -> CompetencyPlan:
    return CompetencyPlan(row.key, row.name, row.definition, row.dimension, row.weight, row.anchors)


def _create_version(job: Job, plan: JobPlan) -> JobVersion:
    number = job.versions.count() + 1
    version = JobVersion.objects.create(job=job, number=number, **{name: getattr(plan, name) for name in FIXED})
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
        question = Question.objects.create(
            version=version, position=position, text=plan.text, follow_ups=dict(plan.follow_ups)
        )
        question.competencies.set(Competency.objects.filter(pk__in=[ids[key] for key in plan.competencies]))
