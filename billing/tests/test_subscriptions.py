"""The life of a subscription: tried, paid for, overdue, read-only, recovered, cancelled."""

from datetime import timedelta
from typing import Any

import time_machine
from django.apps import apps

from accounts.models import User
from accounts.roles import NOT_WHILE_READ_ONLY, NotWhileReadOnly, Permission, Role
from billing.models import InvoiceLine, QuotaPeriod, Subscription
from billing.services import charges, periods, quota, standing, subscriptions
from billing.services.quota import QuotaExhausted
from billing.services.subscriptions import NotNow
from billing.tests.bought import held
from billing.tests.plans import NOON, lines, on
from core import tenancy
from core.ids import uuid7
from core.models import Due
from core.state import TransitionNotAllowed
from core.testing import TenantTestCase
from tenants.models import SignUp, Tenant

MONTH = timedelta(days=30)
DAY = timedelta(days=1)
AuditEvent: Any = apps.get_model("audit", "AuditEvent")
BANK = Subscription.Collection.INVOICE


def trial() -> Subscription:
    one = on("starter", status="trialing", trial_ends_at=NOON + 14 * DAY)
    with time_machine.travel(NOON, tick=False):
        periods.open_trial(held())
    return one


def reads_only() -> bool:
    tenancy.forget()
    return Tenant.objects.get(pk=tenancy.tenant_id()).read_only_since is not None


class BeginTests(TenantTestCase):
    def begin(self) -> Subscription:
        one = held()
        InvoiceLine.objects.filter(subscription=one).delete()
        QuotaPeriod.objects.filter(subscription=one).delete()
        one.delete()
        with time_machine.travel(NOON, tick=False):
            subscriptions.subscribe_new_tenant(Tenant.objects.get(pk=tenancy.tenant_id()))
        return held()

    def test_who_signs_up_tries_ten_interviews_for_a_fortnight(self) -> None:
        SignUp.objects.create(
            company="A", subdomain="a", owner_name="A", email="a@a.example", plan_code="starter", status="confirmed",
            tenant_id=tenancy.tenant_id(), confirmed_at=NOON, expires_at=NOON,
        )  # fmt: skip

        one = self.begin()

        period = one.periods.get()
        self.assertEqual((one.status, one.trial_ends_at), ("trialing", NOON + 14 * DAY))
        self.assertEqual((period.included, period.is_trial, period.period_end), (10, True, NOON + 14 * DAY))
        self.assertEqual(lines(), [])

    def test_whom_staff_made_pays_at_once(self) -> None:
        one = self.begin()

        self.assertEqual((one.status, one.periods.get().included), ("active", 100))
        self.assertEqual(lines(), [("plan", "Starter", "99.00")])


class TrialTests(TenantTestCase):
    def test_after_its_end_nothing_starts_and_the_tenant_reads_only(self) -> None:
        one = trial()

        with time_machine.travel(NOON + 14 * DAY, tick=False):
            periods.renew(subscription_id=one.pk)
            with self.assertRaises(QuotaExhausted):
                quota.reserve(interview_id=uuid7())

        self.assertEqual((held().status, reads_only(), held().periods.count()), ("read_only", True, 1))
        self.assertFalse(Due.objects.filter(kind="renewal", object_id=one.pk).exists())

    def test_an_interview_that_asks_after_its_end_ends_it_too(self) -> None:
        trial()

        with time_machine.travel(NOON + 15 * DAY, tick=False), self.assertRaises(periods.NoPeriod):
            periods.current()

        self.assertEqual(held().status, "read_only")

    def test_of_its_ten_interviews_the_eleventh_does_not_start(self) -> None:
        trial()
        with time_machine.travel(NOON + DAY, tick=False):
            QuotaPeriod.objects.filter(subscription=held()).update(consumed=10)
            with self.assertRaises(QuotaExhausted):
                quota.reserve(interview_id=uuid7())

    def test_paying_begins_the_months_at_that_instant(self) -> None:
        one = trial()

        with time_machine.travel(NOON + 5 * DAY, tick=False):
            subscriptions.activate(subscription_id=one.pk, collection=BANK)
            period = periods.current()

        paid = held()
        self.assertEqual((paid.status, paid.anchor_at, paid.trial_ends_at), ("active", NOON + 5 * DAY, None))
        self.assertEqual((period.period_start, period.included, period.is_trial), (NOON + 5 * DAY, 100, False))
        self.assertEqual(list(paid.periods.values_list("period_end", flat=True))[1], NOON + 5 * DAY)
        self.assertEqual(lines(), [("plan", "Starter", "99.00")])

    def test_paying_after_its_end_lets_people_work_again(self) -> None:
        one = trial()
        with time_machine.travel(NOON + 20 * DAY, tick=False):
            periods.renew(subscription_id=one.pk)
            subscriptions.activate(subscription_id=one.pk, collection=BANK)
            self.assertEqual((held().status, reads_only(), periods.current().included), ("active", False, 100))

    def test_paying_twice_is_refused(self) -> None:
        one = trial()
        with time_machine.travel(NOON + 5 * DAY, tick=False):
            subscriptions.activate(subscription_id=one.pk, collection=BANK)
            with self.assertRaises(NotNow):
                subscriptions.activate(subscription_id=one.pk, collection=BANK)

        self.assertEqual(lines(), [("plan", "Starter", "99.00")])


class ReadOnlyTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.one = on("starter")
        with time_machine.travel(NOON, tick=False):
            periods.current()

    def stop(self) -> None:
        standing.fall_due(held(), why="invoice")
        standing.stop(held(), why="payment")
        tenancy.forget()
        tenancy.use(tenancy.by_schema("alpha"))

    @time_machine.travel(NOON + DAY, tick=False)
    def test_overdue_everything_goes_on(self) -> None:
        standing.fall_due(held(), why="invoice")
        standing.fall_due(held(), why="invoice")

        quota.reserve(interview_id=uuid7())
        self.assertEqual((held().status, held().grace_ends_at, reads_only()), ("past_due", NOON + 15 * DAY, False))
        self.assertEqual(AuditEvent.objects.filter(action="subscription.past_due").count(), 1)

    @time_machine.travel(NOON + DAY, tick=False)
    def test_after_the_grace_people_may_read_pay_and_leave_and_change_nothing(self) -> None:
        owner = User.objects.create_user("o@alpha.example", None, name="O", role=Role.OWNER)
        self.stop()

        lost = {permission for permission in Permission if not owner.may(permission)}
        self.assertEqual(lost, NOT_WHILE_READ_ONLY)
        with self.assertRaises(NotWhileReadOnly):
            owner.require(Permission.MANAGE_JOBS)
        owner.require(Permission.MANAGE_BILLING)
        with self.assertRaises(QuotaExhausted):
            quota.reserve(interview_id=uuid7())

    @time_machine.travel(NOON + DAY, tick=False)
    def test_an_interview_that_began_before_goes_on_to_its_first_answer(self) -> None:
        interview_id = uuid7()
        quota.reserve(interview_id=interview_id)
        self.stop()

        quota.consume(interview_id=interview_id)

        period = held().periods.get()
        self.assertEqual((period.reserved, period.consumed), (0, 1))

    @time_machine.travel(NOON + DAY, tick=False)
    def test_paid_everything_goes_on_in_the_same_period(self) -> None:
        self.stop()

        standing.recover(held(), why="paid")

        self.assertEqual((held().status, held().grace_ends_at, reads_only()), ("active", None, False))
        quota.reserve(interview_id=uuid7())
        self.assertEqual(held().periods.count(), 1)

    def test_one_on_trial_does_not_recover(self) -> None:
        trial()
        with self.assertRaises(TransitionNotAllowed):
            standing.recover(held(), why="paid")
        self.assertEqual(held().status, "trialing")


class CancelTests(TenantTestCase):
    def test_the_period_runs_to_its_end_and_none_follows(self) -> None:
        one = on("starter")
        with time_machine.travel(NOON, tick=False):
            periods.current()
            subscriptions.cancel_at_end(subscription_id=one.pk)
        with time_machine.travel(NOON + 29 * DAY, tick=False):
            quota.reserve(interview_id=uuid7())
        with time_machine.travel(NOON + MONTH, tick=False):
            periods.renew(subscription_id=one.pk)
            with self.assertRaises(QuotaExhausted):
                quota.reserve(interview_id=uuid7())

        self.assertEqual((held().status, reads_only(), held().periods.count()), ("cancelled", True, 1))
        self.assertEqual(lines(), [("plan", "Starter", "99.00")])

    def test_taken_back_the_next_period_comes(self) -> None:
        one = on("starter")
        with time_machine.travel(NOON, tick=False):
            periods.current()
            subscriptions.cancel_at_end(subscription_id=one.pk)
            subscriptions.keep(subscription_id=one.pk)
            with self.assertRaises(NotNow):
                subscriptions.keep(subscription_id=one.pk)
        with time_machine.travel(NOON + MONTH, tick=False):
            periods.renew(subscription_id=one.pk)

        self.assertEqual((held().status, held().cancels_at, held().periods.count()), ("active", None, 2))


class RenewalTests(TenantTestCase):
    def test_months_that_nobody_looked_at_are_opened_and_charged_each_once(self) -> None:
        one = on("starter")
        with time_machine.travel(NOON, tick=False):
            periods.current()
        with time_machine.travel(NOON + timedelta(days=100), tick=False):
            periods.renew(subscription_id=one.pk)
            periods.renew(subscription_id=one.pk)

        ends = [(period.period_start, period.period_end) for period in held().periods.order_by("period_start")]
        self.assertEqual(len(ends), 4)
        self.assertEqual([end for _, end in ends[:-1]], [start for start, _ in ends[1:]])
        self.assertEqual(lines(), [("plan", "Starter", "99.00")] * 4)

    def test_a_past_period_is_closed_once_nothing_of_it_is_reserved(self) -> None:
        on("professional", overage_limit=5)
        with time_machine.travel(NOON, tick=False):
            period = periods.current()
            QuotaPeriod.objects.filter(pk=period.pk).update(consumed=1000)
            first, second = uuid7(), uuid7()
            for interview_id in (first, second):
                quota.reserve(interview_id=interview_id)
            quota.consume(interview_id=first)
        with time_machine.travel(NOON + MONTH + 2 * DAY, tick=False):
            charges.close(period_id=period.pk)
            period.refresh_from_db()
            self.assertIsNone(period.closed_at)
            quota.consume(interview_id=second)
            for _ in range(2):
                charges.close(period_id=period.pk)

        period.refresh_from_db()
        self.assertEqual(period.closed_at, NOON + MONTH + 2 * DAY)
        self.assertEqual(lines(), [("plan", "Professional", "499.00"), ("overage", "Professional", "1.50")])
