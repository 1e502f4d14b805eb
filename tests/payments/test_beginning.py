"""What Stripe has now is copied: a plan begins, and what Candor never sells is refused."""

from datetime import UTC, datetime, timedelta

import time_machine

from accounts.tests.people import person
from billing.models import QuotaPeriod, StripeEvent, Subscription
from billing.services import periods, subscriptions
from core import entitlements, tenancy
from core.models import Due
from core.testing import OTHER
from tests.payments.case import CUSTOMER, UPDATED, MirrorCase, event, follow, month_after, plan, seconds, subscription


class BeginningTests(MirrorCase):
    def test_a_paid_subscription_activates_the_plan_it_is_for(self) -> None:
        raw = subscription(price="price_two", began=datetime.now(UTC) - timedelta(minutes=10))

        self.now_has(raw)

        start = raw["created"]
        self.assertEqual((self.held.status, self.held.collection, self.held.plan), ("active", "stripe", self.two))
        self.assertEqual((self.held.stripe_subscription, self.held.zone), ("sub_1", "UTC"))
        self.assertEqual(seconds(self.held.anchor_at), start)
        self.assertEqual(self.months(), [(start, month_after(start))])
        self.assertEqual(QuotaPeriod.objects.get(is_trial=True).period_end, self.held.anchor_at)
        self.assertEqual(periods.current().included, 1000)
        self.assertEqual(self.held.lines.count(), 0)

    def test_one_that_is_not_paid_for_yet_changes_nothing(self) -> None:
        for status in ("incomplete", "incomplete_expired", "trialing", "paused"):
            with self.subTest(status):
                self.now_has(subscription(status))

                self.assertEqual((self.held.status, self.held.stripe_subscription), ("trialing", ""))

    def test_a_trial_that_is_over_is_served_again(self) -> None:
        with time_machine.travel(datetime.now(UTC) + timedelta(days=20)):
            periods.renew(subscription_id=self.held.pk)
            self.held.refresh_from_db()
            self.assertEqual(self.held.status, "read_only")

            self.now_has(subscription(began=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)))

            self.assertEqual(self.held.status, "active")
            self.assertIsNone(self.held.tenant.__class__.objects.get(pk=self.held.tenant_id).read_only_since)
            self.assertEqual(len(self.months()), 1)

    def test_another_tenant_is_not_touched(self) -> None:
        with self.in_tenant(OTHER):
            before = periods.current()

        self.now_has(subscription())

        with self.in_tenant(OTHER):
            self.assertEqual(periods.current(), before)
            self.assertEqual(before.subscription.stripe_customer, "")

    def test_an_event_about_another_tenant_s_customer_copies_nothing_of_it_here(self) -> None:
        """Signed, but its customer is beta's and its metadata names alpha: whose it is, the customer says."""
        foreign = subscription(customer="cus_beta", metadata={"candor_subscription": str(self.held.pk)})
        self.shop.put(foreign)

        self.send(event(UPDATED, foreign))

        self.held.refresh_from_db()
        self.assertEqual((StripeEvent.objects.get().status, self.held.status), ("unmatched", "trialing"))

    def test_a_customer_that_names_a_tenant_of_another_customer_is_refused(self) -> None:
        session = {"id": "cs_1", "object": "checkout.session", "customer": "cus_mallory"}
        session["metadata"] = {"candor_subscription": str(self.held.pk)}  # type: ignore[assignment]

        told = event("checkout.session.completed", session)
        self.send(told)

        self.assertEqual((follow(told).status, follow(told).error), ("refused", "customer"))
        self.held.refresh_from_db()
        self.assertEqual(self.held.stripe_customer, CUSTOMER)

    def test_a_customer_made_when_we_broke_off_is_found_by_what_we_wrote_into_it(self) -> None:
        self.held.stripe_customer = ""
        self.held.save()
        made = {"id": "cus_new", "object": "customer", "metadata": {"candor_subscription": str(self.held.pk)}}
        self.shop.put(made | {"created": 1, "livemode": False})

        self.tell(event("customer.created", made))

        self.held.refresh_from_db()
        self.assertEqual(self.held.stripe_customer, "cus_new")


