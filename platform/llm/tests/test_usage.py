"""The ledger's hours add up exactly, whenever and however often they are added up."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction

from core import clock
from core.testing import CommittingTestCase, TenantTestCase, at_once
from llm import lost, tasks, usage
from llm.models import LlmCall, UsageHour
from llm.tests.made import call

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
ELEVEN, NOON = TEN + timedelta(hours=1), TEN + timedelta(hours=2)
LATE = timedelta(minutes=59, seconds=59, milliseconds=999)


def hours() -> list[tuple[datetime, str, str, int, int, int, Decimal]]:
    names = ("hour", "tenant", "source", "requests", "calls", "failures", "cost_usd")
    return list(UsageHour.objects.order_by("hour", "tenant", "source").values_list(*names))


class RollUpTests(TenantTestCase):
    def roll_up(self, now: datetime) -> int:
        with time_machine.travel(now, tick=False):
            return usage.roll_up()

    def test_a_finished_hour_is_added_up_exactly_and_tenants_and_sources_apart(self) -> None:
        call(TEN, tokens_in=100, tokens_cached=40, tokens_out=7, cost="0.00000001")
        call(TEN + LATE, tokens_in=11, tokens_out=2, cost="0.5", attempt=2, error_kind="timeout", latency_ms=900)
        call(TEN, cost=None, error_kind="server_error")
        call(TEN, tenant="beta", cost="7")
        call(TEN, source="cache", cost="0", saved_usd=Decimal("0.003"))
        call(TEN, settled_at=None, latency_ms=None)

        written = self.roll_up(ELEVEN + timedelta(minutes=10))

        self.assertEqual(written, 3)
        self.assertEqual(
            hours(),
            [
                (TEN, "alpha", "cache", 1, 1, 0, Decimal(0)),
                (TEN, "alpha", "provider", 2, 3, 2, Decimal("0.50000001")),
                (TEN, "beta", "provider", 1, 1, 0, Decimal(7)),
            ],
        )
        row = UsageHour.objects.get(tenant="alpha", source="provider")
        self.assertEqual((row.tokens_in, row.tokens_cached, row.tokens_out, row.latency_ms), (111, 40, 9, 1100))
        self.assertEqual(UsageHour.objects.get(source="cache").saved_usd, Decimal("0.003"))

    def test_an_hour_waits_until_its_last_calls_can_have_been_settled(self) -> None:
        call(TEN)

        self.assertEqual(self.roll_up(ELEVEN + timedelta(minutes=9)), 0)
        self.assertEqual(self.roll_up(ELEVEN + timedelta(minutes=10)), 1)

    def test_the_second_time_changes_nothing(self) -> None:
        call(TEN)
        call(ELEVEN)
        self.roll_up(NOON + timedelta(minutes=10))
        before = hours()

        self.roll_up(NOON + timedelta(minutes=15))

        self.assertEqual(hours(), before)

    def test_a_row_settled_late_is_added_to_its_old_hour(self) -> None:
        call(TEN)
        call(NOON)
        self.roll_up(NOON + timedelta(hours=5))
        call(TEN + LATE, source="provider", cost="2", settled_at=NOON + timedelta(hours=20))

        self.roll_up(NOON + timedelta(hours=20, minutes=5))

        oldest = hours()[0]
        self.assertEqual((oldest[0], oldest[4], oldest[6]), (TEN, 2, Decimal("2.01")))

    def test_days_without_a_roll_up_are_made_up_for(self) -> None:
        for day in range(5):
            call(TEN + timedelta(days=day))

        self.roll_up(TEN + timedelta(days=5))

        self.assertEqual([row[0].day for row in hours()], [2, 3, 4, 5, 6])

    def test_an_hour_that_is_in_the_sums_is_not_read_again(self) -> None:
        call(TEN)
        call(NOON)
        self.roll_up(NOON + timedelta(hours=2))

        self.assertEqual(self.roll_up(NOON + timedelta(hours=2)), 1)  # the newest alone


class LostTests(TenantTestCase):
    def test_a_call_left_open_for_five_minutes_is_settled_once_as_lost_for_nothing(self) -> None:
        dead = call(TEN, settled_at=None, latency_ms=None, cost=None)
        call(TEN + timedelta(minutes=1), settled_at=None, latency_ms=None, cost=None)

        with time_machine.travel(TEN + timedelta(minutes=5, seconds=1), tick=False):
            found = [lost.settle_lost(), lost.settle_lost()]

        self.assertEqual(found, [[dead.id], []])
        row = LlmCall.objects.get(id=dead.id)
        self.assertEqual((row.error_kind, row.tokens_in, row.tokens_estimated), ("lost", 0, True))
        self.assertEqual((row.cost_usd, row.settled_at), (0, TEN + timedelta(minutes=5, seconds=1)))

    def test_a_batch_has_two_days(self) -> None:
        waiting = call(TEN, source="batch", settled_at=None, latency_ms=None)

        with time_machine.travel(TEN + timedelta(hours=47)):
            self.assertEqual(lost.settle_lost(), [])
        with time_machine.travel(TEN + timedelta(hours=49)):
            self.assertEqual(lost.settle_lost(), [waiting.id])

    def test_beat_s_tasks_do_both_for_the_platform(self) -> None:
        call(TEN, settled_at=None, latency_ms=None)

        tasks.settle_lost()
        tasks.roll_up()

        self.assertEqual([row[:6] for row in hours()], [(TEN, "alpha", "provider", 1, 1, 1)])


class PruningTests(CommittingTestCase):
    """With commits, because the owner's connection deletes."""

    def setUp(self) -> None:
        super().setUp()
        self.now = usage.hour_of(clock.now())  # the trigger's clock can't be moved
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "ALTER TABLE llm_call DISABLE TRIGGER USER; DELETE FROM llm_call; DELETE FROM llm_usage_hour"
            )
            cursor.execute("ALTER TABLE llm_call ENABLE TRIGGER USER")

    def call(self, days: int, **fields: Any) -> LlmCall:
        """Made so many days ago."""
        return call(self.now - timedelta(days=days), **fields)

    def left(self) -> list[int]:
        """The age in days of the rows that are left."""
        made = LlmCall.objects.order_by("created_at").values_list("created_at", flat=True)
        return [(self.now - at).days for at in made]

    def test_old_rows_go_and_their_sums_stay(self) -> None:
        for days in (500, 401, 399, 1):
            self.call(days, cost="1.5")
            self.call(days, cost="2", tenant="beta")
        added_up = at_once(usage.roll_up, usage.roll_up, usage.roll_up)
        before = hours()

        call_command("prune_ledger", "--keep-days", "400", stdout=StringIO())
        usage.roll_up()

        self.assertEqual(sorted(map(bool, added_up)), [True] * 3)
        self.assertEqual(self.left(), [399, 399, 1, 1])
        self.assertEqual(sum(row[6] for row in before), Decimal(14))
        self.assertEqual(hours(), before)

    def test_what_was_never_added_up_is_before_it_goes(self) -> None:
        self.call(500, cost="3")
        self.call(1)

        usage.prune(keep_days=400)

        self.assertEqual(self.left(), [1])
        self.assertEqual([row[6] for row in hours()], [Decimal(3), Decimal("0.01")])

    def test_an_hour_that_may_be_added_up_again_loses_nothing(self) -> None:
        self.call(501)
        self.call(500, cost="3")
        self.call(500, cost="4", settled_at=self.now)  # a moment ago, so it is looked for until the next hour's sums
        self.call(1)

        usage.prune(keep_days=400)
        usage.roll_up()

        self.assertEqual(self.left(), [500, 500, 1])
        self.assertEqual([row[6] for row in hours()], [Decimal("0.01"), Decimal(7), Decimal("0.01")])

    def test_fewer_than_ninety_days_are_refused(self) -> None:
        self.call(95)

        with self.assertRaises(CommandError):
            call_command("prune_ledger", "--keep-days", "89")

        self.assertEqual(self.left(), [95])

    def test_the_owner_too_can_delete_nothing_that_is_young_or_open_or_not_added_up(self) -> None:
        self.call(89)
        usage.roll_up()
        self.call(500, tenant="beta")
        self.call(400, settled_at=None, latency_ms=None)

        for tenant in ("alpha", "beta"):
            with self.assertRaises(DatabaseError), transaction.atomic("owner"):
                LlmCall.objects.using("owner").filter(tenant=tenant)._raw_delete("owner")

        self.assertEqual(self.left(), [500, 400, 89])
