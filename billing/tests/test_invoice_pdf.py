"""An invoice as a file: what it says, that nothing in it is run, and who may have it."""

import io
from decimal import Decimal
from typing import Any
from unittest import mock

import time_machine
from django.urls import reverse
from pdfminer.high_level import extract_text

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import Invoice, Seller, Subscription
from billing.services import invoice_pdf, invoicing, sellers, settling
from billing.tests import invoiced
from billing.views import invoices
from core import clock, typesetting
from core.testing import HOME, OTHER, TenantClient, TenantTestCase
from tenants.tests.supported import staff

HOSTILE = (
    '#panic("x") #read("/etc/passwd") [*b*] $x^2$ `raw` \\ // /* @ref <label> = head',
    '"), ("',
    "<script>alert(1)</script>",
    "{page} {pages} %(number)s {{ 7*7 }}",
)


def text_of(pdf: bytes) -> str:
    return " ".join(extract_text(io.BytesIO(pdf)).split())


class Case(TenantTestCase):
    def text(self, invoice: Invoice) -> str:
        return text_of(invoice_pdf.render(Invoice.objects.get(pk=invoice.pk)))


SAID = (
    "Invoice 2026-0001",
    "Candor Lda",
    "VAT number PT501964843",
    "Alpha GmbH",
    "10115 Berlin",
    "Germany",
    "VAT number DE136695976",
    "Your reference PO-4711",
    "22 Nov 2026",
    "22 Dec 2026",
    "Enterprise plan",
    "22 Nov 2026 to 22 Dec 2026",
    "Interviews beyond those included in Enterprise",
    "1,200",
    "$0.40",
    "$480.00",
    "Starter plan, the rest of the period given back",
    "−$12.50",
    "VAT 0%",
    "$2,966.50",
    "Reverse charge",
    "PT50 0002 0123 1234 5678 9015 4",
    "Placeholder seller: not a valid invoice.",
    "Lisboa 4711",
    "Page 1 of 1",
)


class ContentTests(Case):
    def test_it_names_both_parties_the_lines_the_sums_and_how_to_pay(self) -> None:
        sellers.current()
        Seller.objects.update(
            company="Candor Lda", tax_id="PT501964843", iban="PT50 0002 0123 1234 5678 9015 4", footer="Lisboa 4711"
        )
        invoiced.details()
        invoiced.no_lines()
        moment = clock.now().replace(year=2026, month=11, day=22)
        until = moment.replace(month=12)
        invoiced.line("2499.00", kind="plan", text="Enterprise", from_at=moment, until_at=until)
        invoiced.line("480.00", kind="overage", text="Enterprise", quantity=1200, unit_price_usd=Decimal("0.40"))
        invoiced.line("-12.50", kind="proration", text="Starter")
        with time_machine.travel(moment, tick=False):
            invoice = invoicing.issue(subscription_id=invoiced.subscription().pk)

        found = self.text(invoice)

        for words in SAID:
            with self.subTest(words):
                self.assertIn(words, found)

    def test_paid_void_and_credited_it_says_so_and_asks_for_nothing(self) -> None:
        root = staff()
        paid, void = invoiced.issued(), invoiced.issued()
        settling.mark_paid(invoice_id=paid.pk, on=clock.now().date(), reference="TX", by=root.pk)
        settling.void(invoice_id=void.pk, reason=invoiced.REASON, by=root.pk)
        note = settling.credit(invoice_id=paid.pk, reason=invoiced.REASON, by=root.pk, total_usd=Decimal(40))

        self.assertIn(f"Paid {clock.now():%-d %b %Y}", self.text(paid))
        self.assertIn("Void", self.text(void))
        for row in (paid, void):
            self.assertIn("To pay $0.00", self.text(row))
            self.assertNotIn("How to pay", self.text(row))
        found = self.text(note)
        for words in (f"Credit note {note.number}", f"Corrects invoice {paid.number}", invoiced.REASON, "$40.00"):
            self.assertIn(words, found)
        self.assertNotIn("How to pay", found)

    def test_a_credit_note_s_amounts_have_a_minus_and_its_words_are_those_of_the_portal(self) -> None:
        root = staff()
        paid, unpaid = invoiced.issued(), invoiced.issued()
        settling.mark_paid(invoice_id=paid.pk, on=clock.now().date(), reference="TX", by=root.pk)
        note = settling.credit(invoice_id=paid.pk, reason=invoiced.REASON, by=root.pk, total_usd=Decimal(40))
        taken_off = settling.credit(invoice_id=unpaid.pk, reason=invoiced.REASON, by=root.pk, total_usd=Decimal(30))

        found = self.text(note)
        self.assertIn("Issued", found)
        self.assertNotIn("Open", found)
        self.assertEqual(found.count("$40.00"), found.count("−$40.00"))
        self.assertIn("Credit −$40.00", found)
        self.assertIn("Taken off the invoice", self.text(taken_off))
        settling.mark_paid(invoice_id=note.pk, on=clock.now().date(), reference="TX2", by=root.pk)
        self.assertIn("Paid back", self.text(Invoice.objects.get(pk=note.pk)))
        self.assertEqual(
            (Invoice.objects.get(pk=note.pk).stands, taken_off.stands), ("Paid back", "Taken off the invoice")
        )

    def test_what_was_credited_of_an_open_invoice_is_not_to_be_paid(self) -> None:
        invoice = invoiced.issued()
        settling.credit(invoice_id=invoice.pk, reason=invoiced.REASON, by=staff().pk, total_usd=Decimal(40))

        self.assertIn("To pay $60.00", self.text(invoice))

    def test_hostile_words_are_shown_and_never_run(self) -> None:
        for words in HOSTILE:
            invoice = invoiced.issued(company=words, line1=words, purchase_order=words[:60])
            with self.subTest(words):
                found = "".join(self.text(invoice).split())
                self.assertIn("".join(words.split()), found)
                self.assertNotIn("root:", found)

    def test_letters_that_no_font_has_become_a_question_mark_and_hidden_ones_go(self) -> None:
        invoice = invoiced.issued(company="株式 Łódź Ελλάς 😀 \u202eevil\x07", line1="x" * 200)

        found = self.text(invoice)

        self.assertIn("?? Łódź Ελλάς ? evil", found)

    def test_an_invoice_of_three_hundred_lines_goes_on_over_pages(self) -> None:
        invoiced.details()
        invoiced.no_lines()
        for place in range(300):
            invoiced.line("1.00", text=f"Line {place}")
        invoice = invoicing.issue(subscription_id=invoiced.subscription().pk)

        found = self.text(invoice)

        self.assertIn("Line 299", found)
        self.assertRegex(found, r"Page 9 of \d+")

    def test_the_same_row_is_the_same_file_tagged_for_readers(self) -> None:
        invoice = invoiced.issued()

        first, again = invoice_pdf.render(invoice), invoice_pdf.render(Invoice.objects.get(pk=invoice.pk))

        self.assertEqual(first, again)
        for mark in (b"pdfuaid:part", b"/StructTreeRoot", b"/Lang"):
            self.assertIn(mark, first)
        self.assertLess(len(first), 60_000)


