"""Plans in the admin: versions are added, terms are never edited."""

from typing import Any

from django.db import DatabaseError, transaction

from billing.models import Plan
from billing.services import plans
from billing.tests import bought
from billing.tests.test_staff_acts import page
from core import tenancy
from core.testing import CommittingTestCase, at_once
from tenants.tests.supported import AdminCase, trail

ADD = page("add", model="plan")


def terms(**changes: Any) -> dict[str, Any]:
    """The form of a new version of Professional, as its page is filled in."""
    filled = {
        "name": "Professional",
        "family": "professional",
        "tenant": "",
        "after": "1",
        "stripe_price": "",
        "sla": "",
        "price_usd": "549",
        "interviews_a_month": "1000",
        "overage_price_usd": "0.80",
        "most_overage": "500",
        "trial_interviews": "10",
        "trial_days": "14",
        "seats": "25",
        "turns_at_once": "60",
        "api_calls_a_minute": "600",
        "retention_days": "90,365",
        "sso": "on",
    }
    return filled | changes


class VersionsTests(AdminCase):
    def add(self, **changes: Any) -> Any:
        return self.client.post(ADD, terms(**changes))

    def test_a_new_version_begins_with_the_terms_of_the_one_it_is_made_from(self) -> None:
        form = self.client.get(f"{ADD}?from=professional").context["adminform"].form

        self.assertEqual(
            (form["price_usd"].value(), form["family"].value(), form["after"].value()), (499, "professional", 1)
        )

    def test_a_negative_price_is_refused_in_words(self) -> None:
        response = self.add(price_usd="-5")

        self.assertContains(response, "the price can&#x27;t be negative")
        self.assertNotContains(response, "a_plan_costs_nothing_or_more")
        self.assertFalse(Plan.objects.filter(pk="professional-v2").exists())

    def test_a_tenant_that_is_no_id_is_an_error_of_the_form(self) -> None:
        response = self.add(tenant="x' OR 1=1")

        self.assertContains(response, "is not a valid UUID")
        self.assertFalse(Plan.objects.filter(pk="professional-v2").exists())

    def test_it_is_offered_in_place_of_the_older_one_and_who_has_that_keeps_it(self) -> None:
        held = bought.on("professional")

        self.assertEqual(self.add().status_code, 302)

        found = Plan.objects.get(pk="professional-v2")
        self.assertEqual((found.version, found.price_usd, found.retention_days, found.scim), (2, 549, [90, 365], False))
        self.assertEqual(plans.newest("professional"), found)
        self.assertEqual(bought.held().plan_id, held.plan_id)
        with tenancy.enter_platform():
            self.assertEqual(trail(action="plan.version_added")[0][3]["version"], 2)

    def test_a_contract_is_offered_to_its_tenant_alone(self) -> None:
        tenant = bought.held().tenant
        self.assertEqual(self.add(family="alpha", after="0", tenant=str(tenant.pk)).status_code, 302)

        self.assertIn("alpha", [plan.pk for plan in plans.offered(tenant)])
        self.assertNotIn("alpha", [plan.pk for plan in plans.offered()])

    def test_what_is_wrong_is_told_and_nothing_is_added(self) -> None:
        tenant = str(bought.held().tenant.pk)
        before = Plan.objects.count()
        for wrong in (
            {"after": "0"},
            {"after": "7"},
            {"overage_price_usd": ""},
            {"most_overage": "0"},
            {"price_usd": "-1"},
            {"tenant": tenant},
            {"interviews_a_month": "-5"},
            {"retention_days": "soon"},
            {"family": ""},
        ):
            self.assertEqual(self.add(**wrong).status_code, 200, wrong)

        self.assertEqual(Plan.objects.count(), before)

    def test_terms_are_read_and_only_the_offer_and_stripes_price_change(self) -> None:
        path = page("change", "starter", model="plan")
        self.client.post(
            path,
            {
                "price_usd": "1",
                "seats": "9999",
                "stripe_price": "price_1",
                "withdrawn_at_0": "2026-01-01",
                "withdrawn_at_1": "00:00",
            },
        )

        found = Plan.objects.get(pk="starter")
        self.assertEqual((found.price_usd, found.seats, found.stripe_price), (99, 5, "price_1"))
        self.assertNotIn(found, plans.offered())
        with tenancy.enter_platform():
            self.assertEqual(len(trail(action="plan.offer_changed")), 1)
        with self.assertRaisesMessage(DatabaseError, "never change"), transaction.atomic():
            Plan.objects.filter(pk="starter").update(price_usd=1)
        self.assertEqual(self.client.post(page("delete", "starter", model="plan"), {"post": "yes"}).status_code, 403)

    def test_a_version_that_came_meanwhile_is_said(self) -> None:
        self.add()

        response = self.add()

        self.assertContains(response, "There are other versions of it than this page showed")
        self.assertEqual(Plan.objects.filter(family="professional").count(), 2)


class AtOnceTests(CommittingTestCase):
    def test_of_two_who_add_a_version_at_once_one_does(self) -> None:
        base = Plan.objects.get(pk="starter")

        def add() -> Plan:
            values = {field.attname: getattr(base, field.attname) for field in Plan._meta.concrete_fields}
            with tenancy.enter_platform():
                return plans.add_version(Plan(**values), after=1)

        results = at_once(add, add)

        refused = [result for result in results if isinstance(result, plans.VersionTaken)]
        self.assertEqual((len(refused), Plan.objects.filter(family="starter").count()), (1, 2))
