"""What interviewing this way gave back, by the tenant's own figures; and what of the product is used."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import NotPermitted, Role
from billing.models import InvoiceLine, Subscription
from core import clock, months, tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Interview, ReturnAssumptions, Review
from interviews.selectors import adoption, returns
from interviews.services import returns as service
from interviews.tests import make
from interviews.tests.ended import Ended

HOUR_MS = 3_600_000
PRICE = Decimal("99.00")
URL = reverse("portal_return", urlconf="config.urls_tenant")
THIS, LAST = months.this(), months.before(months.this())


def at(month: date) -> datetime:
    return datetime(month.year, month.month, 1, 1, tzinfo=UTC)


class ReturnCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = make.staff(Role.ADMIN)
        self.subscribed(months.before(THIS, 3))

    def subscribed(self, month: date) -> None:
        """Each month since then was charged at the price."""
        held = Subscription.objects.get(tenant_id=tenancy.tenant_id())
        Subscription.objects.filter(pk=held.pk).update(billed_since=at(month))
        InvoiceLine.objects.filter(subscription=held).delete()
        start = month
        while start <= THIS:
            since, until = months.span(start)
            InvoiceLine.objects.create(
                subscription=held, kind="plan", text="Starter", unit_price_usd=PRICE, amount_usd=PRICE,
                from_at=since, until_at=until, key=f"test:{start}",
            )  # fmt: skip
            start = until.date()

    def completed(self, count: int, month: date, review_ms: int = 0) -> list[Any]:
        """So many interviews of the month, the first reviewed for so long."""
        made = Ended().evaluated(count)
        Interview.objects.filter(pk__in=[one.interview_id for one in made]).update(completed_at=at(month))
        if review_ms:
            Ended().reviewed(made[:1], [make.staff(Role.REVIEWER)], 3, 3, None)
            Review.objects.filter(interview_id=made[0].interview_id).update(active_ms=review_ms)
        return made

    def assume(self, usd: str = "80", minutes: int = 75) -> None:
        service.assume(by=self.admin, usd_an_hour=Decimal(usd), interview_minutes=minutes)

    def found(self) -> dict[date | None, returns.Return]:
        return {one.month: one for one in returns.by_month(returns.assumptions())}


class ReturnTests(ReturnCase):
    def test_it_is_hours_not_spent_less_hours_of_reviewing_at_the_own_rate_against_what_is_paid(self) -> None:
        self.completed(8, LAST, review_ms=HOUR_MS // 2)
        self.assume()

        one = self.found()[LAST]

        self.assertEqual((one.completed, one.reviewed, one.review_hours), (8, 1, Decimal("0.5")))
        self.assertEqual((one.human_hours, one.saved_hours), (Decimal(10), Decimal("9.5")))
        self.assertEqual((one.worth_usd, one.paid_usd, one.net_usd), (Decimal(760), PRICE, Decimal(661)))
        self.assertEqual(one.percent, 668)

    def test_a_review_counts_in_its_interview_s_month_and_drafts_took_time_too(self) -> None:
        made = self.completed(2, LAST, review_ms=HOUR_MS)
        Review.objects.create(interview_id=made[1].interview_id, reviewer=self.admin, active_ms=HOUR_MS)
        self.assume()

        one = self.found()[LAST]

        self.assertEqual((one.reviewed, one.review_hours), (1, Decimal(2)))
        self.assertEqual(self.found()[THIS].review_hours, 0)

    def test_two_reviews_of_one_interview_count_it_once(self) -> None:
        made = self.completed(1, LAST, review_ms=HOUR_MS)
        Ended().reviewed(made, [make.staff(Role.RECRUITER)], 3, 3, None)

        one = self.found()[LAST]

        self.assertEqual((one.completed, one.reviewed, one.review_hours), (1, 1, Decimal(1)))

    def test_without_assumptions_or_without_interviews_there_is_no_figure(self) -> None:
        self.completed(2, LAST)
        for one in self.found().values():
            self.assertEqual((one.human_hours, one.worth_usd, one.net_usd, one.percent), (None,) * 4)

        self.assume()

        this = self.found()[THIS]
        self.assertEqual((this.completed, this.worth_usd, this.net_usd, this.percent), (0, None, None, None))
        self.assertEqual(this.paid_usd, PRICE)

    def test_more_reviewing_than_a_person_s_interview_would_have_taken_is_a_loss_and_is_shown_as_one(self) -> None:
        self.completed(1, LAST, review_ms=3 * HOUR_MS)
        self.assume()

        self.assertEqual(
            (self.found()[LAST].saved_hours, self.found()[LAST].net_usd), (Decimal("-1.75"), Decimal(-239))
        )

    def test_months_go_back_to_the_first_that_was_paid_or_completed(self) -> None:
        self.assertEqual(list(self.found()), [months.before(THIS, back) for back in range(4)])

        self.completed(1, months.before(THIS, 6))

        self.assertEqual(len(self.found()), 7)
        self.assertIsNone(self.found()[months.before(THIS, 6)].paid_usd)

    def test_together_counts_what_was_paid_in_months_without_interviews_too(self) -> None:
        self.completed(8, LAST)
        self.assume()

        total = returns.together(list(self.found().values()))

        self.assertEqual((total.completed, total.worth_usd, total.paid_usd), (8, Decimal(800), 4 * PRICE))
        self.assertEqual(total.net_usd, Decimal(404))

    def test_a_year_takes_as_many_queries_as_a_month(self) -> None:
        self.completed(1, LAST)
        for back in range(12):
            self.completed(1, months.before(THIS, back))

        with self.assertNumQueries(6):
            self.assertEqual(len(returns.by_month(None)), 12)


class PageTests(ReturnCase):
    def page(self, role: str = Role.ADMIN) -> Any:
        return make.signed_in(make.staff(role)).get(URL)

    def save(self, client: TenantClient, usd: str = "80.50", minutes: str = "75") -> int:
        return client.post(URL, {"usd_an_hour": usd, "interview_minutes": minutes}).status_code

    def test_it_asks_for_what_it_needs_and_shows_no_figure_before(self) -> None:
        self.completed(2, LAST)

        page = self.page()

        self.assertContains(page, "Then we can work out the hours and money you save")
        self.assertNotContains(page, "Hours saved</dt>")

    def test_without_a_completed_interview_it_says_so(self) -> None:
        self.assume()

        self.assertContains(self.page(), "No interview has been completed yet")

    def test_what_is_said_is_kept_and_audited_with_what_was_said(self) -> None:
        self.completed(8, LAST, review_ms=HOUR_MS)
        client = make.signed_in(self.admin)

        self.assertEqual((self.save(client), self.save(client, "90", "60")), (303, 303))

        [row] = ReturnAssumptions.objects.all()
        self.assertEqual((row.usd_an_hour, row.interview_minutes), (Decimal("90.00"), 60))
        self.assertEqual(make.actions("return.assumptions"), ["return.assumptions_set"] * 2)
        self.assertContains(client.get(URL), "$630.00")  # 8 h less 1 h of reviewing

    def test_absurd_figures_are_refused_and_nothing_is_kept(self) -> None:
        client = make.signed_in(self.admin)
        for usd, minutes in (("-1", "60"), ("0", "60"), ("1e9", "60"), ("NaN", "60"), ("80", "0"), ("80", "6000"),
                             ("80.123", "60"), ("", ""), ("80", "1.5")):  # fmt: skip
            with self.subTest(usd=usd, minutes=minutes):
                self.assertEqual(self.save(client, usd, minutes), 400)

        self.assertFalse(ReturnAssumptions.objects.exists())
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.assume("0.10")
        with self.assertRaises(IntegrityError), transaction.atomic():
            ReturnAssumptions.objects.create(pk=2, usd_an_hour=80, interview_minutes=60)

    def test_who_does_not_answer_for_billing_sees_and_changes_nothing(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            client = make.signed_in(make.staff(role))
            self.assertEqual((client.get(URL).status_code, self.save(client)), (403, 403))
            with self.assertRaises(NotPermitted):
                service.assume(by=make.staff(role), usd_an_hour=Decimal(80), interview_minutes=60)
        self.assertEqual(self.save(TenantClient()), 302)
        self.assertFalse(ReturnAssumptions.objects.exists())

    def test_another_tenant_has_its_own(self) -> None:
        self.assume()

        with self.in_tenant(OTHER):
            self.assertFalse(ReturnAssumptions.objects.exists())
            page = make.signed_in(make.staff(Role.OWNER), OTHER).get(URL)
        self.assertNotContains(page, "80.00")

    def test_the_page_takes_as_many_queries_for_many_interviews(self) -> None:
        self.assume()
        self.page()
        make.read_what_is_kept()
        with CaptureQueriesContext(connection) as few:
            self.page()
        self.completed(20, LAST, review_ms=HOUR_MS)
        with CaptureQueriesContext(connection) as many:
            self.page()

        self.assertLessEqual(len(many), len(few))


class AdoptionTests(TenantTestCase):
    def used(self) -> dict[str, tuple[int, int]]:
        since = clock.now() - timedelta(days=1)
        found = [*adoption.of_interviews(since), *adoption.of_jobs(since)]
        return {str(use.name): (use.used, use.of) for use in found}

    def test_plain_counts_of_interviews_that_began(self) -> None:
        by = make.staff(Role.RECRUITER)
        make.invited("grace@example.org")  # has not begun
        make.started(make.invited("ida@example.org"))
        make.evaluated(make.invited("joan@example.org"))
        decided = make.evaluated_by_model(make.invited("ada@example.org"))
        make.reviewed(decided, by)
        make.decided(decided, by)

        found = self.used()

        self.assertEqual(
            {name: used for name, (used, whole) in found.items() if whole == 3 and used},
            {
                "Evaluated by a model": 1,
                "Evaluated by rules alone": 1,
                "Rated by a person": 1,
                "Decided by a person": 1,
            },
        )
        self.assertEqual(found["A model words every reply"], (1, 1))
        self.assertEqual(found["The plan allows follow-up questions"], (0, 1))

    def test_interviews_of_before_are_not_counted(self) -> None:
        interview = make.started()
        Interview.objects.filter(pk=interview.pk).update(started_at=clock.now() - timedelta(days=2))

        self.assertEqual({whole for _used, whole in self.used().values()}, {0})

    def test_what_is_set_up_for_the_company(self) -> None:
        make.staff(Role.ADMIN)

        found = {str(one.name): (one.on, one.count) for one in adoption.of_the_company()}

        self.assertEqual(found["Single sign-on"], (False, None))
        self.assertEqual(found["Active API keys"], (False, 0))
