"""The directory's token and the roles its groups give: set up by the tenant, asked for at every request of SCIM."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction

from accounts.models import User
from accounts.roles import NotPermitted, Permission, Role
from core import audit, clock, entitlements, ratelimit, tenancy
from core.entitlements import Feature
from tenants.models import ScimConnection
from tenants.services import held_secrets
from tenants.services.scim import roles

KIND = "cndscim"
GUESSES, CALLS = "30/minute", "1200/minute"
MOST_GROUPS, LONGEST_GROUP = 100, 254


class CannotSetUp(ValueError):
    """The settings don't fit; the message says what to change."""


class NotAdmitted(Exception):
    """The token is unknown, old or another tenant's; the caller is not told which."""


@transaction.atomic
def new_token(*, by: User, overlap: timedelta = timedelta(0)) -> str:
    """The tenant's first token, or another one: the one before works for `overlap` longer. Shown once.

    :raises accounts.roles.NotPermitted: if the role may not set up sign-in.
    :raises core.entitlements.NotInPlan: if the plan includes no directory.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    if not timedelta(0) <= overlap <= held_secrets.LONGEST_OVERLAP:
        raise CannotSetUp("The old token can work for at most seven days longer.")
    tenant = tenancy.current()
    row = ScimConnection.objects.select_for_update().filter(tenant_id=tenant.pk).first()
    if row is None or not row.hashed:  # who has one may always change it for another
        entitlements.require(Feature.SCIM)
    made = held_secrets.make(KIND, tenant.subdomain, row.prefix if row else "")
    if row is None:
        row = ScimConnection(tenant_id=tenant.pk, prefix=made.prefix)
    elif row.hashed and overlap:
        row.previous_hashed, row.previous_until = row.hashed, clock.now() + overlap
    else:
        row.previous_hashed, row.previous_until = "", None
    row.hashed = made.hashed
    row.save()
    audit.record("scim.token_made", row, overlap_seconds=int(overlap.total_seconds()))
    return made.text


@transaction.atomic
def end(*, by: User) -> None:
    """No token works any more; people and groups stay as they are, and so does the list of roles.

    :raises accounts.roles.NotPermitted: if the role may not set up sign-in.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    row = ScimConnection.objects.filter(tenant_id=tenancy.tenant_id()).exclude(hashed="").first()
    if row is not None:
        ScimConnection.objects.filter(pk=row.pk).update(hashed="", previous_hashed="", previous_until=None)
        audit.record("scim.token_ended", row)


@transaction.atomic
def give_roles(*, group_roles: Mapping[str, str], by: User) -> None:
    """Say which group gives which role; it counts at once for everybody in them.

    :raises CannotSetUp: for a role that may not be given, or before there is a token.
    :raises accounts.roles.NotPermitted: if the role may not set up sign-in.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    if Role.ADMIN in group_roles.values() and not by.may(Permission.MANAGE_PEOPLE):
        raise NotPermitted(str(Permission.MANAGE_PEOPLE.label))
    if len(group_roles) > MOST_GROUPS or not all(0 < len(name) <= LONGEST_GROUP for name in group_roles):
        raise CannotSetUp("List at most 100 groups, each with a name of at most 254 characters.")
    if not set(group_roles.values()) <= set(roles.GRANTABLE):
        raise CannotSetUp("A group can give every role but owner.")
    row = ScimConnection.objects.select_for_update().filter(tenant_id=tenancy.tenant_id()).first()
    if row is None:
        raise CannotSetUp("Make a token first.")
    before = roles.members_of(set(roles.listed()))
    ScimConnection.objects.filter(pk=row.pk).update(group_roles=dict(group_roles))
    audit.record("scim.roles_given", row, roles=sorted(set(group_roles.values())), groups=len(group_roles))
    roles.settle(before | roles.members_of(set(roles.listed())), lost=before)


def admit(*, authorization: str, client: str) -> ScimConnection:
    """The current tenant's connection, if this is its token.

    :raises NotAdmitted: for whatever reason, the same for all.
    :raises core.ratelimit.TooMany: for too many wrong tokens of an address, or too many calls of a tenant.
    """
    ratelimit.check("scim-guess", client, GUESSES)
    scheme, _, text = authorization.partition(" ")
    text, now = text.strip(), clock.now()
    row = ScimConnection.objects.filter(tenant_id=tenancy.tenant_id()).exclude(hashed="").first()
    known = bool(row and held_secrets.prefix_of(KIND, text) == row.prefix)
    good = held_secrets.matches(row if known else None, text, now)
    if row is None or not (good and known and scheme.lower() == "bearer"):
        ratelimit.hit("scim-guess", client, GUESSES)
        raise NotAdmitted
    ratelimit.hit("scim", str(row.pk), CALLS)
    if held_secrets.touch_is_due(row, now):
        held_secrets.touch(row)
    return row
