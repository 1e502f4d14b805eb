"""Second thoughts: a cancellation keeps what was chosen for the renewal, and a second one is none."""

from datetime import timedelta

from django.contrib.messages import get_messages

from billing.models import Plan
from billing.services import periods, standing, subscriptions
from billing.services.stripe import following
from billing.services.subscriptions import EndsAlready
from billing.tests import bought
from billing.tests.choosing import ChoosingCase
from billing.tests.test_billing_page import words
from core import clock, tenancy
from tenants.tests.supported import trail


class KeptTests(ChoosingCase):
    def said(self, path: str) -> str:
        """The sentence with which this was answered."""
        return [str(message) for message in get_messages(self.client.post(path).wsgi_request)][-1]

    def test_a_change_chosen_for_the_renewal_survives_a_cancellation_that_is_taken_back(self) -> None:
        bought.on("professional")
        self.choose("starter", "renewal")
        self.client.post("/billing/cancel/")

        self.assertEqual(self.state(), ("professional", "starter", "active"))
        shown = words(self.client)
        self.assertIn("If you keep the plan, the change to Starter counts again: $99.00 a month", shown)
        self.assertNotIn("From", shown.split("Ends with this period")[1].split("$99.00")[0])

        self.assertEqual(
            self.said("/billing/keep/"),
            "Your plan continues, and changes to Starter at renewal, as chosen before.",
        )
        self.assertEqual(self.state(), ("professional", "starter", "active"))
        told = trail(action="subscription.cancellation_taken_back")
        self.assertEqual([row[3] for row in told], [{"plan": "starter"}])

    def test_kept_it_begins_with_the_next_month_and_else_never(self) -> None:
        for keep, expected in ((True, ("starter", None, "active")), (False, ("professional", None, "cancelled"))):
            with self.subTest(keep):
                held = bought.on("professional", next_plan=Plan.objects.get(pk="starter"), status="active")
                subscriptions.cancel_at_end(subscription_id=held.pk)
                if keep:
                    subscriptions.keep(subscription_id=held.pk)
                last = held.periods.first()
                assert last
                ends = clock.now() - timedelta(minutes=1)
                held.periods.filter(pk=last.pk).update(period_end=ends)
                type(held).objects.filter(pk=held.pk, cancels_at__isnull=False).update(cancels_at=ends)

                periods.renew(subscription_id=held.pk)

                self.assertEqual(self.state(), expected)

    def test_overdue_too_it_can_be_taken_back_on_the_page(self) -> None:
        bought.on("professional")
        self.client.post("/billing/cancel/")
        standing.fall_due(bought.held(), why="invoice")

        self.assertIn("Your plan is cancelled and ends on", words(self.client))
        self.assertContains(self.client.get("/billing/"), 'action="/billing/keep/"', count=1)
        self.client.post("/billing/keep/")

        self.assertIsNone(bought.held().cancels_at)
        self.assertNotContains(self.client.get("/billing/"), 'action="/billing/keep/"')

    def test_cancelled_with_a_debt_the_pages_say_pay_first(self) -> None:
        held = bought.on("professional")
        type(held).objects.filter(pk=held.pk).update(past_due_since=clock.now())
        standing.cancel(bought.held())
        tenancy.forget()

        self.assertIn("Once the outstanding amount is paid, you can subscribe again.", words(self.client))
        self.assertContains(self.client.get("/jobs/"), "See what is due")
        self.assertNotContains(self.client.get("/jobs/"), "Choose a plan to continue")
        self.assertNotIn("Choose Starter", words(self.client, "/billing/plan/"))
        self.assertIn("Pay the outstanding amount first", words(self.client, "/waiting/"))
        self.assertContains(self.client.get("/jobs/new/"), "Once it is paid, a plan can be chosen", status_code=402)

    def test_a_second_cancellation_is_none(self) -> None:
        held = bought.on("starter")
        self.client.post("/billing/cancel/")

        self.assertEqual(self.said("/billing/cancel/"), "Your plan was cancelled already. Nothing was changed.")

        self.assertEqual(self.acts(), ["subscription.cancellation_asked"])
        with self.assertRaises(EndsAlready):
            subscriptions.cancel_at_end(subscription_id=held.pk)

    def test_by_card_too_the_wish_waits_for_the_cancellation_to_be_taken_back(self) -> None:
        for code in ("starter", "professional"):
            Plan.objects.filter(pk=code).update(stripe_price=f"price_{code}")
        fields = {"collection": "stripe", "stripe_subscription": "sub_1", "stripe_customer": "cus_1"}
        held = bought.on("professional", zone="UTC", **fields)
        period = held.periods.first()
        assert period
        told = {
            "candor_plan": "starter",
            "candor_when": "renewal",
            "candor_from": str(int(period.period_end.timestamp())),
        }
        for cancels_at in (None, period.period_end, None):
            following.follow(
                subscriptions.locked(held.pk),
                bought.at_stripe(
                    held, price="price_starter", end=period.period_end, cancels_at=cancels_at, metadata=told
                ),
                begun=True,
            )
            self.assertEqual(self.state(), ("professional", "starter", "active"))
        self.assertEqual(
            self.acts(),
            [
                "subscription.plan_chosen",
                "subscription.cancellation_asked",
                "subscription.cancellation_taken_back",
            ],
        )

    def test_the_page_speaks_of_extra_interviews_only_where_there_are_some(self) -> None:
        extra = "Extra interviews that took place are on your last invoice"
        bought.on("professional", overage_limit=5)
        bought.used(0, overage_allowed=5)
        self.assertIn(extra, words(self.client, "/billing/cancel/"))
        bought.used(0, overage_allowed=0)
        self.assertNotIn(extra, words(self.client, "/billing/cancel/"))
        bought.trying("professional")
        shown = words(self.client, "/billing/cancel/")

        self.assertNotIn(extra, shown)
        self.assertIn("You pay nothing for the trial", shown)


class NewTermsTests(ChoosingCase):
    def answered(self, code: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        path = f"/billing/plan/{code}/"
        response = self.client.get(path) if form is None else self.client.post(path, form)
        said = [str(message) for message in get_messages(response.wsgi_request)]
        return response.status_code, response.get("Location", ""), said[-1] if said else ""

    def test_a_plan_that_got_new_terms_meanwhile_is_said_to_have_them(self) -> None:
        bought.on("starter")
        Plan.objects.create(
            code="professional-v2",
            family="professional",
            version=2,
            name="Professional",
            price_usd=599,
            interviews_a_month=1000,
        )
        said = (303, "/billing/plan/", "Professional has new terms. Nothing was changed.")

        self.assertEqual(self.answered("professional"), said)
        self.assertEqual(self.answered("professional", {"when": "now", "shown": "starter"}), said)
        self.assertEqual((self.state(), self.acts()), (("starter", None, "active"), []))

    def test_one_that_is_sold_no_more_and_one_that_never_was(self) -> None:
        bought.on("starter")
        Plan.objects.filter(pk="professional").update(withdrawn_at=clock.now())

        self.assertEqual(
            self.answered("professional"),
            (303, "/billing/plan/", "Professional is no longer sold. Nothing was changed."),
        )
        self.assertEqual(self.answered("nothing")[0], 404)
