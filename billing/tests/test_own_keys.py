"""Whether a tenant's plan includes keys of its own: no plan but the largest, until an admin says otherwise."""

from django.db import connection

from billing import selectors
from billing.models import InvoiceLine, Plan, QuotaPeriod, Subscription
from core import tenancy
from core.testing import OTHER, TenantTestCase


class OwnKeysTests(TenantTestCase):
    def buy(self, plan: str) -> None:
        Subscription.objects.filter(tenant_id=tenancy.tenant_id()).update(plan_id=plan)
        selectors._remembered.clear()

    def test_of_the_plans_on_offer_the_largest_includes_them(self) -> None:
        found = {}
        for plan in ("starter", "professional", "enterprise"):
            self.buy(plan)
            found[plan] = (selectors.own_keys(), selectors.turns_at_once())

        self.assertEqual(found, {"starter": (False, 20), "professional": (False, 60), "enterprise": (True, 150)})

    def test_it_is_of_the_tenant_that_was_entered_alone(self) -> None:
        self.buy("enterprise")
        with self.in_tenant(OTHER):
            self.buy("starter")

        self.assertTrue(selectors.own_keys())
        with self.in_tenant(OTHER):
            self.assertFalse(selectors.own_keys())
        self.assertEqual(selectors.with_own_keys(["alpha", "beta", "nobody"]), {"alpha"})

    def test_a_tenant_without_a_plan_has_none(self) -> None:
        held = Subscription.objects.filter(tenant_id=tenancy.tenant_id())
        InvoiceLine.objects.filter(subscription__in=held).delete()
        QuotaPeriod.objects.filter(subscription__in=held).delete()
        held.delete()

        self.assertEqual((selectors.own_keys(), selectors.turns_at_once()), (False, 5))

    def test_all_that_a_turn_asks_of_the_plan_is_one_query(self) -> None:
        Plan.objects.count()  # the connection is in the tenant's schema

        with self.assertNumQueries(1):
            selectors.turns_at_once()
            selectors.own_keys()
            selectors.own_keys()

    def test_a_plan_made_by_the_release_before_includes_what_everybody_had_then(self) -> None:
        with connection.cursor() as cursor:  # a process of that release does not know the newer columns
            cursor.execute(
                "INSERT INTO billing_plan (code, name, price_usd, interviews_a_month, turns_at_once)"
                " VALUES ('old', 'Old', 0, 1, 1)"
            )

        old = Plan.objects.get(code="old")
        self.assertEqual(
            (old.own_keys, old.sso, old.scim, old.custom_domain, old.voice), (False, True, True, True, False)
        )
        self.assertEqual((old.seats, old.most_overage, old.version), (None, 0, 1))
