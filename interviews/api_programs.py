"""The API of a tenant's programs: which jobs and interviews there are, and inviting. Never what anybody said."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.programs import HasScope, KeyAuthentication, Program, Scope
from core import ratelimit
from core.errors import Problem
from interviews.api import BoundedJSON
from interviews.models import Interview, Job
from interviews.selectors import for_programs
from interviews.serializers import (
    ProgramInterviewSerializer,
    ProgramInvitationSerializer,
    ProgramInvitedSerializer,
    ProgramJobSerializer,
)
from interviews.services import invitations

RATE = "60/minute"


class NewestFirst(CursorPagination):
    """Keys are made in the order of time. `cursor` comes from `next` and `previous`."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Any:
        """:raises rest_framework.exceptions.NotFound: for a cursor that names no key."""
        found = super().decode_cursor(request)
        try:
            if found is not None and found.position is not None:
                UUID(str(found.position))
            return found
        except ValueError as error:
            raise exceptions.NotFound from error


class OfPrograms(APIView):
    """Asked with a key that holds `scope`."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [IsAuthenticated, HasScope]
    scope: Scope


class Jobs(OfPrograms, ListAPIView[Job]):
    """The tenant's jobs, newest first."""

    scope = Scope.JOBS_READ
    queryset = for_programs.jobs()
    serializer_class = ProgramJobSerializer
    pagination_class = NewestFirst


class Interviews(OfPrograms, ListAPIView[Interview]):
    """The tenant's interviews, newest first: how far they got and when, without results, names or words."""

    scope = Scope.INTERVIEWS_READ
    queryset = for_programs.interviews()
    serializer_class = ProgramInterviewSerializer
    pagination_class = NewestFirst


class Invitations(OfPrograms):
    scope = Scope.INVITATIONS_WRITE
    parser_classes = [BoundedJSON]

    @extend_schema(request=ProgramInvitationSerializer, responses={201: ProgramInvitedSerializer})
    def post(self, request: Request) -> Response:
        """Invite a candidate; they get the link by mail, and nobody else does."""
        program = request.user
        assert isinstance(program, Program)
        ratelimit.hit("invite", str(program.key_id), RATE)
        asked = ProgramInvitationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(ProgramInvitedSerializer(_invite(asked.validated_data, program)).data, 201)


def _invite(asked: dict[str, Any], program: Program) -> Interview:
    try:
        invited = invitations.invite(
            job_id=asked["job_id"],
            name=asked["name"],
            email=asked["email"],
            days=asked["days_valid"],
            by=program.maker,
        )
    except invitations.CannotInvite as error:
        raise Problem(400, "cannot_invite", str(error)) from error
    return invited.interview