class OddTests(MirrorCase):
    def assert_refused(self, raw: dict, reason: str) -> None:
        self.shop.objects.clear()
        self.shop.put(raw)
        told = event(UPDATED, raw | {"livemode": False})
        self.send(told)

        row = follow(told)

        self.held.refresh_from_db()
        self.assertEqual((row.status, row.error), ("refused", reason))
        self.assertEqual((self.held.status, self.held.stripe_subscription, self.months()), ("trialing", "", []))
        self.assertFalse(Due.objects.filter(kind="stripe_event").exists())

    def test_what_candor_never_sells_is_refused_with_its_reason(self) -> None:
        euros = subscription(currency="eur")
        seats = subscription()
        seats["items"]["data"][0]["quantity"] = 2
        twice = subscription()
        twice["items"]["data"] *= 2
        for raw, reason in (
            (euros, "currency"),
            (seats, "items"),
            (twice, "items"),
            (subscription(livemode=True), "livemode"),
            (subscription(price="price_unknown"), "price"),
        ):
            with self.subTest(reason):
                self.assert_refused(raw, reason)

    def test_another_tenant_s_contract_is_never_given(self) -> None:
        with self.in_tenant(OTHER):
            theirs = Subscription.objects.get(tenant_id=tenancy.tenant_id())
        plan("theirs", 1, 5000, tenant=theirs.tenant)

        self.assert_refused(subscription(price="price_theirs"), "price")

    def test_a_tenant_that_pays_by_invoice_is_not_taken_over(self) -> None:
        subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)
        raw = self.shop.put(subscription())
        told = event(UPDATED, raw)
        self.send(told)

        self.assertEqual(follow(told).error, "paid_by_invoice")
        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.held.collection), ("active", "invoice"))

    def test_two_that_live_are_told_and_the_older_one_counts(self) -> None:
        older = subscription(began=datetime.now(UTC) - timedelta(hours=1), sub_id="sub_1")
        newer = subscription(price="price_two", sub_id="sub_2")
        self.shop.put(newer)
        self.shop.put(older)
        told = event(UPDATED, newer)
        self.send(told)

        self.assertEqual(follow(told).error, "two_subscriptions")
        self.held.refresh_from_db()
        self.assertEqual((self.held.stripe_subscription, self.held.plan), ("sub_1", self.one))

    def test_a_plan_that_is_too_small_by_the_time_it_is_paid_is_followed_and_told_once(self) -> None:
        """Its page was opened while it fitted; what was set up since is kept, and nothing more of it begins."""
        person(), plan("small", 5, 10, seats=0, sso=False)
        raw = self.shop.put(subscription(price="price_small"))
        told = event(UPDATED, raw)
        self.send(told)

        self.assertEqual((follow(told).status, follow(told).error), ("refused", "beyond_the_plan"))
        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.held.plan_id, periods.current().included), ("active", "small", 10))
        with self.assertRaises(entitlements.NotInPlan):
            entitlements.require(entitlements.Feature.SSO)
        self.tell(event(UPDATED, raw))
        self.assertEqual(StripeEvent.objects.filter(status="refused").count(), 1)

    def test_a_price_that_takes_another_sum_than_the_plan_s_is_copied_and_told(self) -> None:
        for name, more in (("sum", {"unit_amount": 9800}), ("year", {"recurring": {"interval": "year"}})):
            with self.subTest(name):
                raw = self.shop.put(subscription())
                raw["items"]["data"][0]["price"] |= {"unit_amount": 9900} | more
                told = event(UPDATED, raw)
                self.send(told)

                self.assertEqual((follow(told).status, follow(told).error), ("refused", "price_differs"))
                self.held.refresh_from_db()
                self.assertEqual(self.held.status, "active")

        fair = self.shop.put(subscription())
        fair["items"]["data"][0]["price"] |= {"unit_amount": 9900, "recurring": {"interval": "month"}}
        told = event(UPDATED, fair)
        self.send(told)
        self.assertEqual(follow(told).status, "done")
