"""What the model layer tells over HTTP."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import programs
from accounts.models import User
from accounts.roles import Permission
from core import tenancy
from llm import stats
from llm.serializers import OptimizationStatsSerializer, PeriodSerializer, PlatformPeriodSerializer


@dataclass(frozen=True, slots=True)
class UseReader:
    """Somebody who may read figures: of every tenant (`tenant` None), or of the one tenant that it names."""

    tenant: str | None
    is_authenticated: bool = True


class UseAuthentication(BaseAuthentication):
    """Who asks, and whose figures are theirs to read: the only place that says so, for every way of signing in.

    The session of the platform's staff, on a host of the platform's (sessions are in its schema), reads all; that of
    a tenant's owner or admin, on the tenant's host, reads the tenant's own. A tenant's key reads the tenant's own.
    """

    def authenticate(self, request: Request) -> tuple[UseReader, None] | None:
        program = programs.program_of(request)
        if program is not None:
            if not program.may(programs.Scope.USAGE_READ):
                raise exceptions.PermissionDenied(programs.HasScope.message)
            return UseReader(tenant=tenancy.schema()), None
        user = request._request.user
        if not isinstance(user, User):
            return None
        if user.is_superuser:
            return UseReader(tenant=None), None
        if not isinstance(tenancy.in_use(), tenancy.Platform) and user.may(Permission.VIEW_MODEL_USE):
            return UseReader(tenant=tenancy.schema()), None
        raise exceptions.PermissionDenied

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class UseScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description names it: the staff's session cookie, or a tenant's key."""

    target_class = "llm.api.UseAuthentication"
    name = "staffSession"

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        return [{self.name: []}, {programs.KeyScheme.name: []}]

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class OptimizationStats(APIView):
    authentication_classes = [UseAuthentication]

    @extend_schema(parameters=[PlatformPeriodSerializer], responses=OptimizationStatsSerializer)
    def get(self, request: Request) -> Response:
        """Requests by what answered them, and what was saved. Only the platform's staff may name a tenant."""
        reader = request.user
        assert isinstance(reader, UseReader)
        asked = (PlatformPeriodSerializer if reader.tenant is None else PeriodSerializer)(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = stats.optimization_stats(**{"tenant": reader.tenant} | asked.validated_data)
        return Response(OptimizationStatsSerializer(found).data)
