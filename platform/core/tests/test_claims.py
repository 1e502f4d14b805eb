"""One worker at a time works on a row, and a late one changes nothing."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

from django.db import OperationalError, connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from core import claims, due, tenancy
from core.claims import AlreadyClaimed, LeaseLost
from core.ids import uuid7
from core.models import Due
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from core.tests import rows

Mail = rows.model("interviews.Mail")


def end_lease(row: Any) -> None:
    """As if the worker that holds it had been gone for a while."""
    Mail.objects.filter(pk=row.pk).update(lease_until=Now() - timedelta(seconds=1))


def lease_seconds(row: Any) -> float:
    """How long the lease still runs, by the database's clock."""
    left: timedelta = Mail.objects.annotate(left=F("lease_until") - Now()).get(pk=row.pk).left
    return left.total_seconds()


class ReleaseTests(TenantTestCase):
    def test_a_process_that_ends_gives_its_leases_back_in_every_schema_and_renews_them_no_more(self) -> None:
        mine = rows.mail()
        with self.in_tenant(OTHER):
            theirs = rows.mail()
            self.enterContext(claims.take(Mail, theirs.pk))
        self.enterContext(claims.take(Mail, mine.pk))

        released = claims.release()

        self.assertCountEqual(released, [mine.pk, theirs.pk])
        self.assertLessEqual(lease_seconds(mine), 0)
        with self.in_tenant(OTHER):
            self.assertLessEqual(lease_seconds(theirs), 0)
        claims._renewer.renew()
        self.assertLessEqual(lease_seconds(mine), 0)

    def test_what_was_recorded_or_taken_by_another_meanwhile_is_left_alone(self) -> None:
        done, lost = rows.mail(), rows.mail()
        self.enterContext(claims.take(Mail, done.pk)).record("sent")
        self.enterContext(claims.take(Mail, lost.pk))
        Mail.objects.filter(pk=lost.pk).update(fence=F("fence") + 1)

        self.assertEqual(claims.release(), [])

        self.assertGreater(lease_seconds(lost), 5)
        self.assertEqual(Mail.objects.get(pk=done.pk).status, "sent")

    def test_a_result_that_comes_before_the_next_claim_still_counts(self) -> None:
        row = rows.mail()
        claim = self.enterContext(claims.take(Mail, row.pk))
        claims.release()

        claim.record("sent")

        self.assertEqual(Mail.objects.get(pk=row.pk).status, "sent")


class TakeTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.row = rows.mail()

    def stored(self) -> tuple[str, int, int, str]:
        row: tuple[str, int, int, str] = Mail.objects.values_list("status", "fence", "attempts", "error").get(
            pk=self.row.pk
        )
        return row

    def test_a_waiting_row_is_taken_by_one_update_with_a_lease_of_ten_seconds(self) -> None:
        with self.assertNumQueries(1), claims.take(Mail, self.row.pk, error="none yet") as claim:
            pass

        self.assertEqual(self.stored(), ("sending", 1, 1, "none yet"))
        self.assertEqual((claim.fence, claim.attempts, claim.schema), (1, 1, "alpha"))
        self.assertTrue(5 < lease_seconds(self.row) <= 10)

    def test_a_row_with_a_running_lease_is_refused(self) -> None:
        with claims.take(Mail, self.row.pk), self.assertRaises(AlreadyClaimed), claims.take(Mail, self.row.pk):
            self.fail("Both got it.")

        self.assertEqual(self.stored(), ("sending", 1, 1, ""))

    def test_a_row_whose_work_is_done_is_refused(self) -> None:
        with claims.take(Mail, self.row.pk) as claim:
            claim.record("sent")

        with self.assertRaises(AlreadyClaimed), claims.take(Mail, self.row.pk):
            self.fail("It was done.")

        self.assertEqual(self.stored(), ("sent", 1, 1, ""))

    def test_a_row_that_is_not_there_is_refused(self) -> None:
        with self.assertRaises(AlreadyClaimed), claims.take(Mail, uuid7()):
            self.fail("There is no such row.")

    def test_a_row_of_another_tenant_is_refused(self) -> None:
        with self.in_tenant(OTHER), self.assertRaises(AlreadyClaimed), claims.take(Mail, self.row.pk):
            self.fail("It is alpha's.")

        self.assertEqual(self.stored(), ("owed", 0, 0, ""))

    def test_a_lease_that_is_over_can_be_taken_and_the_fence_rises(self) -> None:
        with claims.take(Mail, self.row.pk):
            end_lease(self.row)

            with claims.take(Mail, self.row.pk) as second:
                self.assertEqual((second.fence, second.attempts), (2, 2))

        self.assertEqual(self.stored(), ("sending", 2, 2, ""))

    def test_recording_ends_the_lease_and_writes_the_changes(self) -> None:
        with claims.take(Mail, self.row.pk) as claim:
            claim.record("sent", error="")

        self.assertEqual(self.stored(), ("sent", 1, 1, ""))
        self.assertIsNone(Mail.objects.get(pk=self.row.pk).lease_until)
        self.assertEqual(claim.row.status, "sent")

    def test_a_late_worker_records_nothing_while_another_holds_the_row(self) -> None:
        with claims.take(Mail, self.row.pk) as late:
            end_lease(self.row)
            with claims.take(Mail, self.row.pk):
                with self.assertRaises(LeaseLost):
                    late.record("failed", error="late")

                self.assertEqual(self.stored(), ("sending", 2, 2, ""))
                self.assertEqual((late.row.status, late.row.error), ("sending", ""))

    def test_a_late_worker_records_nothing_after_another_was_done(self) -> None:
        with claims.take(Mail, self.row.pk) as late:
            end_lease(self.row)
            with claims.take(Mail, self.row.pk) as second:
                second.record("sent", error="second")

            with self.assertRaises(LeaseLost):
                late.record("failed", error="late")

        self.assertEqual(self.stored(), ("sent", 2, 2, "second"))

    def test_what_a_late_worker_wrote_beside_its_record_is_rolled_back(self) -> None:
        with claims.take(Mail, self.row.pk) as late:
            end_lease(self.row)
            with claims.take(Mail, self.row.pk), self.assertRaises(LeaseLost), transaction.atomic():
                Mail.objects.filter(pk=self.row.pk).update(error="beside")
                late.record("sent")

        self.assertEqual(self.stored(), ("sending", 2, 2, ""))

    def test_a_worker_whose_lease_ran_out_unnoticed_may_still_record(self) -> None:
        with claims.take(Mail, self.row.pk) as claim:
            end_lease(self.row)

            claim.record("sent")

        self.assertEqual(self.stored(), ("sent", 1, 1, ""))

    def test_a_block_that_fails_leaves_the_row_to_the_end_of_its_lease(self) -> None:
        with self.assertRaises(ZeroDivisionError), claims.take(Mail, self.row.pk):
            raise ZeroDivisionError

        self.assertEqual(self.stored(), ("sending", 1, 1, ""))
        self.assertEqual(claims._renewer._open, {})


