"""Candidates' requests, handled by a named person."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock
from interviews.models import CandidateRequest


class AlreadyHandled(Exception):
    """Somebody handled this request already."""


@transaction.atomic
def handle(*, request_id: UUID, by: User) -> None:
    """Note that this person took care of the request.

    :raises AlreadyHandled: if it was, or there is no such request.
    :raises accounts.roles.NotPermitted: if the role may not.
    """
    by.require(Permission.HANDLE_REQUESTS)
    open_request = CandidateRequest.objects.filter(pk=request_id, handled_at=None)
    if open_request.update(handled_by=by, handled_at=clock.now()) != 1:
        raise AlreadyHandled
    audit.record("request.handled", CandidateRequest.objects.get(pk=request_id))
