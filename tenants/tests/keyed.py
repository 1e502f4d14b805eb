"""Keys and programs for tests."""

from datetime import timedelta
from typing import Any

from accounts.models import User
from accounts.programs import Scope
from accounts.roles import Role
from accounts.tests.people import person
from core import tenancy
from core.testing import HOME, TenantClient, TenantTestCase
from tenants.models import ApiKey
from tenants.services import api_keys

YEAR = timedelta(days=365)
JOBS = "/api/v1/jobs"
REFUSAL = {
    "type": "urn:candor:problem:authentication_failed",
    "title": "authentication failed",
    "status": 401,
    "detail": "This key is not valid.",
}


def owner(tenant: str = HOME, **fields: Any) -> User:
    with tenancy.enter(tenant):
        return person(f"owner@{tenant}.example", role=Role.OWNER, **fields)


def key(
    *scopes: str, by: User, tenant: str = HOME, name: str = "Reports", life: timedelta = YEAR
) -> tuple[ApiKey, str]:
    """A key and its text."""
    with tenancy.enter(tenant):
        return api_keys.create(name=name, scopes=scopes or tuple(Scope.values), life=life, by=by)


def program(text: str, host: str = "api") -> TenantClient:
    """A program on this host that sends the text as its key."""
    return TenantClient(host, HTTP_X_API_KEY=text)


class KeyCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = owner()

    def works(self, text: str, host: str = "api") -> bool:
        response = program(text, host).get(JOBS)
        if response.status_code == 401:
            self.assertEqual(response.json(), REFUSAL)
        return bool(response.status_code == 200)
