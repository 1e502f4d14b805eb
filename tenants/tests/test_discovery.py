"""Find your company: from a mail address to its site, telling strangers nothing more than hosts do."""

import re
from typing import Any

from django.conf import settings
from django.test import Client

from core import tenancy
from core.testing import HOME, PlatformTestCase, TenantTestCase
from tenants.models import EmailDomain, SamlConnection, Tenant
from tenants.tests import connections

SITE = f"{settings.PUBLIC_SCHEME}://{HOME}.{settings.BASE_DOMAIN}{settings.PUBLIC_PORT}"


class DiscoveryTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        connections.verified(tenancy.tenant_id(), "acme.example")

    def send(self, **data: str) -> Any:
        with tenancy.enter_platform():
            return Client(HTTP_HOST=settings.BASE_DOMAIN).post("/sign-in/", data)

    def leads_to(self, response: Any) -> str:
        found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', response.content.decode())
        return found[1] if found else ""

    def test_an_address_of_a_verified_domain_leads_to_the_company_s_sign_in(self) -> None:
        self.assertEqual(self.leads_to(self.send(email=" Ada@ACME.example")), f"{SITE}/sign-in/")

    def test_with_single_sign_on_it_leads_to_the_way_to_the_identity_provider(self) -> None:
        connections.connected(connections.admin(), enabled=True)

        self.assertEqual(self.leads_to(self.send(email="ada@acme.example")), f"{SITE}/saml/login/")

    def test_the_address_itself_is_not_in_the_link(self) -> None:
        self.assertNotIn("ada", self.send(email="ada@acme.example").content.decode())

    def test_a_domain_that_is_claimed_but_not_proved_is_unknown(self) -> None:
        EmailDomain.objects.update(verified_at=None, proof="")

        response = self.send(email="ada@acme.example")

        self.assertEqual((self.leads_to(response), response.status_code), ("", 200))
        self.assertContains(response, "No company that we know uses this mail domain")

    def test_a_tenant_that_is_not_ready_is_unknown(self) -> None:
        Tenant.objects.filter(pk=tenancy.tenant_id()).update(status=Tenant.Status.SUSPENDED)

        self.assertEqual(self.leads_to(self.send(email="ada@acme.example")), "")

    def test_subdomains_and_look_alikes_of_a_verified_domain_are_not_it(self) -> None:
        for email in ("ada@mail.acme.example", "ada@acme.example.org", "ada@аcme.example", "ada@gmail.com"):
            self.assertEqual(self.leads_to(self.send(email=email)), "", email)

    def test_unknown_domains_and_free_mail_are_answered_alike(self) -> None:
        pages = [self.send(email=f"ada@{name}").content.decode() for name in ("nowhere.example", "gmail.com")]

        plain = [re.sub(r'value="[^"]*"|nonce="[^"]*"', "", page) for page in pages]
        self.assertEqual(plain[0], plain[1])

    def test_a_company_s_name_leads_to_its_host_whether_it_exists_or_not(self) -> None:
        for name in (HOME, "nobody-has-this"):
            site = SITE.replace(HOME, name)
            self.assertEqual(self.leads_to(self.send(name=f" {name.upper()} ")), f"{site}/sign-in/")

    def test_names_that_are_no_company_s_are_refused(self) -> None:
        for name in ("admin", "evil.example/", "a.b", "-", "аlpha", "evil.example#", 'x" onload="', "api"):
            response = self.send(name=name)
            self.assertEqual((response.status_code, self.leads_to(response)), (400, ""), name)

    def test_what_is_no_address_is_told_so(self) -> None:
        self.assertContains(self.send(email="ada"), "Enter a valid email address", status_code=400)

    def test_guessing_is_limited(self) -> None:
        statuses = [self.send(email="ada@nowhere.example").status_code for _ in range(21)]

        self.assertEqual((statuses[:20], statuses[20]), ([200] * 20, 429))

    def test_a_switched_off_connection_leads_to_the_page_with_passwords(self) -> None:
        connections.connected(connections.admin())
        self.assertFalse(SamlConnection.objects.get().enabled)

        self.assertEqual(self.leads_to(self.send(email="ada@acme.example")), f"{SITE}/sign-in/")


class PageTests(PlatformTestCase):
    def test_the_page_is_on_the_public_site(self) -> None:
        response = Client(HTTP_HOST=settings.BASE_DOMAIN).get("/sign-in/")

        self.assertContains(response, "Find your company")
