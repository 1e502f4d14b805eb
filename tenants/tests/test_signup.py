"""Sign-up: nothing is made before the address is proven, and a stranger learns nothing about others."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

from django.core import mail, signing
from django.test import override_settings

from core import clock, tasks
from tenants.models import ProvisioningStep, SignUp, Tenant
from tenants.services import signup
from tenants.services.signup import Wish
from tenants.tasks import send_sign_up_mail
from tenants.tests.signing_up import WISH, Public, mailed


@contextmanager
def _sending(sent: list[str]) -> Iterator[None]:
    """Collect what is sent to the broker."""
    with mock.patch.object(tasks, "send", lambda name, message: sent.extend(message.values())):
        yield


class AskTests(Public):
    def test_the_home_page_leads_there(self) -> None:
        self.assertContains(self.client.get("/"), 'href="/start/"')

    def test_the_form_offers_the_cheapest_plan_and_is_answered_with_one_page(self) -> None:
        self.assertContains(self.client.get("/start/"), 'name="plan_code" value="starter" checked')

        response = self.post()

        self.assertEqual((response.status_code, response["Location"]), (303, "/start/sent/"))
        row = SignUp.objects.get()
        self.assertEqual((row.status, row.token_hash, row.tenant), ("open", "", None))
        self.assertEqual(self.stored(), self.before)

    @override_settings(PUBLIC_SCHEME="http", PUBLIC_PORT=":8123")
    def test_the_form_shows_the_address_that_the_site_will_have(self) -> None:
        page = self.client.get("/start/")

        self.assertContains(page, "http://<em>address</em>.candor.localhost:8123")

    def test_the_mail_holds_the_link_and_the_row_only_its_hash(self) -> None:
        row, token = mailed()

        (sent,) = mail.outbox
        self.assertEqual(
            (sent.to, sent.subject), (["olga@gamma.example"], "Confirm your address for gamma.candor.localhost")
        )
        self.assertTrue(token)
        self.assertEqual(len(row.token_hash), 64)
        self.assertNotIn(token, row.token_hash)
        self.assertIsNotNone(row.mailed_at)
        self.assertNotIn("Olga", sent.body)  # what a stranger wrote is in no mail of ours
        self.assertNotIn("Gamma GmbH", sent.body)

    def test_a_second_hint_sends_no_second_mail(self) -> None:
        row, _ = mailed()

        send_sign_up_mail(sign_up_id=str(row.pk))

        self.assertEqual(len(mail.outbox), 1)

    def test_a_mail_that_was_not_sent_is_sent_by_the_next_look(self) -> None:
        row = signup.ask(WISH)
        SignUp.objects.update(created_at=clock.now() - timedelta(minutes=2))
        sent: list[str] = []
        with _sending(sent):
            signup.look_after()

        self.assertEqual(sent, [str(row.pk)])

    def test_a_known_address_gets_the_same_page_and_is_told_in_the_mail(self) -> None:
        _, token = mailed()
        tenant = signup.confirm(token=token).tenant
        assert tenant is not None

        known = self.post(subdomain="gamma-two")
        unknown = self.post(subdomain="gamma-three", email="nobody@gamma.example")

        self.assertEqual((known.status_code, known["Location"]), (unknown.status_code, unknown["Location"]))
        for row in SignUp.objects.filter(status="open").order_by("created_at"):
            send_sign_up_mail(sign_up_id=str(row.pk))
        told, not_told = mail.outbox[-2:]
        self.assertIn("http://gamma.candor.localhost", told.body)
        self.assertNotIn("/start/confirm/", told.body)  # one trial a mailbox: tenants.services.trials
        self.assertNotIn("already has a site", not_told.body)
        self.assertEqual(told.subject, "You have already tried Candor")  # there is nothing to confirm
        self.assertEqual(not_told.subject, "Confirm your address for gamma-three.candor.localhost")

    def test_too_many_tries_are_refused_by_address_and_by_network(self) -> None:
        for number in range(3):
            self.assertEqual(self.post(subdomain=f"gamma-{number}").status_code, 303)
        self.assertEqual(self.post().status_code, 429)

        for number in range(26):
            self.assertEqual(self.post(email=f"{number}@gamma.example").status_code, 303)
        self.assertEqual(self.post(email="last@gamma.example").status_code, 429)
        self.assertEqual(SignUp.objects.count(), 29)

    def test_mistakes_do_not_count_against_the_address(self) -> None:
        for _ in range(5):
            self.assertEqual(self.post(subdomain="alpha").status_code, 400)

        self.assertEqual(self.post().status_code, 303)


class ConfirmTests(Public):
    def test_looking_changes_nothing_and_the_click_makes_one_tenant(self) -> None:
        row, token = mailed()
        self.assertContains(self.client.get(f"/start/confirm/{token}/"), "gamma.candor.localhost")
        self.assertEqual(self.stored(), self.before)

        first = self.client.post(f"/start/confirm/{token}/")
        second = self.client.post(f"/start/confirm/{token}/")

        row.refresh_from_db()
        assert row.tenant is not None
        self.assertEqual((row.status, row.tenant.subdomain, row.tenant.plan_code), ("confirmed", "gamma", "starter"))
        self.assertEqual((first.status_code, second.status_code), (303, 303))
        self.assertEqual(self.stored(), (self.before[0] + 1, self.before[1] + 1))
        self.assertNotIn(str(row.tenant.pk), first["Location"])

    def test_an_old_a_used_up_and_a_made_up_link_lead_nowhere(self) -> None:
        _, token = mailed()
        _, other = mailed(Wish("G", "gamma-two", "Olga", "olga@gamma.example", "starter"))
        signup.confirm(token=other)
        for wrong in (token, "made-up", "x" * 500, "%00"):
            for send in (self.client.get, self.client.post):
                self.assertEqual(send(f"/start/confirm/{wrong}/").status_code, 404, wrong)
        _, late = mailed(Wish("G", "gamma-three", "Olga", "late@gamma.example", "starter"))
        SignUp.objects.filter(email="late@gamma.example").update(expires_at=clock.now())

        self.assertEqual(self.client.post(f"/start/confirm/{late}/").status_code, 404)
        self.assertEqual(self.stored(), (self.before[0] + 1, self.before[1] + 1))

    def test_of_two_with_one_subdomain_the_first_click_gets_it_and_the_other_is_told(self) -> None:
        _, first = mailed()
        _, second = mailed(Wish("Gamma too", "gamma", "Gerd", "gerd@gamma.example", "starter"))
        signup.confirm(token=first)

        response = self.client.post(f"/start/confirm/{second}/")

        self.assertContains(response, "This address is taken. “gamma-2” is free.", status_code=409)
        self.assertEqual(self.stored(), (self.before[0] + 1, self.before[1] + 1))
        self.assertEqual(SignUp.objects.get(email="gerd@gamma.example").status, "open")

    def test_who_never_confirms_is_forgotten(self) -> None:
        mailed()
        SignUp.objects.update(expires_at=clock.now() - timedelta(seconds=1))

        signup.look_after()

        self.assertEqual(SignUp.objects.count(), 0)


class ProgressTests(Public):
    def setUp(self) -> None:
        super().setUp()
        _, token = mailed()
        row = signup.confirm(token=token)
        assert row.tenant is not None
        self.tenant, self.url = row.tenant, f"/start/progress/{signup.progress_key(row)}/"

    def test_it_shows_the_steps_and_looks_again_by_itself(self) -> None:
        ProvisioningStep.objects.create(tenant=self.tenant, name="schema", status="done")
        ProvisioningStep.objects.create(tenant=self.tenant, name="tables")

        page = self.client.get(self.url)

        self.assertContains(page, '<noscript><meta http-equiv="refresh" content="2"></noscript>')
        self.assertContains(page, 'data-look-again="2"')
        self.assertContains(page, "A room of your own in the database")
        self.assertContains(page, "Under way")

    def test_a_failure_is_told_without_its_words(self) -> None:
        Tenant.objects.filter(pk=self.tenant.pk).update(status="failed")
        ProvisioningStep.objects.create(tenant=self.tenant, name="tables", status="failed", error="KeyError: secret")

        page = self.client.get(self.url)

        self.assertContains(page, "We were told")
        self.assertNotContains(page, "secret")
        self.assertNotContains(page, "refresh")

    def test_when_it_is_ready_it_leads_to_the_tenants_host(self) -> None:
        Tenant.objects.filter(pk=self.tenant.pk).update(status="ready")

        page = self.client.get(self.url)

        self.assertContains(page, f'href="{self.tenant.address}/"')
        self.assertContains(page, "open the invitation that we have sent to olga@gamma.example")
        self.assertLess(page.content.find(b'href="/mailbox/"'), page.content.find(self.tenant.address.encode()))

    def test_a_key_that_we_did_not_sign_leads_nowhere(self) -> None:
        for key in (str(self.tenant.pk), self.url.split("/")[3] + "x", signing.dumps("x", salt="other")):
            self.assertEqual(self.client.get(f"/start/progress/{key}/").status_code, 404)

    def test_where_a_worker_was_killed_the_set_up_goes_on(self) -> None:
        sent: list[str] = []
        with _sending(sent), self.captureOnCommitCallbacks(execute=True):
            signup.look_after()
        self.assertEqual(sent, [])
        Tenant.objects.filter(pk=self.tenant.pk).update(created_at=clock.now() - timedelta(minutes=6))

        with _sending(sent), self.captureOnCommitCallbacks(execute=True):
            signup.look_after()

        self.assertEqual(sent, [str(self.tenant.pk)])