class RenewTests(TenantTestCase):
    """One statement a table, in database time, and never for a claim that was lost or closed."""

    def setUp(self) -> None:
        super().setUp()
        self.row = rows.mail()

    def renewed_from(self, seconds: float) -> float:
        """What a renewal makes of a lease that runs for so many seconds."""
        Mail.objects.filter(pk=self.row.pk).update(lease_until=Now() + timedelta(seconds=seconds))
        claims._renewer.renew()
        return lease_seconds(self.row)

    def test_an_open_lease_runs_for_ten_seconds_again(self) -> None:
        with claims.take(Mail, self.row.pk):
            self.assertGreater(self.renewed_from(2), 8)

    def test_many_leases_cost_one_statement(self) -> None:
        second = rows.mail()
        with claims.take(Mail, self.row.pk), claims.take(Mail, second.pk), self.assertNumQueries(1):
            claims._renewer.renew()

    def test_a_lease_that_another_took_over_is_not_renewed_by_the_late_one(self) -> None:
        with claims.take(Mail, self.row.pk):
            Mail.objects.filter(pk=self.row.pk).update(fence=F("fence") + 1)

            self.assertLess(self.renewed_from(2), 3)

    def test_a_recorded_claim_is_not_renewed(self) -> None:
        with claims.take(Mail, self.row.pk) as claim:
            claim.record("sent")

            with self.assertNumQueries(0):
                claims._renewer.renew()

        self.assertIsNone(Mail.objects.get(pk=self.row.pk).lease_until)

    def test_it_renews_in_the_tenant_of_the_claim_whatever_the_thread_works_for(self) -> None:
        with claims.take(Mail, self.row.pk):
            Mail.objects.filter(pk=self.row.pk).update(lease_until=Now())
            with self.in_tenant(OTHER):
                claims._renewer.renew()

            self.assertGreater(lease_seconds(self.row), 8)


class AtOnceTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.row = rows.mail()

    def take(self) -> int:
        with claims.take(Mail, self.row.pk) as claim:
            return claim.fence

    def test_of_eight_takers_one_wins(self) -> None:
        results = at_once(*[self.take] * 8)

        self.assertEqual([result for result in results if isinstance(result, int)], [1])
        self.assertEqual(sum(isinstance(result, AlreadyClaimed) for result in results), 7)
        self.assertEqual(Mail.objects.get(pk=self.row.pk).attempts, 1)

    def test_of_eight_takers_of_a_lease_that_is_over_one_wins(self) -> None:
        self.take()
        end_lease(self.row)

        results = at_once(*[self.take] * 8)

        self.assertEqual([result for result in results if isinstance(result, int)], [2])
        self.assertEqual(Mail.objects.get(pk=self.row.pk).attempts, 2)

    def test_a_claim_is_committed_before_its_work_begins(self) -> None:
        with claims.take(Mail, self.row.pk):
            [seen] = at_once(lambda: Mail.objects.get(pk=self.row.pk).status)

        self.assertEqual(seen, "sending")

    def test_the_renewer_moves_the_lease_on_while_the_work_holds_no_connection(self) -> None:
        quick = mock.patch.object(claims, "RENEW_SECONDS", 0.05)
        with quick, mock.patch.object(claims, "_renewer", claims._Renewer()), claims.take(Mail, self.row.pk):
            end_lease(self.row)
            connections["default"].close()
            self.assertTrue(_within(5, lambda: lease_seconds(self.row) > 8))
            self.assertIsInstance(at_once(self.take)[0], AlreadyClaimed)

        self.assertEqual(tenancy.schema(), "alpha")
        self.assertFalse(connection.in_atomic_block)

    def test_where_the_database_breaks_off_the_lease_ends_once_it_is_back_and_the_sweeper_looks_at_once(self) -> None:
        due.owe("mail", self.row.pk, after=timedelta(seconds=60))
        quick = mock.patch.object(claims, "RETRY_SECONDS", 0.05)
        ended = mock.Mock(side_effect=[OperationalError, mock.DEFAULT], wraps=claims._ended)
        with (
            quick,
            mock.patch.object(claims, "_renewer", claims._Renewer()),
            mock.patch.object(claims, "_ended", ended),
        ):
            with self.assertRaises(OperationalError), claims.take(Mail, self.row.pk):
                raise OperationalError("the server closed the connection")

            self.assertTrue(_within(5, lambda: lease_seconds(self.row) <= 0))
            self.assertTrue(_within(5, lambda: not claims._renewer._abandoned))

        self.assertEqual(ended.call_count, 2)
        self.assertTrue(Due.objects.filter(object_id=self.row.pk, due_at__lte=Now()).exists())
        self.assertEqual(at_once(self.take), [2])


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.02)
    return False
