"""Two companies that have not set single sign-on up yet, made through services in the databases of a running Candor.

    python -m tests.load.within_django tests.saml.fill

Prints, as JSON, each company's two owners with what they sign in with; `app` is the authenticator app's secret in
hexadecimal digits. The platform's staff verified the mail domain: there are no name servers to ask.
"""

import json
import sys

from accounts.models import User
from accounts.roles import Role
from accounts.services import totp
from core import tenancy
from interviews.tests import make
from tenants.services import email_domains, provisioning

COMPANIES = ("alder", "birch")


def company(name: str) -> dict[str, object]:
    """Make the tenant, an owner who will set it up, another one for the day when the provider is away."""
    with tenancy.enter_platform():
        provisioning.ensure_tenant(
            name=f"{name.title()} Ltd", subdomain=name, plan_code="enterprise", contact_email=f"hr@{name}.example"
        )
    tenancy.forget()
    with tenancy.enter(name):
        owner, keeper = (_owner(f"{role}@{name}.example") for role in ("owner", "keeper"))
        domain = email_domains.claim(domain=f"{name}.example", by=owner)
        found: dict[str, object] = {"name": name, "owner": _signs_in(owner), "keeper": _signs_in(keeper)}
    with tenancy.enter_platform():
        email_domains.verify_by_platform(domain_id=domain.pk)
    return found


def _owner(email: str) -> User:
    owner = User.objects.create_user(email, make.PASSWORD, name=email.partition("@")[0].title(), role=Role.OWNER)
    totp.hand_out(user=owner)
    return owner


def _signs_in(user: User) -> dict[str, str]:
    return {"email": user.email, "password": make.PASSWORD, "app": totp.secret_of(user.totp).hex()}


if __name__ == "__main__":
    json.dump([company(name) for name in COMPANIES], sys.stdout)
