"""What is too little for an invoice of its own waits for the next one."""

from datetime import timedelta
from decimal import Decimal

import time_machine

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import BillingDetails, Invoice, QuotaPeriod, Subscription
from billing.reconciling import invoices as reconciled
from billing.reconciling.findings import Findings
from billing.services import charges, invoicing, standing, waiting
from billing.services.subscriptions import locked
from billing.tests import bought, invoiced
from billing.tests.test_billing_page import words
from core import clock, due
from core.testing import TenantTestCase

DAY = timedelta(days=1)


class SmallSumTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.held = invoiced.subscription()
        invoiced.no_lines()
        invoiced.details()
        due.settle("invoicing", self.held.pk)

    def look(self) -> list[Decimal]:
        """What was invoiced by now."""
        invoicing.look(subscription_id=self.held.pk)
        return list(Invoice.objects.order_by("number").values_list("subtotal_usd", flat=True))

    def test_cents_wait_and_stand_on_the_next_invoice(self) -> None:
        owner = signed_in(person("olga@alpha.example", role=Role.OWNER))
        invoiced.line("-266.67")
        invoiced.line("266.80")

        self.assertEqual((self.look(), invoiced.notices()), ([], []))
        self.assertIn("Not invoiced yet: $0.13 before tax. Less than $1.00 waits for the next invoice.", words(owner))
        invoiced.line("0.86")
        self.assertEqual(self.look(), [])
        invoiced.line("99.00")

        self.assertNotIn("waits for the next invoice", words(owner))
        self.assertEqual(self.look(), [Decimal("99.99")])

    def test_a_dollar_does_not_wait(self) -> None:
        invoiced.line("1.00")

        self.assertEqual(self.look(), [Decimal("1.00")])

    def test_after_the_last_period_nothing_waits_any_more(self) -> None:
        invoiced.line("0.13")
        standing.cancel(locked(self.held.pk))
        due.settle("invoicing", self.held.pk)
        period = self.held.periods.first()
        assert period
        long_ago = clock.now() - timedelta(days=40)
        QuotaPeriod.objects.filter(pk=period.pk).update(period_start=long_ago, period_end=long_ago + 30 * DAY)

        charges.close(period_id=period.pk)

        self.assertEqual(len(invoiced.owed("invoicing", self.held.pk)), 1)
        self.assertEqual(self.look(), [Decimal("0.13")])

    def test_cents_are_no_payment_that_is_late(self) -> None:
        BillingDetails.objects.filter(subscription=self.held).delete()
        self.old_line("0.13")

        self.look()
        self.assertEqual((bought.held().status, waiting.since(self.held)), ("active", None))
        invoiced.line("99.00")  # the fourteen days begin with it
        self.look()

        self.assertEqual((bought.held().status, invoiced.notices()), ("active", ["details_missing"]))
        since = waiting.since(self.held)
        assert since
        self.assertLess(clock.now() - since, timedelta(minutes=1))

    def test_nobody_is_asked_for_an_address_for_the_last_cents(self) -> None:
        BillingDetails.objects.filter(subscription=self.held).delete()
        invoiced.line("0.13")
        standing.cancel(locked(self.held.pk))

        self.look()

        found = Subscription.objects.get(pk=self.held.pk)
        self.assertEqual((invoiced.notices(), found.past_due_since), ([], None))
        self.assertEqual(self.held.lines.filter(invoice=None).count(), 1)

    def test_the_reconciliation_lets_them_wait_too(self) -> None:
        self.old_line("0.13")
        self.assertEqual(self.late(), [])
        invoiced.line("1.00")
        self.assertEqual(self.late(), [])
        self.old_line("0.87")

        self.assertEqual(len(self.late()), 1)

    def old_line(self, amount: str) -> None:
        """One that waits for two months."""
        with time_machine.travel(clock.now() - 60 * DAY):
            invoiced.line(amount)

    def late(self) -> list[str]:
        found = Findings("alpha", clock.now())
        reconciled.look(self.held.tenant, found)
        return [one.what for one in found.differences if one.what == "line.on_an_invoice_in_time"]
