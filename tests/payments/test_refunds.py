"""Money given back by Stripe, and unpaid invoices made void."""

from decimal import Decimal
from typing import Any
from unittest import mock

from billing.models import Invoice
from billing.services import granting, settling
from billing.services.stripe import client, papers, refunds
from compliance.audit.models import AuditEvent
from core import tenancy
from core.ids import uuid7
from tests.payments.case import (
    WireCase,
    event,
    invoice,
)

REASON = "The export failed for a day."


class RefundTests(WireCase):
    def setUp(self) -> None:
        super().setUp()
        raw = self.shop.put(invoice())
        self.tell(event("invoice.paid", raw))
        self.row = Invoice.objects.get()
        self.by = uuid7()
        self.shop.asked.clear()

    def test_money_is_given_back_by_a_credit_note_with_the_reason(self) -> None:
        note = refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal("50.25"), reason=REASON, by=self.by)

        self.assertEqual(
            self.asked("credit_notes"),
            {"invoice": "in_1", "amount": "5025", "refund_amount": "5025", "memo": "The export failed for a day."},
        )
        self.assertEqual((note.kind, note.corrects, note.total_usd), ("credit_note", self.row, Decimal("50.25")))
        told = {"number": "CNDR-in_1", "amount": "50.25", "reason": "The export failed for a day."}
        events = AuditEvent.objects.filter(action="invoice.refund_asked")
        self.assertEqual([(one.actor_type, one.actor_id, one.detail) for one in events], [("platform", self.by, told)])
        with tenancy.enter_platform():
            self.assertEqual([one.detail for one in events.all()], [told | {"tenant": "alpha"}])

    def test_absurd_amounts_and_reasons_are_refused_and_stripe_is_not_asked(self) -> None:
        for amount in ("0", "-1", "121.78", "0.001", "1000000"):
            with self.subTest(amount), self.assertRaises(refunds.BadRefund):
                refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(amount), reason=REASON, by=self.by)
        for short in ("", "  ", "oops"):
            with self.subTest(short), self.assertRaises(granting.BadGrant):
                refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(1), reason=short, by=self.by)
        with self.assertRaises(refunds.BadRefund):
            refunds.void(invoice_id=self.row.pk, reason=REASON, by=self.by)
        self.assertEqual(self.shop.asked, [])

    def test_more_than_the_rest_is_refused(self) -> None:
        refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(100), reason=REASON, by=self.by)

        with self.assertRaises(refunds.BadRefund):
            refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal("21.78"), reason=REASON, by=self.by)

        self.assertEqual(len(self.shop.posts("credit_notes")), 1)

    def test_the_same_money_is_not_given_back_by_two_people(self) -> None:
        """Both saw that nothing was given back yet; the second one is told."""
        for by in (self.by, uuid7()):
            given = refunds.refund if by == self.by else self.refused
            given(
                invoice_id=self.row.pk,
                amount_usd=Decimal(50),
                reason=REASON,
                by=by,
                left_usd=Decimal("121.77"),
            )

        self.assertEqual((len(self.shop.posts("credit_notes")), self.row.corrections.count()), (1, 1))

    def refused(self, **asked: Any) -> None:
        with self.assertRaises(settling.SeenOtherwise):
            refunds.refund(**asked)

    def test_an_answer_that_got_lost_is_not_a_second_refund(self) -> None:
        def act() -> Invoice:
            return refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(10), reason=REASON, by=self.by)

        lost = mock.patch.object(papers, "keep_credit_note", side_effect=client.Unavailable)
        with lost, self.assertRaises(client.Unavailable):
            act()
        act()

        self.assertEqual((len(self.shop.of("credit_note")), self.row.corrections.count()), (1, 1))

    def test_an_unpaid_invoice_is_made_void(self) -> None:
        raw = self.shop.put(invoice("in_2", status="open"))
        self.tell(event("invoice.finalized", raw))
        row = Invoice.objects.get(stripe_id="in_2")

        self.assertEqual(refunds.void(invoice_id=row.pk, reason=REASON, by=self.by).status, "void")
        with self.assertRaises(refunds.BadRefund):
            refunds.refund(invoice_id=row.pk, amount_usd=Decimal(1), reason=REASON, by=self.by)
        self.assertEqual(self.shop.posts("credit_notes"), [])
