"""Money given back by Stripe, and unpaid invoices made void."""

from decimal import Decimal
from unittest import mock

from billing.models import Invoice
from billing.services import granting
from billing.services.stripe import client, papers, refunds
from compliance.audit.models import AuditEvent
from tests.payments.case import (
    WireCase,
    event,
    invoice,
)


class RefundTests(WireCase):
    def setUp(self) -> None:
        super().setUp()
        raw = self.shop.put(invoice())
        self.tell(event("invoice.paid", raw))
        self.row = Invoice.objects.get()
        self.shop.asked.clear()

    def test_money_is_given_back_by_a_credit_note_with_the_reason(self) -> None:
        note = refunds.refund(
            invoice_id=self.row.pk, amount_usd=Decimal("50.25"), reason="The export failed for a day."
        )

        self.assertEqual(
            self.asked("credit_notes"),
            {"invoice": "in_1", "amount": "5025", "refund_amount": "5025", "memo": "The export failed for a day."},
        )
        self.assertEqual((note.kind, note.corrects, note.total_usd), ("credit_note", self.row, Decimal("50.25")))
        told = AuditEvent.objects.get(action="invoice.refund_asked").detail
        self.assertEqual((told["amount"], told["reason"]), ("50.25", "The export failed for a day."))

    def test_absurd_amounts_and_reasons_are_refused_and_stripe_is_not_asked(self) -> None:
        reason = "The export failed for a day."
        for amount in ("0", "-1", "121.78", "0.001", "1000000"):
            with self.subTest(amount), self.assertRaises(refunds.BadRefund):
                refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(amount), reason=reason)
        for short in ("", "  ", "oops"):
            with self.subTest(short), self.assertRaises(granting.BadGrant):
                refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(1), reason=short)
        with self.assertRaises(refunds.BadRefund):
            refunds.void(invoice_id=self.row.pk, reason=reason)
        self.assertEqual(self.shop.asked, [])

    def test_more_than_the_rest_is_refused(self) -> None:
        refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(100), reason="The export failed for a day.")

        with self.assertRaises(refunds.BadRefund):
            refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal("21.78"), reason="The export failed for a day.")

        self.assertEqual(len(self.shop.posts("credit_notes")), 1)

    def test_an_answer_that_got_lost_is_not_a_second_refund(self) -> None:
        def act() -> Invoice:
            return refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(10), reason="The export failed for a day.")

        lost = mock.patch.object(papers, "keep_credit_note", side_effect=client.Unavailable)
        with lost, self.assertRaises(client.Unavailable):
            act()
        act()

        self.assertEqual((len(self.shop.of("credit_note")), self.row.corrections.count()), (1, 1))

    def test_an_unpaid_invoice_is_made_void(self) -> None:
        raw = self.shop.put(invoice("in_2", status="open"))
        self.tell(event("invoice.finalized", raw))
        row = Invoice.objects.get(stripe_id="in_2")

        self.assertEqual(refunds.void(invoice_id=row.pk, reason="Charged to the wrong account.").status, "void")
        with self.assertRaises(refunds.BadRefund):
            refunds.refund(invoice_id=row.pk, amount_usd=Decimal(1), reason="Charged to the wrong account.")
