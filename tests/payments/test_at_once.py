"""Several at once, with real commits: one row an event, one customer a tenant, one picture in the end."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person
from billing.models import QuotaPeriod, StripeEvent, Subscription
from billing.services.stripe import checkout, claim, inbox, mirror
from core.models import Due
from core.testing import CommittingTestCase, at_once
from tests.payments.case import SECRET, WithShop, event, invoice, subscription
from tests.payments.shop import Raw


class AtOnceTests(WithShop, CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        StripeEvent.objects.all().delete()
        Due.objects.filter(kind="stripe_event").delete()

    def receive(self, told: Raw) -> StripeEvent:
        body = json.dumps(told)
        return inbox.receive(
            body=body.encode(), signature=stripe.WebhookSignature.generate_signature_header(body, SECRET)
        )

    def test_the_same_event_sixteen_times_at_once_is_one_row(self) -> None:
        told = event("invoice.paid", invoice())

        found = at_once(*[lambda: self.receive(told)] * 16)

        self.assertEqual([one for one in found if isinstance(one, Exception)], [])
        row = StripeEvent.objects.get()
        self.assertEqual((row.status, Due.objects.filter(kind="stripe_event", object_id=row.pk).count()), ("owed", 1))

    def test_twelve_events_followed_at_once_begin_one_month_and_copy_each_paper_once(self) -> None:
        raw = self.shop.put(subscription(began=datetime.now(UTC) - timedelta(hours=1)))
        bill = self.shop.put(invoice())
        told = [event("customer.subscription.updated", raw) for _ in range(6)]
        told += [event("invoice.paid", bill) for _ in range(6)]
        rows = [self.receive(one) for one in told]

        def followed(row: StripeEvent) -> Any:
            return lambda: inbox.process(event_id=row.pk)

        found = at_once(*[followed(row) for row in rows])

        self.assertEqual([one for one in found if one is not None], [])
        self.assertEqual(set(StripeEvent.objects.values_list("status", "error")), {("done", "")})
        self.held.refresh_from_db()
        paid = QuotaPeriod.objects.filter(subscription=self.held, is_trial=False)
        self.assertEqual((self.held.status, paid.count(), self.held.invoices.count()), ("active", 1, 1))
        self.assertFalse(Due.objects.filter(kind="stripe_event").exists())

    def test_eight_looks_at_once_leave_what_stripe_has(self) -> None:
        raw = self.shop.put(subscription(began=datetime.now(UTC) - timedelta(hours=1)))
        mirror.copy_subscription(subscription_id=self.held.pk)

        for status in ("past_due", "active", "past_due"):
            self.shop.put(raw | {"status": status})
            at_once(*[lambda: mirror.copy_subscription(subscription_id=self.held.pk)] * 8)
            self.held.refresh_from_db()
            self.assertEqual(self.held.status, status)
        self.assertEqual(self.held.stripe_seen, self.held.stripe_looks)

    def test_two_people_who_pay_at_once_are_one_customer_with_one_page(self) -> None:
        Subscription.objects.filter(pk=self.held.pk).update(stripe_customer="")
        people = [self.owner(f"{name}@alpha.example") for name in ("ada", "bob", "eve", "kim")]

        def pays(user: User) -> Any:
            return lambda: checkout.begin(by=user, plan_code="one")

        found = at_once(*[pays(user) for user in people])

        addresses = [one for one in found if isinstance(one, str)]
        refused = [type(one) for one in found if not isinstance(one, str)]
        self.assertEqual((len(set(addresses)), set(refused) - {claim.Busy}), (1, set()))
        self.assertEqual((len(self.shop.of("customer")), len(self.shop.of("checkout.session"))), (2, 1))

    def owner(self, email: str) -> User:
        return User.objects.filter(email=email).first() or person(email, role=Role.OWNER)
