"""Attacks that need more than one message: a sound response at the wrong place, at the wrong time, twice."""

import re
from datetime import timedelta
from typing import Any

from accounts.models import User
from accounts.roles import Role
from accounts.services import people
from accounts.tests.people import person
from core.clock import now
from core.testing import TenantClient
from tenants.models import EmailDomain, SamlConnection, SamlRequest
from tests.saml.attacks import ATTACKS
from tests.saml.case import VICTIM, SamlCase, code_of
from tests.saml.idp import keys

SHOWN = re.compile(r"Single sign-on: \w+")


class SituationTests(SamlCase):
    def test_a_captured_assertion_is_not_decrypted_by_what_the_page_says(self) -> None:
        told = set()
        for name in ("cipher_text_garbled", "cipher_text_garbled_gcm", "signed_by_another_provider_encrypted"):
            attack, journey = ATTACKS[name], self.leave()
            response = self.post(journey, attack.make(self.answer(journey, **attack.fields)))
            told.add(SHOWN.search(response.content.decode()).group())  # type: ignore[union-attr]
            self.assertIn(code_of(response), ("not_decryptable", "bad_signature"))
            self.assertNotContains(response, response.context["refused"].sentence, status_code=403)

        self.assertEqual(told, {"Single sign-on: encrypted"})

    def test_a_response_is_used_once_even_by_the_same_browser(self) -> None:
        journey = self.leave()
        encoded = self.answer(journey).encoded()
        self.assertEqual(self.post(journey, encoded).status_code, 302)
        journey.client.post("/sign-out/")
        before = self.rows()

        self.assertEqual(code_of(self.post(journey, encoded)), "not_awaited")
        self.assertEqual(self.rows(), before)
        self.assertNotEqual(journey.client.get("/").status_code, 200)

    def test_an_assertion_is_used_once_even_for_another_request(self) -> None:
        first, second = self.leave(), self.leave()
        self.post(first, self.answer(first, assertion_id="_same").encoded())

        self.assert_refused(second, self.answer(second, assertion_id="_same").encoded(), "replayed")

    def test_an_unsolicited_assertion_is_used_once(self) -> None:
        self.change(allow_idp_initiated=True)
        fields = {"in_response_to": None, "confirmed_in_response_to": None}
        encoded = self.answer(self.leave(), **fields).encoded()
        self.assertEqual(self.post(self.leave(), encoded).status_code, 302)

        self.assert_refused(self.leave(), encoded, "replayed")

    def test_a_certificate_that_ended_sends_nobody_to_the_provider(self) -> None:
        self.change(certificates=[keys("ended", lasts=-timedelta(minutes=1)).certificate])
        before, client = self.rows(), TenantClient()

        response = client.get("/saml/login/")

        self.assertEqual((code_of(response), SamlRequest.objects.count()), ("certificates_over", 0))
        self.assertContains(response, "certificate has ended", status_code=403)
        self.assert_nobody_came_in(client, before)

    def test_a_browser_that_did_not_ask_gets_nothing(self) -> None:
        asked, other = self.leave(), self.leave()

        self.assert_refused(other, self.answer(asked).encoded(), "not_awaited")

    def test_a_browser_without_a_cookie_gets_nothing(self) -> None:
        asked = self.leave()
        encoded = self.answer(asked).encoded()
        asked.client.cookies.clear()

        self.assert_refused(asked, encoded, "not_awaited")

    def test_a_made_up_cookie_gets_nothing(self) -> None:
        asked = self.leave()
        encoded = self.answer(asked).encoded()
        asked.client.cookies["__Host-saml"] = "A" * 43

        self.assert_refused(asked, encoded, "not_awaited")

    def test_a_request_waits_for_ten_minutes(self) -> None:
        journey = self.leave()
        SamlRequest.objects.update(expires_at=now() - timedelta(seconds=1))

        self.assert_refused(journey, self.answer(journey).encoded(), "not_awaited")

    def test_relay_state_stands_in_for_no_request(self) -> None:
        journey = self.leave()
        encoded = self.answer(journey, in_response_to=None, confirmed_in_response_to=None).encoded()

        self.assert_refused(journey, encoded, "unsolicited")

    def test_initiated_by_the_provider_does_not_loosen_what_names_a_request(self) -> None:
        self.change(allow_idp_initiated=True)
        journey = self.leave()

        self.assert_refused(journey, self.answer(journey, in_response_to=None).encoded(), "not_awaited")

    def test_a_disabled_person_stays_out(self) -> None:
        User.objects.filter(pk=self.victim.pk).update(is_active=False)
        journey = self.leave()
        encoded = self.answer(journey, name_id=VICTIM, attributes={"mail": ["owner@alpha.example"]}).encoded()

        self.assert_refused(journey, encoded, "user_disabled")

    def test_a_person_disabled_since_their_first_sign_in_stays_out(self) -> None:
        first = self.leave()
        self.post(first, self.answer(first).encoded())
        people.disable(user_id=User.objects.get(email="ada@alpha.example").pk, source="test")
        again = self.leave()

        self.assert_refused(again, self.answer(again).encoded(), "user_disabled")

    def test_nobody_is_made_where_the_tenant_makes_nobody(self) -> None:
        self.change(create_people=False)
        journey = self.leave()

        self.assert_refused(journey, self.answer(journey).encoded(), "no_account")

    def test_an_account_that_was_invited_is_not_taken_over_by_its_address(self) -> None:
        person("ada@alpha.example", role=Role.ADMIN)
        journey = self.leave()

        self.assert_refused(journey, self.answer(journey).encoded(), "address_taken")

    def test_a_claimed_domain_that_was_not_verified_counts_for_nothing(self) -> None:
        EmailDomain.objects.create(tenant=self.connection.tenant, domain="claimed.example", token="t")
        journey = self.leave()
        encoded = self.answer(journey, attributes={"mail": ["ada@claimed.example"]}).encoded()

        self.assert_refused(journey, encoded, "email_domain")

    def test_a_known_person_whose_domain_is_verified_no_longer_stays_out(self) -> None:
        EmailDomain.objects.filter(tenant=self.connection.tenant).update(verified_at=None, proof="")
        journey = self.leave()
        encoded = self.answer(journey, name_id=VICTIM, attributes={"mail": ["owner@alpha.example"]}).encoded()

        self.assert_refused(journey, encoded, "email_domain")

    def test_an_assertion_in_the_clear_where_encryption_is_wanted(self) -> None:
        self.change(want_encrypted=True)
        journey = self.leave()

        self.assert_refused(journey, self.answer(journey).encoded(), "not_encrypted")

    def test_a_certificate_that_was_rolled_over_counts_no_longer(self) -> None:
        self.change(certificates=[keys("next").certificate])
        journey = self.leave()

        self.assert_refused(journey, self.answer(journey).encoded(), "bad_signature")

    def test_without_a_certificate_nobody_comes_in(self) -> None:
        journey = self.leave()
        self.change(certificates=[])

        self.assert_refused(journey, self.answer(journey).encoded(), "settings")

    def test_a_connection_that_was_turned_off_while_somebody_was_away(self) -> None:
        journey = self.leave()
        self.change(enabled=False)

        self.assert_refused(journey, self.answer(journey).encoded(), "404")

    def test_a_connection_that_was_removed_while_somebody_was_away(self) -> None:
        journey = self.leave()
        encoded = self.answer(journey).encoded()
        SamlConnection.objects.filter(pk=self.connection.pk).delete()

        self.assert_refused(journey, encoded, "404")

    def test_a_test_sign_in_signs_nobody_in(self) -> None:
        client = TenantClient()
        client.force_login(self.victim)
        journey = self.leave(client, path="/saml/test/")
        encoded = self.answer(journey).encoded()
        del client.cookies["__Host-staff"]
        before = self.rows()

        self.assertEqual(self.post(journey, encoded)["Location"], "/test-report/")
        self.assert_nobody_came_in(client, before)

    def come_in(self, **fields: Any) -> User:
        journey = self.leave()
        self.assertEqual(code_of(self.post(journey, self.answer(journey, **fields).encoded())), "302")
        return User.objects.get(email="ada@alpha.example")

    def test_attributes_make_nobody_staff(self) -> None:
        names = ("is_staff", "is_superuser", "staff", "role", "roles", "groups", "isAdmin", "id", "pk", "user_id")
        given = {"mail": ["ada@alpha.example"]} | {name: ["true", "owner", str(self.victim.pk)] for name in names}

        user = self.come_in(attributes=given)

        self.assertEqual((user.is_staff, user.is_superuser, user.role), (False, False, Role.REVIEWER))
        self.assertNotEqual(user.pk, self.victim.pk)

    def test_a_group_that_is_not_listed_gives_nothing(self) -> None:
        self.change(groups_attribute="groups", group_roles={"Hiring": "recruiter"})

        user = self.come_in(attributes={"mail": ["ada@alpha.example"], "groups": ["owner", "admin", "hiring", "Hirin"]})

        self.assertEqual(user.role, Role.REVIEWER)

    def test_a_group_makes_nobody_an_owner_even_if_a_row_says_so(self) -> None:
        self.change(groups_attribute="groups", group_roles={"Bosses": "owner", "Other": "staff"})

        user = self.come_in(attributes={"mail": ["ada@alpha.example"], "groups": ["Bosses", "Other"]})

        self.assertEqual(user.role, Role.REVIEWER)
