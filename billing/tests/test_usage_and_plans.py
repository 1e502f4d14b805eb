"""What is recorded of use, and which plans there are."""

from datetime import UTC, datetime
from decimal import Decimal

import time_machine
from django.db import DatabaseError, transaction

from billing import selectors
from billing.models import Plan, Subscription
from billing.services import plans, quota, subscriptions
from billing.tests.counted import leave
from core import tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantTestCase
from tenants.models import Tenant


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
