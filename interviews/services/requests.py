"""Candidates' requests: asked for by a form, handled by a named person."""

from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock
from interviews.models import CandidateRequest, Interview
from interviews.selectors import scope
from interviews.services import mail


class AlreadyHandled(Exception):
    """Somebody handled this request already."""


@transaction.atomic
def ask(interview: Interview, *, kind: str, detail: str = "", tell: bool = True, **audited: Any) -> CandidateRequest:
    """Store what the candidate asks for and tell the people who take care of it. The interview stays as it is."""
    request = CandidateRequest.objects.create(
        interview=interview, subject_id=interview.subject_id, kind=kind, detail=detail or None
    )
    audit.record(f"request.{kind}", request, **audited)
    if tell:
        mail.owe_to_staff(
            kind="request",
            interview=interview,
            permission=Permission.HANDLE_REQUESTS,
            context={"job_title": interview.application.job.title},
        )
    return request


@transaction.atomic
def handle(*, request_id: UUID, by: User) -> None:
    """Note that this person took care of the request; a contest is ruled on instead (services.rulings).

    :raises AlreadyHandled: if it was, or there is no such request for this person.
    :raises accounts.roles.NotPermitted: if the role may not.
    """
    by.require(Permission.HANDLE_REQUESTS)
    within = scope.within(by, "interview__")
    open_request = CandidateRequest.objects.filter(within, pk=request_id, handled_at=None, contest=None)
    if open_request.update(handled_by=by, handled_at=clock.now()) != 1:
        raise AlreadyHandled
    audit.record("request.handled", CandidateRequest.objects.get(pk=request_id))
