"""Reserved when an interview starts, consumed by its first answer, given back without one: exactly once each."""

from django.db import IntegrityError, transaction

from billing.models import Plan, QuotaPeriod, QuotaUse, Subscription
from billing.services import periods, quota
from billing.services.quota import QuotaExhausted
from billing.tests.counted import a_month_ago, counts, leave, status
from core import tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantTestCase


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
