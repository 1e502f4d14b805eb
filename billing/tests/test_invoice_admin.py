"""Invoices in the platform's admin: read, settled with a trail, and the two parties of the next ones."""

from datetime import timedelta
from typing import Any

from django.test import override_settings
from django.urls import reverse

from accounts.tests.people import person, signed_in
from billing.models import BillingDetails, Invoice, InvoiceLine, Seller
from billing.services import sellers
from billing.tests import invoiced
from billing.tests.invoiced import REASON
from core import clock, tenancy
from core.testing import OTHER
from tenants.tests.supported import AdminCase, trail

SELLER = {
    "company": "Candor Lda",
    "line1": "Rua Augusta 1",
    "line2": "",
    "postal_code": "1100-048",
    "city": "Lisboa",
    "country": "pt",
    "tax_id": "501964843",
    "bank": "Banco Exemplo",
    "iban": "pt50000201231234567890154",
    "bic": "BCOMPTPL",
    "email": "billing@candor.example",
    "tax_percent": "23",
    "zone": "Europe/Lisbon",
    "footer": "",
}


def page(model: str, kind: str, *args: object) -> str:
    return reverse(f"admin:billing_{model}_{kind}", args=args, urlconf="config.urls_admin")


class InvoicesTests(AdminCase):
    def setUp(self) -> None:
        super().setUp()
        self.invoice = invoiced.issued()

    def act(self, act: str, **fields: str) -> Any:
        return self.client.post(page("invoice", act, self.invoice.pk), fields)

    def now(self) -> Invoice:
        return Invoice.objects.get(pk=self.invoice.pk)

    def test_they_are_listed_and_shown_and_nothing_of_them_can_be_typed(self) -> None:
        listed = self.client.get(page("invoice", "changelist")).content.decode()
        shown = self.client.get(page("invoice", "change", self.invoice.pk)).content.decode()

        self.assertIn(self.invoice.number, listed)
        self.assertIn("Alpha", listed)
        for words in ("Something", "Alpha GmbH", "Mark as paid", "Credit note", "Make void", "Download PDF"):
            self.assertIn(words, shown)
        self.assertNotIn("Give money back", shown)
        self.assertEqual(self.client.get(page("invoice", "add")).status_code, 403)
        for kind in ("change", "delete"):
            answer = self.client.post(page("invoice", kind, self.invoice.pk), {"post": "yes", "number": "X"})
            self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.now().number, self.invoice.number)

    def test_it_is_marked_paid_with_a_date_and_a_reference_once(self) -> None:
        today = clock.now().date().isoformat()
        self.assertContains(self.act("mark_paid", on=today), "This field is required", status_code=400)
        tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
        refused = self.act("mark_paid", on=tomorrow, reference="TX 1")
        self.assertContains(refused, "Between the day on which it was issued and today", status_code=400)
        self.assertEqual(self.now().status, "open")

        self.assertEqual(self.act("mark_paid", on=today, reference="TX 1").status_code, 302)

        self.assertEqual((self.now().status, self.now().payment_reference), ("paid", "TX 1"))
        again = self.act("mark_paid", on=today, reference="TX 2")
        self.assertContains(again, f"{self.invoice.number} is paid already.", status_code=400)
        self.assertEqual(trail(action="invoice.paid")[0][1:3], ("platform", self.root.pk))

    def test_it_is_made_void_and_its_lines_wait_again(self) -> None:
        self.assertContains(self.act("void", reason="no"), "Say in a sentence why", status_code=400)
        self.assertEqual(self.act("void", reason=REASON, again="on").status_code, 302)

        self.assertEqual(self.now().status, "void")
        self.assertEqual(self.invoice.subscription.lines.filter(invoice=None).count(), 1)

    def test_a_credit_note_leads_to_its_page(self) -> None:
        refused = self.act("credit", total_usd="100.01", reason=REASON, left_usd="100.00")
        self.assertContains(refused, "Between $0.01 and $100.00", status_code=400)
        self.assertContains(self.act("credit", total_usd="30.00", reason=REASON), "Load the page anew", status_code=400)

        made = self.act("credit", total_usd="30.00", reason=REASON, left_usd="100.00")

        note = Invoice.objects.get(kind="credit_note")
        self.assertEqual(made["Location"], page("invoice", "change", note.pk))
        paper = self.client.get(made["Location"])
        self.assertContains(paper, note.number)
        self.assertContains(paper, "-30.00", count=4)  # its net and total, its line's price and amount
        self.assertContains(self.client.get(page("invoice", "change", self.invoice.pk)), "70.00")

    def test_of_two_people_who_credit_the_same_thing_the_second_is_told(self) -> None:
        shown = self.client.get(page("invoice", "credit", self.invoice.pk))
        self.assertContains(shown, '<input type="hidden" name="left_usd" value="100.00" id="id_left_usd">', html=True)
        form = {"total_usd": "30.00", "reason": REASON, "left_usd": "100.00"}

        first, second = self.act("credit", **form), self.act("credit", **form)

        self.assertEqual(first.status_code, 302)
        self.assertContains(second, "$70.00 are left. Load it anew; nothing was done.", status_code=400)
        self.assertEqual(Invoice.objects.filter(kind="credit_note").count(), 1)

    def test_its_file_is_downloaded(self) -> None:
        answer = self.client.get(page("invoice", "download", self.invoice.pk))

        self.assertEqual((answer.status_code, answer["Content-Type"]), (200, "application/pdf"))

    def test_nobody_but_the_platform_s_staff_gets_there(self) -> None:
        for act in ("changelist", "add"):
            stranger = signed_in(person(f"{act}@alpha.example"), "admin")
            self.assertEqual(stranger.get(page("invoice", act)).status_code, 302)
        for act in ("download", "mark_paid", "credit", "refund", "void"):
            stranger = signed_in(person(f"{act}@alpha.example"), "admin")
            for answer in (
                stranger.get(page("invoice", act, self.invoice.pk)),
                stranger.post(page("invoice", act, self.invoice.pk), {"reason": REASON}),
            ):
                self.assertEqual(answer.status_code, 302)
                self.assertIn("/login/", answer["Location"])
        self.assertEqual(self.now().status, "open")
        self.assertEqual(self.client.get(page("invoice", "void", "nonsense")).status_code, 404)

    def test_lines_that_wait_are_issued_now_and_each_tenant_that_gets_none_says_why(self) -> None:
        InvoiceLine.objects.filter(invoice=None).delete()
        rows = [invoiced.line("5.00"), invoiced.line("6.00"), invoiced.line("7.00", OTHER)]
        chosen = {"action": "issue_now", "_selected_action": [str(row.pk) for row in rows[1:]]}

        shown = self.client.post(page("invoiceline", "changelist"), chosen, follow=True).content.decode()

        made = Invoice.objects.latest("issued_at")
        self.assertIn(f"Alpha: {made.number} is issued.", shown)
        self.assertIn("Beta: The billing details are missing", shown)
        self.assertEqual((made.total_usd, made.lines.count()), (11, 2))
        self.assertEqual(trail(action="invoice.issued")[-1][1:3], ("platform", self.root.pk))


