"""Which role a group gives, by the tenant's own list: never owner, and an owner's role is never touched."""

from collections.abc import Collection, Mapping
from uuid import UUID

from accounts.models import ScimGroup, User
from accounts.roles import Role
from accounts.services import people
from core import tenancy
from tenants.models import ScimConnection

GRANTABLE = (Role.ADMIN, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR)  # the first one wins
LOWEST = Role.REVIEWER


def listed() -> dict[str, Role]:
    """The tenant's list: group (case does not matter) -> role; anything that may not be given is not in it."""
    found = ScimConnection.objects.filter(tenant_id=tenancy.tenant_id()).values_list("group_roles", flat=True).first()
    return {name.casefold(): Role(role) for name, role in (found or {}).items() if role in GRANTABLE}


def settle(user_ids: Collection[UUID], *, lost: Collection[UUID] = ()) -> None:
    """Give each the highest role of their groups. Who is in none that gives any keeps theirs, but for those `lost`:
    they left such a group, and fall to the lowest."""
    roles = listed()
    held = _held(user_ids, roles)
    for user in User.objects.filter(pk__in=user_ids).exclude(role=Role.OWNER).order_by("pk"):
        wanted = next((role for role in GRANTABLE if role in held[user.pk]), LOWEST if user.pk in lost else None)
        if wanted not in (None, user.role):  # to change a role holds every owner's row until the push is over
            people.change_role(user_id=user.pk, role=wanted, source="scim")


def _held(user_ids: Collection[UUID], roles: Mapping[str, Role]) -> dict[UUID, set[Role]]:
    held: dict[UUID, set[Role]] = {user_id: set() for user_id in user_ids}
    through = ScimGroup.members.through.objects.filter(user_id__in=held)
    for user_id, name in through.values_list("user_id", "scimgroup__display_name"):
        if name.casefold() in roles:
            held[user_id].add(roles[name.casefold()])
    return held


def members_of(names: Collection[str]) -> set[UUID]:
    """The members of the groups with these names (casefolded)."""
    groups = [pk for pk, name in ScimGroup.objects.values_list("pk", "display_name") if name.casefold() in names]
    return set(ScimGroup.members.through.objects.filter(scimgroup_id__in=groups).values_list("user_id", flat=True))
