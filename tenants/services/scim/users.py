"""People as a directory writes them: made, replaced, changed, disabled. Nobody is ever deleted: the trail names them.

Of an owner a directory changes the name, and ends them (but never the last one); address, role and coming back are
the tenant's own decisions. Roles come from groups (tenants.services.scim.roles), never from an attribute.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from accounts.models import Identity, ScimUser, User
from accounts.roles import Role
from accounts.services import people
from core import audit, tenancy
from core.entitlements import NoSeatLeft
from tenants.models import EmailDomain, SamlConnection
from tenants.services.saml import assertions, refusals
from tenants.services.scim import documents, filters, patching
from tenants.services.scim.documents import WantedUser
from tenants.services.scim.errors import NotThere, Refused, Taken
from tenants.services.scim.roles import LOWEST

SOURCE = "scim"
NO_SEAT = "The tenant's plan includes no more people. Make room in its team, or choose a larger plan."
ATTRIBUTES = {
    "username": filters.text("scim_name"),
    "externalid": filters.text("scim__external_id", exact=True),
    "active": filters.flag("is_active"),
    "id": filters.key("pk"),
    "displayname": filters.text("name"),
    "emails": filters.text("email"),
    "emails.value": filters.text("email"),
}


def visible() -> QuerySet[User]:
    """Everybody of the tenant but those whom the directory deleted, oldest first."""
    people_here = User.objects.filter(Q(scim=None) | Q(scim__deleted_at=None)).select_related("scim")
    named = people_here.annotate(scim_name=Coalesce("scim__user_name", "email", output_field=CharField()))
    return named.prefetch_related("scim_groups").order_by("pk")


def find(*, filter_text: str) -> QuerySet[User]:
    """:raises Refused: if the filter can't be used."""
    rows = visible()
    return rows.filter(filters.condition(filters.parse(filter_text), filters.by(ATTRIBUTES))) if filter_text else rows


def get(*, user_id: UUID) -> User:
    """:raises NotThere: if there is none, or the directory deleted them."""
    found = visible().filter(pk=user_id).first()
    if found is None:
        raise NotThere
    return found


def document_of(user: User) -> dict[str, Any]:
    """What the directory may write of this person, as it stands."""
    entry: ScimUser | None = getattr(user, "scim", None)
    if entry is None:
        return {
            "userName": user.email,
            "displayName": user.name,
            "emails": [{"value": user.email, "type": "work", "primary": True}],
            "active": user.is_active,
        }
    own = {"userName": entry.user_name, "active": user.is_active}
    return own | ({"externalId": entry.external_id} if entry.external_id else {}) | entry.attributes


@transaction.atomic
def create(*, document: Mapping[str, Any]) -> User:
    """A person with the lowest role; one whom the directory deleted before comes back instead.

    :raises Refused: if something in the document can't be used, or the address or the name is taken.
    """
    wanted = documents.user(document)
    before = User.objects.filter(email=wanted.email).select_related("scim").first()
    if before is not None:
        return _come_back(before, wanted)
    _check_domain(wanted.email)
    _check_name(wanted.user_name, None)
    try:
        user = people.create(email=wanted.email, name=wanted.name, role=LOWEST, source=SOURCE)
    except people.AddressTaken as error:
        raise Taken("Somebody has this e-mail address already.") from error
    except NoSeatLeft as error:
        raise Refused(NO_SEAT, "", 409) from error
    _store(ScimUser(user=user, made_here=True), wanted)
    _link(user, wanted.user_name)
    if wanted.active is False:
        people.disable(user_id=user.pk, source=SOURCE)
    return get(user_id=user.pk)


def _come_back(user: User, wanted: WantedUser) -> User:
    entry: ScimUser | None = getattr(user, "scim", None)
    if entry is None or entry.deleted_at is None or user.role == Role.OWNER:
        raise Taken("Somebody has this e-mail address already.")
    _check_domain(wanted.email)
    _check_name(wanted.user_name, user)
    if not user.is_active:
        people.change_role(user_id=user.pk, role=LOWEST, source=SOURCE)
    entry.deleted_at = None
    _store(entry, wanted)
    if entry.made_here:
        _link(user, wanted.user_name)
    _set_name(user, wanted)
    _set_active(user, wanted.active is not False)
    return get(user_id=user.pk)


@transaction.atomic
def replace(*, user_id: UUID, document: Mapping[str, Any]) -> User:
    """PUT. Without `active` the person stays as they are.

    :raises Refused: if something in the document can't be used.
    """
    return _write(_locked(user_id), documents.user(document))


@transaction.atomic
def patch(*, user_id: UUID, operations: Any) -> User:
    """PATCH: all operations, or none.

    :raises Refused: if one of them can't be done.
    """
    user = _locked(user_id)
    changed = patching.apply(document_of(user), operations, documents.USER)
    return _write(user, documents.user(changed))


@transaction.atomic
def delete(*, user_id: UUID) -> None:
    """Disable the person, and know them no more; no name at the identity provider leads to them from now on.

    :raises Refused: for the last owner.
    """
    user = _locked(user_id)
    _set_active(user, False)
    ScimUser.objects.filter(user=user).update(deleted_at=Now(), external_id="", updated_at=Now())
    user.scim_groups.clear()
    _unlink(user)
    audit.record("user.deleted_by_directory", user)


