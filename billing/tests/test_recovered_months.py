"""What the months are like after a subscription stood still: the next one begins with the payment, and is charged."""

from datetime import timedelta

import time_machine

from billing.services import dunning, periods, standing, subscriptions
from billing.tests import invoiced
from billing.tests.bought import held
from billing.tests.plans import NOON, lines, on
from core import clock, tenancy
from core.testing import TenantTestCase


class RecoveredTests(TenantTestCase):
    def recovered(self, *, days: int) -> None:
        """Stopped in its first month, and paid so many days after its end."""
        invoiced.details()
        one = on("starter")
        with time_machine.travel(NOON, tick=False):
            ends = periods.current().period_end
            dunning.payment_failed(subscriptions.locked(one.pk), why="invoice")
            standing.stop(subscriptions.locked(one.pk), why="payment")
        with time_machine.travel(ends + timedelta(days=days), tick=False):
            dunning.paid(subscriptions.locked(one.pk))
            tenancy.forget()
            self.assertEqual(periods.current().period_start, clock.now())
            self.assertLess(periods.current().period_end, clock.now() + timedelta(days=32))

    def test_who_pays_some_days_after_the_end_gets_no_month_for_nothing(self) -> None:
        self.recovered(days=5)

        self.assertEqual(lines(), [("plan", "Starter", "99.00")] * 2)
        self.assertEqual(held().periods.count(), 3)

    def test_nor_who_pays_weeks_after_it(self) -> None:
        self.recovered(days=20)

        self.assertEqual(lines(), [("plan", "Starter", "99.00")] * 2)
