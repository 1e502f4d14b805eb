"""Setting up single sign-on: the identity provider's metadata, what the tenant's admin chose, on and off."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Identity, User
from accounts.roles import Permission, Role
from accounts.services import signing_in
from core import audit, clock, due, entitlements, tenancy
from core.entitlements import Feature
from tenants import idp_certificates
from tenants.models import SamlConnection, Tenant
from tenants.services import certificate_warnings, fetching, idp_metadata
from tenants.services.idp_metadata import Idp
from tenants.services.saml import certificates


class NoProvider(LookupError):
    """This tenant has no identity provider yet: give its metadata first."""


class OtherProvider(Exception):
    """The metadata is of another identity provider than the one in use; replacing it must be said."""


class OwnersDecision(Exception):
    """An owner signs in through this provider: whoever adds a certificate to it could sign in as them."""


class NotGrantable(ValueError):
    """A group can't make anybody an owner, and can't give a role that does not exist."""


class LastCertificate(Exception):
    """Without this certificate nobody could sign in: give metadata with the new one first."""


class NoUsableCertificate(Exception):
    """Every certificate of the identity provider is over: give its new metadata first."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the tenant's admin chooses; `group_roles` is the allow list group -> role."""

    allow_idp_initiated: bool
    sign_requests: bool
    want_encrypted: bool
    create_people: bool
    email_attribute: str
    name_attribute: str
    groups_attribute: str
    group_roles: dict[str, str]


def fetch_metadata(
    *, url: str, by: User, entity_id: str = "", replace: bool = False, session_key: str | None = None
) -> SamlConnection:
    """Give the metadata that is at this address; the address is kept for the next time.

    :raises tenants.services.fetching.NotFetched: if nothing came; else as give_metadata.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    raw = fetching.fetch(url)
    return give_metadata(raw=raw, by=by, entity_id=entity_id, replace=replace, session_key=session_key, url=url)


def give_metadata(
    *,
    raw: bytes,
    by: User,
    entity_id: str = "",
    replace: bool = False,
    session_key: str | None = None,
    url: str = "",
) -> SamlConnection:
    """Begin with this provider, or learn its new addresses and certificates; those in use stay for a roll-over.

    Another provider becomes a connection of its own: a NameID of the old one must not name anybody at the new one.
    The sessions that the old one vouched for end, but for the one with `session_key`, who may have to go on.

    :raises tenants.services.idp_metadata.MetadataRefused: with a sentence that says what to do.
    :raises tenants.services.idp_metadata.ChooseProvider: if there are several and `entity_id` names none.
    :raises OtherProvider: if another one is in use and `replace` does not say that it goes.
    :raises OwnersDecision: if it brings another certificate for an owner's sign-in, and `by` is no owner.
    :raises core.entitlements.NotInPlan: if it is the first provider, and the plan includes none.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    idp = idp_metadata.read(raw, now=clock.now(), entity_id=entity_id)
    with transaction.atomic():
        tenant = Tenant.objects.select_for_update(no_key=True).get(pk=tenancy.tenant_id())
        before = SamlConnection.objects.filter(tenant=tenant).first()
        if before is not None and before.idp_entity_id == idp.entity_id:
            return _renew(before, idp, url, by)
        if before is None:
            entitlements.require(Feature.SSO)
        elif not replace:
            raise OtherProvider(before.idp_entity_id)
        return _begin(tenant, before, idp, url, session_key)


def _begin(
    tenant: Tenant, before: SamlConnection | None, idp: Idp, url: str, session_key: str | None
) -> SamlConnection:
    """A new connection, off until somebody turns it on; what the admin chose, and our key, go over to it."""
    kept = asdict(settings_of(before)) if before else {}
    certificate, key = (before.sp_certificate, before.sp_key) if before else ("", "")
    if before is not None:
        Identity.objects.filter(provider_id=before.pk).delete()
        due.settle(certificate_warnings.KIND, before.pk)
        audit.record("sso.provider_removed", before, sessions_ended=signing_in.end_vouched(but=session_key))
        before.delete()
    if not key:
        certificate, key = certificates.make(f"Candor {tenant.subdomain}")
    made = SamlConnection.objects.create(
        tenant=tenant,
        idp_entity_id=idp.entity_id,
        sso_url=idp.sso_url,
        slo_url=idp.slo_url,
        certificates=list(idp.certificates),
        metadata_url=url,
        sp_certificate=certificate,
        sp_key=key,
        **kept,
    )
    audit.record("sso.provider_added", made, certificates=len(idp.certificates))
    return made


