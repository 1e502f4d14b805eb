"""People for tests of signing in."""

from typing import Any

from django.test import Client

from accounts.models import User
from accounts.roles import Role
from core import tenancy
from core.testing import HOME, TenantClient

PASSWORD = "a-long-test-password"  # pragma: allowlist secret
SIGN_IN = "/sign-in/"
WRONG = "The e-mail address or the password is wrong. Check both and try again."


def person(email: str = "ada@alpha.example", **fields: Any) -> User:
    """A person of the current schema."""
    return User.objects.create_user(email, PASSWORD, **({"name": "Ada", "role": Role.RECRUITER} | fields))


def platform_admin(email: str = "root@candor.example") -> User:
    """A member of the platform's staff."""
    with tenancy.enter_platform():
        return User.objects.create_superuser(email, PASSWORD, name="Root")


def sign_in(client: Client, email: str = "ada@alpha.example", password: str = PASSWORD, **more: Any) -> Any:
    """The response to the form."""
    return client.post(SIGN_IN, {"username": email, "password": password}, **more)


def with_second_factor(client: Client) -> None:
    """As if this browser, signed in with a password in the schema in use, had shown a second factor."""
    session = client.session
    session["second_factor"] = True
    session.save()


def is_in(client: Client) -> bool:
    """Whether this browser may see the portal."""
    return bool(client.get("/").status_code == 200)


def signed_in(user: User, tenant: str = HOME) -> TenantClient:
    client = TenantClient(tenant)
    client.force_login(user)
    return client
