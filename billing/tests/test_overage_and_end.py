"""What people allow beyond the plan, and how they end it and take that back."""

from datetime import timedelta

from billing.models import InvoiceLine
from billing.services import standing
from billing.tests import bought
from billing.tests.choosing import ChoosingCase
from billing.tests.test_billing_page import words
from core import clock, tenancy


class OverageTests(ChoosingCase):
    def send(self, limit: str) -> int:
        return int(self.client.post("/billing/beyond/", {"limit": limit}).status_code)

    def test_it_says_what_it_can_cost_and_is_allowed(self) -> None:
        bought.on("professional")

        self.assertIn("Allowing all 500 costs $375.00 a period at most", words(self.client, "/billing/beyond/"))
        self.assertEqual(self.send("200"), 303)

        self.assertEqual(bought.held().overage_limit, 200)
        self.assertIn(
            "Currently 200 are allowed, which costs $150.00 a period at most", words(self.client, "/billing/beyond/")
        )
        self.assertEqual(self.acts(), ["subscription.overage_allowed"])

    def test_more_than_the_plan_has_less_than_was_used_and_nonsense_are_refused(self) -> None:
        bought.on("professional", overage_limit=200)
        bought.used(1100, overage_allowed=200)

        for limit in ("501", "-1", "99", "", "many", "1e9"):
            self.assertEqual(self.send(limit), 400, limit)

        self.assertEqual((bought.held().overage_limit, self.acts()), (200, []))

    def test_a_plan_without_it_and_a_trial_say_so(self) -> None:
        bought.on("starter")
        self.assertIn("Starter does not offer extra interviews", words(self.client, "/billing/beyond/"))
        self.assertEqual(self.send("1"), 400)
        bought.trying("professional")
        self.assertIn("Extra interviews are not available during a trial", words(self.client, "/billing/beyond/"))
        self.assertEqual(self.send("1"), 400)

        self.assertEqual(self.acts(), [])


class EndingTests(ChoosingCase):
    def test_it_ends_with_the_period_and_is_taken_back(self) -> None:
        bought.on("starter")
        self.assertIn("Export your data or close the account", words(self.client, "/billing/cancel/"))

        self.client.post("/billing/cancel/")

        ends = bought.held().cancels_at
        assert ends
        self.assertEqual((ends - clock.now()).days, 19)
        self.assertIn("Ends with this period", words(self.client))
        self.client.post("/billing/keep/")
        self.assertIsNone(bought.held().cancels_at)
        self.assertEqual(self.acts(), ["subscription.cancellation_asked", "subscription.cancellation_taken_back"])

    def test_what_is_not_there_is_neither_cancelled_nor_kept(self) -> None:
        standing.cancel(bought.on("starter"))
        tenancy.forget()

        for path in ("cancel", "keep"):
            self.assertEqual(self.client.post(f"/billing/{path}/").status_code, 303)

        self.assertEqual((self.state()[2], self.acts()), ("cancelled", ["subscription.cancelled"]))

    def test_paid_after_a_standstill_months_are_counted_anew_and_the_pause_costs_nothing(self) -> None:
        held = bought.on("starter")
        standing.fall_due(held, why="invoice")
        standing.stop(held, why="payment")
        long_ago = clock.now() - timedelta(days=100)
        period = bought.used(0)
        period.period_start, period.period_end = long_ago, long_ago + timedelta(days=30)
        period.save()
        InvoiceLine.objects.filter(subscription=held).delete()

        standing.recover(held, why="paid")
        tenancy.forget()
        self.client.get("/billing/")

        self.assertEqual([line.amount_usd for line in InvoiceLine.objects.filter(subscription=held)], [99])
        self.assertLess(abs(bought.held().anchor_at - clock.now()), timedelta(minutes=1))