def _locked(user_id: UUID) -> User:
    """The person, whose entry is locked: two writers of one person take turns."""
    user = get(user_id=user_id)
    if getattr(user, "scim", None) is None:
        ScimUser.objects.get_or_create(user=user, defaults=_entry_of(user))
    ScimUser.objects.select_for_update().get(user=user)
    return get(user_id=user_id)


def _entry_of(user: User) -> dict[str, Any]:
    shown = document_of(user)
    attributes = {name: shown[name] for name in ("displayName", "emails")}
    return {"user_name": user.email, "attributes": attributes}


def _write(user: User, wanted: WantedUser) -> User:
    entry: ScimUser = user.scim
    before = document_of(user)
    _check_name(wanted.user_name, user)
    _set_address(user, wanted.email)
    _set_name(user, wanted)
    if wanted.user_name != entry.user_name and entry.made_here:
        if user.role == Role.OWNER:  # it is the name under which they sign in
            raise Refused("An owner's userName stays as it is.", "mutability")
        _rename_identity(user, wanted.user_name)
    _store(entry, wanted)
    if wanted.active is not None:
        _set_active(user, wanted.active)
    after = get(user_id=user.pk)
    names = sorted({*before, *document_of(after)})
    changed = [name for name in names if before.get(name) != document_of(after).get(name)]
    if changed:
        audit.record("user.changed", user, source=SOURCE, attributes=changed)
    return after


def _store(entry: ScimUser, wanted: WantedUser) -> None:
    entry.user_name, entry.external_id, entry.attributes = wanted.user_name, wanted.external_id, wanted.attributes
    try:
        with transaction.atomic():
            entry.save()
    except IntegrityError as error:
        raise Taken("Somebody has this userName already.") from error


def _check_name(user_name: str, user: User | None) -> None:
    """A userName is one person's, also where it is only the address of somebody the directory never wrote."""
    others = visible().filter(Q(scim_name__iexact=user_name))
    if (others.exclude(pk=user.pk) if user else others).exists():
        raise Taken("Somebody has this userName already.")


def _check_domain(email: str) -> None:
    domain = email.rpartition("@")[2]
    verified = EmailDomain.objects.filter(tenant_id=tenancy.tenant_id(), verified_at__isnull=False)
    if not verified.filter(domain=domain).exists():
        raise Refused(
            "The e-mail address is not in one of your verified domains. Verify its domain in the settings first."
        )


def _set_address(user: User, email: str) -> None:
    if email == user.email:
        return
    if user.role == Role.OWNER:
        raise Refused("An owner's e-mail address is changed in the portal.", "mutability")
    _check_domain(email)
    try:
        with transaction.atomic():
            User.objects.filter(pk=user.pk).update(email=email)
    except IntegrityError as error:
        raise Taken("Somebody has this e-mail address already.") from error


def _set_name(user: User, wanted: WantedUser) -> None:
    if wanted.name != user.name:
        User.objects.filter(pk=user.pk).update(name=wanted.name)


def _set_active(user: User, active: bool) -> None:
    """:raises Refused: if this would end the last owner, or bring back one."""
    if active == user.is_active:
        return
    if active and user.role == Role.OWNER:
        raise Refused("An owner who was disabled is enabled in the portal, by another owner.", "mutability")
    if active:
        try:
            people.enable(user_id=user.pk, source=SOURCE)
        except NoSeatLeft as error:
            raise Refused(NO_SEAT, "", 409) from error
        return
    try:
        people.disable(user_id=user.pk, source=SOURCE)
    except people.LastOwner as error:
        raise Refused("This is the last owner. Make somebody else an owner in the portal first.", "", 409) from error


def _link(user: User, user_name: str) -> None:
    """Whom the directory made signs in through the tenant's identity provider, by the userName as NameID."""
    saml = SamlConnection.objects.filter(tenant_id=tenancy.tenant_id()).first()
    if saml is None:
        return
    try:
        with transaction.atomic():
            identity, _made = Identity.objects.update_or_create(
                user=user, provider_id=saml.pk, defaults={"subject": _subject(user_name)}
            )
    except IntegrityError as error:
        raise Taken("Somebody signs in with this userName already.") from error
    audit.record("identity.linked", identity, user_id=str(user.pk))


def _unlink(user: User) -> None:
    """The provider may give the name to somebody else, who must not come in as this person when they come back."""
    for identity in Identity.objects.filter(user=user):
        audit.record("identity.unlinked", identity, user_id=str(user.pk))
        identity.delete()


def _rename_identity(user: User, user_name: str) -> None:
    saml = SamlConnection.objects.filter(tenant_id=tenancy.tenant_id()).first()
    if saml is None:
        return
    try:
        with transaction.atomic():
            Identity.objects.filter(user=user, provider_id=saml.pk).update(subject=_subject(user_name))
    except IntegrityError as error:
        raise Taken("Somebody signs in with this userName already.") from error


def _subject(user_name: str) -> str:
    """:raises Refused: if no NameID could ever be this name."""
    try:
        return assertions.subject_of(user_name)
    except refusals.Refused as error:
        raise Refused("Nobody could sign in with this userName: it holds letters that stand for others.") from error
