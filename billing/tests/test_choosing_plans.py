"""Choosing a plan on its page: what it comes to, the choice, and every way in which it is refused."""

from accounts.models import User
from accounts.roles import Role
from accounts.services import invitations
from accounts.tests.people import person, signed_in
from billing.models import InvoiceLine, Plan, Subscription
from billing.services import own_plan, plan_changes, standing
from billing.tests import bought
from billing.tests.choosing import ChoosingCase
from billing.tests.test_billing_page import words
from core import entitlements, tenancy
from core.testing import OTHER, CommittingTestCase, TenantClient, at_once


class SideBySideTests(ChoosingCase):
    def test_offered_plans_ones_own_and_ones_contract_stand_side_by_side(self) -> None:
        bought.on("starter")
        terms = {"price_usd": 900, "interviews_a_month": 3000}
        Plan.objects.create(code="alpha", family="alpha", name="Alpha's", tenant=bought.held().tenant, **terms)
        with tenancy.enter(OTHER):
            Plan.objects.create(code="beta", family="beta", name="Beta's", tenant=bought.held().tenant, **terms)

        shown = words(self.client, "/billing/plan/")

        for part in ("Starter Your plan $99.00", "Professional $499.00", "Alpha&#x27;s Your contract $900.00"):
            self.assertIn(part, shown)
        self.assertNotIn("Beta", shown)
        self.assertEqual(self.client.get("/billing/plan/beta/").status_code, 404)

    def test_an_older_version_is_said_to_be_one(self) -> None:
        bought.on("starter")
        Plan.objects.create(
            code="starter-v2", family="starter", version=2, name="Starter", price_usd=129, interviews_a_month=100
        )

        shown = words(self.client, "/billing/plan/")

        self.assertIn("Version 1, which is no longer sold. You keep its terms", shown)
        self.assertIn("Starter $129.00", shown)

    def test_a_plan_that_is_too_small_says_what_to_give_up(self) -> None:
        bought.on("professional")
        look = entitlements._uses.get(entitlements.Feature.SSO)
        entitlements.uses(entitlements.Feature.SSO, lambda: True)
        self.addCleanup(lambda: entitlements.uses(entitlements.Feature.SSO, look or (lambda: False)))

        self.assertIn(
            "You use a feature that this plan does not include: Single sign-on.", words(self.client, "/billing/plan/")
        )
        response = self.choose("starter", "renewal")

        self.assertContains(
            response, "You use a feature that this plan does not include: Single sign-on.", status_code=409
        )
        self.assertEqual(self.state(), ("professional", None, "active"))
        self.assertEqual(self.acts(), [])

    def test_people_and_open_invitations_are_said_apart_and_the_team_is_one_click_away(self) -> None:
        bought.on("professional")
        for number in range(3):
            person(f"p{number}@alpha.example", role=Role.REVIEWER)
        said = "4 people and 2 open invitations, but this plan includes only 5."
        for number in range(2):
            invitations.invite(email=f"i{number}@alpha.example", name="I", role=Role.REVIEWER, by=self.owner)

        for path in ("/billing/plan/", "/billing/plan/starter/"):
            shown = self.client.get(path)
            self.assertContains(shown, said)
            self.assertRegex(shown.content.decode().split(said)[1][:200], 'href="/team/"')
        self.assertContains(self.choose("starter", "renewal"), said, status_code=409)
        self.assertEqual(self.acts(), [])

    def test_without_a_button_nothing_is_said_to_be_confirmed(self) -> None:
        promised = "Nothing changes until you confirm below"
        bought.on("professional")
        self.assertIn(promised, words(self.client, "/billing/plan/starter/"))
        for number in range(6):
            person(f"p{number}@alpha.example", role=Role.REVIEWER)
        self.assertNotIn(promised, words(self.client, "/billing/plan/starter/"))
        self.assertNotIn(promised, words(self.client, "/billing/plan/enterprise/"))  # the staff begins it
        bought.on("starter")
        self.assertIn(promised, words(self.client, "/billing/plan/professional/"))
        bought.on("professional", next_plan=Plan.objects.get(pk="starter"))
        self.assertNotIn(promised, words(self.client, "/billing/plan/starter/"))
        bought.trying("professional")

        self.assertNotIn("until you confirm below", words(self.client, "/billing/plan/starter/"))