class PartiesTests(AdminCase):
    def setUp(self) -> None:
        super().setUp()
        sellers.current()

    def save(self, **changes: str) -> Any:
        return self.client.post(page("seller", "change", 1), SELLER | changes)

    def test_the_seller_is_a_placeholder_until_it_is_set(self) -> None:
        there = page("seller", "change", 1)
        self.assertContains(self.client.get(page("seller", "changelist")), "Placeholder company")
        self.assertContains(self.client.get(there), "This is a placeholder")

        self.assertEqual(self.save().status_code, 302)

        seller = Seller.objects.get()
        self.assertEqual((seller.is_placeholder, seller.country, seller.tax_id), (False, "PT", "PT501964843"))
        self.assertEqual((seller.iban, seller.bic), ("PT50 0002 0123 1234 5678 9015 4", "BCOMPTPL"))
        self.assertNotContains(self.client.get(there), "This is a placeholder")
        with tenancy.enter_platform():
            ((action, actor, by, detail),) = trail(action="seller.changed")
        self.assertEqual((action, actor, by), ("seller.changed", "platform", self.root.pk))
        self.assertIn("iban", detail["fields"])

    def test_in_production_the_first_page_says_so_until_it_is_set(self) -> None:
        front, words = reverse("admin:index", urlconf="config.urls_admin"), "No invoice is issued: the seller is still"
        self.assertNotContains(self.client.get(front), words)

        with override_settings(PRODUCTION=True):
            self.assertContains(self.client.get(front), words)
            self.assertContains(self.client.get(front), f'href="{page("seller", "changelist")}"')
            Seller.objects.all().delete()
            self.assertContains(self.client.get(front), words)
            self.client.get(page("seller", "changelist"))
            Seller.objects.update(is_placeholder=False)
            self.assertNotContains(self.client.get(front), words)

    def test_what_can_t_be_right_is_refused_and_nothing_is_changed(self) -> None:
        for wrong, said in (
            ({"iban": "PT50000201231234567890155"}, "check digits are wrong"),
            ({"bic": "NOBIC"}, "check digits are wrong"),
            ({"tax_id": "501964842"}, "no VAT number of this country (Portugal)"),
            ({"country": "ZZ"}, "no country"),
            ({"zone": "Europe/Nowhere"}, "no such time zone"),
            ({"zone": "../../etc/passwd"}, "no such time zone"),
            ({"company": "株式会社"}, "Write it in Latin letters"),
            ({"tax_percent": "51"}, "less than or equal to 50"),
        ):
            with self.subTest(wrong):
                self.assertContains(self.save(**wrong), said)
        self.assertTrue(Seller.objects.get().is_placeholder)

    def test_there_is_one_seller(self) -> None:
        self.assertEqual(self.client.get(page("seller", "add")).status_code, 403)
        self.assertEqual(self.client.post(page("seller", "delete", 1), {"post": "yes"}).status_code, 403)

    def test_where_there_is_none_the_list_puts_the_placeholder_there(self) -> None:
        Seller.objects.all().delete()

        self.assertEqual(self.client.get(page("seller", "changelist")).status_code, 200)

        self.assertTrue(Seller.objects.get().is_placeholder)
        self.assertEqual(self.client.post(page("seller", "add"), SELLER).status_code, 403)

    def test_billing_details_are_added_and_changed_and_both_trails_name_the_fields(self) -> None:
        held = invoiced.subscription()
        form = invoiced.BUYER | {"subscription": str(held.pk), "tax_id": "de 136 695 976"}
        self.assertEqual(self.client.post(page("billingdetails", "add"), form).status_code, 302)
        self.assertEqual(BillingDetails.objects.get().tax_id, "DE136695976")

        changed = self.client.post(page("billingdetails", "change", held.pk), form | {"city": "Potsdam"})

        self.assertEqual((changed.status_code, BillingDetails.objects.get().city), (302, "Potsdam"))
        events = trail(action="billing_details.changed")
        self.assertEqual([event[1:3] for event in events], [("platform", self.root.pk)] * 2)
        self.assertEqual(events[1][3], {"fields": ["city"]})
        self.assertEqual(len(invoiced.owed("invoicing", held.pk)), 1)

    def test_wrong_details_are_refused(self) -> None:
        held = invoiced.subscription()
        for wrong, said in (
            ({"tax_id": "DE136695975"}, "no VAT number of this country (Germany)"),
            ({"country": "XX"}, "no country"),
            ({"company": " "}, "required"),
            ({"email": "nobody"}, "valid email"),
            ({"city": "東京"}, "Write it in Latin letters"),
        ):
            with self.subTest(wrong):
                form = invoiced.BUYER | {"subscription": str(held.pk)} | wrong
                self.assertContains(self.client.post(page("billingdetails", "add"), form), said)
        self.assertEqual(BillingDetails.objects.count(), 0)
