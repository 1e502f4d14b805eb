"""Signing in through an identity provider: who comes in, as whom, and where to."""

from accounts.models import Identity, Passkey, RecoveryCode, Totp, User
from accounts.roles import Role
from accounts.tests.factors import app_of
from core.testing import TenantClient
from tests.saml.case import VICTIM, SamlCase, code_of


class SignInTests(SamlCase):
    def test_somebody_new_gets_an_account_of_the_lowest_role_and_a_session(self) -> None:
        journey = self.leave()

        response = self.post(journey, self.answer(journey).encoded())

        self.assertEqual((response.status_code, code_of(response)), (302, "302"))
        user = User.objects.get(email="ada@alpha.example")
        self.assertEqual((user.role, user.is_staff, user.has_usable_password()), (Role.REVIEWER, False, False))
        identity = Identity.objects.get(user=user)
        self.assertEqual((identity.provider_id, identity.subject), (self.connection.pk, "ada-1"))
        self.assertEqual(journey.client.get("/").status_code, 200)

    def test_what_a_provider_says_makes_and_takes_no_second_factor_of_ours(self) -> None:
        app_of(self.victim)
        journey = self.leave()
        self.post(journey, self.answer(journey, name_id=VICTIM, attributes={"mail": ["owner@alpha.example"]}).encoded())
        self.assertEqual(journey.client.get("/account/").status_code, 200)

        self.assertEqual(journey.client.get("/account/second-factor/").status_code, 302)
        for path in ("passkeys/new/", "passkeys/", "second-factor/app/remove/", "second-factor/codes/"):
            self.assertRedirects(journey.client.post(f"/account/{path}"), "/account/", fetch_redirect_response=False)

        self.assertTrue(Totp.objects.filter(user=self.victim).exclude(confirmed_at=None).exists())
        self.assertEqual((Totp.objects.count(), RecoveryCode.objects.count(), Passkey.objects.count()), (1, 0, 0))

    def test_the_same_person_comes_back_to_the_same_account(self) -> None:
        for _ in range(2):
            journey = self.leave()
            self.post(journey, self.answer(journey).encoded())

        self.assertEqual(Identity.objects.filter(subject="ada-1").count(), 1)
        self.assertEqual(User.objects.filter(email="ada@alpha.example").count(), 1)

    def test_the_way_leads_back_to_the_page_that_was_asked_for(self) -> None:
        journey = self.leave(path="/saml/login/?next=/candidates/")

        self.assertEqual(self.post(journey, self.answer(journey).encoded())["Location"], "/candidates/")

    def test_the_way_never_leads_to_another_site(self) -> None:
        for path in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
            journey = self.leave(TenantClient(), path=f"/saml/login/?next={path}")

            self.assertEqual(self.post(journey, self.answer(journey).encoded())["Location"], "/", path)