class ChangingTests(ChoosingCase):
    def test_a_larger_plan_shows_what_it_comes_to_and_changes_nothing_yet(self) -> None:
        bought.on("starter")

        shown = words(self.client, "/billing/plan/professional/")

        # Two thirds of the period are left: 66 dollars come back, 332.67 are charged, 600 interviews are added.
        for part in ("Credit for Starter until", "−$66.00", "Due for this period, before tax $266.6", "100 → 700"):
            self.assertIn(part, shown)
        self.assertEqual(self.state(), ("starter", None, "active"))

    def test_a_larger_plan_begins_now_with_its_lines_and_an_entry_in_the_trail(self) -> None:
        held = bought.on("starter")
        InvoiceLine.objects.filter(subscription=held).delete()

        self.assertEqual(self.choose("professional", "now").status_code, 303)

        self.assertEqual(self.state(), ("professional", None, "active"))
        amounts = [line.amount_usd for line in InvoiceLine.objects.filter(subscription=held).order_by("amount_usd")]
        self.assertEqual([round(amount) for amount in amounts], [-66, 333])
        self.assertEqual(self.acts(), ["subscription.plan_changed"])

    def test_a_smaller_plan_begins_at_the_renewal_and_is_taken_back(self) -> None:
        bought.on("professional")

        self.assertEqual(self.choose("starter", "now").status_code, 409)
        self.assertEqual(self.state(), ("professional", None, "active"))
        self.choose("starter", "renewal")
        self.assertEqual(self.state(), ("professional", "starter", "active"))
        self.assertIn("Starter, $99.00 a month", words(self.client))

        self.client.post("/billing/plan/stay/", {"shown": "professional"})

        self.assertEqual(self.state(), ("professional", None, "active"))
        self.assertEqual(self.acts(), ["subscription.plan_chosen"] * 2)

    def test_what_somebody_else_changed_meanwhile_is_said_and_left(self) -> None:
        bought.on("professional")

        response = self.choose("enterprise", "now", shown="starter")

        self.assertContains(response, "Somebody changed the plan after you opened this page", status_code=409)
        self.client.post("/billing/plan/stay/", {"shown": "starter"})
        self.assertEqual((self.state(), self.acts()), (("professional", None, "active"), []))

    def test_what_makes_no_sense_is_refused(self) -> None:
        bought.on("professional")

        self.assertEqual(self.choose("enterprise", "never").status_code, 404)
        self.assertEqual(self.choose("enterprise", "card").status_code, 404)
        self.assertEqual(self.choose("nothing", "now").status_code, 404)
        self.assertEqual(self.choose("professional", "now").status_code, 409)
        self.assertEqual((self.state(), self.acts()), (("professional", None, "active"), []))

    def test_what_is_unpaid_is_paid_first(self) -> None:
        held = bought.on("starter")
        standing.fall_due(held, why="invoice")
        standing.stop(held, why="payment")
        tenancy.forget()
        bought.with_details()

        self.assertIn("once the outstanding amount is paid", words(self.client, "/billing/plan/professional/"))
        for when in ("now", "renewal", "invoice"):
            self.assertEqual(self.choose("professional", when).status_code, 409, when)
        self.assertEqual(self.state(), ("starter", None, "read_only"))

    def test_strangers_and_other_roles_choose_nothing(self) -> None:
        bought.on("professional")
        recruiter = signed_in(person("rita@alpha.example", role=Role.RECRUITER))
        with tenancy.enter(OTHER):
            foreign = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
        foreign.defaults["HTTP_HOST"] = "alpha.candor.localhost"
        form = {"when": "now", "shown": "professional", "limit": "5"}
        for path in ("plan/enterprise/", "plan/stay/", "beyond/", "cancel/", "keep/"):
            codes = [
                client.post(f"/billing/{path}", form).status_code for client in (TenantClient(), recruiter, foreign)
            ]
            self.assertEqual(codes, [302, 403, 302], path)

        held = bought.held()
        self.assertEqual(
            (self.state(), held.overage_limit, held.cancels_at), (("professional", None, "active"), 0, None)
        )


