"""Home-realm discovery: from somebody's mail address to the site where that person signs in."""

from django.core.exceptions import ValidationError

from tenants.models import Tenant, check_subdomain
from tenants.selectors import sso as sso_selectors
from tenants.services import email_domains
from tenants.services.email_domains import DomainRefused


class UnknownDomain(LookupError):
    """No company proved to own this mail domain."""


class NoSuchName(ValueError):
    """This can't be the name of a company's site."""


def by_email(email: str) -> str:
    """The address where people of this mail domain sign in: the way to the identity provider where that is on.

    :raises UnknownDomain: if no ready tenant owns the domain.
    """
    try:
        domain = email_domains.normalise(email)
    except DomainRefused as error:
        raise UnknownDomain from error
    tenant = email_domains.tenant_of(domain)
    if tenant is None:
        raise UnknownDomain
    enabled = sso_selectors.offered(tenant).enabled
    return tenant.page("saml_login" if enabled else "portal_login")


def by_name(name: str) -> str:
    """The sign-in page of the site with this name. Whether there is one is not looked up: the host itself answers.

    :raises NoSuchName: if no company's site can be named so.
    """
    subdomain = name.strip().lower()
    try:
        check_subdomain(subdomain)
    except ValidationError as error:
        raise NoSuchName(subdomain) from error
    return Tenant(subdomain=subdomain).page("portal_login")
