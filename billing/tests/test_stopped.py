"""What the staff stopped stays so: neither a payment nor Stripe's word lets it go on."""

from datetime import timedelta

import time_machine

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import Subscription
from billing.services import dunning, plan_changes, settling, standing, subscriptions
from billing.services.stripe import following
from billing.services.subscriptions import NotNow
from billing.tests import bought, invoiced
from billing.tests.test_staff_acts import ActCase, page
from core import clock, tenancy
from core.testing import OTHER


class StoppedTests(ActCase):
    def stopped(self) -> Subscription:
        found = self.done("stop")
        self.assertIsNotNone(found.stopped_by_staff_at)
        return found

    def by_card(self) -> Subscription:
        type(self.held.plan).objects.filter(pk="starter").update(stripe_price="price_1")
        fields = {"collection": "stripe", "stripe_subscription": "sub_1", "stripe_customer": "cus_1"}
        Subscription.objects.filter(pk=self.held.pk).update(**fields)
        return bought.held()

    def follow(self, status: str) -> Subscription:
        held = subscriptions.locked(self.held.pk)
        with tenancy.enter(held.tenant.schema_name):
            following.follow(held, bought.at_stripe(held, status), begun=True)
        return bought.held()

    def test_a_payment_does_not_let_it_go_on_but_the_staff_does(self) -> None:
        invoice = invoiced.issued()
        self.stopped()

        settling.mark_paid(invoice_id=invoice.pk, on=clock.now().date(), reference="TX", by=self.root.pk)
        dunning.paid(subscriptions.locked(self.held.pk))

        found = bought.held()
        self.assertEqual(found.status, "read_only")
        self.assertIsNotNone(found.tenant.read_only_since)
        self.assertIsNotNone(found.past_due_since)
        found = self.done("recover")
        self.assertEqual((found.status, found.tenant.read_only_since), ("active", None))
        self.assertEqual((found.stopped_by_staff_at, found.past_due_since), (None, None))

    def test_what_is_overdue_is_not_forgotten_when_everything_goes_on(self) -> None:
        with time_machine.travel(clock.now() - timedelta(days=31)):
            invoice = invoiced.issued()
        dunning.invoice_overdue(invoice_id=invoice.pk)
        self.assertEqual(invoiced.owed("invoice_overdue"), [])
        self.stopped()

        self.assertEqual(self.done("recover").status, "active")

        (row,) = invoiced.owed("invoice_overdue", invoice.pk)
        self.assertAlmostEqual(row.due_at, clock.now() + standing.GRACE, delta=timedelta(minutes=1))
        dunning.invoice_overdue(invoice_id=invoice.pk)
        self.assertEqual((bought.held().status, invoiced.owed("invoice_overdue")), ("past_due", []))

    def test_the_next_look_at_stripe_does_not_let_it_go_on(self) -> None:
        self.by_card()
        self.stopped()

        self.assertEqual(self.follow("active").status, "read_only")

        self.assertEqual(self.done("recover").status, "active")
        self.assertEqual(self.follow("active").status, "active")

    def test_who_ends_at_stripe_does_not_begin_anew_before_the_staff_says_so(self) -> None:
        self.by_card()
        self.stopped()
        self.assertEqual(self.follow("canceled").status, "cancelled")
        shown = bought.held().plan_id

        self.assertEqual(self.follow("active").status, "cancelled")
        with self.assertRaises(NotNow):
            plan_changes.choose_unpaid(subscription_id=self.held.pk, code=shown, shown=shown)
        with self.assertRaises(NotNow):
            subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)
        self.assertEqual(bought.held().status, "cancelled")
        self.assertIsNotNone(bought.held().past_due_since)  # a checkout asks for this too

        found = self.done("recover")
        self.assertEqual((found.status, found.stopped_by_staff_at, found.past_due_since), ("cancelled", None, None))
        self.assertEqual(plan_changes.choose_unpaid(subscription_id=self.held.pk, code=shown, shown=shown).pk, found.pk)

    def test_who_may_lift_it_stands_on_the_tenant_s_page_and_in_the_admin(self) -> None:
        owner = signed_in(person("olga@alpha.example", role=Role.OWNER))
        self.assertNotContains(owner.get("/billing/"), "Stopped by Candor")
        self.stopped()

        shown = owner.get("/billing/")
        self.assertContains(shown, "Stopped by Candor")
        self.assertContains(shown, "A payment alone does not end this: write to us")
        self.assertContains(shown, 'href="mailto:support@')
        self.assertContains(owner.get("/jobs/"), "Candor stopped this account because of an unpaid amount")
        admin = self.client.get(page("change", self.held.pk))
        self.assertContains(admin, "No payment lifts this, only the act")
        self.assertContains(self.client.get(page("act", self.held.pk, "stop")), "a payment does not")
        with self.in_tenant(OTHER):
            other = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
            self.assertNotContains(other.get("/billing/"), "Stopped by Candor")

    def test_a_late_payment_alone_is_no_stop(self) -> None:
        held = subscriptions.locked(self.held.pk)
        dunning.payment_failed(held, why="card")
        standing.stop(held, why="payment")

        dunning.paid(subscriptions.locked(self.held.pk))

        self.assertEqual((bought.held().status, bought.held().stopped_by_staff_at), ("active", None))
