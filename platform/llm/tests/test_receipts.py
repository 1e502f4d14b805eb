"""A receipt is the exact sum of an interview's rows, before and after the ledger lets go of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock
from uuid import UUID

from django.db import DatabaseError, connections, transaction
from django.db.models import Sum

from core import clock
from core.ids import uuid7
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from llm import receipts, usage
from llm.models import LlmCall, ReceiptSum
from llm.models.receipts import NO_INTERVIEW
from llm.receipts import Receipt
from llm.tests.made import call

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)
MARCH = date(2026, 3, 1)


def receipt(interview_id: UUID, tenant: str | None = "alpha") -> Receipt:
    return receipts.of([interview_id], tenant=tenant)[interview_id]


class ReceiptTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview_id = uuid7()

    def call(self, **fields: Any) -> LlmCall:
        return call(TEN, **{"interview_id": self.interview_id} | fields)

    def test_calls_of_one_kind_are_one_line_with_every_decimal(self) -> None:
        self.call(cost="0.00000001", tokens_in=100, tokens_cached=40, tokens_out=7)
        self.call(cost="1.20000002", tokens_in=11, tokens_out=2, attempt=2, error_kind="timeout")
        self.call(cost="0.5", feature="evaluation", model="large", source="batch", saved_usd=Decimal("0.25"))
        self.call(cost="0", source="template", model="", provider="", saved_usd=Decimal("0.00000003"))
        call(TEN, interview_id=uuid7(), cost="9")
        call(TEN, cost="9")

        found = receipt(self.interview_id)

        named = ("feature", "model", "source", "calls", "failures", "tokens_in", "tokens_cached", "tokens_out")
        self.assertEqual(
            [tuple(getattr(line, name) for name in named) for line in found.lines],
            [
                ("evaluation", "large", "batch", 1, 0, 0, 0, 0),
                ("interview_turn", "m", "provider", 2, 1, 111, 40, 9),
                ("interview_turn", "", "template", 1, 0, 0, 0, 0),
            ],
        )
        self.assertEqual([line.cost_usd for line in found.lines], [Decimal("0.5"), Decimal("1.20000003"), Decimal(0)])
        self.assertEqual((found.cost_usd, found.saved_usd), (Decimal("1.70000003"), Decimal("0.25000003")))

    def test_what_the_tenant_s_own_keys_paid_stands_apart_and_is_in_the_ledger_s_sum(self) -> None:
        self.call(cost="0.3")
        self.call(cost="0.4", own_key=True)

        found = receipt(self.interview_id)

        self.assertEqual(
            (found.cost_usd, found.own_usd, found.ledger_usd), (Decimal("0.3"), Decimal("0.4"), Decimal("0.7"))
        )
        self.assertEqual([len(found.ours), len(found.own)], [1, 1])

    def test_what_nobody_knows_is_counted_and_is_never_a_price_of_nothing(self) -> None:
        self.call(cost=None, model="free?")
        self.call(cost="0", model="dead", error_kind="lost")
        self.call(cost=None, model="open", settled_at=None, latency_ms=None)
        self.call(cost="0.2", model="both")
        self.call(cost=None, model="both")

        found = receipt(self.interview_id)

        self.assertEqual((found.unpriced, found.lost, found.unsettled, found.unknown), (2, 1, 1, 4))
        known = {line.model: line.known_usd for line in found.lines}
        self.assertEqual(known, {"free?": None, "dead": None, "open": None, "both": Decimal("0.2")})
        self.assertEqual((found.calls, found.cost_usd), (4, Decimal("0.2")))

    def test_another_tenant_s_rows_are_never_on_it(self) -> None:
        self.call(cost="1")
        self.call(cost="2", tenant=OTHER)

        self.assertEqual(receipt(self.interview_id).ledger_usd, 1)
        self.assertEqual(receipt(self.interview_id, OTHER).ledger_usd, 2)
        self.assertEqual([line.tenant for line in receipt(self.interview_id, None).lines], ["alpha", "beta"])

    def test_many_receipts_take_one_query_and_who_has_no_call_an_empty_one(self) -> None:
        others = [uuid7() for _ in range(20)]
        for one in others:
            call(TEN, interview_id=one, cost="0.1")

        with self.assertNumQueries(1):
            found = receipts.of([*others, self.interview_id], tenant="alpha")

        self.assertEqual(sum(one.ledger_usd for one in found.values()), 2)
        self.assertEqual(found[self.interview_id], Receipt())

    def test_a_month_says_what_belongs_to_no_one_interview(self) -> None:
        self.call(cost="1")
        call(TEN, feature="question_drafts", cost="0.25")
        call(datetime(2026, 4, 1, tzinfo=UTC), cost="7")
        call(datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=UTC), feature="resume_analysis", cost="0.5")
        call(TEN, tenant=OTHER, cost="9")

        with self.assertNumQueries(1):
            found = receipts.of_month("alpha", MARCH)

        self.assertEqual(found.of_interviews.ledger_usd, 1)
        self.assertEqual(
            [(line.feature, line.cost_usd) for line in found.beside.lines],
            [("question_drafts", Decimal("0.25")), ("resume_analysis", Decimal("0.5"))],
        )


class DeletedRowsTests(CommittingTestCase):
    """With commits, because the owner's connection deletes."""

    def setUp(self) -> None:
        super().setUp()
        self.now = usage.hour_of(clock.now())  # the triggers' clock can't be moved
        self.interview_id = uuid7()
        with connections["owner"].cursor() as cursor:
            for table in ("llm_call", "llm_receipt_sum"):
                cursor.execute(
                    f"ALTER TABLE {table} DISABLE TRIGGER USER; DELETE FROM {table};"
                    f" ALTER TABLE {table} ENABLE TRIGGER USER; DELETE FROM llm_usage_hour"
                )

    def call(self, days: int, minutes: int = 0, **fields: Any) -> LlmCall:
        at = self.now - timedelta(days=days) + timedelta(minutes=minutes)
        return call(at, **{"interview_id": self.interview_id} | fields)

    def left(self) -> int:
        return LlmCall.objects.filter(interview_id=self.interview_id).count()

    def lay_out(self) -> None:
        """An interview on both sides of the boundary, with all that a line can hold; the hour after it is settled."""
        self.call(101, cost="0.00000001", tokens_in=100, tokens_cached=40, tokens_out=7)
        self.call(101, cost="0.10000002", error_kind="timeout")
        self.call(101, cost="2", own_key=True)
        self.call(101, cost=None, model="unpriced")
        self.call(101, cost="0", model="dead", error_kind="lost")
        self.call(101, cost="0", source="cache", saved_usd=Decimal("0.00000007"))
        self.call(100, cost="0.3", feature="evaluation")
        self.call(99, cost="0.00000005", tokens_in=3)
        self.call(99, cost="5", interview_id=None, feature="question_drafts")
        self.call(1, cost="0.00000011", feature="evaluation_retest")

    def test_nothing_of_a_receipt_changes_when_its_rows_go(self) -> None:
        self.lay_out()
        before = receipt(self.interview_id)

        for keep in (100, 95, 90):
            usage.prune(keep_days=keep)

            self.assertEqual(receipt(self.interview_id), before)

        self.assertEqual((self.left(), before.calls), (1, 9))
        self.assertEqual((before.cost_usd, before.own_usd), (Decimal("0.40000019"), Decimal(2)))
        self.assertEqual((before.unpriced, before.lost), (1, 1))

    def test_a_row_that_is_settled_after_its_neighbours_went_is_added(self) -> None:
        """Its own hour stays until it is settled; of the hours around it the rows are gone."""
        self.call(101, cost="0.00000001")
        late = self.call(100, settled_at=None, latency_ms=None, cost=None, source="batch")
        self.call(100, 10, cost="0.00000002")
        self.call(2)
        usage.prune(keep_days=90)
        self.assertEqual((self.left(), receipt(self.interview_id).unsettled), (3, 1))

        ended = {"cost_usd": Decimal("0.00000005"), "latency_ms": 1, "settled_at": self.now - timedelta(days=2)}
        LlmCall.objects.filter(id=late.id).update(**ended)
        self.call(1)
        settled = receipt(self.interview_id)
        usage.prune(keep_days=90)

        self.assertEqual((self.left(), receipt(self.interview_id)), (2, settled))
        self.assertEqual((settled.ledger_usd, settled.unsettled), (Decimal("0.02000008"), 0))

    def test_the_kept_sums_and_the_rows_are_all_that_was_ever_called(self) -> None:
        at = self.now - timedelta(days=120)
        before = self.total()
        ids = [uuid7() for _ in range(20)]
        for place, one in enumerate(ids):
            for attempt in range(5):
                call(at + timedelta(days=place * 3), interview_id=one, cost=f"0.0000{place:02}{attempt:02}", attempt=1)
        made = self.total() - before

        usage.prune(keep_days=90)

        self.assertEqual(self.total() - before, made)
        self.assertEqual(sum(one.ledger_usd for one in receipts.of(ids).values()), made)
        self.assertLess(LlmCall.objects.filter(interview_id__in=ids).count(), 60)

    def test_whoever_looks_while_rows_are_deleted_sees_the_same_receipt(self) -> None:
        for minutes in range(60):
            self.call(100, minutes, cost="0.00000001")
        self.call(1, interview_id=None)
        before = receipt(self.interview_id)

        def look() -> set[Receipt]:
            return {receipt(self.interview_id) for _ in range(150)}

        with mock.patch.object(usage, "DELETED_AT_ONCE", 3):
            deleted, *seen = at_once(lambda: usage.prune(keep_days=90), look, look)

        self.assertEqual((deleted, seen), (60, [{before}, {before}]))

    def test_the_months_too_stay_as_they_were(self) -> None:
        self.lay_out()
        month = (self.now - timedelta(days=99)).date().replace(day=1)
        before = receipts.of_month("alpha", month)

        usage.prune(keep_days=90)

        self.assertEqual(receipts.of_month("alpha", month), before)
        self.assertIn(("question_drafts", Decimal(5)), [(line.feature, line.cost_usd) for line in before.beside.lines])
        self.assertTrue(ReceiptSum.objects.filter(interview_id=NO_INTERVIEW).exists())

    def test_nobody_but_the_ledger_writes_the_kept_sums(self) -> None:
        self.call(95, cost="1")
        self.call(1, interview_id=None)
        usage.prune(keep_days=90)
        [kept] = ReceiptSum.objects.filter(interview_id=self.interview_id)

        for alias in ("default", "owner"):
            rows = ReceiptSum.objects.using(alias).filter(pk=kept.pk)
            for write in (
                lambda rows=rows: rows.update(cost_usd=0),
                lambda rows=rows: rows._raw_delete(rows.db),
                lambda alias=alias: ReceiptSum.objects.using(alias).bulk_create([self.another(kept)]),
                lambda alias=alias: self.truncate(alias),
            ):
                with self.subTest(alias), self.assertRaises(DatabaseError), transaction.atomic(alias):
                    write()

        self.assertEqual(receipt(self.interview_id).ledger_usd, 1)

    def another(self, kept: ReceiptSum) -> ReceiptSum:
        fields = {field.attname: getattr(kept, field.attname) for field in kept._meta.concrete_fields}
        return ReceiptSum(**fields | {"id": uuid7(), "feature": "other"})

    def truncate(self, alias: str) -> None:
        with connections[alias].cursor() as cursor:
            cursor.execute("TRUNCATE public.llm_receipt_sum")

    def total(self) -> Decimal:
        parts = (LlmCall.objects.aggregate(sum=Sum("cost_usd")), ReceiptSum.objects.aggregate(sum=Sum("cost_usd")))
        return sum((part["sum"] or Decimal(0) for part in parts), Decimal(0))
