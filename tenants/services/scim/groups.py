"""Groups as a directory writes them; what role their members get is the tenant's list (tenants.services.scim.roles)."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import ScimGroup, User
from core import audit
from tenants.services.scim import documents, filters, patching, roles, users
from tenants.services.scim.documents import WantedGroup
from tenants.services.scim.errors import NotThere, Refused, Taken

ATTRIBUTES = {
    "displayname": filters.text("display_name"),
    "externalid": filters.text("external_id", exact=True),
    "id": filters.key("pk"),
    "members": filters.key("members__pk"),
    "members.value": filters.key("members__pk"),
}


def find(*, filter_text: str) -> QuerySet[ScimGroup]:
    """:raises Refused: if the filter can't be used."""
    rows = ScimGroup.objects.order_by("pk").prefetch_related("members")
    if not filter_text:
        return rows
    fitting = ScimGroup.objects.filter(filters.condition(filters.parse(filter_text), filters.by(ATTRIBUTES)))
    return rows.filter(pk__in=fitting.values("pk"))


def get(*, group_id: UUID) -> ScimGroup:
    """:raises NotThere: if there is none."""
    found = ScimGroup.objects.filter(pk=group_id).prefetch_related("members").first()
    if found is None:
        raise NotThere
    return found


def document_of(group: ScimGroup) -> dict[str, Any]:
    """What the directory may write of this group, as it stands."""
    members = [{"value": str(pk)} for pk in sorted(member.pk for member in group.members.all())]
    own: dict[str, Any] = {"displayName": group.display_name, "members": members}
    return own | ({"externalId": group.external_id} if group.external_id else {})


@transaction.atomic
def create(*, document: Mapping[str, Any]) -> ScimGroup:
    """:raises Refused: if something in the document can't be used, or the name is taken."""
    wanted = documents.group(document)
    group = ScimGroup()
    _store(group, wanted)
    audit.record("scim.group_created", group)
    _set_members(group, wanted.members)
    return get(group_id=group.pk)


@transaction.atomic
def replace(*, group_id: UUID, document: Mapping[str, Any]) -> ScimGroup:
    """PUT: members that are not named leave.

    :raises Refused: if something in the document can't be used.
    """
    return _write(_locked(group_id), documents.group(document))


@transaction.atomic
def patch(*, group_id: UUID, operations: Any) -> ScimGroup:
    """PATCH: all operations, or none.

    :raises Refused: if one of them can't be done.
    """
    group = _locked(group_id)
    changed = patching.apply(document_of(group), operations, documents.GROUP)
    return _write(group, documents.group(changed))


@transaction.atomic
def delete(*, group_id: UUID) -> None:
    """Remove the group; what it gave its members ends."""
    group = _locked(group_id)
    _set_members(group, ())
    audit.record("scim.group_deleted", group)
    group.delete()


def _locked(group_id: UUID) -> ScimGroup:
    """The group, locked: two writers take turns, and neither's members get lost."""
    if ScimGroup.objects.select_for_update().filter(pk=group_id).first() is None:
        raise NotThere
    return get(group_id=group_id)


def _write(group: ScimGroup, wanted: WantedGroup) -> ScimGroup:
    named = group.display_name
    _store(group, wanted)
    if named != group.display_name:
        _settle_renamed(group, named)
    _set_members(group, wanted.members)
    return get(group_id=group.pk)


def _settle_renamed(group: ScimGroup, before: str) -> None:
    members = set(group.members.values_list("pk", flat=True))
    roles.settle(members, lost=members if before.casefold() in roles.listed() else ())


def _store(group: ScimGroup, wanted: WantedGroup) -> None:
    group.display_name, group.external_id = wanted.display_name, wanted.external_id
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        raise Taken("Another group has this displayName already.") from error


def _set_members(group: ScimGroup, wanted: Collection[UUID]) -> None:
    """:raises Refused: if a new member is nobody here."""
    held = set(group.members.values_list("pk", flat=True))
    joined, left = set(wanted) - held, held - set(wanted)
    if users.visible().filter(pk__in=joined).count() != len(joined):
        raise Refused("A member is nobody here: create the User first.")
    group.members.add(*User.objects.filter(pk__in=joined))
    group.members.remove(*User.objects.filter(pk__in=left))
    if joined or left:
        audit.record("scim.group_members", group, joined=sorted(map(str, joined)), left=sorted(map(str, left)))
        roles.settle(joined | left, lost=left if group.display_name.casefold() in roles.listed() else ())
