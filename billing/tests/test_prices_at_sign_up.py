"""Who signs up reads what each plan costs and how it is tried, as the plans' rows say."""

import re
from unittest import mock

from billing.models import Plan
from billing.services import plans
from tenants.services import provisioning, signup
from tenants.tests.signing_up import Public, mailed


class PricesTests(Public):
    def test_the_form_says_what_each_plan_costs_and_how_it_is_tried(self) -> None:
        page = self.client.get("/start/")

        self.assertContains(page, "10 interviews in 14 days, with nothing to pay and no card")
        text = " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())
        for part in ("Starter 100 interviews a month $99.00 a month", "Enterprise 10,000 interviews a month $2,499.00"):
            self.assertIn(part, text)

    def test_plans_that_are_tried_in_other_ways_say_so_each(self) -> None:
        terms = {"price_usd": 129, "interviews_a_month": 120, "trial_interviews": 5, "trial_days": 7}
        Plan.objects.create(code="starter-v2", family="starter", version=2, name="Starter", **terms)

        page = self.client.get("/start/")

        self.assertContains(page, "Trial: 5 interviews in 7 days, with nothing to pay and no card")
        self.assertContains(page, "Trial: 10 interviews in 14 days", 2)
        self.assertContains(page, "$129.00")
        self.assertNotContains(page, "$99.00")

    def test_a_trial_of_one_day_or_one_interview_is_told_in_the_singular(self) -> None:
        for plan in plans.offered():
            self.again(plan, version=2, trial_interviews=1, trial_days=1)
        self.assertContains(self.client.get("/start/"), "Every plan starts with a trial: 1 interview in 1 day, with")

        self.again(plans.newest("starter"), version=3, trial_interviews=5)
        page = self.client.get("/start/")

        self.assertContains(page, "Trial: 5 interviews in 1 day, with")
        self.assertContains(page, "Trial: 1 interview in 1 day, with", 2)

    def again(self, plan: Plan, *, version: int, **terms: int) -> None:
        """A further version of this plan, with these terms."""
        plan.pk, plan.version, plan._state.adding = f"{plan.family}-v{version}", version, True
        for name, value in terms.items():
            setattr(plan, name, value)
        plan.save()

    def test_the_plans_are_asked_for_once(self) -> None:
        with mock.patch.object(provisioning, "offers", wraps=provisioning.offers) as offers:
            page = self.client.get("/start/")

        self.assertContains(page, 'value="starter" checked')
        self.assertEqual(offers.call_count, 1)

    def test_the_page_of_a_site_that_is_ready_says_it_too(self) -> None:
        _, token = mailed()
        row = signup.confirm(token=token)
        assert row.tenant is not None
        path = f"/start/progress/{signup.progress_key(row)}/"
        self.assertNotContains(self.client.get(path), "no card")
        row.tenant.status = "ready"
        row.tenant.save(update_fields=["status"])

        page = self.client.get(path)

        self.assertContains(page, "Your trial of Starter has begun: 10 interviews in 14 days, with nothing to pay")
        self.assertContains(page, "Starter costs $99.00 a month before tax.")
