"""What an admin sees of it: our metadata, the request, the report of a test sign-in."""

import base64
import zlib
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import tenancy
from core.testing import OTHER, TenantClient
from tenants.models import SamlConnection, SamlReport, SamlRequest, SamlUse, Tenant
from tenants.services.saml import reports, requests
from tests.saml.case import SamlCase
from tests.saml.idp import keys


class SetUpTests(SamlCase):
    def test_the_metadata_holds_our_addresses_and_certificates_and_no_key(self) -> None:
        page = TenantClient().get("/saml/metadata/")

        root = etree.fromstring(page.content)
        self.assertEqual(root.get("entityID"), "http://alpha.candor.localhost:8000/saml/metadata/")
        self.assertEqual(root[0].get("WantAssertionsSigned"), "true")
        uses = [element.get("use") for element in root.iter("{urn:oasis:names:tc:SAML:2.0:metadata}KeyDescriptor")]
        self.assertEqual(sorted(uses), ["encryption", "signing"])
        self.assertNotIn(b"PRIVATE", page.content)

    def test_the_request_is_signed_names_our_door_and_carries_an_opaque_state(self) -> None:
        journey = self.leave(path="/saml/login/?next=/candidates/")

        query = parse_qs(urlsplit(journey.address).query)
        text = zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15)
        request = etree.fromstring(text)
        self.assertEqual(request.get("Destination"), "https://idp.example/sso?realm=a&b=c")
        self.assertEqual(request.get("AssertionConsumerServiceURL"), "http://alpha.candor.localhost:8000/saml/acs/")
        self.assertEqual((query["b"], "Signature" in query), (["c"], True))
        self.assertNotIn("candidates", query["RelayState"][0])
        cookie = journey.client.cookies["__Host-saml"]
        self.assertEqual((cookie["samesite"], cookie["secure"], cookie["httponly"]), ("None", True, True))

    def test_without_a_connection_there_is_nothing(self) -> None:
        SamlConnection.objects.all().delete()

        for path in ("/saml/metadata/", "/saml/login/", "/saml/slo/"):
            self.assertEqual(TenantClient().get(path).status_code, 404, path)
        self.assertFalse(SamlRequest.objects.exists())

    def test_what_expired_is_forgotten_in_all_tenants(self) -> None:
        self.leave()
        self.leave(tenant=OTHER)
        SamlRequest.objects.update(expires_at="2020-01-01T00:00:00Z")
        SamlUse.objects.create(tenant=self.beta.tenant, message_id="_old", expires_at="2020-01-01T00:00:00Z")

        self.assertEqual(requests.forget_expired(), 3)


class TestSignInTests(SamlCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = signed_in(self.victim)

    def test_it_passes_and_says_so_line_by_line(self) -> None:
        journey = self.leave(self.admin, path="/saml/test/")

        response = self.post(journey, self.answer(journey).encoded())

        self.assertEqual(response["Location"], "/test-report/")
        found = reports.latest(connection=self.connection, user_id=self.victim.pk)
        assert found is not None
        row, checks = found
        self.assertEqual((row.passed, [check.passed for check in checks]), (True, [True] * 8))
        self.assertIsNotNone(SamlConnection.objects.get(pk=self.connection.pk).tested_at)
        self.assertFalse(User.objects.filter(email="ada@alpha.example").exists())

    def test_it_says_what_failed_what_was_found_and_what_was_wanted(self) -> None:
        self.change(enabled=False)
        journey = self.leave(self.admin, path="/saml/test/")

        self.post(journey, self.answer(journey, audiences=[["https://else.example"]]).encoded())

        found = reports.latest(connection=self.connection, user_id=self.victim.pk)
        assert found is not None
        row, checks = found
        failed = next(check for check in checks if check.passed is False)
        self.assertEqual((row.passed, failed.code), (False, "audience"))
        self.assertIn("is not a valid audience", failed.found)
        self.assertEqual([check.passed for check in checks[-3:]], [None, None, None])
        self.assertIsNone(SamlConnection.objects.get(pk=self.connection.pk).tested_at)

    def test_a_response_that_cannot_be_read_belongs_to_the_test_by_its_state(self) -> None:
        journey = self.leave(self.admin, path="/saml/test/")

        self.assertEqual(self.post(journey, "garbage!")["Location"], "/test-report/")

    def test_from_another_host_than_the_main_one_it_leads_to_the_settings_there(self) -> None:
        Tenant.objects.filter(pk=self.connection.tenant_id).update(primary_host="careers.alpha.example")

        page = self.admin.get("/saml/test/")

        address = "http://careers.alpha.example:8000/settings/sign-in/"
        self.assertContains(page, f'href="{address}"', status_code=409)
        self.assertFalse(SamlRequest.objects.exists())

    def test_settings_that_changed_meanwhile_do_not_count_as_tested(self) -> None:
        journey = self.leave(self.admin, path="/saml/test/")
        SamlConnection.objects.get(pk=self.connection.pk).save()

        self.post(journey, self.answer(journey).encoded())

        self.assertIsNone(SamlConnection.objects.get(pk=self.connection.pk).tested_at)

    def test_the_report_is_the_admins_own_and_sealed(self) -> None:
        journey = self.leave(self.admin, path="/saml/test/")
        self.post(journey, self.answer(journey, keys=keys("hostile")).encoded())
        other = person("other@alpha.example", role=Role.ADMIN)

        self.assertIsNone(reports.latest(connection=self.connection, user_id=other.pk))
        with tenancy.enter(OTHER):
            self.assertIsNone(reports.latest(connection=self.beta, user_id=self.victim.pk))
        stored = SamlReport.objects.get().__dict__["findings"]
        self.assertNotIn(b"signature", bytes(stored))

    def test_only_who_sets_up_sign_in_may_test(self) -> None:
        recruiter = signed_in(person("recruiter@alpha.example"))

        for client, status in ((recruiter, 403), (TenantClient(), 302), (TenantClient(OTHER), 302)):
            self.assertEqual(client.get("/saml/test/").status_code, status)
        self.assertFalse(SamlRequest.objects.exists())
