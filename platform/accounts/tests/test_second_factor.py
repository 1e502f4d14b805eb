"""A second factor: who must have one, how it is set up, and that no code opens anything twice."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock

from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import RecoveryCode, Session, Totp, User
from accounts.roles import Role
from accounts.services import recovery, second_factor, totp
from accounts.tests.factors import app_of
from accounts.tests.people import is_in, person, platform_admin, sign_in, signed_in
from core import clock, tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from keys.box import CannotOpen

STEP, SET_UP = "/sign-in/second/", "/account/second-factor/"


def step(client: Client, code: str, **more: Any) -> Any:
    return client.post(STEP, {"code": code}, **more)


def leads_to(response: Any) -> str:
    return str(response.headers.get("Location", response.status_code))


class DutyTests(TenantTestCase):
    def test_owners_and_admins_see_nothing_but_the_set_up_until_they_have_one(self) -> None:
        for role in Role.values:
            with self.subTest(role):
                client = TenantClient()
                person(f"{role}@alpha.example", role=role)
                sign_in(client, f"{role}@alpha.example")

                must = role in (Role.OWNER, Role.ADMIN)
                for path in ("/", "/jobs/", "/team/", "/account/"):
                    self.assertEqual(leads_to(client.get(path)) == SET_UP, must, path)

    def test_the_api_says_so_as_a_problem(self) -> None:
        client = TenantClient()
        person("owner@alpha.example", role=Role.OWNER)
        sign_in(client, "owner@alpha.example")

        response = client.get(reverse("api_optimization_stats"))

        self.assertEqual((response.status_code, response["Content-Type"]), (403, "application/problem+json"))

    def test_nothing_can_be_written_before_either(self) -> None:
        client = TenantClient()
        person("owner@alpha.example", role=Role.OWNER)
        sign_in(client, "owner@alpha.example")

        client.post("/team/invite/", {"email": "eve@alpha.example", "name": "Eve", "role": "owner"})

        self.assertFalse(User.objects.filter(email="eve@alpha.example").exists())

    def test_a_person_who_becomes_an_admin_needs_one_from_the_next_click_on(self) -> None:
        user = person()
        sign_in(self.client)
        self.assertTrue(is_in(self.client))

        User.objects.filter(pk=user.pk).update(role=Role.ADMIN)

        self.assertEqual(leads_to(self.client.get("/")), SET_UP)


class SetUpTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = person("owner@alpha.example", role=Role.OWNER)
        sign_in(self.client, self.owner.email)

    def test_a_code_of_the_app_opens_the_portal_and_shows_ten_recovery_codes_once(self) -> None:
        self.assertContains(self.client.get(SET_UP), "data:image/svg+xml;base64,")
        app = Totp.objects.get(user=self.owner)

        response = self.client.post(SET_UP, {"code": totp.current_code(app)})

        self.assertEqual(len(re.findall(r">[a-z2-9]{5}-[a-z2-9]{5}<", response.content.decode())), 10)
        self.assertTrue(is_in(self.client))
        self.assertEqual(RecoveryCode.objects.filter(user=self.owner).count(), 10)

    def test_the_key_of_the_session_is_another_afterwards(self) -> None:
        before = self.client.cookies[settings.SESSION_COOKIE_NAME].value
        self.client.get(SET_UP)

        self.client.post(SET_UP, {"code": totp.current_code(Totp.objects.get())})

        self.assertNotEqual(self.client.cookies[settings.SESSION_COOKIE_NAME].value, before)
        self.assertFalse(Session.objects.filter(pk=before).exists())

    def test_a_wrong_code_confirms_nothing_and_a_reload_shows_the_same_key(self) -> None:
        first = self.client.get(SET_UP).context["secret"]

        response = self.client.post(SET_UP, {"code": "000000x"})

        self.assertContains(response, "not the app&#x27;s code")
        self.assertEqual(response.context["secret"], first)
        self.assertIsNone(Totp.objects.get().confirmed_at)
        self.assertFalse(is_in(self.client))

    def test_who_knew_the_password_before_does_not_know_the_key_that_is_set_up_later(self) -> None:
        thief = TenantClient()
        sign_in(thief, self.owner.email)
        seen = thief.get(SET_UP).context["secret"]

        mine = self.client.get(SET_UP).context["secret"]

        self.assertNotEqual(mine, seen)
        self.assertEqual(self.client.post(SET_UP, {"code": totp.current_code(Totp.objects.get())}).status_code, 200)
        self.assertEqual(totp.typed_secret(Totp.objects.get()), mine)

    def test_the_secret_is_sealed_and_opens_in_no_other_row_and_no_other_tenant(self) -> None:
        row = totp.start(user=self.owner)
        plain, sealed = totp.secret_of(row), bytes(row.secret)
        self.assertEqual(len(plain), 20)
        self.assertNotIn(plain, sealed)
        with self.in_tenant(OTHER), self.assertRaises(CannotOpen):
            totp.secret_of(row)
        row.pk = self.owner.pk

        with self.assertRaises(CannotOpen):
            totp.secret_of(row)

    def test_the_platforms_staff_has_a_key_of_its_own(self) -> None:
        admin = platform_admin()
        with tenancy.enter_platform():
            row = app_of(admin)

            self.assertTrue(second_factor.accept(user=admin, code=totp.current_code(row)))
        with self.assertRaises(CannotOpen):
            totp.secret_of(row)


class StepTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = person()
        self.app = app_of(self.user)

    def code(self) -> str:
        return totp.current_code(self.app)

    def test_the_password_alone_opens_nothing_and_the_code_leads_where_one_wanted_to_go(self) -> None:
        response = sign_in(self.client, QUERY_STRING="next=/jobs/")
        self.assertEqual(leads_to(response), STEP)
        self.assertFalse(is_in(self.client))

        self.assertEqual(leads_to(step(self.client, self.code())), "/jobs/")
        self.assertTrue(is_in(self.client))

    def test_another_site_is_not_where_it_leads(self) -> None:
        sign_in(self.client, QUERY_STRING="next=//evil.example/")

        self.assertEqual(leads_to(step(self.client, self.code())), "/")

    def test_a_code_opens_once(self) -> None:
        code = self.code()
        sign_in(self.client)
        step(self.client, code)
        other = TenantClient()
        sign_in(other)

        self.assertContains(step(other, code), "wrong or was used")
        self.assertFalse(is_in(other))

    def test_an_older_code_than_the_last_used_one_opens_nothing(self) -> None:
        with mock.patch("accounts.services.totp.time.time", return_value=1_800_000_000):
            older = self.code()
        with mock.patch("accounts.services.totp.time.time", return_value=1_800_000_030):
            self.assertTrue(totp.accept(user=self.user, code=self.code()))
            self.assertFalse(totp.accept(user=self.user, code=older))

    def test_a_phone_may_be_off_by_half_a_minute_and_no_more(self) -> None:
        for seconds, accepted in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
            Totp.objects.update(last_counter=-1)
            with mock.patch("accounts.services.totp.time.time", return_value=1_800_000_000 + seconds):
                code = self.code()
            with mock.patch("accounts.services.totp.time.time", return_value=1_800_000_000):
                self.assertEqual(totp.accept(user=self.user, code=code), accepted, seconds)

    def test_a_recovery_code_opens_once_however_it_is_typed(self) -> None:
        code = recovery.renew(user=self.user)[3]
        sign_in(self.client)

        self.assertEqual(leads_to(step(self.client, f" {code.upper()} ")), "/")
        self.assertEqual(recovery.left(self.user), 9)
        other = TenantClient()
        sign_in(other)
        self.assertEqual(step(other, code).status_code, 200)

    def test_a_recovery_code_of_another_person_or_tenant_opens_nothing(self) -> None:
        theirs = recovery.renew(user=person("bea@alpha.example"))[0]
        with self.in_tenant(OTHER):
            User.objects.bulk_create([User(pk=self.user.pk, email=self.user.email, name="Twin")])
            foreign = recovery.renew(user=User.objects.get(pk=self.user.pk))[0]

        for code in (theirs, foreign):
            self.assertFalse(second_factor.accept(user=self.user, code=code))

    def test_new_recovery_codes_end_the_old_ones(self) -> None:
        old = recovery.renew(user=self.user)[0]
        recovery.renew(user=self.user)

        self.assertFalse(recovery.accept(user=self.user, code=old))

    def test_it_waits_five_minutes_and_no_longer(self) -> None:
        sign_in(self.client)
        with mock.patch("accounts.views.entering.clock.now", return_value=clock.now() + timedelta(minutes=6)):
            self.assertEqual(leads_to(step(self.client, self.code())), "/sign-in/")

        self.assertFalse(is_in(self.client))

    def test_who_is_disabled_or_has_a_new_password_meanwhile_starts_again(self) -> None:
        for change in ("disabled", "password"):
            client = TenantClient()
            sign_in(client)
            if change == "password":
                User.objects.update(is_active=True)
                self.user.set_password("another-long-password")
                self.user.save()
            else:
                User.objects.update(is_active=False)

            self.assertEqual(leads_to(step(client, self.code())), "/sign-in/", change)

    def test_the_step_without_a_password_before_it_leads_to_the_sign_in(self) -> None:
        self.assertEqual(leads_to(self.client.get(STEP)), "/sign-in/")
        self.assertEqual(leads_to(step(self.client, self.code())), "/sign-in/")

    def test_fifteen_wrong_codes_are_looked_at_and_then_none(self) -> None:
        sign_in(self.client)
        with mock.patch.object(second_factor, "accept", return_value=False) as looked_at:
            statuses = [step(self.client, f"{number:06}").status_code for number in range(40)]

        self.assertEqual((statuses[14], statuses[15], looked_at.call_count), (200, 429, 15))

    def test_an_attacker_with_the_password_locks_nobody_out_of_a_browser_that_was_there_before(self) -> None:
        sign_in(self.client)
        step(self.client, self.code())
        self.client.post("/sign-out/")
        attacker = TenantClient(REMOTE_ADDR="198.51.100.9")
        sign_in(attacker)
        for number in range(20):
            step(attacker, f"x{number}")
        Totp.objects.update(last_counter=-1)

        sign_in(self.client)

        self.assertEqual(leads_to(step(self.client, self.code())), "/")


class OwnFactorTests(TenantTestCase):
    def test_the_last_factor_of_an_owner_cannot_be_removed_and_a_recruiters_can(self) -> None:
        for role, left in ((Role.OWNER, 1), (Role.RECRUITER, 0)):
            user = person(f"{role}@alpha.example", role=role)
            app_of(user)
            recovery.renew(user=user)

            signed_in(user).post("/account/second-factor/app/remove/")

            self.assertEqual(Totp.objects.filter(user=user).count(), left)
            self.assertEqual(recovery.left(user), 10 * left)

    def test_a_session_without_the_second_factor_changes_nothing_of_it(self) -> None:
        user = person()
        sign_in(self.client)
        app_of(user)

        for path in ("/account/second-factor/app/remove/", "/account/second-factor/codes/", "/account/passkeys/"):
            self.client.post(path)

        self.assertEqual((Totp.objects.count(), recovery.left(user)), (1, 0))
        self.assertEqual(leads_to(self.client.get(SET_UP)), STEP)

    def test_a_stranger_and_another_tenants_person_change_nothing(self) -> None:
        user = person()
        app_of(user)
        with self.in_tenant(OTHER):
            foreign = signed_in(person("bob@beta.example"), OTHER)
        for client in (TenantClient(), foreign):
            client.post("/account/second-factor/app/remove/")

        self.assertEqual(Totp.objects.count(), 1)
