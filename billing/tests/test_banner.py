"""What stands above every page about the plan, and for whom."""

from datetime import timedelta

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import Subscription
from billing.services import standing
from billing.tests import bought
from billing.tests.test_billing_page import words
from core import clock, tenancy
from core.testing import TenantTestCase

JOBS = "/jobs/"


class BannerTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.people = {role: signed_in(person(f"{role}@alpha.example", role=role)) for role in Role}

    def who_reads(self, part: str) -> set[str]:
        """The roles on whose pages this stands."""
        return {str(role) for role, client in self.people.items() if part in words(client, JOBS)}

    def test_without_a_reason_nobody_reads_anything(self) -> None:
        bought.on("professional")
        bought.used(799)

        self.assertEqual(self.who_reads("of your interviews for this period"), set())
        self.assertEqual(self.who_reads("paid"), set())

    def test_from_80_percent_on_those_who_see_bills_read_it(self) -> None:
        bought.on("professional")
        bought.used(800)

        self.assertEqual(self.who_reads("80% of your interviews for this period are used"), {"owner", "admin"})

    def test_until_the_included_are_used_it_counts_those_alone(self) -> None:
        bought.on("professional", overage_limit=50)
        bought.used(850, overage_allowed=50)

        self.assertIn("period are used 150 are left until", words(self.people[Role.OWNER], JOBS))

    def test_used_up_is_read_by_those_who_invite_too(self) -> None:
        bought.used(100)

        self.assertEqual(self.who_reads("No interviews left in this period"), {"owner", "admin", "recruiter"})
        self.assertIn("See who is waiting", words(self.people[Role.RECRUITER], JOBS))
        self.assertNotIn("Make room", words(self.people[Role.RECRUITER], JOBS))

    def test_with_an_overage_it_says_how_many_more(self) -> None:
        bought.on("professional", overage_limit=50)
        bought.used(1010, overage_allowed=50)

        self.assertEqual(self.who_reads("40 more are allowed in this period"), {"owner", "admin"})

    def test_a_trial_that_ends_in_three_days(self) -> None:
        bought.trying(days=4)
        self.assertEqual(self.who_reads("Your trial ends"), set())
        bought.trying(days=3)

        self.assertEqual(self.who_reads("Your trial ends"), {"owner", "admin"})

    def test_overdue_and_cancelled_for_the_end(self) -> None:
        held = bought.on("professional", cancels_at=clock.now() + timedelta(days=9))
        self.assertEqual(self.who_reads("Your plan ends on"), {"owner", "admin"})
        standing.fall_due(Subscription.objects.get(pk=held.pk), why="invoice")

        self.assertEqual(self.who_reads("A payment is overdue"), {"owner", "admin"})

    def test_everybody_reads_why_nothing_can_be_changed(self) -> None:
        held = bought.on("professional")
        standing.stop(held, why="payment")
        tenancy.forget()

        self.assertEqual(
            self.who_reads("You can still see everything, but you can't change anything"), set(Role.values)
        )
        self.assertEqual(self.who_reads("See what is due"), {"owner", "admin"})
        self.assertEqual(
            self.who_reads("An owner or an admin of your company can change that"),
            set(Role.values) - {"owner", "admin"},
        )

    def test_each_end_has_its_own_name(self) -> None:
        held = bought.on("professional")
        standing.cancel(held)
        tenancy.forget()
        self.assertEqual(self.who_reads("Your plan has ended"), set(Role.values))
        Subscription.objects.filter(pk=held.pk).update(status="read_only", trial_ends_at=clock.now())

        self.assertEqual(self.who_reads("Your trial has ended"), set(Role.values))

    def test_it_costs_no_query(self) -> None:
        bought.on("professional")
        client = self.people[Role.OWNER]
        client.get(JOBS)
        bought.used(10)
        with self.assertNumQueries(8):
            client.get(JOBS)
        bought.used(900)
        with self.assertNumQueries(8):
            client.get(JOBS)
