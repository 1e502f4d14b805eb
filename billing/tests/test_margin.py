"""What tenants pay against what they cost: by tenant, plan and UTC month, to the cent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from unittest import mock

import time_machine

from billing.margin import counts, months
from billing.margin.report import Line
from billing.models import InvoiceLine, Plan, QuotaPeriod, Subscription
from billing.tests.margined import APRIL, DAY, JUNE, MARCH, MAY, NOW, USD, MarginTestCase
from core.testing import OTHER, TenantTestCase
from llm import usage
from llm.tests.made import call
from tenants.models import Tenant


class MonthsTests(TenantTestCase):
    def spread(self, amount: str, since: datetime, until: datetime) -> list[tuple[int, Decimal]]:
        return list(months.spread(USD(amount), since, until, months.latest(NOW, 3)))

    def test_the_last_months_are_utcs_and_the_current_one_is_among_them(self) -> None:
        self.assertEqual(months.latest(NOW, 3), [MARCH, APRIL, MAY, JUNE])
        self.assertEqual(months.latest(datetime(2026, 1, 31, tzinfo=UTC), 2)[0], datetime(2025, 12, 1, tzinfo=UTC))

    def test_an_amount_falls_into_the_days_that_it_is_for_and_loses_no_cent(self) -> None:
        parts = self.spread("100.00", datetime(2026, 3, 11, tzinfo=UTC), datetime(2026, 4, 11, tzinfo=UTC))
        self.assertEqual(parts, [(0, USD("67.74")), (1, USD("32.26"))])

        self.assertEqual(self.spread("-0.01", MARCH, JUNE), [(1, USD("-0.01"))])
        self.assertEqual(sum(part for _, part in self.spread("99.99", MARCH, JUNE)), USD("99.99"))

    def test_what_is_before_and_after_the_months_is_left_out(self) -> None:
        parts = self.spread("90.00", MARCH - 30 * DAY, JUNE + 30 * DAY)
        self.assertEqual([place for place, _ in parts], [0, 1, 2])
        self.assertLess(sum(part for _, part in parts), USD("90.00"))
        self.assertEqual(self.spread("90.00", MARCH - 30 * DAY, MARCH), [])


class RevenueTests(MarginTestCase):
    def test_lines_on_invoices_count_without_tax_and_those_that_wait_stand_apart(self) -> None:
        self.invoice(self.alpha, "99", self.line(self.alpha, "99", MARCH), tax_usd=USD(20), total_usd=USD(119))
        self.line(self.alpha, "31", APRIL, until_at=APRIL + 31 * DAY)

        self.assertEqual(self.cell(0, self.alpha).revenue_usd, USD("99.00"))
        april = self.cell(1, self.alpha)
        self.assertEqual((april.revenue_usd, april.waiting_usd), (USD(0), USD("30.00")))
        self.assertEqual(self.cell(2, self.alpha).waiting_usd, USD("1.00"))

    def test_a_credit_note_takes_off_the_months_of_its_invoice(self) -> None:
        times = {"period_start": MARCH, "period_end": APRIL}
        invoice = self.invoice(self.alpha, "99", self.line(self.alpha, "99", MARCH, until_at=APRIL), **times)
        line = self.line(self.alpha, "40", MAY, from_at=None, until_at=None)
        self.invoice(self.alpha, "40", line, kind="credit_note", corrects=invoice, issued_at=MAY)

        self.assertEqual(self.cell(0, self.alpha).revenue_usd, USD("59.00"))
        self.assertEqual(self.cell(2, self.alpha).revenue_usd, USD(0))

    def test_what_is_void_or_will_never_be_paid_is_no_revenue_and_gives_nothing_back(self) -> None:
        for status in ("void", "uncollectible"):
            line = self.line(self.alpha, "99", MARCH)
            invoice = self.invoice(self.alpha, "99", line, status=status, period_start=MARCH, period_end=APRIL)
            self.invoice(self.alpha, "10", kind="credit_note", corrects=invoice)

        self.assertEqual(self.build().total().revenue_usd, USD(0))

    def test_an_invoice_without_lines_such_as_stripes_counts_for_its_time_or_its_day(self) -> None:
        self.invoice(self.alpha, "50", period_start=APRIL, period_end=MAY)
        self.invoice(self.beta, "7", issued_at=MAY)

        self.assertEqual(self.cell(1, self.alpha).revenue_usd, USD("50.00"))
        self.assertEqual(self.cell(2, self.beta).revenue_usd, USD("7.00"))

    def test_a_closed_tenant_still_counts(self) -> None:
        Tenant.objects.filter(pk=self.beta.pk).update(status="closed", name="beta")
        self.invoice(self.beta, "99", self.line(self.beta, "99", MARCH))

        self.assertEqual([line.name for line in self.build().by_tenant() if line.revenue_usd], ["beta"])


class CostTests(MarginTestCase):
    def test_days_that_were_added_up_and_calls_since_count_once_and_own_keys_cost_us_nothing(self) -> None:
        for at, more in (
            (MARCH + DAY, {}),
            (APRIL - timedelta(seconds=1), {"own_key": True, "cost": "5"}),
            (APRIL, {"cost": "0.5"}),
            (MAY + DAY, {"tenant": OTHER, "cost": "3"}),
            (MAY + DAY, {"tenant": "public", "cost": "1"}),
            (MAY + DAY, {"settled_at": None, "latency_ms": None, "cost": None}),
        ):
            call(at, **{"cost": "0.01"} | more)
        with time_machine.travel(MAY + 2 * DAY, tick=False):
            usage.roll_up()
        call(NOW - timedelta(minutes=1), cost="0.25")
        call(NOW - timedelta(minutes=1), cost="9", own_key=True)

        found = self.build()

        spent = {key: (line.model_usd, line.own_key_usd) for key, line in found.cells.items() if line.model_usd}
        self.assertEqual(
            spent,
            {
                (0, self.alpha.pk): (USD("0.01"), USD(5)),
                (1, self.alpha.pk): (USD("0.5"), USD(0)),
                (2, self.alpha.pk): (USD("0.25"), USD(9)),
                (2, self.beta.pk): (USD(3), USD(0)),
                (2, None): (USD(1), USD(0)),
            },
        )
        self.assertEqual(found.names[None], "Candor")

    def test_what_each_measure_saved(self) -> None:
        call(MAY, source="cache", cost="0", saved_usd=USD("0.5"))
        call(MAY, source="template", cost="0", saved_usd=USD("0.25"))
        call(MAY, source="batch", cost="0.1", saved_usd=USD("0.1"), attempt=0)
        call(MAY)

        savings = self.build().savings

        self.assertEqual(
            {name: (one.requests, one.saved_usd) for name, one in savings.items()},
            {"cache": (1, USD("0.5")), "shared": (0, 0), "template": (1, USD("0.25")), "batch": (0, USD("0.1"))},
        )

    def test_servers_cost_by_the_day_on_which_an_interview_began(self) -> None:
        self.interviews(self.alpha, MARCH, 2)
        self.interviews(self.alpha, APRIL + 9 * DAY, 3, completed=1)
        self.interviews(self.alpha, APRIL + 10 * DAY, 5)
        shares = [(date(2026, 3, 15), USD("0.10")), (date(2026, 4, 11), USD("0.20"))]

        with mock.patch.object(counts, "shares", return_value=shares):
            march, april = self.cell(0, self.alpha), self.cell(1, self.alpha)

        self.assertEqual((march.started, march.infrastructure_usd, march.servers_usd), (2, USD(0), None))
        self.assertEqual((april.started, april.completed, april.infrastructure_usd), (8, 1, USD("1.30")))

    def test_a_line_says_what_is_left_and_what_an_interview_cost(self) -> None:
        line = Line(revenue_usd=USD(100), model_usd=USD(30), infrastructure_usd=USD(10), started=20, completed=16)

        self.assertEqual((line.margin_usd, line.margin), (USD(60), USD("0.6")))
        self.assertEqual((line.usd_a_start, line.usd_a_completed), (USD(2), USD("2.5")))
        self.assertEqual((Line().margin, Line().usd_a_start, Line().usd_a_completed), (None, None, None))


class GroupsTests(MarginTestCase):
    def test_by_month_by_tenant_and_by_the_plan_of_each_month(self) -> None:
        large = Plan.objects.get(code="professional")
        QuotaPeriod.objects.filter(subscription__tenant=self.alpha).delete()
        held = self.held(self.alpha)
        for begins, ends, plan in ((MARCH, APRIL, held.plan), (APRIL, JUNE, large)):
            QuotaPeriod.objects.create(subscription=held, plan=plan, period_start=begins, period_end=ends, included=1)
        self.invoice(self.alpha, "99", self.line(self.alpha, "99", MARCH, until_at=APRIL))
        self.invoice(self.alpha, "499", self.line(self.alpha, "499", MAY))
        call(MAY, tenant=OTHER, cost="1")

        found = self.build()

        self.assertEqual([line.revenue_usd for line in found.by_month()], [USD("99.00"), USD(0), USD("499.00")])
        plans = {line.name: (line.revenue_usd, line.model_usd) for line in found.by_plan()}
        self.assertEqual(plans["Professional"], (USD("499.00"), USD(0)))
        self.assertEqual(plans["Starter"], (USD("99.00"), USD(0)))
        self.assertEqual(plans["No plan"], (USD(0), USD(1)))
        tenants = [(line.name, line.margin_usd) for line in found.by_tenant()]
        self.assertEqual(tenants, [("Beta", USD(-1)), ("Alpha", USD("598.00"))])
        self.assertEqual(found.total().margin_usd, USD("597.00"))

    def test_as_many_queries_for_many_tenants_as_for_two(self) -> None:
        with self.assertNumQueries(11):
            self.build()
        made = Tenant.objects.bulk_create(
            Tenant(name=f"T{n}", subdomain=f"t{n}", schema_name=f"t{n}", status="closed") for n in range(1000)
        )
        plan = Plan.objects.get(code="starter")
        held = Subscription.objects.bulk_create(
            Subscription(tenant=tenant, plan=plan, anchor_at=MARCH) for tenant in made
        )
        InvoiceLine.objects.bulk_create(
            InvoiceLine(
                subscription=one,
                kind="plan",
                text="Starter",
                unit_price_usd=99,
                amount_usd=99,
                key=f"{one.pk}",
                from_at=MARCH,
                until_at=APRIL,
            )
            for one in held
        )

        with self.assertNumQueries(11):
            found = self.build()

        self.assertEqual(found.total().waiting_usd, USD(99_000))
        self.assertEqual(len(found.by_tenant()), 1000)
