"""What the database itself refuses of an issued invoice, and its sums whatever waits."""

from decimal import Decimal
from typing import Any

from django.db import DatabaseError, IntegrityError, transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing.models import Invoice, InvoiceLine, InvoiceSeries
from billing.services import invoicing, waiting
from billing.services.invoicing import NothingToInvoice
from billing.tests import invoiced
from billing.tests.test_invoicing import Case
from core import clock
from core.ids import uuid7


class NeverAgainTests(Case):
    """What the database itself refuses."""

    def setUp(self) -> None:
        super().setUp()
        self.invoice = invoiced.issued()
        self.line = self.invoice.lines.get()

    def test_its_contents_never_change(self) -> None:
        rows = Invoice.objects.filter(pk=self.invoice.pk)
        contents: list[dict[str, Any]] = [
            {"number": "2026-0002"},
            {"buyer": {}},
            {"seller": {}},
            {"subtotal_usd": 1, "total_usd": 1},
            {"tax_note": "x"},
            {"issued_at": clock.now()},
            {"due_at": clock.now()},
            {"kind": "credit_note", "corrects": self.invoice},
            {"source": "stripe"},
        ]
        for changes in contents:
            with self.subTest(changes), self.assertRaisesMessage(DatabaseError, "never changes"), transaction.atomic():
                rows.update(**changes)
        rows.update(status="paid", paid_at=clock.now(), payment_reference="TX 1")

    def test_what_is_paid_or_void_stays_so(self) -> None:
        rows = Invoice.objects.filter(pk=self.invoice.pk)
        rows.update(status="void")
        for changes in ({"status": "open"}, {"status": "paid", "paid_at": clock.now()}, {"payment_reference": "x"}):
            with self.subTest(changes), self.assertRaisesMessage(DatabaseError, "stays so"), transaction.atomic():
                rows.update(**changes)

    def test_it_never_goes(self) -> None:
        for delete in (
            Invoice.objects.filter(pk=self.invoice.pk)._raw_delete,
            InvoiceLine.objects.filter(pk=self.line.pk)._raw_delete,
            InvoiceSeries.objects.all()._raw_delete,
        ):
            with self.subTest(delete), self.assertRaisesMessage(DatabaseError, "stays."), transaction.atomic():
                delete("default")
        self.assertEqual((Invoice.objects.count(), self.invoice.lines.count()), (1, 1))

    def test_a_line_never_changes_and_stays_where_it_is(self) -> None:
        waits = invoiced.line()
        acts: list[tuple[InvoiceLine, dict[str, Any]]] = [
            (self.line, {"amount_usd": 1}),
            (self.line, {"text": "Another"}),
            (self.line, {"invoice": None}),
            (waits, {"amount_usd": 1}),
        ]
        for row, changes in acts:
            with self.subTest(changes), self.assertRaisesMessage(DatabaseError, "never changes"), transaction.atomic():
                InvoiceLine.objects.filter(pk=row.pk).update(**changes)

    def test_it_takes_no_further_line(self) -> None:
        waits = invoiced.line()
        message = "takes no further line"
        with self.assertRaisesMessage(DatabaseError, message), transaction.atomic():
            InvoiceLine.objects.filter(pk=waits.pk).update(invoice=self.invoice)
        with self.assertRaisesMessage(DatabaseError, message), transaction.atomic():
            invoiced.line(invoice=self.invoice)

        self.assertEqual(self.invoice.lines.get(), self.line)

    def test_it_is_the_sum_of_its_lines(self) -> None:
        row = Invoice.objects.get(pk=self.invoice.pk)
        row.pk, row.number = None, "2026-0099"
        row.id = uuid7()
        with self.assertRaisesMessage(IntegrityError, "the sum of its lines"), transaction.atomic():
            row.save(force_insert=True)

    def test_a_number_is_given_once_and_the_next_follows_it(self) -> None:
        for last in (0, 1, 3):
            with self.subTest(last), self.assertRaisesMessage(DatabaseError, "given once"), transaction.atomic():
                InvoiceSeries.objects.filter(code=self.invoice.number[:4]).update(last=last)
        waits = invoiced.line()
        copy = Invoice.objects.get(pk=self.invoice.pk)
        copy.id = uuid7()
        with self.assertRaisesMessage(IntegrityError, "one_invoice_a_number"), transaction.atomic():
            invoicing.attach([waits], copy)
            copy.save(force_insert=True)


class SumsTests(Case):
    def test_whatever_waits_the_sums_are_exact_or_everything_goes_on_waiting(self) -> None:
        @settings(max_examples=25, deadline=None)
        @given(
            st.lists(st.decimals("-5000", "5000", places=2).filter(bool), min_size=1, max_size=12),
            st.sampled_from([("PT", "PT501964843", 23), ("DE", "DE136695976", 0), ("DE", "", 23), ("US", "", 0)]),
        )
        @example([Decimal("0.99")], ("DE", "", 23))
        @example([Decimal("2.00"), Decimal("-1.00")], ("DE", "", 23))
        def check(amounts: list[Decimal], buyer: tuple[str, str, int]) -> None:
            with transaction.atomic():
                self.check(amounts, *buyer)
                transaction.set_rollback(True)

        check()

    def check(self, amounts: list[Decimal], country: str, tax_id: str, percent: int) -> None:
        invoiced.details(country=country, tax_id=tax_id)
        for amount in amounts:
            invoiced.line(str(amount))
        total = sum(amounts, Decimal(0))
        if total < waiting.LEAST_USD:
            with self.assertRaises(NothingToInvoice):
                self.issue()
            self.assertEqual(sorted(self.waiting()), sorted(amounts))
            return
        invoice = self.issue()
        invoice.refresh_from_db()
        self.assertEqual(sorted(line.amount_usd for line in invoice.lines.all()), sorted(amounts))
        self.assertEqual((invoice.subtotal_usd, invoice.tax_percent, self.waiting()), (total, percent, []))
        self.assertLessEqual(abs(invoice.tax_usd - total * percent / 100), Decimal("0.005"))
        self.assertEqual(invoice.total_usd, invoice.subtotal_usd + invoice.tax_usd)
