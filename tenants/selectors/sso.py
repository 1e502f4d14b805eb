"""What the pages of single sign-on show."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Identity, User
from accounts.roles import Role
from core import clock, tenancy
from tenants import idp_certificates
from tenants.idp_certificates import DAYS, Certificate
from tenants.models import EmailDomain, SamlConnection, Tenant


@dataclass(frozen=True, slots=True)
class Offered:
    """What the sign-in page offers."""

    enabled: bool
    enforced: bool
    url: str
    company: str


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate in the list; `tone` and `words` say how long it lasts."""

    certificate: Certificate
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Page:
    """The set-up page: the connection (None at first), its certificates, and what needs somebody's attention."""

    connection: SamlConnection | None
    certificates: list[ShownCertificate]
    warnings: list[str]
    verified_domains: list[str]
    break_glass: User | None


@dataclass(frozen=True, slots=True)
class Linked:
    """Somebody of the team; `subject` is "" while no name of the provider leads to them."""

    user: User
    subject: str
    may_change: bool


def offered(tenant: Tenant) -> Offered:
    """Of this tenant's sign-in page."""
    found = SamlConnection.objects.filter(tenant=tenant).values_list("enabled", "enforced").first()
    enabled, enforced = found or (False, False)
    return Offered(enabled, enforced, reverse("saml_login", urlconf=settings.ROOT_URLCONF), tenant.name)


def connection() -> SamlConnection | None:
    """The connection of the tenant that was entered."""
    return SamlConnection.objects.filter(tenant_id=tenancy.tenant_id()).first()


def page() -> Page:
    """Everything on the set-up page of the tenant that was entered."""
    found, domains = connection(), verified_domains()
    if found is None:
        return Page(None, [], [], domains, None)
    shown = [_shown(one) for one in idp_certificates.describe(found.certificates, now=clock.now())]
    chosen = User.objects.filter(pk=found.break_glass_user_id).first() if found.break_glass_user_id else None
    return Page(found, shown, _warnings(found, shown, domains), domains, chosen)


def linked_people(connection: SamlConnection, *, viewer: User) -> list[Linked]:
    """Who may sign in, by name, each with their name at the provider and whether the viewer may change it."""
    subjects = dict(Identity.objects.filter(provider_id=connection.pk).values_list("user_id", "subject"))
    own = User.objects.filter(is_active=True).order_by("name", "email")
    changes_owners = viewer.role == Role.OWNER
    return [Linked(user, subjects.get(user.pk, ""), changes_owners or user.role != Role.OWNER) for user in own]


def verified_domains() -> list[str]:
    """The mail domains that this tenant proved to own."""
    found = EmailDomain.objects.filter(tenant_id=tenancy.tenant_id(), verified_at__isnull=False)
    return list(found.values_list("domain", flat=True))


def email_domains() -> list[EmailDomain]:
    """All that this tenant claims."""
    return list(EmailDomain.objects.filter(tenant_id=tenancy.tenant_id()))


def break_glass_candidates() -> list[User]:
    """Who can be the break-glass account: active owners and admins with a password."""
    found = User.objects.filter(role__in=(Role.OWNER, Role.ADMIN), is_active=True).order_by("email")
    return [user for user in found if user.has_usable_password()]


def _shown(certificate: Certificate) -> ShownCertificate:
    left = certificate.days_left
    if left < 0:
        return ShownCertificate(certificate, "bad", _("Over"))
    if left < DAYS[0]:
        return ShownCertificate(
            certificate, "bad" if left < DAYS[2] else "warn", _("%(days)d days left") % {"days": left}
        )
    return ShownCertificate(certificate, "good", _("Valid"))


def _warnings(found: SamlConnection, shown: list[ShownCertificate], domains: list[str]) -> list[str]:
    told = []
    longest = shown[-1].certificate.days_left if shown else -1
    if longest < 0:
        told.append(
            _("Every certificate of the identity provider is over: nobody can sign in through it. Renew it now.")
        )
    elif longest < DAYS[0]:
        told.append(_("The last certificate ends in %(days)d days. Give new metadata before that.") % {"days": longest})
    if not domains:
        told.append(_("No e-mail domain is verified yet, so nobody's address can be accepted. Verify one first."))
    if found.enforced and found.tested_at is None:
        told.append(_("The settings changed since the last successful test sign-in. Test them again."))
    if found.enforced and not any(user.pk == found.break_glass_user_id for user in break_glass_candidates()):
        told.append(_("The break-glass account can't sign in any more. Choose another one."))
    if found.enabled and (unlinked := _unlinked(found)):
        told.append(
            ngettext(
                "%(count)d account is not linked, so single sign-on refuses it. Link it under People.",
                "%(count)d accounts are not linked, so single sign-on refuses them. Link them under People.",
                unlinked,
            )
            % {"count": unlinked}
        )
    return told


def _unlinked(found: SamlConnection) -> int:
    """How many active people no name of the provider leads to, the break-glass account aside."""
    linked = Identity.objects.filter(provider_id=found.pk).values("user_id")
    others = User.objects.filter(is_active=True).exclude(pk__in=linked)
    return (others.exclude(pk=found.break_glass_user_id) if found.break_glass_user_id else others).count()
