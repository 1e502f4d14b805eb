"""Inviting candidates."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import SUPPORT_ROLES, Permission
from core import audit, clock, due, tenancy
from interviews.models import Application, Candidate, Interview, Invitation, Job
from interviews.selectors import scope
from interviews.services import links, mail
from keys import index, ring

LONGEST_NAME = 120


class CannotInvite(ValueError):
    """The invitation is not possible; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation. `url` holds the secret and is shown once."""

    interview: Interview
    invitation: Invitation
    token: str
    url: str


def invite(*, job_id: UUID, name: str, email: str, days: int, by: User, send_mail: bool = True) -> Invited:
    """Invite a candidate to their first interview for this job.

    The candidate's key is made first, in its own database; the rest is one transaction.

    :raises CannotInvite: if the job is not open, a field is bad, or the person was invited already.
    :raises accounts.roles.NotPermitted: if the role may not invite.
    """
    by.require(Permission.INVITE)
    if tenancy.current().closes_at is not None:
        raise CannotInvite(_("The account is being closed, so nobody new can be invited."))
    name, email = _clean(name, email, days)
    candidate_id = _candidate_id(email)
    ring.create_subject_key(tenancy.tenant_id(), candidate_id)
    try:
        with transaction.atomic():
            return _invite(job_id, candidate_id, name, email, days, by, send_mail)
    except IntegrityError as error:
        raise CannotInvite(
            _("This person was invited to this job already. Open their interview to send a new link.")
        ) from error


def _invite(job_id: UUID, candidate_id: UUID, name: str, email: str, days: int, by: User, send_mail: bool) -> Invited:
    job = scope.jobs_of(by).select_related("current_version").filter(pk=job_id, status=Job.Status.OPEN).first()
    if job is None or job.current_version is None:
        raise CannotInvite(_("This job is not open. Publish it first."))
    candidate, made = Candidate.objects.get_or_create(
        pk=candidate_id, defaults={"name": name, "email": email, "email_index": index.email(email)}
    )
    application = Application.objects.create(candidate=candidate, job=job)
    interview = Interview.objects.create(
        application=application,
        version=job.current_version,
        subject_id=candidate.pk,
        expires_at=clock.now() + timedelta(days=days),
    )
    invited = _issue(interview, by)
    due.owe("interview_expiry", interview.pk, after=timedelta(days=days))
    audit.record("candidate.invited", interview, new_candidate=made)
    if send_mail:
        mail.owe(
            kind="invitation", interview=interview, recipient=candidate.email, context=_mail_context(invited, candidate)
        )
    return invited


@transaction.atomic
def new_link(*, interview_id: UUID, by: User, send_mail: bool = False) -> Invited:
    """Issue another link; the old one works until the new one is used.

    :raises CannotInvite: if the interview is closed.
    :raises Interview.DoesNotExist: if there is no such interview for this person.
    :raises accounts.roles.NotPermitted: if the role may not invite.
    """
    by.require(Permission.INVITE)
    related = ("application__job", "application__candidate", "version")
    interview = scope.interviews_of(by).select_related(*related).get(pk=interview_id)
    if interview.status in Interview.CLOSED:
        raise CannotInvite(_("This interview is closed, so a new link would lead nowhere."))
    invited = _issue(interview, by)
    audit.record("candidate.link_issued", interview)
    if send_mail:
        candidate = interview.application.candidate
        mail.owe(
            kind="invitation", interview=interview, recipient=candidate.email, context=_mail_context(invited, candidate)
        )
    return invited


@transaction.atomic
def extend(*, interview_id: UUID, days: int, by: User) -> Interview:
    """Let an interview that has not begun begin for so many days from now, if that is longer than it could.

    :raises CannotInvite: if it began or is closed, or for an absurd number.
    :raises Interview.DoesNotExist: if there is no such interview for this person.
    :raises accounts.roles.NotPermitted: if the role may not invite.
    """
    by.require(Permission.INVITE)
    _require_days(days)
    interview = scope.interviews_of(by).get(pk=interview_id)
    until = clock.now() + timedelta(days=days)
    waiting = Interview.objects.filter(pk=interview_id, status__in=Interview.BEFORE_START, expires_at__gt=Now())
    if waiting.update(expires_at=Greatest(F("expires_at"), until)) != 1:
        raise CannotInvite(_("This interview began, or its time is over: it can't be extended."))
    interview.refresh_from_db()
    due.owe("interview_expiry", interview.pk, after=interview.expires_at - clock.now())
    audit.record("candidate.invitation_extended", interview, days=days)
    return interview


def another_link(interview: Interview, *, by: User | None) -> str:
    """The address of another link to this interview, for a mail to its candidate alone, in the current transaction."""
    audit.record("candidate.link_issued", interview)
    return _issue(interview, by).url


def _issue(interview: Interview, by: User | None) -> Invited:
    token = links.new_token()
    # Who helps for an hour is in the audit trail, not in the team.
    named = None if by is None or by.role in SUPPORT_ROLES else by
    invitation = Invitation.objects.create(interview=interview, token_hash=links.hash_token(token), created_by=named)
    return Invited(interview, invitation, token, links.link_url(token))


def _candidate_id(email: str) -> UUID:
    found = Candidate.objects.filter(email_index=index.email(email)).values_list("pk", flat=True).first()
    return found or Candidate._meta.pk.get_default()


def _clean(name: str, email: str, days: int) -> tuple[str, str]:
    name, email = " ".join(name.split()), email.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise CannotInvite(_("Write a name of at most 120 characters."))
    try:
        validate_email(email)
    except ValidationError as error:
        raise CannotInvite(_("Write a valid e-mail address.")) from error
    _require_days(days)
    return name, email


def _require_days(days: int) -> None:
    if not 1 <= days <= 90:
        raise CannotInvite(_("An invitation is valid for 1 to 90 days."))


def _mail_context(invited: Invited, candidate: Candidate) -> dict[str, object]:
    version = invited.interview.version
    return {
        "name": candidate.name,
        "contact_name": tenancy.current().contact_email or tenancy.current().name,
        "question_count": version.questions.count(),
        "job_title": invited.interview.application.job.title,
        "minutes": version.minutes,
        "deadline_at": invited.interview.expires_at,
        "link": invited.url,
    }
