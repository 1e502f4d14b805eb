"""The pages of budgets: who sees and sets them, what is refused, and what they say."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from core import clock
from core.ids import uuid7
from core.testing import OTHER, CommittingTestCase, TenantClient, TenantTestCase, at_once
from interviews.services import budgets as service
from interviews.tests import make
from llm import budgets, own_alerts, own_budgets
from llm.models import Budget, OwnBudget
from llm.own_budgets import ChangedMeanwhile
from llm.tests.made import call
from llm.tests.owned import own, terms

PAGE = "/billing/budgets/"
MAY = (Role.OWNER, Role.ADMIN)
MAY_NOT = (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR)


class PageCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = make.signed_in(make.staff(Role.ADMIN))

    def put(self, client: Any = None, which: str = "day", **changes: str) -> Any:
        form = {"limit": "25.50", "at_limit": "stops", "warn_percent": "80", "seen": "0"}
        return (client or self.client).post(f"{PAGE}{which}/", form | changes)

    def limits(self) -> list[tuple[str, Decimal]]:
        return list(OwnBudget.objects.order_by("period").values_list("period", "limit_usd"))


class RoleTests(PageCase):
    def test_owners_and_admins_see_and_set_them_and_nobody_else_does(self) -> None:
        job = make.job()
        for role in (*MAY, *MAY_NOT):
            client = make.signed_in(make.staff(role))
            for which in ("day", "month", f"jobs/{job.pk}"):
                with self.subTest(role=role, which=which):
                    allowed = role in MAY
                    self.assertEqual(client.get(PAGE).status_code, 200 if allowed else 403)
                    self.assertEqual(client.get(f"{PAGE}{which}/").status_code, 200 if allowed else 403)
                    self.assertEqual(self.put(client, which).status_code, 303 if allowed else 403)
                    self.assertEqual(OwnBudget.objects.count(), int(allowed))
                    removed = client.post(f"{PAGE}{which}/remove/", {"seen": "1"})
                    self.assertEqual((removed.status_code, OwnBudget.objects.count()), (303 if allowed else 403, 0))

    def test_a_stranger_is_led_to_the_sign_in_and_sets_nothing(self) -> None:
        for address in (PAGE, f"{PAGE}day/"):
            self.assertEqual(TenantClient().get(address).status_code, 302)
        self.assertEqual(self.put(TenantClient()).status_code, 302)
        self.assertFalse(OwnBudget.objects.exists())

    def test_another_tenant_s_people_and_jobs_do_not_exist_here(self) -> None:
        own("5.00")
        with self.in_tenant(OTHER):
            theirs = make.job("bakery", title="Their bakery")
            own("7.77", group_id=theirs.pk)
            owner = make.signed_in(make.staff(Role.OWNER), OTHER)

        here = self.client.get(PAGE)
        answers = [
            self.client.get(f"{PAGE}jobs/{theirs.pk}/").status_code,
            self.put(which=f"jobs/{theirs.pk}").status_code,
            self.client.post(f"{PAGE}jobs/{theirs.pk}/remove/", {"seen": "1"}).status_code,
            self.client.get(f"{PAGE}jobs/{uuid7()}/").status_code,
        ]

        self.assertEqual(answers, [404] * 4)
        self.assertNotContains(here, "7.77")
        self.assertNotContains(here, "Their bakery")
        self.assertNotContains(owner.get(PAGE), "5.00")
        self.assertEqual(owner.post(f"{PAGE}day/remove/", {"seen": "1"}).status_code, 303)
        self.assertEqual(
            sorted(OwnBudget.objects.values_list("tenant", "limit_usd")), [("alpha", 5), ("beta", Decimal("7.77"))]
        )


class FormTests(PageCase):
    def test_an_amount_is_written_in_digits_and_everything_else_is_refused_with_a_reason(self) -> None:
        refused = {
            "": "Write an amount in US dollars.",
            "-5": "Use at least $0.01.",
            "0": "Use at least $0.01.",
            "0.001": "Use at least $0.01.",
            "1e9": "Write it in digits",
            "NaN": "Write it in digits",
            "Infinity": "Write it in digits",
            "٥٠": "Write it in digits",
            "0x10": "Write it in digits",
            "12 50": "Write it in digits",
            "1,000": "Write it without commas",
            "12,50": "Write it without commas",
            "1000000.01": "Use at most $1000000.",
            "999999999999": "Use at most $1000000.",
            "1.005": "Use at most two digits",
            "9" * 20: "Write it in digits",
        }
        for text, reason in refused.items():
            with self.subTest(text=text):
                response = self.put(limit=text)

                self.assertContains(response, reason, status_code=400)
                self.assertEqual(self.limits(), [])

    def test_what_people_write_is_taken(self) -> None:
        for seen, (text, amount) in enumerate(
            {"25": "25", " $25.5 ": "25.5", "US$0.01": "0.01", "1000000": "1000000"}.items()
        ):
            with self.subTest(text):
                self.assertEqual(self.put(limit=text, seen=str(seen)).status_code, 303)
                self.assertEqual(self.limits(), [("day", Decimal(amount))])

    def test_the_other_fields_are_looked_at_too(self) -> None:
        for changes in (
            {"warn_percent": "0"},
            {"warn_percent": "100"},
            {"warn_percent": "x"},
            {"at_limit": "explode"},
            {"seen": "-1"},
        ):
            with self.subTest(changes):
                self.assertEqual((self.put(**changes).status_code, self.limits()), (400, []))

    def test_the_form_shows_how_it_stands_and_a_second_one_opened_before_overwrites_nothing(self) -> None:
        self.put(which="month", at_limit="warns", warn_percent="60")
        page = self.client.get(f"{PAGE}month/")
        stale = self.put(which="month", limit="9000")

        form = page.context["form"].initial
        self.assertEqual(form, {"limit": "25.50", "at_limit": "warns", "warn_percent": 60, "seen": 1})
        self.assertRedirects(stale, f"{PAGE}month/", status_code=303, fetch_redirect_response=False)
        self.assertContains(self.client.get(stale.url), "Somebody else changed this budget in the meantime.")
        self.assertEqual(self.limits(), [("month", Decimal("25.50"))])

    def test_removed_by_somebody_who_saw_an_older_one_it_stays(self) -> None:
        self.put()
        self.put(limit="30", seen="1")
        for seen in ("1", "", "x"):
            self.client.post(f"{PAGE}day/remove/", {"seen": seen})
        stays = self.limits()

        self.client.post(f"{PAGE}day/remove/", {"seen": "2"})

        self.assertEqual((stays, self.limits()), ([("day", Decimal(30))], []))


@time_machine.travel(datetime(2026, 2, 10, 12, tzinfo=UTC), tick=False)
class ShownTests(PageCase):
    def test_spent_limit_part_and_where_it_leads_by_the_ledger(self) -> None:
        job = make.job()
        call(clock.now(), cost="1.25", group_id=job.pk)
        own("10.00")
        own("2.50", group_id=job.pk)

        page = self.client.get(PAGE)

        day, month = page.context["periods"]
        [line] = page.context["jobs"].object_list
        self.assertEqual((day.use.spent_usd, day.use.percent, day.forecast_usd), (Decimal("1.25"), 12, Decimal("2.5")))
        self.assertEqual((month.row, line.use.percent, line.forecast_usd), (None, 50, None))
        for words in (
            "$1.25",
            "of $10.00, 12%",
            "about $2.50",
            "11 February, 00:00 UTC",
            "The platform's limits apply.",
        ):
            with self.subTest(words):
                self.assertContains(page, words)

    def test_it_says_what_stops_and_what_goes_on(self) -> None:
        page = self.client.get(PAGE)

        for words in (
            "Evaluations",
            "Wait. Fixed rules produce",
            "Everything else continues as usual",
        ):
            with self.subTest(words):
                self.assertContains(page, words)

    def test_the_platform_s_limit_is_told_and_no_other_tenant_s_nor_everybody_s(self) -> None:
        Budget.objects.create(tenant="alpha", limit_usd=Decimal("4.44"))
        Budget.objects.create(tenant="beta", limit_usd=Decimal("5.55"))
        Budget.objects.create(limit_usd=Decimal("6666.66"))
        budgets.forget()

        page = self.client.get(PAGE)

        self.assertContains(page, "The platform lets you spend $4.44 a day")
        self.assertContains(page, "a limit for all customers together")
        for secret in ("5.55", "6666", "6,666", "beta"):
            self.assertNotContains(page, secret)

    def test_every_change_is_told_with_who_from_and_to(self) -> None:
        self.put()
        self.put(limit="30", seen="1")
        self.client.post(f"{PAGE}day/remove/", {"seen": "2"})

        changes = self.client.get(PAGE).context["changes"]

        told = [
            (one.name, one.who, one.before and one.before["limit_usd"], one.after and one.after["limit_usd"])
            for one in changes
        ]
        who = ("Each day", "The admin")
        self.assertEqual(told, [(*who, "30.00", None), (*who, "25.50", "30.00"), (*who, None, "25.50")])

    def test_a_job_s_budget_is_on_its_page_for_who_manages_jobs(self) -> None:
        job = make.job()
        call(clock.now(), cost="2.00", group_id=job.pk)
        row = own("2.00", group_id=job.pk)
        own_alerts.look(budget_id=row.pk)
        address = reverse("portal_job", args=[job.pk])

        mine = self.client.get(f"{address}?tab=settings")
        theirs = make.signed_in(make.staff(Role.RECRUITER)).get(f"{address}?tab=settings")

        self.assertContains(mine, "$2.00 of $2.00 spent")
        self.assertContains(mine, "<strong>Used up:</strong> the budget for the job Data Engineer.")
        self.assertNotContains(theirs, "$2.00")
        self.assertNotContains(theirs, "budget")

    def test_a_banner_tells_those_who_look_after_billing_on_every_page_and_nobody_else(self) -> None:
        row = own("1.00")
        call(clock.now(), cost="1.00")
        before = self.client.get(reverse("portal_jobs"))
        own_alerts.look(budget_id=row.pk)

        after = self.client.get(reverse("portal_jobs"))
        recruiter = make.signed_in(make.staff()).get(reverse("portal_jobs"))
        with self.in_tenant(OTHER):
            elsewhere = make.signed_in(make.staff(Role.OWNER), OTHER).get(reverse("portal_jobs"))

        for page, there in ((before, False), (after, True), (recruiter, False), (elsewhere, False)):
            self.assertEqual("<strong>Used up:</strong> the daily budget." in page.content.decode(), there)

    def test_the_page_of_many_jobs_asks_no_more_of_the_database_than_that_of_one(self) -> None:
        make.job()
        self.client.get(PAGE)
        with CaptureQueriesContext(connection) as one:
            self.client.get(PAGE)
        for number in range(4):
            make.job(f"job-{number}")

        with self.assertNumQueries(len(one)):
            self.client.get(PAGE)


class AtOnceTests(CommittingTestCase):
    def test_two_admins_at_once_set_it_once(self) -> None:
        admins = [make.staff(Role.ADMIN, email=f"{name}@staff.example") for name in "ab"]
        self.addCleanup(own_budgets.forget_tenant, "alpha")

        results = at_once(*(lambda by=by: service.put(by=by, period="day", terms=terms(), seen=0) for by in admins))

        self.assertEqual({type(one) for one in results}, {OwnBudget, ChangedMeanwhile})
        self.assertEqual(OwnBudget.objects.count(), 1)
