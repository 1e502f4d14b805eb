"""What an interview cost, line by line and by the month, for those who answer for billing."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from billing.models import InfrastructureShare
from billing.services import receipts as policy
from core import clock, months, tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Candidate, Interview
from interviews.tests import make
from llm.tests.made import call

PAGES = ("portal_receipts", "portal_receipts_csv")


def url(name: str, *args: Any) -> str:
    return reverse(name, args=args, urlconf="config.urls_tenant")


def set_share(usd: str) -> None:
    """Since some days; nobody could set it so late."""
    with pgtrigger.ignore("billing.InfrastructureShare:infrastructure_share_stays_once_it_counts"):
        from_date = clock.now().date() - timedelta(days=3)
        InfrastructureShare.objects.create(from_date=from_date, usd_an_interview=Decimal(usd))


class ReceiptCase(TenantTestCase):
    interview: Interview

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.started()

    def setUp(self) -> None:
        super().setUp()
        self.now = clock.now()
        self.client = make.signed_in(make.staff(Role.ADMIN))

    def call(self, **fields: Any) -> None:
        call(self.now, **{"interview_id": self.interview.pk} | fields)

    def receipt(self) -> Any:
        return self.client.get(url("portal_receipt", self.interview.pk))


class ReceiptPageTests(ReceiptCase):
    def test_every_line_stands_there_to_the_last_decimal(self) -> None:
        set_share("0.02")
        self.call(cost="0.00012345", tokens_in=1234, tokens_cached=1000, tokens_out=56)
        self.call(cost="0.00000001", feature="evaluation", model="large")
        self.call(cost="0", source="template", model="", provider="", saved_usd=Decimal("0.00000007"))

        page = self.receipt()

        cost = page.context["cost"]
        self.assertEqual(cost.receipt.cost_usd, Decimal("0.00012346"))
        self.assertEqual((cost.infrastructure_usd, cost.total_usd), (Decimal("0.02"), Decimal("0.02012346")))
        for words in (
            *("Ada Lovelace", "Data Engineer", "$0.00012345", "$0.00000001", "$0.00012346", "$0.02012346"),
            *("1,234", "1,000", "prepared sentence, no model asked", "$0.00000007", "$0.02000000"),
        ):
            self.assertContains(page, words)
        self.assertNotContains(page, "at least")

    def test_it_says_what_nobody_knows_and_shows_no_price_for_it(self) -> None:
        self.call(cost=None, model="unpriced")
        self.call(cost=None, model="open", settled_at=None, latency_ms=None)
        self.call(cost="0", model="dead", error_kind="lost")

        page = self.receipt()

        for words in ("1 call has not ended yet", "whose price is not known", "1 call was cut off", "at least"):
            self.assertContains(page, words)
        self.assertContains(page, "unknown", 3)
        self.assertContains(page, "no share was set")

    def test_what_went_over_the_tenant_s_own_keys_is_no_part_of_the_sum(self) -> None:
        self.call(cost="0.1")
        self.call(cost="0.4", own_key=True)

        page = self.receipt()

        self.assertEqual(page.context["cost"].total_usd, Decimal("0.1"))
        self.assertContains(page, "Your provider charges you for these")
        self.assertContains(page, "$0.40000000")

    def test_looking_at_it_is_in_the_trail(self) -> None:
        self.receipt()

        self.assertEqual(make.actions("cost_receipt"), ["cost_receipt.viewed"])

    def test_without_a_call_and_before_its_beginning_it_says_so(self) -> None:
        invited = make.invited("grace@example.org").interview

        page = self.client.get(url("portal_receipt", invited.pk))

        self.assertContains(page, "not started")
        self.assertContains(page, "No model was used")
        self.assertNotContains(page, "at least")

    def test_the_interview_s_page_leads_to_it_for_who_may_see_it(self) -> None:
        path, receipt = url("portal_interview", self.interview.pk), url("portal_receipt", self.interview.pk)

        self.assertContains(self.client.get(path), receipt)
        self.assertNotContains(make.signed_in(make.staff(Role.RECRUITER)).get(path), receipt)

    def test_it_is_there_for_owners_and_admins_alone(self) -> None:
        path = url("portal_receipt", self.interview.pk)
        codes = {role: make.signed_in(make.staff(role)).get(path).status_code for role in Role.values}

        self.assertEqual(codes, dict.fromkeys(Role.values, 403) | {Role.OWNER: 200, Role.ADMIN: 200})
        self.assertEqual(TenantClient().get(path).status_code, 302)
        self.assertEqual(make.actions("cost_receipt"), ["cost_receipt.viewed"] * 2)

    def test_another_tenant_has_no_such_interview_and_its_rows_are_never_on_a_receipt(self) -> None:
        self.call(cost="7", tenant=OTHER)
        with self.in_tenant(OTHER):
            stranger = make.signed_in(make.staff(Role.OWNER), OTHER)

        self.assertEqual(stranger.get(url("portal_receipt", self.interview.pk)).status_code, 404)
        self.assertEqual(self.receipt().context["cost"].receipt.ledger_usd, 0)
        self.assertEqual(self.client.get(url("portal_receipt", uuid7())).status_code, 404)


class HiddenReceiptsTests(ReceiptCase):
    def test_a_tenant_to_whom_they_are_not_shown_has_no_such_pages_and_no_link(self) -> None:
        policy.show(tenant_id=tenancy.tenant_id(), shown=False)

        codes = [self.receipt().status_code, *(self.client.get(url(name)).status_code for name in PAGES)]

        self.assertEqual(codes, [404, 404, 404])
        self.assertNotContains(
            self.client.get(url("portal_interview", self.interview.pk)), url("portal_receipt", self.interview.pk)
        )
        self.assertEqual(make.actions("cost_receipt."), [])
        self.assertEqual(self.client.get(url("portal_return")).status_code, 200)


class ListTests(ReceiptCase):
    def listed(self, month: str = "") -> Any:
        return self.client.get(url("portal_receipts"), {"month": month} if month else {})

    def began(self, at: datetime, email: str) -> Interview:
        interview = make.started(make.invited(email, name=email.partition("@")[0].title()))
        Interview.objects.filter(pk=interview.pk).update(started_at=at)
        return interview

    def test_the_month_s_interviews_stand_there_with_what_they_cost(self) -> None:
        last = months.before(months.this())
        old = self.began(datetime(last.year, last.month, 1, tzinfo=UTC), "grace@example.org")
        self.call(cost="0.00000001")
        call(self.now, interview_id=old.pk, cost="0.5")

        this, before = self.listed(), self.listed(f"{last:%Y-%m}")

        named = [[row["name"] for row in page.context["page"].object_list] for page in (this, before)]
        self.assertEqual(named, [["Ada Lovelace"], ["Grace"]])
        self.assertContains(this, "$0.00000001")
        self.assertContains(before, "$0.50000000")
        self.assertEqual((this.context["later"], this.context["earlier"]), (None, last))
        self.assertEqual((before.context["later"], before.context["earlier"]), (months.this(), None))

    def test_calls_of_no_one_interview_are_said(self) -> None:
        call(self.now, feature="question_drafts", cost="0.25", model="drafter")
        call(self.now, feature="resume_analysis", cost="0.125")
        call(self.now, feature="resume_analysis", cost="9", tenant=OTHER)

        page = self.listed()

        self.assertEqual(page.context["calls"].beside.cost_usd, Decimal("0.375"))
        for words in ("Other AI cost", "Drafts of plans", "drafter", "$0.25000000", "$0.12500000"):
            self.assertContains(page, words)

    def test_a_page_takes_as_many_queries_for_many_as_for_one(self) -> None:
        self.call(cost="0.1")
        self.listed()
        with CaptureQueriesContext(connection) as of_one:
            self.listed()
        for number in range(12):
            one = make.started(make.invited(f"p{number}@example.org"))
            call(self.now, interview_id=one.pk, cost="0.1")
        make.read_what_is_kept()

        with CaptureQueriesContext(connection) as of_many:
            page = self.listed()

        self.assertEqual((len(of_many), len(page.context["page"].object_list)), (len(of_one), 13))

    def test_they_come_in_pages(self) -> None:
        for number in range(26):
            make.started(make.invited(f"p{number}@example.org"))

        first = self.listed()
        second = self.client.get(url("portal_receipts"), {"page": "2"})

        self.assertEqual([len(page.context["page"].object_list) for page in (first, second)], [25, 2])

    def test_a_month_that_is_none_or_has_not_begun_is_refused_with_this_one(self) -> None:
        for month in ("2026-13", "yesterday", "9999-12", f"{months.after(months.this()):%Y-%m}", "1999-01", "2026-1"):
            with self.subTest(month):
                page = self.listed(month)

                self.assertEqual((page.status_code, page.context["month"]), (400, months.this()))
                self.assertEqual(self.client.get(url("portal_receipts_csv"), {"month": month}).status_code, 400)

    def test_what_was_erased_has_no_name_and_keeps_its_receipt(self) -> None:
        self.call(cost="0.5")
        with make.without_key(self.interview):
            page = self.listed()

        self.assertNotRegex(page.content.decode(), r"\bAda\b")  # three letters are found in a random token
        self.assertContains(page, "$0.50000000")

    def test_the_list_and_its_file_are_in_the_trail_and_for_owners_and_admins_alone(self) -> None:
        for name in PAGES:
            for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
                self.assertEqual(make.signed_in(make.staff(role)).get(url(name)).status_code, 403)
            self.assertEqual(self.client.get(url(name)).status_code, 200)

        self.assertEqual(make.actions("cost_receipts"), ["cost_receipts.listed", "cost_receipts.exported"])


class FileTests(ReceiptCase):
    def rows(self) -> list[dict[str, str]]:
        response = self.client.get(url("portal_receipts_csv"))
        self.assertEqual(response["Content-Type"], "text/csv; charset=utf-8")
        return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))

    def test_it_holds_every_decimal_and_what_is_of_no_interview(self) -> None:
        set_share("0.02")
        self.call(cost="0.00000001", tokens_in=5)
        self.call(cost="0.3", own_key=True)
        self.call(cost=None, model="unpriced")
        call(self.now, feature="question_drafts", cost="0.25")

        one, beside = self.rows()

        self.assertEqual((one["Interview"], one["Candidate"]), (str(self.interview.pk), "Ada Lovelace"))
        named = (
            "Models, USD",
            "Calls of unknown cost",
            "On your own keys, USD",
            "Infrastructure, USD",
            "Together, USD",
        )
        self.assertEqual([one[name] for name in named], ["0.00000001", "1", "0.30000000", "0.02000000", "0.02000001"])
        self.assertEqual((beside["Job"], beside["Models, USD"]), ("of no one interview: Drafts of plans", "0.25000000"))

    def test_no_name_becomes_a_formula(self) -> None:
        candidate = Candidate.objects.get(pk=self.interview.subject_id)
        candidate.name = '=HYPERLINK("http://evil.example","x")'
        candidate.save()

        [row] = self.rows()

        self.assertEqual(row["Candidate"], "'" + '=HYPERLINK("http://evil.example","x")')
