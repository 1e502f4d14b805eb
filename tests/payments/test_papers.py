"""Stripe's invoices and credit notes here: amounts to the cent."""

from decimal import Decimal

from django.test import SimpleTestCase

from billing.models import Invoice, InvoiceLine
from billing.services.stripe import papers, shapes
from core import tenancy
from core.testing import OTHER
from tests.payments.case import ShopCase, event, follow, invoice, subscription
from tests.payments.shop import Raw, credit_note


class PaperTests(ShopCase):
    def kept(self, raw: Raw) -> Invoice:
        self.shop.put(raw)
        self.tell(event("invoice.updated", raw))
        return Invoice.objects.get(stripe_id=raw["id"])

    def assert_refused(self, raw: Raw, reason: str) -> None:
        self.shop.put(raw)
        told = event("invoice.updated", raw)
        self.send(told)
        row = follow(told)
        self.assertEqual((row.status, row.error), ("refused", reason))

    def test_an_invoice_is_copied_to_the_cent_with_its_number_buyer_and_tax(self) -> None:
        row = self.kept(invoice(cents=9999, tax=2300))

        self.assertEqual(
            (row.subtotal_usd, row.tax_usd, row.total_usd, row.tax_percent),
            (Decimal("99.99"), Decimal("23.00"), Decimal("122.99"), Decimal("23.00")),
        )
        self.assertEqual(
            (row.source, row.kind, row.status, row.number, row.subscription),
            ("stripe", "invoice", "paid", "CNDR-in_1", self.held),
        )
        self.assertEqual(
            (row.buyer["company"], row.buyer["tax_id"], row.buyer["country"]), ("Acme GmbH", "DE123456789", "DE")
        )
        self.assertEqual((row.hosted_url, row.seller["company"]), ("https://invoice.stripe.com/i/in_1", "Candor"))
        line = row.lines.get()
        self.assertEqual(
            (line.kind, line.amount_usd, line.quantity, line.unit_price_usd),
            ("plan", Decimal("99.99"), 1, Decimal("99.99")),
        )
        self.assertEqual(line.key, "stripe:il_in_1")

    def test_a_draft_is_copied_once_it_is_one_no_more(self) -> None:
        draft = invoice(status="draft", number=None)
        self.shop.put(draft)
        self.tell(event("invoice.created", draft))
        self.assertEqual(Invoice.objects.count(), 0)

        self.assertEqual(self.kept(invoice(status="open")).status, "open")

    def test_a_draft_that_was_thrown_away_is_nothing(self) -> None:
        told = event("invoice.deleted", invoice("in_gone"))
        self.send(told)

        self.assertEqual((follow(told).status, Invoice.objects.count()), ("done", 0))

    def test_its_payment_only_ever_goes_on(self) -> None:
        self.assertEqual(self.kept(invoice(status="open")).status, "open")
        self.assertEqual(self.kept(invoice(status="uncollectible")).status, "uncollectible")
        paid = self.kept(invoice(status="paid"))
        self.assertEqual((paid.status, paid.paid_at is not None), ("paid", True))

        self.assertEqual(self.kept(invoice(status="open")).status, "paid")  # an older look

        self.assertEqual((Invoice.objects.count(), InvoiceLine.objects.filter(invoice=paid).count()), (1, 1))

    def test_other_amounts_than_before_are_refused_and_kept_as_they_were(self) -> None:
        row = self.kept(invoice())

        self.assert_refused(invoice(cents=9901), "amounts_changed")

        row.refresh_from_db()
        self.assertEqual(row.subtotal_usd, Decimal("99.00"))

    def test_other_money_and_other_people_s_is_refused_and_never_stored(self) -> None:
        self.assert_refused(invoice(currency="eur"), "currency")
        self.assert_refused(invoice("in_2", livemode=True) | {"livemode": True}, "livemode")
        foreign = invoice("in_3", customer="cus_beta")
        self.shop.put(foreign)
        told = event("invoice.paid", invoice("in_3"))  # the event says alpha's, Stripe says beta's
        self.send(told)
        self.assertEqual(follow(told).error, "customer")
        self.assert_refused(invoice("in_4", total=99.5), "amount")

        self.assertEqual(Invoice.objects.count(), 0)

    def test_the_other_tenant_sees_none_of_it(self) -> None:
        self.kept(invoice())

        with self.in_tenant(OTHER):
            self.assertEqual(Invoice.objects.filter(subscription__tenant_id=tenancy.tenant_id()).count(), 0)

    def test_lines_add_up_with_discounts_included_tax_and_what_is_left(self) -> None:
        raw = invoice(cents=10000, tax=1870)
        line = raw["lines"]["data"][0]
        line |= {"discount_amounts": [{"amount": 1000}], "taxes": [{"amount": 1437, "tax_behavior": "inclusive"}]}
        raw |= {"total": 9000, "total_taxes": [{"amount": 1437, "tax_behavior": "inclusive"}]}
        row = self.kept(raw)
        self.assertEqual(
            (row.subtotal_usd, row.tax_usd, row.total_usd), (Decimal("75.63"), Decimal("14.37"), Decimal("90.00"))
        )
        self.assertEqual([one.amount_usd for one in row.lines.all()], [Decimal("75.63")])

        odd = self.kept(invoice("in_2", cents=10000, tax=0) | {"total": 9990})
        self.assertEqual(
            [(one.kind, one.amount_usd) for one in odd.lines.order_by("amount_usd")],
            [("other", Decimal("-0.10")), ("plan", Decimal("100.00"))],
        )

    def test_a_proration_that_gives_back_and_an_overage_are_told_apart(self) -> None:
        raw = invoice(cents=4000, tax=0)
        template = raw["lines"]["data"][0]
        back: Raw = template | {"id": "il_back", "amount": -6000}
        back["parent"] = {"type": "subscription_item_details", "subscription_item_details": {"proration": True}}
        period = self.held.periods.get()
        beyond: Raw = template | {"id": "il_beyond", "amount": 1000, "metadata": {"candor_period": str(period.pk)}}
        beyond["parent"] = {"type": "invoice_item_details", "invoice_item_details": {"proration": False}}
        raw["lines"]["data"] = [template | {"amount": 9000}, back, beyond]

        row = self.kept(raw)

        found = {one.key: (one.kind, one.amount_usd, one.period) for one in row.lines.all()}
        self.assertEqual(
            found,
            {
                "stripe:il_in_1": ("plan", Decimal("90.00"), None),
                "stripe:il_back": ("proration", Decimal("-60.00"), None),
                "stripe:il_beyond": ("overage", Decimal("10.00"), period),
            },
        )

    def test_reverse_charge_is_said(self) -> None:
        row = self.kept(invoice(tax=0, customer_tax_exempt="reverse"))

        self.assertEqual((row.tax_usd, row.tax_percent), (0, 0))
        self.assertIn("Reverse charge", row.tax_note)

    def test_a_credit_note_brings_the_invoice_that_it_corrects(self) -> None:
        raw = self.shop.put(invoice())
        note = self.shop.put(credit_note("cn_1", raw, 12177))
        self.tell(event("credit_note.created", note))

        row = Invoice.objects.get(stripe_id="cn_1")
        self.assertEqual(
            (row.kind, row.corrects and row.corrects.stripe_id, row.status), ("credit_note", "in_1", "paid")
        )
        self.assertEqual(
            (row.subtotal_usd, row.tax_usd, row.total_usd), (Decimal("99.00"), Decimal("22.77"), Decimal("121.77"))
        )

        self.shop.put(note | {"status": "void"})
        self.tell(event("credit_note.voided", note))
        row.refresh_from_db()
        self.assertEqual(row.status, "void")
        assert row.corrects is not None
        self.assertEqual(row.corrects.left(), (Decimal("99.00"), Decimal("22.77") + 99))

    def test_the_lines_that_did_not_fit_into_the_invoice_are_asked_for(self) -> None:
        raw = invoice(cents=3000, tax=0)
        template = raw["lines"]["data"][0]
        all_of_them = [template | {"id": f"il_{n}", "amount": 100} for n in range(30)]
        raw["lines"] = {"object": "list", "has_more": True, "data": all_of_them[:10]}
        page = {"object": "list", "url": "/v1/invoices/in_1/lines", "has_more": False, "data": all_of_them}
        self.shop.says["invoices/in_1/lines"] = (200, page)

        row = self.kept(raw)

        self.assertEqual(row.lines.count(), 30)

    def test_who_pays_is_copied_from_the_customer(self) -> None:
        self.tell(event("customer.subscription.updated", self.shop.put(subscription())))
        customer = self.shop.objects["cus_alpha"]
        customer |= {
            "name": "Acme GmbH",
            "email": "bills@acme.example",
            "address": {
                "line1": "Hauptstr. 1",
                "line2": None,
                "postal_code": "10115",
                "city": "Berlin",
                "country": "DE",
            },
            "tax_ids": {"object": "list", "data": [{"type": "eu_vat", "value": "DE123456789"}]},
        }
        self.tell(event("customer.tax_id.created", {"id": "txi_1", "object": "tax_id", "customer": "cus_alpha"}))

        self.held.refresh_from_db()
        details = self.held.details
        self.assertEqual(
            (details.company, details.city, details.country, details.tax_id, details.email),
            ("Acme GmbH", "Berlin", "DE", "DE123456789", "bills@acme.example"),  # pragma: allowlist secret
        )


class TaxTests(SimpleTestCase):
    def test_the_rate_is_found_from_the_amounts(self) -> None:
        for subtotal, rate in (
            ("99.00", "23"),
            ("499.00", "19"),
            ("99.00", "8.1"),
            ("2499.00", "25.5"),
            ("99.00", "5.5"),
        ):
            tax = (Decimal(subtotal) * Decimal(rate) / 100).quantize(Decimal("0.01"))
            amounts = papers.Amounts(Decimal(subtotal), tax, Decimal(subtotal) + tax)
            with self.subTest(rate):
                self.assertEqual(papers.tax_percent(amounts), Decimal(rate))

    def test_cents_become_dollars_exactly_and_nothing_else_does(self) -> None:
        self.assertEqual(
            [shapes.usd(cents) for cents in (0, 1, -5, 9_999_999_999)],
            [Decimal(t) for t in ("0", "0.01", "-0.05", "99999999.99")],
        )
        for odd in (1.0, "1", None, True, Decimal(1)):
            with self.subTest(odd), self.assertRaises(shapes.Odd):
                shapes.usd(odd)
