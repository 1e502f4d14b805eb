"""From the landing page to the first question."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.roles import Permission
from billing.services import quota
from compliance.services import consent
from core import audit, clock, due, metrics, state, tenancy
from core.state import TransitionNotAllowed
from interviews.models import CandidateRequest, Interview, Turn
from interviews.selectors import turned_away as waiting
from interviews.services import mail, money, pauses, requests, turned_away
from interviews.services.interviewer import script

QUOTA_HELD = timedelta(hours=24)


class CannotStart(Exception):
    """The interview is not in a state from which it can start."""


class CompanyCloses(CannotStart):
    """The company closes its account: no interview starts any more."""


@dataclass(frozen=True, slots=True)
class Consented:
    """What the candidate ticked."""

    ai_evaluation: bool
    keep_for_other_roles: bool


def open_interview(interview: Interview) -> None:
    """The candidate goes on from the landing page (a POST: scanners don't)."""
    if interview.status != Interview.Status.INVITED:
        return
    with transaction.atomic():
        state.move(
            interview,
            Interview.Status.OPENED,
            where=_not_expired(),
            opened_at=clock.now(),
            last_activity_at=clock.now(),
        )
        audit.record("interview.opened", interview)


def consent_notice() -> consent.Notice:
    """The notice of the current tenant."""
    return consent.notice(company=tenancy.current().name, days_kept=consent.DAYS_KEPT)


@transaction.atomic
def give_consent(interview: Interview, *, given: Consented) -> None:
    """Store the consent with the text that was shown.

    :raises compliance.services.consent.ConsentRequired: without agreeing to the AI's part.
    :raises TransitionNotAllowed: if the interview is not at this point, or expired.
    """
    state.move(interview, Interview.Status.CONSENTED, where=_not_expired(), last_activity_at=clock.now())
    consent.give(
        interview_id=interview.pk,
        subject_id=interview.subject_id,
        shown=consent_notice(),
        ai_evaluation=given.ai_evaluation,
        keep_for_other_roles=given.keep_for_other_roles,
    )


@transaction.atomic
def ask_for_a_person(interview: Interview) -> None:
    """The candidate wants a person instead: no dead end, and the tenant's people are told.

    :raises TransitionNotAllowed: if the interview is past this point.
    """
    state.move(interview, Interview.Status.DECLINED, last_activity_at=clock.now())
    requests.ask(interview, kind=CandidateRequest.Kind.HUMAN)


@transaction.atomic
def ask_for_adjustment(interview: Interview, *, time_factor: Decimal | None, detail: str, breaks: bool = False) -> None:
    """Store the request; extra time and breaks are granted at once while the interview has not started."""
    granted = ({"time_factor": time_factor} if time_factor is not None else {}) | ({"breaks": True} if breaks else {})
    before = Interview.objects.filter(pk=interview.pk, status__in=Interview.BEFORE_START)
    took_effect = bool(granted) and before.update(**granted) == 1
    requests.ask(
        interview,
        kind=CandidateRequest.Kind.ADJUSTMENT,
        detail=detail,
        time_granted=took_effect and time_factor is not None,
    )


def start(interview: Interview) -> None:
    """Start the interview: clock, first question, and one interview of the plan, in one transaction.

    Starting what runs already changes nothing.

    :raises CannotStart: before consent, after the end, or past the expiry.
    :raises CompanyCloses: while the tenant is closing.
    :raises billing.services.quota.QuotaExhausted: if the plan has none left; nothing was changed.
    """
    if interview.status in (Interview.Status.IN_PROGRESS, Interview.Status.PAUSED):
        return
    if tenancy.current().closes_at is not None:
        raise CompanyCloses
    try:
        with transaction.atomic():
            _start(interview)
    except TransitionNotAllowed as error:
        interview.refresh_from_db()
        if interview.status != Interview.Status.IN_PROGRESS:
            raise CannotStart from error
        return
    metrics.interviews.labels(tenancy.schema(), "started").inc()


def _start(interview: Interview) -> None:
    now = clock.now()
    limit = timedelta(minutes=float(interview.version.minutes * interview.time_factor))
    deadline = now + limit if limit else None
    state.move(
        interview,
        Interview.Status.IN_PROGRESS,
        source=Interview.Status.CONSENTED,
        where=_not_expired(),
        started_at=now,
        last_activity_at=now,
        deadline_at=deadline,
        greeting=script.greeting(company=tenancy.current().name, job_title=interview.application.job.title),
    )
    question = interview.version.questions.order_by("position").first()
    assert question is not None  # a published version has one
    Turn.objects.create(
        interview=interview, subject_id=interview.subject_id, number=1, question=question, shown=question.text
    )
    audit.record("interview.started", interview)
    due.settle("interview_expiry", interview.pk)
    due.owe("quota_release", interview.pk, after=QUOTA_HELD)
    pauses.owe_end(interview)
    money.set_aside(interview)
    quota.reserve(interview_id=interview.pk, at=now)


def tell_quota_exhausted(interview: Interview) -> bool:
    """The candidate could not start: tell the people who can do something about it, once while they wait.

    :returns: whether the candidate gets a mail as soon as they can.
    """
    with transaction.atomic():
        if turned_away.note(interview):
            _tell_who_invites(interview)
    return waiting.will_be_told(interview)


def _tell_who_invites(interview: Interview) -> None:
    audit.record("quota.exhausted", interview)
    mail.owe_to_staff(
        kind="quota",
        interview=interview,
        permission=Permission.INVITE,
        context={
            "job_title": interview.application.job.title,
            "reads_only": tenancy.reads_only(),
            "waiting_url": tenancy.current().page("portal_waiting"),
        },
    )


def _not_expired() -> Q:
    return Q(expires_at__gt=Now())