class BeginningToPayTests(ChoosingCase):
    def test_a_trial_asks_for_the_details_first(self) -> None:
        bought.trying("professional")

        response = self.choose("professional", "invoice")

        self.assertRedirects(
            response, "/billing/details/?plan=professional", status_code=303, fetch_redirect_response=False
        )
        self.assertEqual(self.state(), ("professional", None, "trialing"))
        response = self.client.post("/billing/details/?plan=professional", bought.DETAILS)
        self.assertRedirects(response, "/billing/plan/professional/", status_code=303, fetch_redirect_response=False)

    def test_with_them_the_chosen_plan_begins_and_its_month_is_charged(self) -> None:
        held = bought.trying("professional")
        bought.with_details()
        InvoiceLine.objects.filter(subscription=held).delete()

        self.assertEqual(self.choose("starter", "invoice").status_code, 303)

        self.assertEqual(self.state(), ("starter", None, "active"))
        line = InvoiceLine.objects.get(subscription=held)
        self.assertEqual((line.kind, line.amount_usd), ("plan", 99))
        self.assertEqual(self.acts(), ["subscription.plan_changed", "subscription.activated"])

    def test_another_plan_is_tried_without_a_word_of_money(self) -> None:
        held = bought.trying("professional")
        InvoiceLine.objects.filter(subscription=held).delete()

        self.choose("starter", "try")

        self.assertEqual(self.state(), ("starter", None, "trialing"))
        self.assertEqual(InvoiceLine.objects.filter(subscription=held).count(), 0)

    def test_after_its_trial_a_tenant_begins_and_everything_goes_on(self) -> None:
        held = bought.trying("professional", days=-1)
        standing.stop(held, why="trial")
        tenancy.forget()
        bought.with_details()

        self.assertEqual(self.choose("starter", "invoice").status_code, 303)

        tenancy.forget()
        self.assertEqual(self.state(), ("starter", None, "active"))
        self.assertIsNone(bought.held().tenant.read_only_since)

    def test_a_cancelled_plan_is_taken_up_again(self) -> None:
        held = bought.on("starter")
        standing.cancel(held)
        tenancy.forget()
        bought.with_details()

        self.assertEqual(self.choose("starter", "invoice").status_code, 303)

        self.assertEqual(self.state(), ("starter", None, "active"))

    def test_cards_are_offered_only_where_they_are_taken_and_for_plans_with_a_price_there(self) -> None:
        bought.trying("professional")
        self.assertNotContains(self.client.get("/billing/plan/starter/"), "Pay by card")
        with self.settings(STRIPE_SECRET_KEY="sk_test_1"):  # pragma: allowlist secret
            self.assertNotContains(self.client.get("/billing/plan/starter/"), "Pay by card")
            Plan.objects.filter(code="starter").update(stripe_price="price_1")

            shown = self.client.get("/billing/plan/starter/")

        self.assertContains(shown, "Pay by card")
        self.assertContains(shown, 'action="/billing/checkout/"')


class AtOnceTests(CommittingTestCase):
    def test_of_two_people_who_change_the_plan_at_once_one_is_told_that_it_changed(self) -> None:
        bought.on("starter")
        by: User = person("olga@alpha.example", role=Role.OWNER)

        def change() -> Subscription:
            return own_plan.change_now(by=by, code="professional", shown="starter")

        results = at_once(change, change)

        refused = [result for result in results if isinstance(result, plan_changes.ChangedMeanwhile)]
        self.assertEqual((len(refused), bought.held().plan_id), (1, "professional"))
        lines = InvoiceLine.objects.filter(subscription=bought.held(), kind="proration")
        self.assertEqual(lines.count(), 2)
