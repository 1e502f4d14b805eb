"""Who never says to whom an invoice is made out: told, then late, then read-only; saved details end that."""

from datetime import timedelta

from billing.models import BillingDetails, BillingNotice, Invoice, Subscription
from billing.services import billing_details, dunning, invoicing, mail, settling, waiting
from billing.services.subscriptions import locked
from billing.tests import bought, invoiced
from billing.tests.test_dunning import ACTS, Case
from core import clock
from core.models import Due
from core.testing import HOME, OTHER
from tenants.tests.supported import trail


class WaitingTests(Case):
    def setUp(self) -> None:
        super().setUp()
        settling.void(invoice_id=self.invoice.pk, reason=invoiced.REASON, by=self.root.pk)
        BillingDetails.objects.filter(subscription=self.held).delete()
        Due.objects.all().delete()
        invoiced.line("99.00")
        self.start = self.held.lines.get(invoice=None).created_at

    def look(self) -> None:
        ACTS["invoicing"](Due(kind="invoicing", object_id=self.held.pk))

    def test_after_two_weeks_it_is_a_payment_that_is_late(self) -> None:
        self.look()
        self.assertEqual((self.status(), invoiced.notices()), ("active", ["details_missing"]))
        self.assertEqual(self.owed_for("invoicing"), 14.0)
        self.go_to(13.9)
        self.look()
        self.assertEqual(self.status(), "active")

        self.go_to(14)
        self.look()
        self.look()

        self.assertEqual(self.status(), "past_due")
        self.assertEqual(invoiced.notices(), ["details_missing", "details_missing"])
        self.assertEqual([row[3] for row in trail(action="subscription.past_due")], [{"why": "details"}])
        message = mail._message(BillingNotice.objects.latest("created_at", "pk"))
        assert message is not None
        self.assertIn("For two weeks we could not issue an invoice for Alpha", str(message.body))
        self.go_to(21)
        dunning.look(subscription_id=self.held.pk)
        reminder = mail._message(BillingNotice.objects.get(kind="reminder"))
        assert reminder is not None
        self.assertIn("Alpha: please add your billing details by", str(reminder.subject))
        self.go_to(28)
        dunning.look(subscription_id=self.held.pk)
        self.assertEqual((self.status(), self.reads_only()), ("read_only", True))
        message = mail._message(BillingNotice.objects.get(kind="read_only"))
        assert message is not None
        self.assertIn("We still can't issue an invoice for Alpha", str(message.body))
        self.assertNotIn("pay", str(message.body).partition("billing details")[0])

    def test_another_payment_does_not_end_it_but_the_details_do(self) -> None:
        self.go_to(14)
        self.look()
        dunning.paid(locked(self.held.pk))
        self.assertEqual(self.status(), "past_due")

        billing_details.save(subscription_id=self.held.pk, values=invoiced.BUYER)
        self.look()

        self.assertEqual(self.status(), "active")
        invoice = Invoice.objects.get(subscription=self.held, status="open")
        self.assertEqual((invoice.subtotal_usd, invoice.due_at), (99, clock.now() + timedelta(days=30)))

    def test_what_stripe_collected_is_checked_before_it_is_issued(self) -> None:
        invoiced.details(tax_id="DE000000000", country="DE")

        self.look()

        self.assertEqual(Invoice.objects.filter(subscription=self.held, status="open").count(), 0)
        with self.assertRaises(invoicing.DetailsMissing):
            invoicing.issue(subscription_id=self.held.pk)
        self.assertEqual(invoiced.notices(), ["details_missing"])
        self.assertEqual(waiting.since(bought.held()), self.start)
        invoiced.details()
        self.assertIsNone(waiting.since(bought.held()))

    def test_who_pays_by_card_by_now_still_owes_what_was_used_before(self) -> None:
        Subscription.objects.filter(pk=self.held.pk).update(collection="stripe", stripe_subscription="sub_1")
        self.go_to(14)
        self.look()
        self.assertEqual((self.status(), Invoice.objects.filter(status="open").count()), ("past_due", 0))

        billing_details.save(subscription_id=self.held.pk, values=invoiced.BUYER)
        self.look()

        invoice = Invoice.objects.get(subscription=self.held, status="open")
        self.assertEqual((self.status(), invoice.source, invoice.subtotal_usd), ("active", "own", 99))

    def test_a_credit_waits_for_nobody_and_the_other_tenant_is_left_alone(self) -> None:
        invoiced.line("-200.00")
        self.go_to(20)
        self.look()

        self.assertEqual((self.status(), self.reads_only()), ("active", False))
        self.assertEqual(invoiced.subscription(OTHER).status, "active")
        self.assertEqual(BillingNotice.objects.filter(subscription__tenant__schema_name=HOME).count(), 0)
