"""Whether a tenant's plan includes keys of its own: no plan but the largest, until an admin says otherwise."""

from importlib import import_module

from django.apps import apps
from django.db import connection
from django.urls import reverse

from accounts.models import User
from billing import selectors
from billing.models import Plan, Subscription
from core import tenancy
from core.testing import OTHER, TenantClient, TenantTestCase


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

        self.assertTrue(selectors.own_keys())
        with self.in_tenant(OTHER):
            self.assertFalse(selectors.own_keys())
        self.assertEqual(selectors.with_own_keys(["alpha", "beta", "nobody"]), {"alpha"})

    def test_a_tenant_without_a_plan_has_none(self) -> None:
        Subscription.objects.filter(tenant_id=tenancy.tenant_id()).delete()

        self.assertEqual((selectors.own_keys(), selectors.turns_at_once()), (False, 5))

    def test_all_that_a_turn_asks_of_the_plan_is_one_query(self) -> None:
        Plan.objects.count()  # the connection is in the tenant's schema

        with self.assertNumQueries(1):
            selectors.turns_at_once()
            selectors.own_keys()
            selectors.own_keys()

    def test_a_plan_that_was_there_before_has_none_and_the_largest_on_offer_gets_them(self) -> None:
        Plan.objects.update(own_keys=False)
        with connection.cursor() as cursor:  # a process of the release before does not know the column
            cursor.execute("INSERT INTO billing_plan VALUES ('old', 'Old', 0, 1, 1)")

        with connection.schema_editor() as editor:
            import_module("billing.migrations.0005_own_keys_of_plans").set_offered(apps, editor)

        self.assertEqual(list(Plan.objects.filter(own_keys=True).values_list("code", flat=True)), ["enterprise"])
        self.assertFalse(Plan.objects.get(code="old").own_keys)

    def test_an_admin_gives_them_to_a_plan_and_a_stranger_does_not(self) -> None:
        fields = {"code": "starter", "name": "Starter", "price_usd": "99", "interviews_a_month": "100"}
        url = reverse("admin:billing_plan_change", args=["starter"], urlconf="config.urls_admin")
        with tenancy.enter_platform():
            stranger = User.objects.create_user("someone@candor.example", None, name="Someone")
            admin = User.objects.create_superuser("root@candor.example", None, name="Root")
        found = []
        for user in (None, stranger, admin):
            with tenancy.enter_platform():
                client = TenantClient("admin")
                if user:
                    client.force_login(user)
            client.post(url, fields | {"turns_at_once": "20", "own_keys": "on", "api_calls_a_minute": "60"})
            found.append(Plan.objects.get(code="starter").own_keys)

        self.assertEqual(found, [False, False, True])
