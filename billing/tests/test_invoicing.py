"""An invoice is drawn up from all that waits: what it says, when it is issued, and who is told."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine
from django.core import mail
from django.test import override_settings

from accounts.roles import Role
from accounts.tests.people import person
from billing.models import BillingNotice, Invoice, InvoiceLine, InvoiceSeries, QuotaPeriod, Seller, Subscription
from billing.services import billing_details, charges, invoicing, periods, plan_changes, sellers
from billing.services import mail as notices
from billing.services.invoicing import DetailsMissing, NothingToInvoice
from billing.tests import invoiced
from core import clock, due, tenancy
from core.testing import HOME, OTHER, TenantTestCase
from tenants.tests.supported import trail

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Case(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.held = invoiced.subscription()
        invoiced.no_lines()
        due.settle("invoicing", self.held.pk)

    def issue(self) -> Invoice:
        return invoicing.issue(subscription_id=self.held.pk)

    def waiting(self) -> list[Decimal]:
        rows = InvoiceLine.objects.filter(subscription=self.held, invoice=None)
        return list(rows.values_list("amount_usd", flat=True))


class IssuingTests(Case):
    def test_it_holds_every_line_that_waits_the_number_the_sums_and_both_parties_as_they_are(self) -> None:
        invoiced.details()
        lines = [invoiced.line("2499.00"), invoiced.line("480.40"), invoiced.line("-12.13")]

        with time_machine.travel(NOON, tick=False):
            invoice = self.issue()

        invoice.refresh_from_db()
        self.assertEqual((invoice.number, invoice.kind, invoice.status), ("2026-0001", "invoice", "open"))
        self.assertEqual(invoice.subtotal_usd, Decimal("2967.27"))
        self.assertEqual((invoice.tax_percent, invoice.tax_usd), (Decimal("0.00"), Decimal("0.00")))
        self.assertIn("Reverse charge", invoice.tax_note)
        self.assertEqual(invoice.total_usd, Decimal("2967.27"))
        self.assertEqual((invoice.issued_at, invoice.due_at), (NOON, NOON + timedelta(days=30)))
        self.assertEqual(invoice.buyer, invoiced.BUYER)
        self.assertEqual((invoice.seller["company"], invoice.seller["is_placeholder"]), ("Placeholder company", True))
        self.assertEqual(set(invoice.lines.all()), set(lines))
        self.assertEqual(self.waiting(), [])

    def test_at_home_the_seller_s_percent_is_added_to_the_cent(self) -> None:
        invoice = invoiced.issued("99.98", country="PT", tax_id="PT501964843")

        self.assertEqual((invoice.tax_percent, invoice.tax_usd), (Decimal("23.00"), Decimal("23.00")))
        self.assertEqual((invoice.total_usd, invoice.tax_note), (Decimal("122.98"), ""))

    def test_it_covers_the_time_of_its_lines(self) -> None:
        invoiced.details()
        invoiced.line("5.00", from_at=NOON, until_at=NOON + timedelta(days=3))
        invoiced.line("6.00", from_at=NOON - timedelta(days=1), until_at=NOON)
        invoiced.line("7.00")

        invoice = self.issue()

        self.assertEqual(
            (invoice.period_start, invoice.period_end), (NOON - timedelta(days=1), NOON + timedelta(days=3))
        )

    def test_what_changes_afterwards_changes_nothing_on_it(self) -> None:
        invoice = invoiced.issued()
        invoiced.details(company="Renamed AG")
        Seller.objects.update(company="Another seller")

        invoice.refresh_from_db()

        self.assertEqual((invoice.buyer["company"], invoice.seller["company"]), ("Alpha GmbH", "Placeholder company"))

    def test_issued_again_there_is_nothing_to_invoice(self) -> None:
        invoiced.issued()

        with self.assertRaises(NothingToInvoice):
            self.issue()

        self.assertEqual(Invoice.objects.count(), 1)

    def test_a_credit_waits_for_an_invoice_that_is_larger_than_it(self) -> None:
        invoiced.details()
        invoiced.line("-50.00")
        with self.assertRaises(NothingToInvoice):
            self.issue()
        invoiced.line("50.00")
        with self.assertRaises(NothingToInvoice):  # together they are nothing
            self.issue()
        self.assertEqual((Invoice.objects.count(), len(self.waiting())), (0, 2))

        invoiced.line("1.00")

        self.assertEqual(self.issue().subtotal_usd, Decimal("1.00"))
        self.assertEqual(self.waiting(), [])

    def test_what_is_used_while_stripe_is_paid_becomes_no_line_and_no_invoice_of_ours(self) -> None:
        invoiced.details()
        invoiced.no_lines()
        Subscription.objects.filter(pk=self.held.pk).update(collection="stripe")
        usd = Decimal(99)
        kind = InvoiceLine.Kind.PLAN
        made = charges.charge(
            invoiced.subscription(), kind=kind, text="Starter", unit_price_usd=usd, amount_usd=usd, key="k"
        )

        with self.assertRaises(NothingToInvoice):
            self.issue()

        self.assertEqual((made, Invoice.objects.count(), self.waiting()), (None, 0, []))

    def test_another_tenant_s_lines_stay_its_own(self) -> None:
        invoiced.no_lines(OTHER)
        other = invoiced.line("7.00", OTHER)

        invoice = invoiced.issued()

        other.refresh_from_db()
        self.assertIsNone(other.invoice_id)
        self.assertEqual(invoice.lines.get().subscription_id, self.held.pk)

    def test_both_trails_know(self) -> None:
        invoice = invoiced.issued()

        said = ("invoice.issued", "system", None)
        self.assertEqual(trail(action="invoice.issued"), [(*said, {"total_usd": "100.00"})])
        with tenancy.enter_platform():
            self.assertEqual(trail(action="invoice.issued"), [(*said, {"total_usd": "100.00", "tenant": HOME})])
        self.assertEqual(invoice.status, "open")

    def test_a_year_begins_with_the_first_number_in_the_seller_s_own_clock(self) -> None:
        sellers.current()
        Seller.objects.update(zone="Europe/Berlin")
        numbers = []
        for moment in ("2026-12-31T22:59:59+00:00", "2026-12-31T23:00:00+00:00", "2027-01-01T12:00:00+00:00"):
            with time_machine.travel(datetime.fromisoformat(moment), tick=False):
                numbers.append(invoiced.issued().number)

        self.assertEqual(numbers, ["2026-0001", "2027-0001", "2027-0002"])
        self.assertEqual(dict(InvoiceSeries.objects.values_list("code", "last")), {"2026": 1, "2027": 2})


class MissingTests(Case):
    def test_without_details_the_lines_wait_and_those_who_pay_are_told_once(self) -> None:
        invoiced.line()
        with self.assertRaises(DetailsMissing):
            self.issue()

        for _ in range(3):
            charges.owe_invoice(self.held)
            invoicing.look(subscription_id=self.held.pk)

        self.assertEqual((Invoice.objects.count(), InvoiceSeries.objects.count()), (0, 0))
        self.assertEqual(self.waiting(), [Decimal("100.00")])
        self.assertEqual(invoiced.notices(), ["details_missing"])
        (row,) = invoiced.owed("invoicing", self.held.pk)  # until then: billing.services.waiting
        self.assertEqual(round((row.due_at - clock.now()) / timedelta(days=1)), 14)

    def test_saved_they_owe_the_invoice_that_waited(self) -> None:
        invoiced.line()
        invoicing.look(subscription_id=self.held.pk)

        billing_details.save(subscription_id=self.held.pk, values=invoiced.BUYER)

        self.assertEqual(len(invoiced.owed("invoicing", self.held.pk)), 1)
        invoicing.look(subscription_id=self.held.pk)
        self.assertEqual(Invoice.objects.get().total_usd, Decimal("100.00"))
        self.assertEqual(invoiced.owed("invoicing", self.held.pk), [])

    def test_in_production_nothing_is_issued_by_the_placeholder(self) -> None:
        invoiced.details()
        invoiced.line()
        with override_settings(PRODUCTION=True):
            with self.assertRaisesMessage(sellers.PlaceholderSeller, "still the placeholder"):
                self.issue()
            invoicing.look(subscription_id=self.held.pk)

        again = invoiced.owed("invoicing", self.held.pk)[0].due_at - clock.now()
        self.assertTrue(timedelta(minutes=50) < again <= timedelta(hours=1))
        self.assertEqual((Invoice.objects.count(), len(self.waiting())), (0, 1))

        sellers.current()
        Seller.objects.update(is_placeholder=False, company="Candor Lda")
        with override_settings(PRODUCTION=True):
            self.assertFalse(self.issue().seller["is_placeholder"])


class WhenTests(Case):
    """What owes an invoice."""

    def setUp(self) -> None:
        super().setUp()
        invoiced.details()

    def look(self) -> Invoice:
        self.assertEqual(len(invoiced.owed("invoicing", self.held.pk)), 1)
        invoicing.look(subscription_id=self.held.pk)
        self.assertEqual(invoiced.owed("invoicing", self.held.pk), [])
        return Invoice.objects.first() or self.fail("There is none.")

    def test_a_month_that_opens_is_invoiced_in_advance(self) -> None:
        end = periods.current().period_end
        with time_machine.travel(end + timedelta(seconds=1), tick=False):
            periods.renew(subscription_id=self.held.pk)
            periods.renew(subscription_id=self.held.pk)

            invoice = self.look()

        self.assertEqual((invoice.total_usd, invoice.lines.count()), (Decimal("99.00"), 1))
        self.assertEqual(invoice.period_start, end)

    def test_a_closed_month_s_overage_is_invoiced(self) -> None:
        period = periods.current()
        Subscription.objects.filter(pk=self.held.pk).update(plan_id="professional")
        QuotaPeriod.objects.filter(pk=period.pk).update(
            plan_id="professional",
            period_start=clock.now() - timedelta(days=32),
            period_end=clock.now() - timedelta(hours=26),
        )
        period.refresh_from_db()
        charges.settle_overage(QuotaPeriod(pk=period.pk, subscription=self.held, included=0, consumed=3), why="test")

        charges.close(period_id=period.pk)

        invoice = self.look()
        self.assertEqual((invoice.total_usd, invoice.lines.get().quantity), (Decimal("2.25"), Decimal(3)))

    def test_a_larger_plan_is_invoiced_at_once_and_its_net_is_both_lines(self) -> None:
        periods.current()
        plan_changes.change_now(subscription_id=self.held.pk, code="enterprise", shown=self.held.plan_id)

        invoice = self.look()

        kinds = set(invoice.lines.values_list("kind", flat=True))
        self.assertEqual((invoice.lines.count(), kinds), (2, {"proration"}))
        self.assertEqual(invoice.subtotal_usd, sum(line.amount_usd for line in invoice.lines.all()))

    def test_a_smaller_plan_s_credit_is_carried_to_the_next_month(self) -> None:
        Subscription.objects.filter(pk=self.held.pk).update(plan_id="enterprise")
        shrink = {"code": "professional", "shown": "enterprise", "may_shrink": True}
        period = periods.current()
        QuotaPeriod.objects.filter(pk=period.pk).update(included=10_000)
        plan_changes.change_now(subscription_id=self.held.pk, **shrink)  # type: ignore[arg-type]
        invoicing.look(subscription_id=self.held.pk)
        self.assertEqual((Invoice.objects.count(), len(self.waiting())), (0, 2))

        for _ in range(5):
            end = QuotaPeriod.objects.filter(subscription=self.held).latest("period_start").period_end
            with time_machine.travel(end + timedelta(hours=1), tick=False):
                periods.renew(subscription_id=self.held.pk)
                invoicing.look(subscription_id=self.held.pk)

        carried = sum(InvoiceLine.objects.filter(subscription=self.held).values_list("amount_usd", flat=True))
        self.assertEqual(sum(invoice.total_usd for invoice in Invoice.objects.all()), carried)
        self.assertEqual(self.waiting(), [])


class MailTests(Case):
    def test_it_goes_to_those_who_pay_and_to_the_address_for_invoices(self) -> None:
        person("owner@alpha.example", role=Role.OWNER)
        person("recruiter@alpha.example")
        invoice = invoiced.issued()
        notice = BillingNotice.objects.get()

        notices.send(mail_id=notice.pk)

        sent = mail.outbox[0]
        self.assertEqual(sent.to, ["owner@alpha.example", "invoices@alpha.example"])
        self.assertEqual(sent.subject, f"Alpha: invoice {invoice.number}")
        self.assertIn(f"Invoice {invoice.number} for $100.00 is due on", sent.body)
        self.assertIn("http://alpha.", sent.body)
        name, content, kind = sent.attachments[0]
        self.assertEqual((name, content[:5], kind), (f"{invoice.number}.pdf", b"%PDF-", "application/pdf"))
        notice.refresh_from_db()
        self.assertEqual((notice.status, invoiced.owed("billing_mail")), ("sent", []))
