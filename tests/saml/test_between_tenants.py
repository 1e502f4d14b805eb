"""What another tenant's provider, request, assertion or domain is worth here: nothing."""

from accounts.models import Identity, User
from accounts.roles import Role
from core import tenancy
from core.clock import now
from core.testing import HOME, OTHER, TenantClient
from tenants.models import EmailDomain, SamlConnection
from tests.saml.case import VICTIM, SamlCase, code_of


class BetweenTenantsTests(SamlCase):
    def test_the_provider_of_beta_names_nobody_in_alpha(self) -> None:
        journey = self.leave()
        encoded = self.answer(journey, keys=self.hostile, name_id=VICTIM).encoded()

        self.assert_refused(journey, encoded, "bad_signature")

    def test_a_hostile_provider_of_beta_cannot_assert_a_person_of_alpha_at_beta(self) -> None:
        journey = self.leave(tenant=OTHER)
        encoded = self.answer(
            journey,
            connection=self.beta,
            keys=self.hostile,
            name_id=VICTIM,
            attributes={"mail": ["owner@alpha.example"]},
        ).encoded()

        self.assert_refused(journey, encoded, "email_domain")

    def test_the_same_nameid_at_betas_provider_is_somebody_else(self) -> None:
        journey = self.leave(tenant=OTHER)
        said = {"connection": self.beta, "keys": self.hostile, "name_id": VICTIM}
        encoded = self.answer(journey, attributes={"mail": ["owner@beta.example"]}, **said).encoded()

        self.assertEqual(code_of(self.post(journey, encoded)), "302")

        with tenancy.enter(OTHER):
            self.assertEqual(User.objects.get(email="owner@beta.example").role, Role.REVIEWER)
        self.assertNotEqual(TenantClient(HOME).get("/").status_code, 200)
        alpha = TenantClient(HOME)
        alpha.cookies["__Host-staff"] = journey.client.cookies["__Host-staff"].value
        self.assertNotEqual(alpha.get("/").status_code, 200)

    def _share_the_provider(self) -> None:
        SamlConnection.objects.filter(pk=self.beta.pk).update(certificates=[self.keys.certificate])

    def test_a_response_for_beta_is_nothing_in_alpha_though_both_have_the_same_provider(self) -> None:
        self._share_the_provider()
        journey = self.leave()

        self.assert_refused(journey, self.answer(journey, connection=self.beta).encoded(), "destination")

    def test_a_response_for_beta_that_is_addressed_to_alpha_has_the_wrong_audience(self) -> None:
        self._share_the_provider()
        journey = self.leave()
        own = self.answer(journey)
        encoded = self.answer(journey, connection=self.beta, destination=own.here.acs, recipient=own.here.acs).encoded()

        self.assert_refused(journey, encoded, "audience")

    def test_a_request_of_beta_is_not_awaited_in_alpha(self) -> None:
        self._share_the_provider()
        theirs = self.leave(tenant=OTHER)
        mine = self.leave()
        mine.client.cookies["__Host-saml"] = theirs.client.cookies["__Host-saml"].value
        encoded = self.answer(theirs).encoded()

        self.assert_refused(mine, encoded, "not_awaited")

    def test_an_assertion_used_in_alpha_does_not_block_its_id_in_beta(self) -> None:
        self._share_the_provider()
        mine, theirs = self.leave(), self.leave(tenant=OTHER)
        self.post(mine, self.answer(mine, assertion_id="_same").encoded())
        said = {"connection": self.beta, "attributes": {"mail": ["ada@beta.example"]}}

        response = self.post(theirs, self.answer(theirs, assertion_id="_same", **said).encoded())

        self.assertEqual(code_of(response), "302")

    def test_a_domain_verified_by_beta_alone_is_foreign_in_alpha(self) -> None:
        EmailDomain.objects.create(
            tenant=self.beta.tenant, domain="shared.example", token="t", proof="dns", verified_at=now()
        )
        journey = self.leave()
        encoded = self.answer(journey, attributes={"mail": ["ada@shared.example"]}).encoded()

        self.assert_refused(journey, encoded, "email_domain")

    def test_the_host_header_changes_no_address(self) -> None:
        journey = self.leave()
        encoded = self.answer(journey, destination="http://evil.example/saml/acs/").encoded()
        client = journey.client
        client.defaults["HTTP_X_FORWARDED_HOST"] = "evil.example"

        self.assert_refused(journey, encoded, "destination")

    def test_an_identity_of_a_connection_that_was_replaced_names_nobody(self) -> None:
        Identity.objects.filter(user=self.victim).update(provider_id=self.beta.pk)
        journey = self.leave()
        encoded = self.answer(journey, name_id=VICTIM, attributes={"mail": ["owner@alpha.example"]}).encoded()

        self.assert_refused(journey, encoded, "address_taken")

    def test_only_a_post_reaches_the_door(self) -> None:
        journey = self.leave()
        before = self.rows()

        response = journey.client.get("/saml/acs/", {"SAMLResponse": self.answer(journey).encoded()})

        self.assertEqual(response.status_code, 405)
        self.assert_nobody_came_in(journey.client, before)
