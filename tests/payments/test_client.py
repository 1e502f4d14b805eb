"""The way to Stripe: tries, keys, version; and its messages in the admin."""

from unittest import mock

from django.test import override_settings

from accounts.models import User
from accounts.tests.people import platform_admin, signed_in
from billing.models import Subscription
from billing.services.stripe import checkout, client, portal
from core import tenancy
from core.models import Due
from tests.payments.case import WireCase, event, follow, invoice


class ClientTests(WireCase):
    def test_a_call_that_broke_off_is_tried_once_more_and_no_more(self) -> None:
        self.shop.says["subscriptions"] = (503, {"error": {"type": "api_error", "message": "down"}})

        with self.assertRaises(client.Unavailable), client.asking() as stripe:
            stripe.v1.subscriptions.list({"customer": "cus_alpha"})

        self.assertEqual(len(self.shop.asked), 2)

    def test_a_wrong_key_is_for_the_operator_and_no_fault_of_the_person(self) -> None:
        self.shop.says["subscriptions"] = (
            401,
            {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}},
        )

        with self.assertRaises(client.Unavailable), client.asking() as stripe:
            stripe.v1.subscriptions.list({"customer": "cus_alpha"})

    def test_without_a_key_everything_is_off(self) -> None:
        with override_settings(STRIPE_SECRET_KEY=""):
            self.assertFalse(client.is_on())
            with self.assertRaises(client.Off):
                checkout.begin(by=self.owner, plan_code="one")
            with self.assertRaises(client.Off):
                portal.open(by=self.owner)
        self.assertEqual(self.shop.asked, [])

    def test_the_version_of_the_api_is_the_library_s_own(self) -> None:
        import stripe as library

        with client.asking() as stripe:
            stripe.v1.subscriptions.list({"customer": "cus_alpha"})

        self.assertEqual(self.shop.asked[0].headers["stripe-version"], library.api_version or "2026-10-28.endive")
        self.assertNotIn("x-stripe-client-telemetry", self.shop.asked[0].headers)


class EventAdminTests(WireCase):
    def test_staff_sees_what_stripe_told_and_has_it_followed_again(self) -> None:
        told = event("invoice.paid", invoice(customer="cus_later"))
        self.send(told)
        row = follow(told)
        admin = platform_admin()
        with tenancy.enter_platform():
            browser = signed_in(admin, "admin")
        url = "/billing/stripeevent/"
        self.assertContains(browser.get(url), "cus_later")
        again = {"action": "follow_again", "_selected_action": [str(row.pk)]}

        self.assertContains(browser.post(url, again, follow=True), "Of nobody here: 1.")
        Subscription.objects.filter(pk=self.held.pk).update(stripe_customer="cus_later")
        self.assertContains(browser.post(url, again, follow=True), "Owed again: 1.")
        self.assertContains(browser.post(url, again, follow=True), "Waiting already: 1.")
        self.assertEqual(browser.get(url + "add/").status_code, 403)
        self.assertEqual(browser.get(f"{url}{row.pk}/delete/").status_code, 403)

    def test_who_may_only_read_what_stripe_told_follows_nothing_again(self) -> None:
        told = event("invoice.paid", invoice(customer="cus_later"))
        self.send(told)
        row = follow(told)
        with tenancy.enter_platform():
            browser = signed_in(platform_admin(), "admin")
        Subscription.objects.filter(pk=self.held.pk).update(stripe_customer="cus_later")
        url = "/billing/stripeevent/"
        again = {"action": "follow_again", "_selected_action": [str(row.pk)]}

        with mock.patch.object(User, "has_perm", lambda _user, name, obj=None: ".view_" in name):
            self.assertContains(browser.get(url), "cus_later")
            self.assertNotContains(browser.get(url), "follow_again")
            refused = browser.post(url, again, follow=True)
        for said in ("Of nobody here", "Owed again"):
            self.assertNotContains(refused, said)
        row.refresh_from_db()
        self.assertEqual((row.status, Due.objects.filter(kind="stripe_event").count()), ("unmatched", 0))
        self.assertContains(browser.get(url), "follow_again")
