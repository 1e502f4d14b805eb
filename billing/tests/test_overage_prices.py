"""An interview beyond the included costs what the plan says under which it was used."""

from datetime import timedelta
from decimal import Decimal

import time_machine

from billing.models import Plan, QuotaPeriod, Subscription
from billing.reconciling import invoices
from billing.reconciling.findings import Findings
from billing.services import charges, granting, periods, plan_changes, quota
from billing.tests.bought import held
from billing.tests.plans import NOON, lines, on
from core import clock
from core.ids import uuid7
from core.testing import TenantTestCase

DAY = timedelta(days=1)
WHY = "The outage of Tuesday cost them interviews."


@time_machine.travel(NOON, tick=False)
class OveragePricesTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        Plan.objects.create(
            code="dear", family="dear", name="Dear", price_usd=500, interviews_a_month=1000, overage_price_usd=3,
            most_overage=500,
        )  # fmt: skip
        on("professional")
        self.period = periods.current()
        QuotaPeriod.objects.filter(pk=self.period.pk).update(consumed=1000)
        granting.allow_overage(subscription_id=held().pk, limit=100)

    def use(self, number: int) -> None:
        for _ in range(number):
            interview_id = uuid7()
            quota.reserve(interview_id=interview_id)
            quota.consume(interview_id=interview_id)

    def change(self, code: str) -> None:
        plan_changes.change_now(subscription_id=held().pk, code=code, shown=held().plan_id, may_shrink=True)

    def found(self) -> list[tuple[str, int, str]]:
        self.period.refresh_from_db()
        return [(part.plan.pk, part.count, str(part.amount_usd)) for part in charges.beyond(self.period)]

    def test_each_is_charged_at_the_price_of_its_plan(self) -> None:
        self.use(4)
        self.change("dear")
        self.use(3)

        self.assertEqual(self.found(), [("professional", 4, "3.00"), ("dear", 3, "9.00")])
        with time_machine.travel(self.period.period_end + 2 * DAY, tick=False):
            charges.close(period_id=self.period.pk)
            charges.close(period_id=self.period.pk)
            charged = [line for line in lines() if line[0] == "overage"]
            self.assertEqual(charged, [("overage", "Professional", "3.00"), ("overage", "Dear", "9.00")])
            found = Findings("alpha", clock.now())
            rows = list(held().lines.filter(kind="overage"))
            invoices._overage(held(), self.period, rows, found)
        self.assertEqual(found.differences, [])

    def test_what_is_taken_back_are_the_first_of_them(self) -> None:
        self.use(4)
        self.change("dear")
        self.use(3)

        granting.credit(subscription_id=held().pk, interviews=5, reason=WHY, by=uuid7())

        self.assertEqual(self.found(), [("dear", 2, "6.00")])
        self.use(1)
        self.assertEqual((self.found(), charges.overage_usd(self.period)), ([("dear", 3, "9.00")], Decimal(9)))

    def test_a_switch_at_stripe_to_a_plan_without_an_overage_forgives_none(self) -> None:
        self.use(4)
        Subscription.objects.filter(pk=held().pk).update(collection="stripe")

        plan_changes.follow(held(), Plan.objects.get(pk="starter"))

        self.assertEqual(self.found(), [("professional", 4, "3.00")])
        self.period.refresh_from_db()
        self.assertEqual((self.period.consumed, self.period.bought, self.period.overage_allowed), (1004, 1000, 4))
        with self.assertRaises(quota.QuotaExhausted):
            quota.reserve(interview_id=uuid7())
