"""Programs of a tenant: what their key lets them do, never more than the person who made it may at that moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from accounts.roles import Permission
from core import audit

HEADER = "X-API-Key"
KEY_DEFINITION = {"type": "apiKey", "in": "header", "name": HEADER, "description": "`cnd_<tenant>_<secret>`"}


class Scope(models.TextChoices):
    """What a key can be made for."""

    JOBS_READ = "jobs:read", _("Read jobs")
    INTERVIEWS_READ = "interviews:read", _("Read which interviews there are and how far they got")
    INVITATIONS_WRITE = "invitations:write", _("Invite candidates")
    USAGE_READ = "usage:read", _("Read how much the models are used")


PERMISSION_OF: Mapping[str, Permission] = {
    Scope.JOBS_READ: Permission.VIEW_JOBS,
    Scope.INTERVIEWS_READ: Permission.VIEW_CANDIDATES,
    Scope.INVITATIONS_WRITE: Permission.INVITE,
    Scope.USAGE_READ: Permission.VIEW_MODEL_USE,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """What the middleware knows of a request that came with a good key: it entered the schema of the key's tenant."""

    key_id: UUID
    scopes: frozenset[str]
    made_by: UUID


@dataclass(frozen=True, slots=True)
class Program:
    """A key and, in `maker`, the person who made it: what it does, it does in their name."""

    key_id: UUID
    scopes: frozenset[str]
    maker: User
    is_authenticated: bool = True

    def may(self, scope: Scope) -> bool:
        """Whether the key holds the scope, and its maker may still make keys and do what is behind the scope."""
        needed = (Permission.MANAGE_API_KEYS, PERMISSION_OF[scope])
        return scope in self.scopes and all(self.maker.may(permission) for permission in needed)


def program_of(request: Request) -> Program | None:
    """Who calls with a key; from here on the key is the actor of whatever happens.

    :raises rest_framework.exceptions.AuthenticationFailed: if the key's maker may not sign in any more.
    """
    caller: Caller | None = getattr(request._request, "caller", None)
    if caller is None:
        return None
    maker = User.objects.filter(pk=caller.made_by, is_active=True).first()
    if maker is None:
        raise exceptions.AuthenticationFailed("This key is not valid.")
    audit.actor.set(audit.Actor("api_key", caller.key_id))
    return Program(caller.key_id, caller.scopes, maker)


class KeyAuthentication(BaseAuthentication):
    """`X-API-Key: cnd_<tenant>_<secret>`; the middleware has checked it."""

    def authenticate(self, request: Request) -> tuple[Program, None] | None:
        program = program_of(request)
        return None if program is None else (program, None)

    def authenticate_header(self, request: Request) -> str:
        return HEADER


class HasScope(BasePermission):
    """The view names the scope that it needs as `scope`."""

    message = "The key does not have the scope that this needs, or the person who made it may not do this any more."

    def has_permission(self, request: Request, view: APIView) -> bool:
        program: Any = request.user
        return isinstance(program, Program) and program.may(view.scope)  # type: ignore[attr-defined]


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.programs.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return KEY_DEFINITION
