"""What goes to Stripe's checkout and portal word for word, and the pages that lead there."""

from typing import Any

from django.db import transaction
from django.test import override_settings

from accounts.roles import NotPermitted, Role
from accounts.tests.people import person, signed_in
from billing.models import Subscription
from billing.services import plan_changes, plans, subscriptions
from billing.services.stripe import checkout, claim, client, portal
from billing.services.subscriptions import NotNow
from billing.tests import bought
from compliance.audit.models import AuditEvent
from core import pool
from core.models import Due
from core.testing import OTHER
from tests.payments.case import (
    KEY,
    WireCase,
    plan,
)


class CheckoutTests(WireCase):
    def session(self) -> dict[str, str]:
        """What Stripe is asked for: a page to begin the plan "two"."""
        pk = str(self.held.pk)
        told = {"candor_subscription": pk, "candor_plan": "two", "candor_price": "price_two"}
        return {
            "mode": "subscription",
            "customer": "cus_made1",
            "client_reference_id": pk,
            "line_items[0][price]": "price_two",
            "line_items[0][quantity]": "1",
            "success_url": f"{self.held.tenant.address}/billing/?paid=1",
            "cancel_url": f"{self.held.tenant.address}/billing/",
            "billing_address_collection": "required",
            "tax_id_collection[enabled]": "true",
            "customer_update[name]": "auto",
            "customer_update[address]": "auto",
            "automatic_tax[enabled]": "false",
            "subscription_data[billing_mode][type]": "flexible",
            **{f"metadata[{name}]": value for name, value in told.items()},
            **{f"subscription_data[metadata][{name}]": value for name, value in told.items()},
        }

    def test_the_first_payment_makes_the_customer_and_leads_to_stripe_s_page(self) -> None:
        Subscription.objects.filter(pk=self.held.pk).update(stripe_customer="")

        address = checkout.begin(by=self.owner, plan_code="two")

        self.assertEqual(address, "https://checkout.stripe.com/c/pay/cs_made2")
        pk = str(self.held.pk)
        self.assertEqual(
            self.asked("customers"),
            {"description": "alpha", "metadata[candor_subscription]": pk, "metadata[candor_tenant]": "alpha"},
        )
        self.assertEqual(self.asked("checkout/sessions"), self.session())
        customer, session = self.shop.posts()
        self.assertEqual(customer.headers["authorization"], f"Bearer {KEY}")
        self.assertEqual(customer.headers["idempotency-key"], f"candor:customer:{pk}")
        self.assertEqual(session.headers["idempotency-key"], f"candor:checkout:{pk}:two:first")
        self.held.refresh_from_db()
        self.assertEqual(
            (self.held.stripe_customer, self.held.status, self.held.stripe_busy_until), ("cus_made1", "trialing", None)
        )
        self.assertTrue(Due.objects.filter(kind="stripe_check", object_id=self.held.pk).exists())

    def test_the_same_plan_again_leads_to_the_same_page_and_another_ends_it(self) -> None:
        first = checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual(checkout.begin(by=self.owner, plan_code="one"), first)
        other = checkout.begin(by=self.owner, plan_code="two")

        self.assertNotEqual(other, first)
        statuses = {raw["metadata"]["candor_plan"]: raw["status"] for raw in self.shop.of("checkout.session")}
        self.assertEqual(statuses, {"one": "expired", "two": "open"})

    def test_taxes_are_reckoned_by_stripe_where_it_is_set_up(self) -> None:
        with override_settings(STRIPE_AUTOMATIC_TAX=True):
            checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual(self.asked("checkout/sessions")["automatic_tax[enabled]"], "true")

    def test_who_may_not_or_need_not_pay_is_refused_and_stripe_is_not_asked(self) -> None:
        plan("free-of-stripe", 5, 10, stripe_price="")
        theirs = plan("theirs", 5, 10, tenant=self.other_tenant())
        for role in (Role.RECRUITER, Role.AUDITOR, Role.HIRING_MANAGER):
            with self.subTest(role), self.assertRaises(NotPermitted):
                checkout.begin(by=person(f"{role}@alpha.example", role=role), plan_code="one")
        for code, error in (
            ("free-of-stripe", checkout.NotByCard),
            ("nothing", plans.UnknownPlan),
            (theirs.pk, plans.UnknownPlan),
        ):
            with self.subTest(code), self.assertRaises(error):
                checkout.begin(by=self.owner, plan_code=code)
        self.assertEqual(self.shop.asked, [])

        subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)
        with self.assertRaises(NotNow):
            checkout.begin(by=self.owner, plan_code="one")
        self.assertEqual(self.shop.asked, [])

    def test_a_page_for_a_plan_that_is_too_small_by_now_is_ended(self) -> None:
        plan("small", 5, 10, seats=1)
        checkout.begin(by=self.owner, plan_code="small")
        person("second@alpha.example")

        with self.assertRaises(plan_changes.BelowUse):
            checkout.begin(by=self.owner, plan_code="small")

        self.assertEqual([raw["status"] for raw in self.shop.of("checkout.session")], ["expired"])

    def other_tenant(self) -> Any:
        with self.in_tenant(OTHER):
            return bought.held().tenant

    def test_of_two_at_once_the_second_is_told_to_wait(self) -> None:
        with claim.taken(self.held.pk), self.assertRaises(claim.Busy):
            checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual(self.shop.asked, [])
        checkout.begin(by=self.owner, plan_code="one")

    def test_an_address_that_is_not_stripe_s_is_never_gone_to(self) -> None:
        for odd in (
            "http://checkout.stripe.com/x",
            "https://checkout.stripe.com.evil.example/",
            "javascript:alert(1)",
            "//x",
            "",
        ):
            with self.subTest(odd), self.assertRaises(checkout.BadAddress):
                checkout.checked(odd)

    def test_stripe_away_is_said_and_changes_nothing(self) -> None:
        self.shop.away = True

        with self.assertRaises(client.Unavailable):
            checkout.begin(by=self.owner, plan_code="one")

        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.held.stripe_busy_until), ("trialing", None))
        self.assertFalse(AuditEvent.objects.filter(action="subscription.checkout_begun").exists())

    def test_nothing_is_asked_inside_a_transaction(self) -> None:
        with transaction.atomic(), self.assertRaises(pool.HeldDuringCall):
            checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual(self.shop.asked, [])

    def test_stripe_s_portal(self) -> None:
        with self.assertRaises(NotNow):
            portal.open(by=self.owner)
        self.paying()

        self.assertEqual(portal.open(by=self.owner), "https://billing.stripe.com/p/1")
        self.assertEqual(
            self.asked("billing_portal/sessions"),
            {"customer": "cus_alpha", "return_url": f"{self.held.tenant.address}/billing/"},
        )
        with self.assertRaises(NotPermitted):
            portal.open(by=person("r@alpha.example"))
        self.assertEqual(len(self.shop.posts("billing_portal")), 1)


