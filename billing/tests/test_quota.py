"""Reserved when an interview starts, consumed by its first answer, given back without one: exactly once each."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import time_machine
from django.db import DatabaseError, IntegrityError, transaction

from billing import selectors
from billing.models import Plan, QuotaPeriod, QuotaUse, Subscription
from billing.services import periods, plans, quota, subscriptions
from billing.services.months import month_of
from billing.services.quota import QuotaExhausted
from core import tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantTestCase
from tenants.models import Tenant


def counts() -> tuple[int, int]:
    """Reserved and consumed in the current period of the current tenant."""
    period = periods.current()
    return period.reserved, period.consumed


def leave(left: int) -> None:
    """So many interviews are left in the current period."""
    period = periods.current()
    QuotaPeriod.objects.filter(pk=period.pk).update(included=period.reserved + period.consumed + left)


def a_month_ago(period: QuotaPeriod) -> None:
    """The current period is the one before now."""
    start = month_of(period.period_start, period.period_start - timedelta(days=1))[0]
    QuotaPeriod.objects.filter(pk=period.pk).update(period_start=start, period_end=period.period_start)


def status(interview_id: UUID) -> str:
    return str(QuotaUse.objects.get(pk=interview_id).status)


class QuotaTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview_id = uuid7()

    def test_a_plan_includes_so_many_a_month_from_the_subscription_s_instant(self) -> None:
        subscription = Subscription.objects.get(tenant_id=tenancy.tenant_id())

        period = periods.current()

        self.assertEqual((period.included, period.reserved, period.consumed), (100, 0, 0))
        self.assertEqual(period.subscription_id, subscription.pk)
        self.assertEqual(period.period_start.time(), subscription.anchor_at.time())
        self.assertEqual(periods.current().pk, period.pk)

    def test_a_start_reserves_one(self) -> None:
        quota.reserve(interview_id=self.interview_id)

        self.assertEqual((counts(), status(self.interview_id)), ((1, 0), "reserved"))

    def test_reserving_again_changes_nothing(self) -> None:
        for _ in range(3):
            quota.reserve(interview_id=self.interview_id)

        self.assertEqual(counts(), (1, 0))

    def test_the_first_answer_consumes_what_was_reserved(self) -> None:
        quota.reserve(interview_id=self.interview_id)

        quota.consume(interview_id=self.interview_id)

        self.assertEqual((counts(), status(self.interview_id)), ((0, 1), "consumed"))

    def test_consuming_again_changes_nothing(self) -> None:
        quota.reserve(interview_id=self.interview_id)
        for _ in range(3):
            quota.consume(interview_id=self.interview_id)

        self.assertEqual(counts(), (0, 1))

    def test_consuming_what_was_never_reserved_changes_nothing(self) -> None:
        quota.consume(interview_id=self.interview_id)

        self.assertEqual((counts(), QuotaUse.objects.count()), ((0, 0), 0))

    def test_without_an_answer_it_is_given_back_once(self) -> None:
        quota.reserve(interview_id=self.interview_id)

        given_back = [quota.release(interview_id=self.interview_id) for _ in range(3)]

        self.assertEqual(given_back, [True, False, False])
        self.assertEqual((counts(), status(self.interview_id)), ((0, 0), "released"))

    def test_what_was_consumed_is_not_given_back(self) -> None:
        quota.reserve(interview_id=self.interview_id)
        quota.consume(interview_id=self.interview_id)

        self.assertFalse(quota.release(interview_id=self.interview_id))
        self.assertFalse(quota.release(interview_id=uuid7()))
        self.assertEqual(counts(), (0, 1))

    def test_reserving_what_was_consumed_changes_nothing(self) -> None:
        quota.reserve(interview_id=self.interview_id)
        quota.consume(interview_id=self.interview_id)

        quota.reserve(interview_id=self.interview_id)

        self.assertEqual((counts(), status(self.interview_id)), ((0, 1), "consumed"))

    def test_an_answer_after_it_was_given_back_reserves_and_consumes_it_again(self) -> None:
        quota.reserve(interview_id=self.interview_id)
        quota.release(interview_id=self.interview_id)

        quota.consume(interview_id=self.interview_id)

        self.assertEqual((counts(), status(self.interview_id)), ((0, 1), "consumed"))

    def test_an_answer_after_it_was_given_back_is_refused_when_none_is_left(self) -> None:
        quota.reserve(interview_id=self.interview_id)
        quota.release(interview_id=self.interview_id)
        leave(0)

        with self.assertRaises(QuotaExhausted), transaction.atomic():
            quota.consume(interview_id=self.interview_id)

        self.assertEqual((counts(), status(self.interview_id)), ((0, 0), "released"))

    def test_when_none_is_left_everything_of_the_transaction_is_undone(self) -> None:
        leave(1)
        quota.reserve(interview_id=self.interview_id)

        with self.assertRaises(QuotaExhausted) as caught, transaction.atomic():
            Plan.objects.create(code="beside", name="Beside", price_usd="1.00", interviews_a_month=1)
            quota.reserve(interview_id=uuid7())

        self.assertEqual(str(caught.exception), "1 interviews were used.")
        self.assertEqual((counts(), QuotaUse.objects.count()), ((1, 0), 1))
        self.assertFalse(Plan.objects.filter(code="beside").exists())

    def test_one_given_back_can_be_used_by_another(self) -> None:
        leave(1)
        quota.reserve(interview_id=self.interview_id)
        quota.release(interview_id=self.interview_id)

        quota.reserve(interview_id=uuid7())

        self.assertEqual(counts(), (1, 0))

    def test_the_hot_row_is_changed_last(self) -> None:
        periods.current()
        with self.assertNumQueries(9) as queries:
            quota.reserve(interview_id=self.interview_id)

        self.assertIn("UPDATE public.billing_quotaperiod", queries.captured_queries[-1]["sql"])

    def test_another_tenant_s_quota_is_its_own(self) -> None:
        leave(0)

        with self.in_tenant(OTHER):
            quota.reserve(interview_id=self.interview_id)
            self.assertEqual(counts(), (1, 0))

        self.assertEqual(counts(), (0, 0))

    def test_without_a_tenant_there_is_no_quota(self) -> None:
        tenancy.use(tenancy.Platform())

        with self.assertRaises(tenancy.NoTenant):
            quota.reserve(interview_id=self.interview_id)

        self.assertEqual(QuotaUse.objects.count(), 0)

    def test_the_database_itself_refuses_more_than_was_bought(self) -> None:
        period = periods.current()
        for wrong in ({"reserved": 101}, {"consumed": 101}, {"reserved": 50, "consumed": 51}, {"reserved": -1}):
            with self.subTest(wrong), self.assertRaises(IntegrityError), transaction.atomic():
                QuotaPeriod.objects.filter(pk=period.pk).update(**wrong)

        self.assertEqual(counts(), (0, 0))


class NextMonthTests(TenantTestCase):
    def test_the_next_month_begins_with_a_full_quota_and_remembers_the_last(self) -> None:
        leave(0)
        first = periods.current()
        a_month_ago(first)

        quota.reserve(interview_id=uuid7())

        self.assertEqual(counts(), (1, 0))
        self.assertEqual([period.included for period in first.subscription.periods.order_by("period_start")], [0, 100])

    def test_another_plan_counts_from_the_next_period_on(self) -> None:
        period = periods.current()
        Subscription.objects.filter(tenant_id=tenancy.tenant_id()).update(plan_id="enterprise")

        self.assertEqual(periods.current().included, 100)

        a_month_ago(period)
        self.assertEqual(periods.current().included, 10_000)

    def test_an_interview_given_back_last_month_counts_in_the_month_of_its_answer(self) -> None:
        interview_id = uuid7()
        quota.reserve(interview_id=interview_id)
        quota.release(interview_id=interview_id)
        old = periods.current()
        a_month_ago(old)

        quota.consume(interview_id=interview_id)

        old.refresh_from_db()
        self.assertEqual(((old.reserved, old.consumed), counts()), ((0, 0), (0, 1)))


class UsageTests(TenantTestCase):
    def test_it_says_what_was_used_and_what_is_left(self) -> None:
        for number in range(3):
            interview_id = uuid7()
            quota.reserve(interview_id=interview_id)
            if number:
                quota.consume(interview_id=interview_id)

        usage = selectors.usage()

        self.assertEqual((usage.plan, usage.used, usage.reserved, usage.consumed), ("Starter", 3, 1, 2))
        self.assertEqual((usage.included, usage.left, usage.percent), (100, 97, 3))

    def test_a_plan_with_nothing_in_it_is_full(self) -> None:
        leave(0)

        usage = selectors.usage()

        self.assertEqual((usage.left, usage.percent), (0, 100))


class PlanTests(TenantTestCase):
    def test_the_plans_are_those_that_were_announced(self) -> None:
        self.assertEqual(
            [(plan.code, plan.price_usd, plan.interviews_a_month) for plan in plans.offered()],
            [
                ("starter", Decimal("99.00"), 100),
                ("professional", Decimal("499.00"), 1000),
                ("enterprise", Decimal("2499.00"), 10_000),
            ],
        )

    def test_loading_them_again_keeps_what_is_there_and_adds_what_is_not(self) -> None:
        Plan.objects.filter(code="starter").update(stripe_price="price_1")
        Plan.objects.filter(code="enterprise").delete()

        plans.load()

        self.assertEqual(Plan.objects.get(code="starter").stripe_price, "price_1")
        self.assertEqual(Plan.objects.get(code="enterprise").interviews_a_month, 10_000)

    def test_the_terms_of_a_plan_never_change(self) -> None:
        for change in ({"price_usd": 1}, {"interviews_a_month": 101}, {"sso": True}, {"seats": None}, {"sla": "none"}):
            with self.subTest(change), self.assertRaises(DatabaseError), transaction.atomic():
                Plan.objects.filter(code="starter").update(**change)

        starter = Plan.objects.get(code="starter")
        self.assertEqual((starter.price_usd, starter.interviews_a_month, starter.seats), (Decimal("99.00"), 100, 5))

    def test_the_newest_version_is_on_offer_and_who_has_an_older_one_keeps_it(self) -> None:
        held = Subscription.objects.get(tenant_id=tenancy.tenant_id())
        Subscription.objects.filter(pk=held.pk).update(plan_id="starter")
        Plan.objects.create(
            code="starter-2", family="starter", version=2, name="Starter", price_usd=129, interviews_a_month=90
        )

        self.assertEqual([plan.code for plan in plans.offered()], ["starter-2", "professional", "enterprise"])
        self.assertEqual(plans.newest("starter").code, "starter-2")
        held.refresh_from_db()
        self.assertEqual((held.plan_id, held.plan.interviews_a_month), ("starter", 100))

    def test_a_contract_is_on_offer_to_its_tenant_alone(self) -> None:
        own, other = (Tenant.objects.get(schema_name=name) for name in ("alpha", OTHER))
        Plan.objects.create(
            code="alpha-1", family="alpha", name="Alpha", price_usd=5000, interviews_a_month=20_000, tenant=own
        )

        self.assertEqual(plans.for_tenant("alpha-1", own).interviews_a_month, 20_000)
        self.assertNotIn("alpha-1", [plan.code for plan in (*plans.offered(), *plans.offered(other))])
        for stranger in ("alpha-1", "tests", "nothing"):
            with self.subTest(stranger), self.assertRaises(plans.UnknownPlan):
                plans.for_tenant(stranger, other)

    def test_a_tenant_subscribes_once(self) -> None:
        tenant = Tenant.objects.get(schema_name="alpha")
        before = Subscription.objects.get(tenant=tenant)

        with time_machine.travel(datetime(2030, 1, 1, tzinfo=UTC)):
            subscriptions.subscribe_new_tenant(tenant)

        after = Subscription.objects.get(tenant=tenant)
        self.assertEqual((after.pk, after.anchor_at), (before.pk, before.anchor_at))
