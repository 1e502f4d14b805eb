"""A forgotten password, and a changed one."""

import re
from datetime import timedelta
from typing import Any
from unittest import mock

from django.core import mail
from django.test import Client

from accounts.models import AccountMail, User
from accounts.services.passwords import _tokens
from accounts.tests.people import PASSWORD, is_in, person, sign_in, signed_in
from accounts.tests.test_invitations import sent
from accounts.tests.test_sign_in import said
from core import clock
from core.testing import OTHER, TenantClient, TenantTestCase

NEW = "another-long-password"  # pragma: allowlist secret


def reset(client: Client, path: str, password: str = NEW) -> Any:
    client.get(path)
    return client.post("/password/reset/", {"password": password, "again": password})


class ForgottenTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = person()

    def ask(self, email: str = "ada@alpha.example") -> Any:
        return self.client.post("/password/forgot/", {"email": email})

    def test_everybody_is_told_the_same_and_one_gets_a_mail(self) -> None:
        User.objects.create_user("saml@alpha.example", None, name="No password")
        off = person("off@alpha.example", is_active=False)
        answers = set()
        for email in (self.user.email, "eve@alpha.example", "saml@alpha.example", off.email):
            page = said(self.ask(email)).replace(email, "X")
            answers.add(page)

        self.assertEqual(len(answers), 1)
        self.assertEqual([row.about_id for row in AccountMail.objects.all()], [self.user.pk])

    def test_the_answer_takes_as_long_for_a_stranger_as_for_somebody_of_the_team(self) -> None:
        for email in (self.user.email, "eve@alpha.example"):
            with mock.patch("accounts.views.forgotten.time") as time:
                time.monotonic.side_effect = [10.0, 10.0 + len(email) / 1000]
                self.ask(email)

            self.assertAlmostEqual(10.0 + len(email) / 1000 + time.sleep.call_args.args[0], 10.2)

    def test_the_link_sets_a_new_password_once_and_ends_every_session(self) -> None:
        browser = TenantClient()
        sign_in(browser)
        self.ask()
        path = sent()

        self.assertRedirects(reset(self.client, path), "/sign-in/", fetch_redirect_response=False)

        self.assertFalse(is_in(browser))
        self.assertEqual(sign_in(TenantClient()).status_code, 200)
        self.assertEqual(sign_in(TenantClient(), password=NEW).status_code, 302)
        self.assertEqual(reset(TenantClient(), path, "a-third-long-password").status_code, 404)

    def test_the_secret_leaves_the_address_at_once(self) -> None:
        self.ask()

        response = self.client.get(sent())

        self.assertEqual((response.status_code, response["Location"]), (303, "/password/reset/"))

    def test_it_works_for_an_hour(self) -> None:
        self.ask()
        path = sent()
        later = clock.now().replace(tzinfo=None)
        for minutes, status in ((61, 404), (59, 302)):
            with mock.patch.object(_tokens, "_now", return_value=later + timedelta(minutes=minutes)):
                self.assertEqual(reset(TenantClient(), path).status_code, status)

    def test_it_is_nothing_to_another_tenant_and_another_person(self) -> None:
        with self.in_tenant(OTHER):
            twin = person()
            User.objects.filter(pk=twin.pk).delete()
            twin.pk = self.user.pk
            twin.password, twin.last_login = self.user.password, self.user.last_login
            twin.save(force_insert=True)
        self.ask()
        path = sent()
        other = person("bea@alpha.example")

        self.assertEqual(reset(TenantClient(OTHER), path).status_code, 404)
        self.assertEqual(reset(TenantClient(), path.replace(str(self.user.pk), str(other.pk))).status_code, 404)
        for broken in ("/password/reset/x/y/", f"/password/reset/{self.user.pk}/y-z/"):
            self.assertEqual(reset(TenantClient(), broken).status_code, 404)

    def test_a_sign_in_or_being_disabled_makes_it_void(self) -> None:
        self.ask()
        path = sent()
        User.objects.update(is_active=False)
        self.assertEqual(reset(TenantClient(), path).status_code, 404)
        User.objects.update(is_active=True)
        sign_in(TenantClient())

        self.assertEqual(reset(TenantClient(), path).status_code, 404)

    def test_a_weak_password_is_refused_and_the_link_still_works(self) -> None:
        self.ask()
        path = sent()

        self.assertEqual(reset(self.client, path, "short").status_code, 400)
        self.assertEqual(reset(self.client, path).status_code, 302)

    def test_one_address_is_mailed_five_times_an_hour_and_the_sixth_is_told_the_same(self) -> None:
        pages = {re.sub(r"\s+", " ", said(self.ask())) for _ in range(8)}

        self.assertEqual((len(pages), AccountMail.objects.count()), (1, 5))


class ChangeTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.user = person()
        sign_in(self.client)
        self.other = TenantClient()
        sign_in(self.other)

    def change(self, client: Client, current: str = PASSWORD, new: str = NEW) -> Any:
        return client.post("/account/password/", {"current": current, "password": new, "again": new})

    def test_the_current_one_is_asked_for_and_every_other_session_ends(self) -> None:
        self.assertRedirects(self.change(self.client), "/account/", fetch_redirect_response=False)

        self.assertEqual((is_in(self.client), is_in(self.other)), (True, False))
        self.assertEqual(sign_in(TenantClient(), password=NEW).status_code, 302)
        self.assertIn("changed", sent_subject())

    def test_a_wrong_current_one_a_weak_one_and_a_stranger_change_nothing(self) -> None:
        self.assertEqual(self.change(self.client, current="not-it-at-all").status_code, 400)
        self.assertEqual(self.change(self.client, new="short").status_code, 400)
        self.assertEqual(self.change(TenantClient()).status_code, 302)
        with self.in_tenant(OTHER):
            foreign = signed_in(person("bob@beta.example"), OTHER)
        self.change(foreign)

        self.user.refresh_from_db()
        self.assertTrue(self.user.check_password(PASSWORD))
        self.assertTrue(is_in(self.other))


def sent_subject() -> str:
    sent()
    return str(mail.outbox[-1].subject)
