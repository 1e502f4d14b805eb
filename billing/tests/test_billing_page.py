"""The page of billing: who sees it, what it says of the plan, its use and its state."""

import re
from datetime import timedelta
from decimal import Decimal

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import BillingDetails, InvoiceLine, Plan, QuotaPeriod, Subscription
from billing.services import quota, standing
from billing.tests import bought
from core import clock, tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantClient, TenantTestCase
from tenants.tests.supported import trail

PAGE = "/billing/"
PAGES = (PAGE, "/billing/details/", "/billing/plan/", "/billing/plan/starter/", "/billing/beyond/", "/billing/cancel/")


def words(client: Client, path: str = PAGE) -> str:
    """The page's text, with single spaces."""
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


class WhoSeesItTests(TenantTestCase):
    def test_owners_and_admins_do_and_find_it(self) -> None:
        for role in (Role.OWNER, Role.ADMIN):
            client = signed_in(person(f"{role}@alpha.example", role=role))
            for path in PAGES:
                self.assertEqual(client.get(path).status_code, 200, path)
            self.assertContains(client.get("/settings/"), 'href="/billing/"')
            self.assertContains(client.get("/jobs/"), 'href="/billing/"')

    def test_other_roles_are_refused_and_are_not_led_there(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            client = signed_in(person(f"{role}@alpha.example", role=role))
            self.assertEqual({client.get(path).status_code for path in PAGES}, {403}, role)
            self.assertNotContains(client.get("/jobs/"), "/billing/")

    def test_strangers_and_another_tenants_owner_are_led_to_the_sign_in(self) -> None:
        with tenancy.enter(OTHER):
            foreign = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
        foreign.defaults["HTTP_HOST"] = "alpha.candor.localhost"
        for client in (TenantClient(), foreign):
            self.assertEqual({client.get(path).status_code for path in PAGES}, {302})

    def test_each_tenant_sees_its_own(self) -> None:
        bought.on("professional")
        with tenancy.enter(OTHER):
            client = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)

        self.assertNotContains(client.get(PAGE), "Professional")


class PageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = signed_in(person("olga@alpha.example", role=Role.OWNER))

    def test_it_says_what_the_plan_includes_and_costs(self) -> None:
        bought.on("professional", overage_limit=200)

        shown = words(self.client)

        for part in (
            "Professional $499.00 a month",
            "Interviews a month 1,000",
            "of 25",
            "200 at $0.75 each",
            "Single sign-on, A domain of your own",
            "API calls a minute 600",
        ):
            self.assertIn(part, shown)

    def test_the_use_the_forecast_and_their_assumption(self) -> None:
        bought.on("professional")
        bought.used(500, credited=20)

        shown = words(self.client)

        self.assertIn("Used 500 of 1,020", shown)
        self.assertIn("Left 520", shown)
        self.assertIn("Forecast 1,500 by period end", shown)
        self.assertIn("At this period's average pace, you will have used 1,500 interviews by", shown)
        self.assertIn("That is 480 more than you have.", shown)
        self.assertIn("You would run out on", shown)
        self.assertIn("1,000 interviews are included in this period, and 20 more are free from Candor.", shown)

    def test_invoices_with_what_waits_for_the_next_one(self) -> None:
        held, now = bought.on("professional"), clock.now()
        fields = {"subtotal_usd": Decimal(499), "total_usd": Decimal(499), "issued_at": now}
        late = now - timedelta(days=1)
        bought.invoice(held, "2026-1", status="paid", paid_at=now, **fields)
        bought.invoice(held, "2026-2", due_at=late, **fields)
        line = {"kind": "overage", "unit_price_usd": 1, "key": "k", "text": "x", "amount_usd": Decimal("7.50")}
        InvoiceLine.objects.filter(subscription=held).delete()
        InvoiceLine.objects.create(subscription=held, **line)

        shown = words(self.client)

        self.assertIn("2026-1", shown)
        self.assertIn(f"Due {late:%-d %b}", shown)
        self.assertIn("Not invoiced yet: $7.50 before tax", shown)

    def test_the_invoices_of_another_tenant_are_not_there(self) -> None:
        with tenancy.enter(OTHER):
            theirs = bought.held()
        bought.invoice(theirs, "2026-9", subtotal_usd=1, total_usd=1, issued_at=clock.now())

        self.assertNotIn("2026-9", words(self.client))

    def test_terms_that_are_no_longer_offered_are_said_to_stay(self) -> None:
        bought.on("starter")
        Plan.objects.create(
            code="starter-v2", family="starter", version=2, name="Starter", price_usd=129, interviews_a_month=100
        )

        self.assertIn("You are on version 1 of this plan, which is no longer sold.", words(self.client))

    def test_it_asks_as_much_of_the_database_however_much_was_used(self) -> None:
        held = bought.on("professional")
        self.client.get(PAGE)
        with CaptureQueriesContext(connection) as few:
            self.client.get(PAGE)
        for number in range(30):
            quota.reserve(interview_id=uuid7())
            fields = {"subtotal_usd": 1, "total_usd": 1, "issued_at": clock.now()}
            bought.invoice(held, f"2026-{number}", **fields)

        with CaptureQueriesContext(connection) as many:
            self.client.get(PAGE)

        self.assertEqual(len(few), len(many))
        self.assertLess(len(many), 30)


