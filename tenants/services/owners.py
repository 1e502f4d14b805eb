"""The owners of a tenant: the first one is invited, and one who lost every way in is let in again."""

from contextlib import suppress
from uuid import UUID

from django.db import transaction

from accounts.models import User, normalise_email
from accounts.roles import Permission, Role
from accounts.services import invitations, mail, second_factor
from core import audit, tenancy
from tenants.models import Tenant
from tenants.services import staff_mail
from tenants.services.trails import acting


class NotAnOwner(LookupError):
    """No active owner of this tenant has this address: type the one that they sign in with."""


class AnotherOwnerCan(Exception):
    """Another active owner can reset it, on the page Team: ask the person to turn to them."""


def invite(*, email: str, name: str) -> None:
    """Invite the owner of the current tenant; who was invited before is not invited again."""
    with suppress(invitations.AlreadyInvited):
        invitations.invite(email=email, name=name, role=Role.OWNER)


@transaction.atomic
def reset_second_factor(*, tenant_id: UUID, email: str, reason: str, by: UUID) -> None:
    """For a tenant's only owner who lost phone and codes; `by` is of the platform's staff and knows who asks.

    Their password stays, their sessions end, and everybody who manages the tenant is told by mail; the reason stands in
    both audit trails.

    :raises NotAnOwner: if the address is no active owner's. :raises AnotherOwnerCan: if they have a colleague.
    :raises core.tenancy.UnknownTenant: if the tenant is not there to be entered.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    with acting(audit.Actor("platform", by)):
        with tenancy.enter(tenant.schema_name):
            owner = _only_owner(normalise_email(email))
            second_factor.reset(user_id=owner.pk, reason=reason)
            for colleague in staff_mail.people(Permission.MANAGE_SETTINGS).exclude(pk=owner.pk):
                mail.owe(kind=mail.Kind.OWNER_RESET, about_id=colleague.pk)
        with tenancy.enter_platform():
            audit.record("user.second_factor_reset", owner, tenant=tenant.schema_name, reason=reason)


def _only_owner(email: str) -> User:
    owners = list(User.objects.select_for_update().filter(role=Role.OWNER, is_active=True))
    found = [owner for owner in owners if owner.email == email]
    if not found:
        raise NotAnOwner
    if len(owners) > 1:
        raise AnotherOwnerCan
    return found[0]
