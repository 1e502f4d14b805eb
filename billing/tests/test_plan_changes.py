"""Another plan: now with proration, or from the renewal on; never below what is used."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import time_machine
from django.apps import apps

from accounts.models import User
from billing.models import QuotaPeriod, Subscription
from billing.services import periods, plan_changes, plans, quota
from billing.services.plan_changes import BelowUse, ChangedMeanwhile, LargerOnly, change_at_renewal, change_now
from billing.services.subscriptions import NotNow
from billing.tests.bought import held
from billing.tests.plans import NOON, lines, on
from core.ids import uuid7
from core.testing import TenantTestCase
from tenants.models import SamlConnection

AuditEvent: Any = apps.get_model("audit", "AuditEvent")
HALF = timedelta(days=15)  # of the period from 10 November to 10 December


def events() -> list[str]:
    return list(AuditEvent.objects.filter(action__startswith="subscription.").values_list("action", flat=True))


class ChangeNowTests(TenantTestCase):
    def test_the_rest_of_the_period_is_credited_and_charged_and_its_interviews_grow_as_much(self) -> None:
        one = on("starter")
        with time_machine.travel(NOON, tick=False):
            periods.current()
        with time_machine.travel(NOON + HALF, tick=False):
            change_now(subscription_id=one.pk, code="professional", shown="starter")
            period = periods.current()

        self.assertEqual((held().plan_id, period.plan_id, period.included), ("professional", "professional", 550))
        self.assertEqual((period.period_start, period.period_end), (NOON, NOON + timedelta(days=30)))
        self.assertEqual(
            lines(),
            [
                ("plan", "Starter", "99.00"),
                ("proration", "Starter", "-49.50"),
                ("proration", "Professional", "249.50"),
            ],
        )
        self.assertEqual(events(), ["subscription.plan_changed"])

    def test_the_preview_says_what_the_change_does(self) -> None:
        on("starter")
        with time_machine.travel(NOON + HALF, tick=False):
            found = plan_changes.preview(held(), plans.newest("professional"), periods.current())

        self.assertEqual((found.change.net_usd, found.change.interviews, found.included), (Decimal("200.00"), 450, 550))
        self.assertEqual((held().plan_id, len(lines())), ("starter", 1))

    def test_with_stripe_nothing_is_charged_here(self) -> None:
        one = on("starter", collection="stripe")
        with time_machine.travel(NOON, tick=False):
            periods.current()
            change_now(subscription_id=one.pk, code="professional", shown="starter")

        self.assertEqual((held().plan_id, lines()), ("professional", []))

    def refused(self, error: type[Exception], *, code: str, shown: str = "professional", **more: bool) -> Exception:
        before = (held().plan_id, lines(), QuotaPeriod.objects.get(subscription=held()).included)
        with self.assertRaises(error) as caught:
            change_now(subscription_id=held().pk, code=code, shown=shown, **more)
        self.assertEqual((held().plan_id, lines(), QuotaPeriod.objects.get(subscription=held()).included), before)
        return caught.exception

    @time_machine.travel(NOON, tick=False)
    def test_what_is_refused_changes_nothing(self) -> None:
        on("professional")
        periods.current()
        for error, code, shown in (
            (LargerOnly, "starter", "professional"),
            (ChangedMeanwhile, "enterprise", "starter"),
            (NotNow, "professional", "professional"),
            (plans.UnknownPlan, "tests", "professional"),
            (plans.UnknownPlan, "", "professional"),
        ):
            with self.subTest(error=error.__name__, code=code):
                self.refused(error, code=code, shown=shown)
        Subscription.objects.update(status="read_only")
        self.refused(NotNow, code="enterprise")

    @time_machine.travel(NOON, tick=False)
    def test_below_what_is_used_every_reason_is_said(self) -> None:
        on("professional")
        period = periods.current()
        QuotaPeriod.objects.filter(pk=period.pk).update(consumed=101)
        User.objects.bulk_create(User(email=f"p{number}@alpha.example", name="P") for number in range(6))
        SamlConnection.objects.create(
            tenant=held().tenant, idp_entity_id="https://idp.example", sso_url="https://idp.example/sso", enabled=True
        )

        error = self.refused(BelowUse, code="starter", may_shrink=True)

        assert isinstance(error, BelowUse)
        self.assertEqual(
            error.reasons,
            [
                "6 people have accounts, but this plan includes only 5. Disable some accounts first.",
                "You use a feature that this plan does not include: Single sign-on.",
                "101 interviews were used in this period; this plan would allow only 100.",
            ],
        )

    def test_a_month_that_began_with_another_plan_just_now_is_looked_at_again(self) -> None:
        one = on("professional")
        with time_machine.travel(NOON, tick=False):
            periods.current()
            change_at_renewal(subscription_id=one.pk, code="starter", shown="professional")
        with time_machine.travel(NOON + 2 * HALF, tick=False), self.assertRaises(ChangedMeanwhile):
            change_now(subscription_id=one.pk, code="enterprise", shown="professional")

        self.assertEqual(lines(), [("plan", "Professional", "499.00")])

    @time_machine.travel(NOON, tick=False)
    def test_staff_do_not_shrink_it_below_the_overage_that_the_tenant_allowed(self) -> None:
        on("enterprise")
        period = periods.current()
        QuotaPeriod.objects.filter(pk=period.pk).update(consumed=1200)

        with self.assertRaises(BelowUse):
            change_now(subscription_id=held().pk, code="professional", shown="enterprise", may_shrink=True)

        self.assertEqual(held().plan_id, "enterprise")

    @time_machine.travel(NOON, tick=False)
    def test_staff_may_shrink_it_where_it_fits(self) -> None:
        one = on("professional")
        periods.current()

        change_now(subscription_id=one.pk, code="starter", shown="professional", may_shrink=True)

        self.assertEqual((held().plan_id, periods.current().included), ("starter", 100))
        self.assertEqual(sum(Decimal(amount) for _, _, amount in lines()), Decimal("99.00"))

    @time_machine.travel(NOON, tick=False)
    def test_a_trial_goes_on_with_another_plan_and_costs_nothing(self) -> None:
        one = on("starter", status="trialing", trial_ends_at=NOON + timedelta(days=14))
        periods.open_trial(held())

        change_now(subscription_id=one.pk, code="enterprise", shown="starter")

        self.assertEqual((held().plan_id, held().status, lines()), ("enterprise", "trialing", []))
        self.assertEqual(periods.current().included, 10)


class OverageTests(TenantTestCase):
    @time_machine.travel(NOON, tick=False)
    def test_a_larger_plan_takes_back_what_was_beyond_the_smaller_one(self) -> None:
        one = on("professional", overage_limit=2)
        period = periods.current()
        QuotaPeriod.objects.filter(pk=period.pk).update(consumed=1000)
        for _ in range(2):
            interview_id = uuid7()
            quota.reserve(interview_id=interview_id)
            quota.consume(interview_id=interview_id)
        period.refresh_from_db()
        self.assertEqual(beyond(period), ["1.000", "1.000"])

        change_now(subscription_id=one.pk, code="enterprise", shown="professional")

        self.assertEqual(beyond(period), ["1.000", "1.000", "-2.000"])


def beyond(period: QuotaPeriod) -> list[str]:
    found = period.usage.filter(kind="overage").order_by("occurred_at", "id")
    return [str(row.quantity) for row in found]


class AtRenewalTests(TenantTestCase):
    def test_it_begins_with_the_next_period(self) -> None:
        one = on("professional", overage_limit=300)
        with time_machine.travel(NOON, tick=False):
            periods.current()
            change_at_renewal(subscription_id=one.pk, code="starter", shown="professional")
            self.assertEqual((held().plan_id, held().next_plan_id), ("professional", "starter"))

        with time_machine.travel(NOON + timedelta(days=30), tick=False):
            periods.renew(subscription_id=one.pk)

        after = held()
        newest = after.periods.first()
        assert newest is not None
        self.assertEqual((after.plan_id, after.next_plan, after.overage_limit), ("starter", None, 0))
        self.assertEqual((newest.included, newest.overage_allowed), (100, 0))
        self.assertEqual(lines(), [("plan", "Professional", "499.00"), ("plan", "Starter", "99.00")])

    @time_machine.travel(NOON, tick=False)
    def test_choosing_the_present_plan_takes_it_back(self) -> None:
        one = on("professional")
        periods.current()
        change_at_renewal(subscription_id=one.pk, code="starter", shown="professional")

        change_at_renewal(subscription_id=one.pk, code="professional", shown="professional")

        self.assertIsNone(held().next_plan)

    @time_machine.travel(NOON, tick=False)
    def test_more_people_than_it_includes_are_named_before(self) -> None:
        one = on("professional")
        periods.current()
        User.objects.bulk_create(User(email=f"p{number}@alpha.example", name="P") for number in range(6))

        with self.assertRaises(BelowUse):
            change_at_renewal(subscription_id=one.pk, code="starter", shown="professional")

        self.assertIsNone(held().next_plan)
