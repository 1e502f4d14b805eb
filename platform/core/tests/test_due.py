"""What is owed is one row until it is done, and is sent again until then."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.functions import TransactionNow
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django_tenants.utils import get_tenant_model

from core import due, tenancy
from core.due import NotRetryable, Owed, UnknownKind
from core.ids import uuid7
from core.models import Due
from core.testing import HOME, OTHER, CommittingTestCase, TenantTestCase, at_once

LONG_AGO = timedelta(hours=-2)
AN_HOUR_AGO = timedelta(hours=-1)
retried: list[tuple[str, UUID]] = []

due.register(
    "test.letter",
    task="core.tests.letter",
    keyword="letter_id",
    retry=lambda object_id: retried.append((tenancy.schema(), object_id)),
)
due.register("test.parcel", task="core.tests.parcel", keyword="parcel_id")


def sweep() -> list[Owed]:
    """What one sweep sends."""
    sent: list[Owed] = []
    due.sweep(sent.append)
    return sent


def seconds_left(object_id: UUID, since: Any = None) -> float:
    """Until the sweeper looks at it, by the database's clock: from now, or from the transaction's beginning."""
    left: timedelta = Due.objects.annotate(left=F("due_at") - (since or Now())).get(object_id=object_id).left
    return left.total_seconds()


class OweTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.work_id = uuid7()

    def rows(self) -> list[tuple[str, str, UUID, int, str]]:
        return list(Due.objects.values_list("tenant", "kind", "object_id", "attempts", "error"))

    def test_it_is_one_row_with_its_tenant_and_a_first_look_after_five_seconds(self) -> None:
        due.owe("test.letter", self.work_id)

        self.assertEqual(self.rows(), [("alpha", "test.letter", self.work_id, 0, "")])
        self.assertTrue(2 < seconds_left(self.work_id) <= 5)

    def test_owing_it_again_keeps_one_row_and_starts_it_anew(self) -> None:
        due.owe("test.letter", self.work_id, after=LONG_AGO)
        sweep()
        due.fail("test.letter", self.work_id, "it broke")

        due.owe("test.letter", self.work_id, after=timedelta(hours=1))

        self.assertEqual(self.rows(), [("alpha", "test.letter", self.work_id, 0, "")])
        self.assertIsNone(Due.objects.get().failed_at)
        self.assertTrue(3590 < seconds_left(self.work_id) <= 3600)

    def test_it_stands_beside_other_kinds_and_other_tenants(self) -> None:
        due.owe("test.letter", self.work_id)
        due.owe("test.parcel", self.work_id)
        with self.in_tenant(OTHER):
            due.owe("test.letter", self.work_id)

        self.assertEqual(Due.objects.count(), 3)

    def test_settling_takes_away_this_row_alone(self) -> None:
        due.owe("test.letter", self.work_id)
        due.owe("test.parcel", self.work_id)
        with self.in_tenant(OTHER):
            due.owe("test.letter", self.work_id)

        due.settle("test.letter", self.work_id)

        self.assertEqual(
            [row[:3] for row in self.rows()],
            [("alpha", "test.parcel", self.work_id), ("beta", "test.letter", self.work_id)],
        )

    def test_settling_what_is_not_owed_is_no_error(self) -> None:
        due.settle("test.letter", self.work_id)

        self.assertEqual(self.rows(), [])

    def test_a_kind_that_nobody_registered_is_refused_and_not_stored(self) -> None:
        with self.assertRaises(UnknownKind):
            due.owe("test.nothing", self.work_id)

        self.assertEqual(self.rows(), [])

    def test_it_is_not_owed_when_its_transaction_rolls_back(self) -> None:
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            due.owe("test.letter", self.work_id)
            raise ZeroDivisionError

        self.assertEqual(self.rows(), [])

    def test_without_a_tenant_nothing_can_be_owed(self) -> None:
        tenancy.use(tenancy.Platform())

        with self.assertRaises(tenancy.NoTenant):
            due.owe("test.letter", self.work_id)

        self.assertEqual(self.rows(), [])


class SweepTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.work_id = uuid7()

    def test_what_is_due_is_sent_and_what_is_not_yet_due_waits(self) -> None:
        due.owe("test.letter", self.work_id, after=AN_HOUR_AGO)
        due.owe("test.parcel", self.work_id, after=timedelta(seconds=60))

        self.assertEqual(sweep(), [Owed("alpha", "test.letter", self.work_id, 1)])

    def test_it_is_one_statement_for_all_tenants(self) -> None:
        with self.in_tenant(OTHER):
            due.owe("test.letter", self.work_id, after=LONG_AGO)
        due.owe("test.letter", self.work_id, after=AN_HOUR_AGO)

        with self.assertNumQueries(1):
            sent = sweep()

        self.assertEqual({owed.tenant for owed in sent}, {HOME, OTHER})

    def test_a_sweep_can_be_for_some_kinds_for_the_others_and_for_few_rows(self) -> None:
        for kind in ("test.letter", "test.letter", "test.parcel"):
            due.owe(kind, uuid7(), after=AN_HOUR_AGO)
        sent: list[Owed] = []

        due.sweep(sent.append, but=["test.letter"])
        others = [owed.kind for owed in sent]
        due.sweep(sent.append, only=["test.letter"], most=1)

        self.assertEqual((others, [owed.kind for owed in sent]), (["test.parcel"], ["test.parcel", "test.letter"]))
        self.assertEqual(sum(row.attempts == 0 for row in Due.objects.all()), 1)

    def test_it_counts_what_it_sent(self) -> None:
        for _ in range(3):
            due.owe("test.letter", uuid7(), after=AN_HOUR_AGO)

        self.assertEqual(due.sweep(lambda owed: None), 3)
        self.assertEqual(due.sweep(lambda owed: None), 0)

    def test_it_is_looked_at_four_times_soon_and_then_after_a_pause_that_doubles_up_to_ten_minutes(
        self,
    ) -> None:
        due.owe("test.letter", self.work_id, after=AN_HOUR_AGO)
        pauses = []
        for _ in range(12):
            Due.objects.update(due_at=Now() + LONG_AGO)
            sweep()
            pauses.append(seconds_left(self.work_id, TransactionNow()))

        self.assertEqual(pauses, [5, 5, 5, 5, 10, 20, 40, 80, 160, 320, 600, 600])
        self.assertEqual(Due.objects.get().attempts, 12)

    def test_the_longest_due_go_first_when_there_are_more_than_a_batch(self) -> None:
        old, new = uuid7(), uuid7()
        due.owe("test.letter", old, after=LONG_AGO)
        due.owe("test.letter", new, after=AN_HOUR_AGO)

        found: list[list[UUID]] = []
        for _ in range(3):
            sent: list[Owed] = []
            due.sweep(sent.append, most=1)
            found.append([owed.object_id for owed in sent])

        self.assertEqual(found, [[old], [new], []])

    def test_rows_of_a_suspended_tenant_wait_as_they_are_until_it_is_back(self) -> None:
        due.owe("test.letter", self.work_id, after=LONG_AGO)
        tenants = get_tenant_model().objects.filter(schema_name="alpha")
        tenants.update(status="suspended")

        self.assertEqual(sweep(), [])
        self.assertEqual(Due.objects.get().attempts, 0)

        tenants.update(status="ready")
        self.assertEqual(len(sweep()), 1)

    def test_rows_of_a_tenant_that_is_no_more_are_never_sent(self) -> None:
        Due.objects.create(tenant="gone", kind="test.letter", object_id=self.work_id, due_at=Now() + LONG_AGO)

        self.assertEqual(sweep(), [])

    def test_failed_work_is_not_sent(self) -> None:
        due.owe("test.letter", self.work_id, after=LONG_AGO)
        due.fail("test.letter", self.work_id, "x" * 100)

        self.assertEqual(sweep(), [])
        row = Due.objects.get()
        self.assertEqual((row.error, row.attempts), ("x" * 60, 0))
        self.assertIsNotNone(row.failed_at)


class HastenTests(TenantTestCase):
    def test_what_a_worker_gave_back_is_due_at_once_and_nothing_else_is(self) -> None:
        back, other, failed = uuid7(), uuid7(), uuid7()
        for object_id in (back, other, failed):
            due.owe("test.letter", object_id, after=timedelta(hours=1))
        due.fail("test.letter", failed, "it broke")

        due.hasten([back, failed])

        self.assertLessEqual(seconds_left(back), 0)
        self.assertGreater(seconds_left(other), 3590)
        self.assertGreater(seconds_left(failed), 3590)

    def test_nothing_given_back_is_no_statement(self) -> None:
        with self.assertNumQueries(0):
            due.hasten([])


class RetryTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.work_id = uuid7()
        retried.clear()

    def test_failed_work_is_retried_inside_its_own_tenant_and_the_caller_stays_where_it_was(self) -> None:
        due.owe("test.letter", self.work_id)
        due.fail("test.letter", self.work_id, "it broke")
        tenancy.use(tenancy.Platform())

        due.retry(Due.objects.get())

        self.assertEqual(retried, [("alpha", self.work_id)])
        self.assertEqual(tenancy.in_use(), tenancy.Platform())

    def test_what_did_not_fail_is_refused(self) -> None:
        due.owe("test.letter", self.work_id)

        with self.assertRaises(NotRetryable):
            due.retry(Due.objects.get())

        self.assertEqual(retried, [])

    def test_a_kind_that_nothing_retries_is_refused(self) -> None:
        due.owe("test.parcel", self.work_id)
        due.fail("test.parcel", self.work_id, "it broke")

        with self.assertRaises(NotRetryable):
            due.retry(Due.objects.get())


class TwoSweepersTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        Due.objects.all().delete()
        self.ids = [uuid7() for _ in range(40)]
        for object_id in self.ids:
            due.owe("test.letter", object_id, after=LONG_AGO)

    def test_a_second_sweeper_neither_waits_for_the_rows_of_the_first_nor_sends_them_again(self) -> None:
        with transaction.atomic():
            first = sweep()
            [second] = at_once(sweep)

        self.assertEqual((len(first), second), (40, []))

    def test_of_rows_that_another_connection_holds_the_rest_are_sent(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT object_id FROM due ORDER BY id LIMIT 15 FOR UPDATE")
            held = {row[0] for row in cursor.fetchall()}
            [sent] = at_once(sweep)

        self.assertEqual({owed.object_id for owed in sent}, set(self.ids) - held)

    def test_four_sweepers_at_once_send_every_row_exactly_once(self) -> None:
        results = at_once(*[sweep] * 4)

        sent = [owed.object_id for result in results for owed in result]
        self.assertCountEqual(sent, self.ids)

    def test_a_hint_that_cannot_be_sent_leaves_the_row_for_the_next_look(self) -> None:
        def broken(owed: Owed) -> None:
            raise OSError

        with self.assertRaises(OSError):
            due.sweep(broken)

        self.assertEqual(Due.objects.filter(attempts=1, failed_at=None, due_at__gt=Now()).count(), 40)