def _renew(connection: SamlConnection, idp: Idp, url: str, by: User) -> SamlConnection:
    now = clock.now()
    kept = idp_certificates.lasting(connection.certificates, now=now)
    certificates = list(dict.fromkeys([*kept, *idp.certificates]))[-idp_metadata.MOST_CERTIFICATES :]
    added = len(set(certificates) - set(connection.certificates))
    if added and by.role != Role.OWNER and _owner_signs_in(connection):
        raise OwnersDecision(connection.idp_entity_id)
    changes = {"sso_url": idp.sso_url, "slo_url": idp.slo_url, "certificates": certificates}
    if any(getattr(connection, name) != value for name, value in changes.items()):
        _change(connection, tested_at=None, **changes)
    if url and url != connection.metadata_url:
        SamlConnection.objects.filter(pk=connection.pk).update(metadata_url=url)
        connection.metadata_url = url
    certificate_warnings.plan(connection)
    audit.record("sso.metadata_renewed", connection, certificates=len(certificates), added=added)
    return connection


def _owner_signs_in(connection: SamlConnection) -> bool:
    return Identity.objects.filter(provider_id=connection.pk, user__role=Role.OWNER).exists()


@transaction.atomic
def change_settings(*, settings: Settings, by: User) -> None:
    """Store what the admin chose; a test of other settings says nothing about these.

    :raises NotGrantable: if a group would give owner or an unknown role.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    if any(role not in set(Role.values) - {Role.OWNER} or not group for group, role in settings.group_roles.items()):
        raise NotGrantable(", ".join(settings.group_roles.values()))
    connection = locked()
    if settings_of(connection) == settings:
        return
    _change(connection, tested_at=None, **asdict(settings))
    audit.record("sso.settings_changed", connection, groups=len(settings.group_roles))


def settings_of(connection: SamlConnection) -> Settings:
    """What was chosen for this connection."""
    return Settings(**{name: getattr(connection, name) for name in Settings.__dataclass_fields__})


@transaction.atomic
def remove_certificate(*, fingerprint: str, by: User, session_key: str | None = None) -> None:
    """Trust this certificate no longer; one that is not there is gone already.

    Which one vouched for a session is not known: all end but the one with `session_key`, and begin with another.

    :raises LastCertificate: if none would be left.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    connection = locked()
    left = [pem for pem in connection.certificates if idp_certificates.fingerprint(pem) != fingerprint]
    if len(left) == len(connection.certificates):
        return
    if not left:
        raise LastCertificate(fingerprint)
    _change(connection, tested_at=None, certificates=left)
    certificate_warnings.plan(connection)
    ended = signing_in.end_vouched(but=session_key)
    audit.record("sso.certificate_removed", connection, fingerprint=fingerprint, sessions_ended=ended)


@transaction.atomic
def enable(*, by: User) -> None:
    """Offer single sign-on on the sign-in page.

    :raises NoUsableCertificate: if no assertion could be checked today.
    :raises core.entitlements.NotInPlan: if the plan does not include it.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    connection = locked()
    if not connection.enabled:
        entitlements.require(Feature.SSO)
    if not has_usable_certificate(connection, clock.now()):
        raise NoUsableCertificate(connection.idp_entity_id)
    if SamlConnection.objects.filter(pk=connection.pk, enabled=False).update(enabled=True):
        connection.enabled = True
        certificate_warnings.plan(connection)
        audit.record("sso.enabled", connection)


@transaction.atomic
def disable(*, by: User, session_key: str | None = None) -> None:
    """Offer it no longer; passwords are for everybody again, and what it began ends, but for `session_key`."""
    by.require(Permission.MANAGE_SIGN_IN)
    connection = locked()
    if SamlConnection.objects.filter(pk=connection.pk, enabled=True).update(enabled=False, enforced=False):
        due.settle(certificate_warnings.KIND, connection.pk)
        ended = signing_in.end_vouched(but=session_key)
        audit.record("sso.disabled", connection, was_enforced=connection.enforced, sessions_ended=ended)


def has_usable_certificate(connection: SamlConnection, now: datetime) -> bool:
    """Whether one of the provider's certificates is not over yet."""
    return bool(idp_certificates.lasting(connection.certificates, now=now))


def locked() -> SamlConnection:
    """:raises NoProvider: if there is none."""
    found = SamlConnection.objects.select_for_update().filter(tenant_id=tenancy.tenant_id()).first()
    if found is None:
        raise NoProvider(tenancy.schema())
    return found


def _change(connection: SamlConnection, **changes: object) -> None:
    changes["updated_at"] = clock.now()
    SamlConnection.objects.filter(pk=connection.pk).update(**changes)
    for name, value in changes.items():
        setattr(connection, name, value)
