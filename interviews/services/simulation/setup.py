"""What a simulation needs before the first request: a tenant, a job for each role, an invitation for each candidate."""

import secrets
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle, islice
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Role
from core import audit, tenancy
from core.state import TransitionNotAllowed
from interviews.models import Job
from interviews.services import invitations, jobs
from interviews.services.simulation.dataset import Rubric, SimulatedInterview, Source
from tenants.models import Tenant
from tenants.services import provisioning

PLAN = "enterprise"
MINUTES = 120  # a simulated candidate may think long, and may wait for a killed worker
DAYS = 7
INVITER = "simulation@candidates.example"


class CannotSimulate(ValueError):
    """The tenant or the job is not usable; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One candidate's part in the play: the path of the link and what to answer."""

    link: str
    answers: tuple[str, ...]


def ensure_tenant(subdomain: str) -> Tenant:
    """The tenant, made on the Enterprise plan when there is none.

    :raises CannotSimulate: for a bad name or a tenant that is not ready.
    """
    name = subdomain.replace("-", " ").title()
    try:
        with tenancy.enter_platform():
            return provisioning.ensure_tenant(name=name, subdomain=subdomain, plan_code=PLAN)
    except ValidationError as error:
        raise CannotSimulate(f"Tenant {subdomain!r}: {' '.join(error.messages)}") from error
    except (provisioning.ProvisioningFailed, TransitionNotAllowed) as error:
        raise CannotSimulate(f"Tenant {subdomain!r} is not ready: {error}") from error


def prepare(source: Source, *, count: int, job: str = "") -> list[Part]:
    """Invite `count` candidates, going round the data set, in the tenant that was entered. No mail is sent.

    :param job: the slug of an open job; without it each role gets a job from its rubric.
    :raises CannotSimulate: if there is no such open job.
    """
    interviews = list(islice(cycle(source.interviews), count))
    found = _open_jobs(source, {one.role for one in interviews}, job)
    by, run = _inviter(), secrets.token_hex(4)
    return [_invite(found[one.role], one, by, f"{run}-{number}") for number, one in enumerate(interviews, 1)]


def _open_jobs(source: Source, roles: set[str], slug: str) -> dict[str, Job]:
    """role -> the job its candidates are invited to."""
    if not slug:
        return {role: _published(plan(role, source.rubrics[role])) for role in sorted(roles)}
    job = Job.objects.filter(slug=slug, status=Job.Status.OPEN).first()
    if job is None:
        raise CannotSimulate(f"There is no open job {slug!r} in this tenant.")
    return dict.fromkeys(roles, job)


def plan(role: str, rubric: Rubric) -> jobs.JobPlan:
    """A job with a question for each dimension; low, medium and high become the anchors 1, 3 and 5."""
    competencies = tuple(_competency(dimension, anchors) for dimension, anchors in rubric.items())
    questions = tuple(jobs.QuestionPlan(_question(one.name), (one.key,)) for one in competencies)
    return jobs.JobPlan(
        slug=f"simulated-{slugify(role.replace('_', ' '))}"[:80],
        title=_("%(role)s (simulated)") % {"role": _words(role)},
        competencies=competencies,
        questions=questions,
        minutes=MINUTES,
        max_probes=0,  # a data set has an answer for each question, and none for a follow-up
        words_every_reply=True,  # so that every turn goes the whole way, through a model where there is one
    )


def _competency(dimension: str, anchors: dict[str, str]) -> jobs.CompetencyPlan:
    name = _words(dimension)
    return jobs.CompetencyPlan(
        key=slugify(dimension)[:60],
        name=name,
        definition=_("What the answers show about %(topic)s.") % {"topic": name.lower()},
        dimension="communication" if "communicat" in dimension else "technical",
        weight=Decimal(1),
        anchors=(anchors["low"], "", anchors["medium"], "", anchors["high"]),
    )


def _question(name: str) -> str:
    return _("Tell me about your own work where it concerned %(topic)s.") % {"topic": name.lower()}


def _words(key: str) -> str:
    """problem_framing -> Problem framing"""
    return key.replace("_", " ").replace("-", " ").capitalize()


def _published(wanted: jobs.JobPlan) -> Job:
    """The open job with this plan; a changed plan becomes its next version."""
    job = Job.objects.select_related("current_version").filter(slug=wanted.slug, status=Job.Status.OPEN).first()
    if job is not None and _content(job) == _wanted(wanted):
        return job
    return jobs.publish_job(plan=wanted, by=None)


def _content(job: Job) -> list[object]:
    if job.current_version is None:
        return []
    competencies = [(one.key, one.anchors) for one in job.current_version.competencies.all()]
    questions = [question.text for question in job.current_version.questions.all()]
    return [competencies, questions, job.current_version.words_every_reply]


def _wanted(wanted: jobs.JobPlan) -> list[object]:
    competencies = [(one.key, one.anchors) for one in wanted.competencies]
    return [competencies, [one.text for one in wanted.questions], wanted.words_every_reply]


def _invite(job: Job, interview: SimulatedInterview, by: User, label: str) -> Part:
    invited = invitations.invite(
        job_id=job.pk,
        name=_("Simulated candidate %(label)s") % {"label": label},
        email=f"simulated-{label}@candidates.example",
        days=DAYS,
        by=by,
        send_mail=False,
    )
    return Part(urlsplit(invited.url).path, interview.answers)


def _inviter() -> User:
    """Who invites simulated candidates. Stored as inactive, so that nobody signs in as it and it gets no mail."""
    user = User.objects.filter(email=INVITER).first()
    if user is None:
        user = User.objects.create_user(INVITER, None, name=_("Simulation"), role=Role.RECRUITER, is_active=False)
        audit.record("user.created", user)
    user.is_active = True  # for this process alone
    return user


def host_header(tenant: str, url: str) -> str:
    """The Host header under which this tenant answers at `url`'s port."""
    port = urlsplit(url).port
    return f"{tenant}.{settings.BASE_DOMAIN}:{port}" if port else f"{tenant}.{settings.BASE_DOMAIN}"


def schema_of(tenant: Tenant) -> str:
    """The schema to enter; what was remembered of hosts and schemas before the tenant existed is dropped."""
    tenancy.forget()
    return str(tenant.schema_name)
