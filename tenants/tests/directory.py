"""A directory for tests: a client with a tenant's token, and a verified domain."""

import json
from typing import Any

from accounts.models import User
from core import clock, tenancy
from core.testing import HOME, TenantClient, TenantTestCase
from tenants.models import EmailDomain, Tenant
from tenants.services.scim import connection
from tenants.tests.keyed import owner

USERS, GROUPS = "/scim/v2/Users", "/scim/v2/Groups"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OKTA: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "Test.User@alpha.example",
    "name": {"givenName": "Test", "familyName": "User"},
    "emails": [{"primary": True, "value": "Test.User@alpha.example", "type": "work"}],
    "displayName": "Test User",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",  # pragma: allowlist secret
    "active": True,
}
ENTRA: dict[str, Any] = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Test_User_ab6490ee@alpha.example",
    "active": True,
    "addresses": [{"primary": False, "type": "work", "country": "US", "formatted": "1"}],
    "displayName": "BobIsAmazing",
    "emails": [{"primary": True, "type": "work", "value": "bob@alpha.example"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Ryan Leenay", "familyName": "Leenay", "givenName": "Ryan"},
    "phoneNumbers": [{"primary": True, "type": "work", "value": "+1 555"}],
    "roles": [],
    "title": "Principal",
    ENTERPRISE: {"department": "Sales", "manager": {"value": "x"}},
}


def verified(domain: str, tenant: str = HOME) -> EmailDomain:
    return EmailDomain.objects.create(
        tenant=Tenant.objects.get(subdomain=tenant),
        domain=domain,
        token="t",
        proof=EmailDomain.Proof.PLATFORM,
        verified_at=clock.now(),
    )


def token(by: User, tenant: str = HOME) -> str:
    with tenancy.enter(tenant):
        return connection.new_token(by=by)


class Directory:
    """Speaks SCIM to one tenant's host."""

    def __init__(self, text: str, host: str = HOME) -> None:
        self.client = TenantClient(host, HTTP_AUTHORIZATION=f"Bearer {text}")

    def send(self, method: str, path: str, body: Any = None, content_type: str = "application/scim+json") -> Any:
        """The response; a body that is not text or bytes is sent as JSON."""
        data = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        return self.client.generic(method, path, data, content_type)

    def make(self, user_name: str = "eve@alpha.example", **more: Any) -> Any:
        """A new person's document."""
        response = self.send("POST", USERS, {"schemas": [], "userName": user_name} | more)
        assert response.status_code == 201, response.content
        return response.json()

    def group(self, name: str, *members: str) -> Any:
        body = {"displayName": name, "members": [{"value": one} for one in members]}
        response = self.send("POST", GROUPS, body)
        assert response.status_code == 201, response.content
        return response.json()

    def patch(self, path: str, *operations: dict[str, Any]) -> Any:
        return self.send("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def ids(self, query: str, path: str = USERS) -> list[str]:
        """The ids that a filter finds."""
        response = self.client.get(path, {"filter": query})
        assert response.status_code == 200, response.content
        return [row["id"] for row in response.json()["Resources"]]


class DirectoryCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        verified("alpha.example")
        self.owner = owner()
        self.directory = Directory(token(self.owner))

    def refused(self, response: Any, status: int, kind: str) -> str:
        found = response.json()
        self.assertEqual((response.status_code, found.get("scimType", "")), (status, kind), found)
        self.assertEqual(found["schemas"], ["urn:ietf:params:scim:api:messages:2.0:Error"])
        self.assertEqual((found["status"], response["Content-Type"]), (str(status), "application/scim+json"))
        return str(found["detail"])
