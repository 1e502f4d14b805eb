"""The ledger's rows, what was added up of them, and what was kept of those that went agree, or it is said where not."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from billing.reconciling import looks
from core import clock, tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantTestCase
from interviews.tests import make
from interviews.tests.compared import HOUR, compared, said
from llm import usage
from llm.models import LlmCall, UsageGroup, UsageHour
from llm.tests.made import call


class LedgerDifferenceTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.now = clock.now()

    def roll_up(self) -> None:
        """Calls of four hours, added up; the newest hour is not compared, as it may be added up again."""
        for hours in (8, 7, 6, 5):
            call(usage.hour_of(self.now) - hours * HOUR, cost="0.02", own_key=hours == 7)
        usage.roll_up()

    def test_hours_that_are_their_rows(self) -> None:
        self.roll_up()

        self.assertEqual((said(), looks.of_tenant_now(tenancy.current()).compared["ledger_hours"]), ([], 2))

    def test_an_hour_that_is_not(self) -> None:
        self.roll_up()
        hour = usage.hour_of(self.now) - 7 * HOUR
        UsageHour.objects.filter(hour=hour).update(cost_usd=Decimal("0.03"), own_key_usd=0)

        key = f"{hour:%Y-%m-%dT%H} interview_turn groq groq-1 m provider"
        self.assertEqual(
            [(one.what, one.expected, one.found, one.ids) for one in compared()],
            [
                ("ledger.hour.cost_usd", "0.02000000", "0.03000000", (key,)),
                ("ledger.hour.own_key_usd", "0.02000000", "0E-8", (key,)),
            ],
        )

    def test_an_hour_that_was_not_added_up(self) -> None:
        self.roll_up()
        UsageHour.objects.filter(hour=usage.hour_of(self.now) - 7 * HOUR).delete()

        self.assertIn(("ledger.hour.calls", "1", "0"), said())

    def test_an_hour_in_which_a_call_ended_since_is_added_up_again_first(self) -> None:
        self.roll_up()
        call(usage.hour_of(self.now) - 7 * HOUR, settled_at=self.now)
        self.assertEqual(said(), [])

        usage.roll_up()
        self.assertEqual(said(), [])

    def test_finished_months_are_the_rows_and_what_was_kept_of_those_that_went(self) -> None:
        first = self.now.replace(day=1, hour=3, minute=0, second=0, microsecond=0)
        months = [first - timedelta(days=days) for days in (300, 260, 220)]
        for month in months:
            for cost in ("0.01", "0.02"):
                call(month, cost=cost)
        call(self.now - 5 * HOUR)
        usage.roll_up()
        self.assertEqual(said(), [])

        UsageHour.objects.filter(hour=usage.hour_of(months[1])).update(cost_usd=Decimal("0.05"))

        key = f"{months[1]:%Y-%m} interview_turn m provider"
        self.assertIn(
            ("ledger.month.cost_usd", "0.03000000", "0.05000000", (key,)),
            [(one.what, one.expected, one.found, one.ids) for one in compared()],
        )

    def in_groups(self) -> dict[int, UUID]:
        """Calls of a group and of none, of six to nine hours ago and of 200 days ago, added up: hour -> its group."""
        groups = {hours: uuid7() for hours in (200 * 24, 9, 8, 7, 6)}
        for hours, group in groups.items():
            for cost, of in (("0.02", group), ("0.03", group), ("0.01", None)):
                call(usage.hour_of(self.now) - hours * HOUR, cost=cost, group_id=of)
        usage.roll_up()
        return groups

    def test_what_groups_spent_is_their_calls(self) -> None:
        groups = self.in_groups()
        self.assertEqual(said(), [])

        UsageGroup.objects.filter(group_id=groups[8]).update(cost_usd=Decimal("0.04"))
        UsageGroup.objects.filter(group_id=groups[7]).delete()
        of_nobody = uuid7()
        hours = {n: usage.hour_of(self.now) - n * HOUR for n in (9, 8, 7)}
        UsageGroup.objects.create(hour=hours[9], tenant="alpha", group_id=of_nobody, cost_usd=Decimal("0.01"))

        self.assertEqual(
            [(one.what, one.expected, one.found, one.ids) for one in compared()],
            [
                ("ledger.group.cost_usd", expected, found, (f"{hours[n]:%Y-%m-%dT%H} {group}",))
                for n, group, expected, found in (
                    (9, of_nobody, "0", "0.01000000"),
                    (8, groups[8], "0.05000000", "0.04000000"),
                    (7, groups[7], "0.05000000", "0"),
                )
            ],
        )

    def test_groups_whose_calls_went_spent_at_most_what_all_of_their_hour_did(self) -> None:
        oldest = usage.hour_of(self.now) - 200 * 24 * HOUR
        group = self.in_groups()[200 * 24]
        kept = UsageGroup.objects.filter(group_id=group)
        kept.update(cost_usd=Decimal("0.06"))
        self.assertEqual(said(), [])

        kept.update(cost_usd=Decimal("0.06000001"))

        key = f"{oldest:%Y-%m-%dT%H} groups"
        self.assertEqual(
            [(one.what, one.expected, one.found, one.ids) for one in compared()],
            [("ledger.group.cost_usd", "0.06000000", "0.06000001", (key,))],
        )

    def test_a_neighbours_groups_are_nobody_elses(self) -> None:
        self.in_groups()
        UsageGroup.objects.filter(tenant="alpha").update(tenant=OTHER)
        with self.in_tenant(OTHER):
            self.assertEqual({one.found for one in compared()}, {"0.05000000"})

        self.assertEqual({(one.expected, one.found) for one in compared()}, {("0.05000000", "0")})

    def test_a_call_that_never_ended(self) -> None:
        left = call(self.now - 2 * HOUR, settled_at=None, latency_ms=None, cost=None)
        call(self.now - HOUR / 2, settled_at=None, latency_ms=None, cost=None)

        (found,) = compared()

        self.assertEqual((found.what, found.ids), ("ledger.settled_in_time", (str(left.id),)))

    def test_a_call_for_an_interview_of_nobody_or_of_a_neighbour(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.started().pk
        stray = uuid7()
        for interview_id in (stray, stray, theirs, make.started().pk):
            call(self.now, interview_id=interview_id)

        (found,) = compared()

        self.assertEqual((found.what, set(found.ids)), ("ledger.interview_unknown", {str(stray), str(theirs)}))
        self.assertEqual(LlmCall.objects.count(), 4)
