"""What of the product is used: plain counts of interviews, jobs and people.

Not of what raters said or agreed on: whoever looks may still have to rate one of these interviews.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import tenancy
from interviews.models import (
    Contest,
    Decision,
    Evaluation,
    FeedbackLetter,
    Interview,
    Job,
    JobAssignment,
    Resume,
    Review,
    Turn,
)
from tenants.selectors import api_keys, scim, sso


@dataclass(frozen=True, slots=True)
class Use:
    """How many use it, of how many."""

    name: Promise
    used: int
    of: int


@dataclass(frozen=True, slots=True)
class Switch:
    """Whether something for the whole company is on, and how many stand behind it where that says more."""

    name: Promise
    on: bool
    count: int | None = None


BY_A_MODEL = "model"
INTERVIEWS: dict[str, Promise] = {
    "replies": _("A model replied to an answer"),
    "probes": _("A follow-up question was asked"),
    "evaluated": _("Evaluated by a model"),
    "by_rules": _("Evaluated by rules alone"),
    "resumes": _("A resume was read"),
    "reviewed": _("Rated by a person"),
    "decided": _("Decided by a person"),
    "letters": _("A feedback letter was released"),
    "contested": _("The candidate contested a question"),
    "rated": _("The candidate rated the interview"),
}
JOBS: dict[str, Promise] = {
    "managers": _("Hiring managers are assigned"),
    "probing": _("The plan allows follow-up questions"),
    "every_reply": _("A model words every reply"),
    "waits": _("Evaluations may run in batches"),
}


def of_interviews(since: datetime) -> list[Use]:
    """Of the interviews that began since then: in how many each was used at least once."""
    begun = Interview.objects.filter(started_at__gte=since)
    return _counted(begun, INTERVIEWS, _used_in_interviews())


def of_jobs(since: datetime) -> list[Use]:
    """Of the jobs with an interview that began since then, by the plan that is published now."""
    begun = Interview.objects.filter(started_at__gte=since, application__job=OuterRef("pk"))
    jobs = Job.objects.filter(Exists(begun))
    used: dict[str, Any] = {
        "managers": Exists(JobAssignment.objects.filter(job=OuterRef("pk"))),
        "probing": Q(current_version__max_probes__gt=0),
        "every_reply": Q(current_version__words_every_reply=True),
        "waits": Q(current_version__evaluation_waits_hours__gt=0),
    }
    return _counted(jobs, JOBS, used)


def of_the_company() -> list[Switch]:
    """What is set up once for everybody, as it is now."""
    tenant = tenancy.current()
    keys = sum(row.works for row in api_keys.listed())
    people = User.objects.filter(is_active=True).count()
    return [
        Switch(_("People with an account"), people > 1, people),
        Switch(_("Single sign-on"), sso.offered(tenant).enabled),
        Switch(_("Directory (SCIM)"), (row := scim.connection()) is not None and bool(row.hashed)),
        Switch(_("Active API keys"), keys > 0, keys),
        Switch(_("Custom domain"), bool(tenant.primary_host)),
        Switch(_("Your own logo"), bool(tenant.has_logo)),
    ]


def _used_in_interviews() -> dict[str, Any]:
    this = OuterRef("pk")
    turns, evaluations = Turn.objects.filter(interview=this), Evaluation.objects.filter(interview=this)
    submitted = Review.objects.filter(interview=this, status=Review.Status.SUBMITTED)
    by_a_model = Exists(evaluations.filter(mode=BY_A_MODEL))
    return {
        "replies": Exists(turns.filter(mode=BY_A_MODEL)),
        "probes": Exists(turns.filter(kind=Turn.Kind.PROBE)),
        "evaluated": by_a_model,
        "by_rules": Exists(evaluations.exclude(mode="")) & ~by_a_model,
        "resumes": Exists(Resume.objects.filter(application=OuterRef("application"))),
        "reviewed": Exists(submitted),
        "decided": Exists(Decision.objects.filter(interview=this)),
        "letters": Exists(FeedbackLetter.objects.filter(interview=this)),
        "contested": Exists(Contest.objects.filter(turn__interview=this)),
        "rated": Q(stars__isnull=False),
    }


def _counted(rows: QuerySet[Any], names: dict[str, Promise], used: dict[str, Any]) -> list[Use]:
    """One query for all of them."""
    found = rows.aggregate(whole=Count("pk"), **{name: Count("pk", filter=Q(used[name])) for name in names})
    return [Use(names[name], found[name], found["whole"]) for name in names]
