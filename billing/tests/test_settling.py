"""Paid, void, credited: what becomes of an invoice, each once, with exact sums."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import SimpleTestCase
from hypothesis import example, given
from hypothesis import strategies as st

from billing.models import Invoice, Subscription
from billing.services import invoicing, settling, tax
from billing.services.granting import BadGrant
from billing.services.settling import BadAmount, NotPossible
from billing.tests import invoiced
from billing.tests.invoiced import REASON
from core import clock, tenancy
from core.testing import HOME, OTHER, CommittingTestCase, TenantTestCase, at_once
from tenants.tests.supported import staff, trail

AT_HOME = {"country": "PT", "tax_id": "PT501964843"}


class Case(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = staff()
        self.invoice = invoiced.issued("100.00", **AT_HOME)  # 123.00 with tax

    def pay(self, **changes: Any) -> Invoice:
        how: dict[str, Any] = {"on": clock.now().date(), "reference": "TX 4711"} | changes
        return settling.mark_paid(invoice_id=self.invoice.pk, by=self.root.pk, **how)

    def void(self, **changes: Any) -> Invoice:
        return settling.void(invoice_id=self.invoice.pk, by=self.root.pk, **({"reason": REASON} | changes))

    def credit(self, total: str | None = None, **changes: Any) -> Invoice:
        how = {"reason": REASON, "total_usd": Decimal(total) if total is not None else None} | changes
        return settling.credit(invoice_id=self.invoice.pk, by=self.root.pk, **how)

    def now(self) -> Invoice:
        return Invoice.objects.get(pk=self.invoice.pk)

    def notes(self) -> list[tuple[Decimal, Decimal, Decimal]]:
        rows = Invoice.objects.filter(kind="credit_note").order_by("number")
        return list(rows.values_list("subtotal_usd", "tax_usd", "total_usd"))


class PaidTests(Case):
    def test_it_says_when_and_by_which_reference_and_both_trails_know(self) -> None:
        today = clock.now().date()

        self.pay(reference="  TX   4711 ")

        paid = self.now()
        self.assertEqual((paid.status, paid.payment_reference), ("paid", "TX 4711"))
        self.assertEqual(paid.paid_at and paid.paid_at.date(), today)
        detail = {"number": paid.number, "on": today.isoformat(), "reference": "TX 4711"}
        self.assertEqual(trail(action="invoice.paid"), [("invoice.paid", "platform", self.root.pk, detail)])
        with tenancy.enter_platform():
            self.assertEqual(trail(action="invoice.paid")[0][3], detail | {"tenant": HOME})
        with self.in_tenant(OTHER):
            self.assertEqual(trail(action="invoice.paid"), [])

    def test_not_on_a_day_to_come_nor_before_it_was_issued_nor_without_a_reference(self) -> None:
        today = clock.now().date()
        for wrong in (
            {"on": today + timedelta(days=1)},
            {"on": today - timedelta(days=1)},
            {"reference": "  "},
            {"reference": "x" * 201},
        ):
            with self.subTest(wrong), self.assertRaises(BadAmount):
                self.pay(**wrong)

        self.assertEqual((self.now().status, trail(action="invoice.paid")), ("open", []))

    def test_not_twice_and_not_what_is_void(self) -> None:
        self.pay()
        with self.assertRaisesMessage(NotPossible, f"{self.invoice.number} is paid already."):
            self.pay(reference="TX 9")
        self.assertEqual(self.now().payment_reference, "TX 4711")

        self.invoice = invoiced.issued()
        self.void()
        with self.assertRaisesMessage(NotPossible, "is void already"):
            self.pay()

    def test_what_is_stripe_s_is_settled_there(self) -> None:
        made = Invoice.objects.create(
            **dict.fromkeys(("subtotal_usd", "total_usd"), Decimal(1)),
            subscription=invoiced.subscription(),
            source="stripe",
            stripe_id="in_1",
            number="S-1",
            issued_at=clock.now(),
        )
        self.invoice = made
        for act in (self.pay, self.void, self.credit):
            with self.assertRaisesMessage(NotPossible, "Stripe's"):
                act()
        self.assertEqual(self.now().status, "open")


class VoidTests(Case):
    def test_nothing_is_owed_by_it_and_its_number_stays(self) -> None:
        self.void()

        self.assertEqual((self.now().status, self.now().number), ("void", self.invoice.number))
        self.assertEqual(self.invoice.subscription.lines.filter(invoice=None).count(), 0)
        detail = {"number": self.invoice.number, "reason": REASON, "again": False}
        self.assertEqual(trail(action="invoice.voided"), [("invoice.voided", "platform", self.root.pk, detail)])

    def test_its_lines_are_charged_again_once_if_asked(self) -> None:
        self.void(again=True)
        with self.assertRaises(NotPossible):
            self.void(again=True)

        again = invoicing.issue(subscription_id=self.invoice.subscription_id)
        self.assertEqual((again.total_usd, again.lines.count()), (Decimal("123.00"), 1))
        self.assertNotEqual(again.number, self.invoice.number)

    def test_not_what_is_paid_or_was_credited_nor_a_credit_note_nor_without_a_reason(self) -> None:
        with self.assertRaises(BadGrant):
            self.void(reason="no")
        note = self.credit("1.00")
        for row in (self.invoice, note):
            with self.assertRaises(NotPossible):
                settling.void(invoice_id=row.pk, reason=REASON, by=self.root.pk)
        self.pay()
        with self.assertRaises(NotPossible):
            self.void()

        self.assertEqual(self.now().status, "paid")
        self.assertEqual(trail(action="invoice.voided"), [])


class CreditTests(Case):
    def test_all_of_an_open_invoice_settles_both(self) -> None:
        note = self.credit()

        self.assertEqual((note.number[:3], note.corrects_id, note.status), ("CN-", self.invoice.pk, "paid"))
        self.assertEqual(self.notes(), [(Decimal("100.00"), Decimal("23.00"), Decimal("123.00"))])
        self.assertEqual((note.lines.get().text, note.buyer), (REASON, self.invoice.buyer))
        settled = self.now()
        self.assertEqual((settled.status, settled.payment_reference), ("paid", note.number))
        self.assertEqual(invoiced.notices(), ["issued", "issued"])

    def test_parts_add_up_to_the_whole_and_never_to_more(self) -> None:
        for part in ("0.01", "61.50", "33.33"):
            self.credit(part)
        with self.assertRaisesMessage(BadAmount, "Between $0.01 and $28.16"):
            self.credit("28.17")
        self.assertEqual(self.now().status, "open")
        self.credit()
        with self.assertRaisesMessage(NotPossible, "All of it"):
            self.credit("0.01")

        nets, taxes, totals = zip(*self.notes(), strict=True)
        self.assertEqual((sum(nets), sum(taxes), sum(totals)), (100, 23, 123))
        self.assertEqual(self.now().status, "paid")

    def test_of_a_paid_invoice_it_is_open_until_it_was_paid_back(self) -> None:
        self.pay()

        note = self.credit("23.00")

        self.assertEqual((note.status, self.now().payment_reference), ("open", "TX 4711"))
        paid_back = settling.mark_paid(invoice_id=note.pk, on=clock.now().date(), reference="TX back", by=self.root.pk)
        self.assertEqual((paid_back.status, paid_back.payment_reference), ("paid", "TX back"))

    def test_not_of_what_is_void_nor_of_a_credit_note_nor_an_absurd_amount(self) -> None:
        for wrong in ("0", "-5", "0.005", "123.01", "NaN", "Infinity"):
            with self.subTest(wrong), self.assertRaises(BadAmount):
                self.credit(wrong)
        for reason, error in (("short", BadGrant), ("long " * 41, BadAmount)):
            with self.assertRaises(error):
                self.credit(reason=reason)
        note = self.credit("1.00")
        with self.assertRaises(NotPossible):
            settling.credit(invoice_id=note.pk, reason=REASON, by=self.root.pk)
        self.assertEqual(len(self.notes()), 1)

        self.invoice = invoiced.issued()
        self.void()
        with self.assertRaises(NotPossible):
            self.credit()
        self.assertEqual(len(self.notes()), 1)


class SplitTests(SimpleTestCase):
    @given(
        st.decimals("0.01", "9.99", places=2) | st.decimals("0.01", "999999.99", places=2),
        st.decimals("0", "50", places=2),
        st.lists(st.integers(1, 100) | st.integers(1, 10_000_000), max_size=60),
    )
    @example(Decimal("1.00"), Decimal("23.00"), [1] * 122)
    def test_credits_of_the_whole_add_up_to_its_net_and_tax(
        self, subtotal: Decimal, percent: Decimal, cents: list[int]
    ) -> None:
        whole = left = (subtotal, subtotal + tax.Tax(percent).on(subtotal))
        asked = [Decimal(one) / 100 for one in cents]
        while left[1]:
            gross = min(asked.pop(), left[1]) if asked else left[1]
            net = settling.split(gross, left=left, whole=whole)
            self.assertTrue(0 <= net <= left[0], (net, left))
            self.assertTrue(0 <= gross - net <= left[1] - left[0], (gross, net, left))
            left = (left[0] - net, left[1] - gross)

        self.assertEqual(left, (0, 0))


class AtOnceTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.invoice = invoiced.issued("100.00", **AT_HOME)
        self.root = staff()

    def test_of_two_admins_one_marks_it_paid_and_the_other_is_told(self) -> None:
        def pay(reference: str) -> Any:
            return lambda: settling.mark_paid(
                invoice_id=self.invoice.pk, on=clock.now().date(), reference=reference, by=self.root.pk
            )

        results = at_once(pay("A"), pay("B"))

        won = [result for result in results if isinstance(result, Invoice)]
        lost = [result for result in results if isinstance(result, NotPossible)]
        self.assertEqual((len(won), len(lost)), (1, 1))
        self.assertEqual(str(lost[0]), f"{self.invoice.number} is paid already.")
        self.assertEqual(Invoice.objects.get(pk=self.invoice.pk).payment_reference, won[0].payment_reference)
        self.assertEqual(len(trail(action="invoice.paid")), 1)

    def test_of_eight_credits_no_more_than_what_is_left_goes_through(self) -> None:
        def credit() -> Invoice:
            return settling.credit(
                invoice_id=self.invoice.pk, reason=REASON, by=self.root.pk, total_usd=Decimal("30.00")
            )

        results = at_once(*[credit] * 8)

        self.assertEqual(sum(isinstance(result, Invoice) for result in results), 4)
        self.assertEqual(sum(isinstance(result, BadAmount) for result in results), 4)
        self.assertEqual(Invoice.objects.get(pk=self.invoice.pk).left()[1], Decimal("3.00"))
        self.assertEqual(Subscription.objects.get(pk=self.invoice.subscription_id).status, "active")