class StateTests(TenantTestCase):
    """What stops, what goes on, and until when."""

    def setUp(self) -> None:
        super().setUp()
        self.client = signed_in(person("olga@alpha.example", role=Role.OWNER))

    def test_a_trial_says_its_end_and_what_comes_then(self) -> None:
        held = bought.trying()

        shown = words(self.client)

        assert held.trial_ends_at
        self.assertIn(f"Free until {held.trial_ends_at:%-d %B %Y}", shown)
        self.assertIn("with 10 interviews.", shown)
        self.assertNotIn("Cancel at", shown)

    def test_overdue_says_until_when_everything_goes_on(self) -> None:
        held = bought.on("starter")
        standing.fall_due(held, why="invoice")

        shown = words(self.client)

        assert held.grace_ends_at
        self.assertIn("Payment overdue", shown)
        self.assertIn(f"Everything works as usual until {held.grace_ends_at:%-d %B %Y}", shown)

    def test_read_only_and_the_ends_say_what_is_left_to_do(self) -> None:
        held = bought.on("starter")
        for status, part in (
            (Subscription.Status.READ_ONLY, "Read-only until paid"),
            (Subscription.Status.CANCELLED, "You can subscribe again at any time"),
        ):
            Subscription.objects.filter(pk=held.pk).update(status=status)
            self.assertIn(part, words(self.client))
        Subscription.objects.filter(pk=held.pk).update(status="read_only", trial_ends_at=clock.now())
        self.assertIn("no new ones start until you choose a plan", words(self.client))

    def test_a_tenant_that_reads_only_can_still_see_its_bills(self) -> None:
        standing.stop(bought.on("starter"), why="payment")
        tenancy.forget()

        self.assertEqual(self.client.get(PAGE).status_code, 200)


class DetailsTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = signed_in(person("olga@alpha.example", role=Role.OWNER))

    def send(self, **changes: str) -> int:
        return int(self.client.post("/billing/details/", bought.DETAILS | changes).status_code)

    def test_they_are_stored_shown_and_audited(self) -> None:
        self.assertEqual(self.send(tax_id="pt 501-964.843"), 303)

        row = BillingDetails.objects.get()
        self.assertEqual((row.subscription_id, row.tax_id), (bought.held().pk, "PT501964843"))
        self.assertIn("Alpha, Lda. Rua da Prata 80", words(self.client))
        self.assertIn("Portugal", words(self.client))
        self.assertEqual(len(trail(action="billing_details.changed")), 1)

    def test_what_is_wrong_is_told_and_nothing_is_stored(self) -> None:
        for wrong in ({"country": "XX"}, {"email": "nobody"}, {"company": ""}, {"tax_id": "?!"}, {"tax_id": "A" * 30}):
            self.assertEqual(self.send(**wrong), 400, wrong)

        self.assertEqual(BillingDetails.objects.count(), 0)

    def test_strangers_and_other_roles_store_nothing(self) -> None:
        recruiter = signed_in(person("rita@alpha.example", role=Role.RECRUITER))
        with tenancy.enter(OTHER):
            foreign = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
        foreign.defaults["HTTP_HOST"] = "alpha.candor.localhost"

        codes = [client.post("/billing/details/", bought.DETAILS).status_code for client in (recruiter, foreign)]

        self.assertEqual((codes, BillingDetails.objects.count()), ([403, 302], 0))


class UsedUpTests(TenantTestCase):
    def test_a_used_up_period_shows_nothing_left_and_no_minus(self) -> None:
        client = signed_in(person("olga@alpha.example", role=Role.OWNER))
        period = bought.used(100)
        QuotaPeriod.objects.filter(pk=period.pk).update(included=100)

        self.assertIn("Left 0", words(client))
