"""A tenant that signs in through an identity provider, and a browser that is on its way."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.test import override_settings

from accounts.models import Identity, Session, User
from accounts.roles import Role
from accounts.tests.people import person
from core import tenancy
from core.clock import now
from core.testing import HOME, OTHER, TenantClient, TenantTestCase
from tenants.models import EmailDomain, SamlConnection, Tenant
from tenants.services.saml import certificates, toolkit
from tests.saml.idp import ENTITY, Answer, Keys, keys

STAFF_COOKIE = settings.SESSION_COOKIE_NAME
VICTIM = "owner-1"


def connect(name: str, *, provider: Keys, **fields: Any) -> SamlConnection:
    """Connect the tenant (entered here) to an identity provider; its own mail domain is verified."""
    with tenancy.enter(name) as tenant:
        tenant = Tenant.objects.get(pk=tenant.pk)
        values: dict[str, Any] = {
            "idp_entity_id": ENTITY,
            "sso_url": "https://idp.example/sso?realm=a&b=c",
            "slo_url": "https://idp.example/slo",
            "certificates": [provider.certificate],
            "enabled": True,
            "email_attribute": "mail",
        }
        connection = SamlConnection.objects.create(tenant=tenant, **values | fields)
        EmailDomain.objects.create(tenant=tenant, domain=f"{name}.example", token="t", proof="dns", verified_at=now())
        return certificates.ensure(connection)


@dataclass
class Journey:
    """A browser that asked to sign in, and the request that it took along."""

    client: TenantClient
    request_id: str
    relay_state: str
    address: str


@override_settings(ROOT_URLCONF="tests.saml.urls")
class SamlCase(TenantTestCase):
    """Alpha is connected to a provider; its owner signs in there as VICTIM. Beta is connected to a hostile one."""

    connection: SamlConnection
    beta: SamlConnection
    keys: Keys
    hostile: Keys
    victim: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.keys, cls.hostile = keys("idp"), keys("hostile")
        cls.connection = connect(HOME, provider=cls.keys)
        cls.beta = connect(OTHER, provider=cls.hostile)
        cls.victim = person("owner@alpha.example", role=Role.OWNER)
        Identity.objects.create(user=cls.victim, provider_id=cls.connection.pk, subject=VICTIM)

    def leave(self, client: TenantClient | None = None, path: str = "/saml/login/", tenant: str = HOME) -> Journey:
        """Ask to sign in."""
        client = client or TenantClient(tenant)
        response = client.get(path)
        self.assertEqual(response.status_code, 302, response.content)
        query = parse_qs(urlsplit(response["Location"]).query)
        with tenancy.enter(tenant):
            from tenants.models import SamlRequest

            row = SamlRequest.objects.get(relay_key=query["RelayState"][0])
        return Journey(client, row.request_id, row.relay_key, response["Location"])

    def answer(self, journey: Journey, **fields: Any) -> Answer:
        """What the provider would say; `fields` change it."""
        connection: SamlConnection = fields.pop("connection", self.connection)
        values: dict[str, Any] = {"keys": self.keys, "sp_certificate": connection.sp_certificate} | fields
        return Answer(here=toolkit.endpoints(connection), request_id=journey.request_id, **values)

    def post(self, journey: Journey, encoded: str, relay_state: str | None = None) -> Any:
        state = journey.relay_state if relay_state is None else relay_state
        return journey.client.post("/saml/acs/", {"SAMLResponse": encoded, "RelayState": state})

    def change(self, **fields: Any) -> None:
        if fields:
            SamlConnection.objects.filter(pk=self.connection.pk).update(**fields)

    def rows(self) -> dict[str, int]:
        """How many people, identities and sessions both tenants have."""
        found = {}
        for name in (HOME, OTHER):
            with tenancy.enter(name):
                for model in (User, Identity, Session):
                    found[f"{name}.{model.__name__}"] = model._default_manager.count()
        return found

    def assert_nobody_came_in(self, client: TenantClient, before: dict[str, int]) -> None:
        """No session, no cookie of one, no person, no identity, in neither tenant."""
        self.assertEqual(self.rows(), before)
        self.assertNotIn(STAFF_COOKIE, client.cookies)
        self.assertNotEqual(client.get("/").status_code, 200)

    def assert_refused(self, journey: Any, encoded: str, *codes: str, relay_state: str | None = None) -> None:
        before = self.rows()
        response = self.post(journey, encoded, relay_state)
        self.assertIn(code_of(response), codes)
        self.assert_nobody_came_in(journey.client, before)


def code_of(response: Any) -> str:
    """The code of a refusal, as its page shows it; the status for what did not come this far."""
    refused = (response.context or {}).get("refused") if response.context else None
    return refused.code if refused else str(response.status_code)