class PageTests(WireCase):
    def test_a_form_leads_to_stripe_s_page(self) -> None:
        browser = signed_in(self.owner)

        answer = browser.post("/billing/checkout/", {"plan": "one"})
        self.assertEqual((answer.status_code, answer["Location"]), (303, "https://checkout.stripe.com/c/pay/cs_made1"))
        self.paying()
        answer = browser.post("/billing/stripe/")
        self.assertEqual((answer.status_code, answer["Location"]), (303, "https://billing.stripe.com/p/1"))

    def test_what_went_wrong_is_said_on_the_billing_page(self) -> None:
        browser = signed_in(self.owner)
        self.shop.away = True

        answer = browser.post("/billing/checkout/", {"plan": "one"})

        self.assertEqual((answer.status_code, answer["Location"]), (303, "/billing/"))
        self.assertContains(browser.get("/billing/"), "Stripe is not responding at the moment. Nothing was changed.")

    def test_nobody_else_gets_there(self) -> None:
        with self.in_tenant(OTHER):
            stranger = signed_in(person("eve@beta.example", role=Role.OWNER), OTHER)
        visitors = {
            "anonymous": (302, self.client_class()),
            "recruiter": (403, signed_in(person("r@alpha.example", role=Role.RECRUITER))),
            "another tenant's owner": (302, stranger),
        }
        for name, (status, browser) in visitors.items():
            for address in ("/billing/checkout/", "/billing/stripe/"):
                with self.subTest(name + address):
                    answer = browser.post(address, {"plan": "one"}, HTTP_HOST="alpha.candor.localhost")
                    self.assertEqual(answer.status_code, status)
                    self.assertNotIn("stripe.com", answer.get("Location", ""))
                    self.assertEqual(browser.get(address, HTTP_HOST="alpha.candor.localhost").status_code, 405)
        self.assertEqual(self.shop.asked, [])

    def test_without_a_key_there_are_no_such_pages(self) -> None:
        browser = signed_in(self.owner)

        with override_settings(STRIPE_SECRET_KEY=""):
            for address in ("/billing/checkout/", "/billing/stripe/"):
                self.assertEqual(browser.post(address, {"plan": "one"}).status_code, 404)

    def test_forms_of_the_billing_pages_may_lead_to_stripe_and_no_others(self) -> None:
        browser = signed_in(self.owner)

        billing = browser.get("/billing/nothing-here/")["Content-Security-Policy"]
        other = browser.get("/settings/")["Content-Security-Policy"]

        self.assertIn("form-action 'self' https://checkout.stripe.com https://billing.stripe.com", billing)
        self.assertIn("form-action 'self';", other + ";")
        self.assertNotIn("stripe", other)
        with override_settings(FORMS_LEAD_TO={}):
            self.assertNotIn("stripe", browser.get("/billing/nothing-here/")["Content-Security-Policy"])