class LimitsTests(Case):
    def test_it_takes_no_longer_than_it_may(self) -> None:
        invoice = invoiced.issued()
        before, typesetting.SECONDS = typesetting.SECONDS, 0.001  # type: ignore[assignment]
        try:
            with self.assertRaisesMessage(typesetting.NotSet, "too long"):
                invoice_pdf.render(invoice)
        finally:
            typesetting.SECONDS = before

    def test_what_does_not_fit_the_template_is_an_error_of_its_own(self) -> None:
        with self.assertRaises(typesetting.NotSet):
            typesetting.typeset(invoice_pdf.TEMPLATE, {"title": "Nothing else"}, at=clock.now())

    def test_unprintable_letters_are_named(self) -> None:
        self.assertEqual(typesetting.unprintable("Łódź Ελλάς Москва شركة"), set())
        self.assertEqual(typesetting.unprintable("a株b\u202e"), {"株", "\u202e"})


class DownloadTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.invoice = invoiced.issued()
        self.path = self.address(self.invoice)

    def address(self, invoice: Invoice) -> str:
        return reverse("billing_invoice_pdf", args=[invoice.pk], urlconf="config.urls_tenant")

    def get(self, role: str, tenant: str = HOME, path: str = "") -> Any:
        with self.in_tenant(tenant):
            return signed_in(person(f"{role}@{tenant}.example", role=role), tenant).get(path or self.path)

    def test_who_sees_the_billing_gets_the_file(self) -> None:
        for role in (Role.OWNER, Role.ADMIN):
            answer = self.get(role)
            self.assertEqual((answer.status_code, answer["Content-Type"]), (200, "application/pdf"))
            self.assertEqual(answer["Content-Disposition"], f'attachment; filename="{self.invoice.number}.pdf"')
            self.assertIn("no-store", answer["Cache-Control"])
            self.assertIn("Alpha GmbH", text_of(answer.content))

    def test_nobody_else_of_the_tenant_does(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            self.assertEqual(self.get(role).status_code, 403, role)

    def test_a_stranger_is_asked_to_sign_in(self) -> None:
        self.assertEqual(self.client.get(self.path).status_code, 302)

    def test_the_other_tenant_s_owner_finds_nothing_there(self) -> None:
        self.assertEqual(TenantClient(OTHER).get(self.path).status_code, 302)
        self.assertEqual(self.get(Role.OWNER, OTHER).status_code, 404)
        mine = invoiced.issued("3.00", OTHER)
        self.assertEqual(self.get(Role.ADMIN, OTHER, self.address(mine)).status_code, 200)
        self.assertEqual(self.get(Role.ADMIN, HOME, self.address(mine)).status_code, 404)

    def test_stripe_s_copies_have_no_file_of_ours(self) -> None:
        copy = Invoice.objects.create(
            subscription=invoiced.subscription(),
            source="stripe",
            stripe_id="in_1",
            number="S-1",
            subtotal_usd=1,
            total_usd=1,
            issued_at=clock.now(),
        )
        self.assertEqual(self.get(Role.OWNER, path=self.address(copy)).status_code, 404)

    def test_a_tenant_that_reads_only_still_gets_its_invoices(self) -> None:
        held = invoiced.subscription()
        Subscription.objects.filter(pk=held.pk).update(status="read_only")
        type(held.tenant).objects.filter(pk=held.tenant_id).update(read_only_since=clock.now())

        self.assertEqual(self.get(Role.OWNER).status_code, 200)

    def test_so_many_a_minute(self) -> None:
        with mock.patch.object(invoices, "FILES", "2/minute"):
            boss = signed_in(person(role=Role.OWNER))
            self.assertEqual([boss.get(self.path).status_code for _ in range(3)], [200, 200, 429])

    def test_only_looking_is_answered(self) -> None:
        boss = signed_in(person(role=Role.OWNER))
        for method in ("post", "put", "delete"):
            self.assertEqual(getattr(boss, method)(self.path).status_code, 405)
