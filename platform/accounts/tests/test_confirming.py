"""What changes second factors is asked of a session that began or was confirmed within ten minutes."""

from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

from django.core.cache import cache

from accounts.models import Passkey, RecoveryCode, Totp, User
from accounts.roles import Role
from accounts.services import recovery, totp
from accounts.tests.factors import app_of
from accounts.tests.people import PASSWORD, person, platform_admin, sign_in, signed_in
from core import clock, tenancy
from core.testing import OTHER, TenantClient, TenantTestCase

SET_UP, CONFIRM, ACCOUNT = "/account/second-factor/", "/account/confirm/", "/account/"
CHANGES = (
    *("/account/second-factor/app/remove/", "/account/second-factor/codes/", "/account/passkeys/"),
    *("/account/passkeys/new/", f"/account/passkeys/{uuid4()}/remove/"),
)


def asked(page: str) -> str:
    return f"{CONFIRM}?next={quote(page, safe='')}"


def aged(client: TenantClient, minutes: int) -> TenantClient:
    """This browser signed in that long ago."""
    session = client.session
    session["started"] = (clock.now() - timedelta(minutes=minutes)).isoformat()
    session.save()
    return client


class ConfirmingTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.user = person()
        self.app = app_of(self.user)
        recovery.renew(user=self.user)
        self.client = aged(signed_in(self.user), 11)

    def test_an_old_session_changes_no_factor_and_is_led_to_the_question(self) -> None:
        codes = set(RecoveryCode.objects.values_list("code_hash", flat=True))
        for path in CHANGES:
            self.assertEqual(self.client.post(path)["Location"], asked(ACCOUNT), path)
        self.assertEqual(self.client.get(SET_UP)["Location"], asked(SET_UP))
        self.assertEqual(self.client.post(SET_UP, {"code": "000000"})["Location"], asked(SET_UP))

        self.assertEqual((Totp.objects.count(), Passkey.objects.count()), (1, 0))
        self.assertEqual(set(RecoveryCode.objects.values_list("code_hash", flat=True)), codes)

    def test_the_password_opens_it_for_ten_minutes_in_this_session_alone(self) -> None:
        elsewhere = aged(signed_in(self.user), 11)

        response = self.client.post(CONFIRM, {"secret": PASSWORD, "next": SET_UP})

        self.assertEqual(response["Location"], SET_UP)
        self.assertEqual(self.client.get(SET_UP).status_code, 200)
        self.assertEqual(elsewhere.get(SET_UP)["Location"], asked(SET_UP))
        session = self.client.session
        session["confirmed_at"] = (clock.now() - timedelta(minutes=11)).isoformat()
        session.save()
        self.assertEqual(self.client.get(SET_UP)["Location"], asked(SET_UP))

    def test_a_wrong_password_opens_nothing_and_guesses_are_few(self) -> None:
        wrong = {"secret": "wrong"}  # pragma: allowlist secret
        statuses = [self.client.post(CONFIRM, wrong).status_code for _ in range(6)]

        self.assertEqual(statuses, [400] * 5 + [429])
        self.assertEqual(self.client.post(CONFIRM, {"secret": PASSWORD}).status_code, 429)
        self.assertEqual(self.client.get(SET_UP).status_code, 302)

    def test_a_code_is_no_confirmation_of_somebody_with_a_password(self) -> None:
        self.assertEqual(self.client.post(CONFIRM, {"secret": totp.current_code(self.app)}).status_code, 400)

    def test_without_a_password_a_code_opens_it_once(self) -> None:
        User.objects.update(password="!")
        self.client = aged(signed_in(User.objects.get(pk=self.user.pk)), 11)
        self.assertContains(self.client.get(CONFIRM), "Sign out and in again")
        code = totp.current_code(self.app)

        self.assertEqual(self.client.post(CONFIRM, {"secret": code})["Location"], ACCOUNT)
        self.assertEqual(self.client.get(SET_UP).status_code, 200)
        again = aged(signed_in(User.objects.get(pk=self.user.pk)), 11)
        self.assertContains(again.post(CONFIRM, {"secret": code}), "wrong or was used", status_code=400)

    def test_without_password_and_code_only_a_new_sign_in_helps(self) -> None:
        User.objects.update(password="!")
        Totp.objects.all().delete()
        RecoveryCode.objects.all().delete()
        client = aged(signed_in(User.objects.get(pk=self.user.pk)), 11)

        page = client.get(asked(SET_UP))

        self.assertNotContains(page, 'name="secret"')
        response = client.post("/sign-out/", {"next": f"/sign-in/?next={SET_UP}"})
        self.assertEqual(response["Location"], f"/sign-in/?next={SET_UP}")

    def test_another_site_is_not_where_it_leads(self) -> None:
        response = self.client.post(CONFIRM, {"secret": PASSWORD, "next": "//evil.example/"})

        self.assertEqual(response["Location"], ACCOUNT)

    def test_the_first_set_up_right_after_the_sign_in_is_not_asked_and_later_it_is_no_loop(self) -> None:
        owner = person("owner@alpha.example", role=Role.OWNER)
        browser = TenantClient()
        sign_in(browser, owner.email)
        self.assertEqual(browser.get(SET_UP).status_code, 200)
        aged(browser, 11)
        self.assertEqual(browser.get(SET_UP)["Location"], asked(SET_UP))

        browser.post(CONFIRM, {"secret": PASSWORD, "next": SET_UP})

        self.assertEqual(browser.get(SET_UP).status_code, 200)

    def test_a_stranger_and_another_tenants_person_are_led_to_the_sign_in(self) -> None:
        with self.in_tenant(OTHER):
            foreign = signed_in(person("bob@beta.example"), OTHER)
        foreign.defaults["HTTP_HOST"] = TenantClient().defaults["HTTP_HOST"]
        for client in (TenantClient(), foreign):
            self.assertIn("/sign-in/", client.post(CONFIRM, {"secret": PASSWORD})["Location"])

    def test_the_platforms_staff_is_asked_too(self) -> None:
        admin = platform_admin()
        with tenancy.enter_platform():
            browser = TenantClient("admin")
            browser.force_login(admin)
            aged(browser, 11)

        self.assertEqual(browser.get(SET_UP)["Location"], asked(SET_UP))
        browser.post(CONFIRM, {"secret": PASSWORD, "next": SET_UP})

        self.assertEqual(browser.get(SET_UP).status_code, 200)
