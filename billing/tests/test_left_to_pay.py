"""What is left to pay, on the page of billing: how much, until when, and how."""

from datetime import timedelta

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import BillingDetails, Seller
from billing.services import settling
from billing.tests import bought, invoiced
from billing.tests.test_billing_page import words
from core import clock
from core.testing import OTHER, TenantTestCase
from tenants.tests.supported import staff


class LeftToPayTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = signed_in(person("olga@alpha.example", role=Role.OWNER))

    def test_an_open_invoice_says_how_much_until_when_and_to_which_account(self) -> None:
        Seller.objects.update(is_placeholder=False, bank="Banco", iban="PT50000201231234567890154", bic="BCOMPTPL")
        invoice = invoiced.issued("100.00")
        settling.credit(invoice_id=invoice.pk, reason=invoiced.REASON, by=staff().pk, total_usd=invoice.total_usd / 4)
        assert invoice.due_at is not None

        shown = words(self.client)

        self.assertIn(f"Left to pay ${invoice.total_usd * 3 / 4:,.2f}", shown)
        self.assertIn(f"{invoice.number} Due on {invoice.due_at:%-d %B %Y}", shown)
        self.assertIn("Banco, IBAN PT50000201231234567890154, BIC BCOMPTPL. Please give the invoice number", shown)
        with self.in_tenant(OTHER):
            other = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
            self.assertNotContains(other.get("/billing/"), "Left to pay")

    def test_one_of_stripe_s_is_paid_there_and_a_paid_one_is_gone(self) -> None:
        late = clock.now() - timedelta(days=2)
        fields = {"subtotal_usd": 99, "total_usd": 99, "issued_at": late, "due_at": late}
        copied = bought.invoice(bought.held(), "S-1", hosted_url="https://invoice.stripe.com/i/1", **fields)

        shown = self.client.get("/billing/")

        self.assertContains(shown, 'href="https://invoice.stripe.com/i/1"')
        self.assertContains(shown, f"Was due on {late:%-d %B %Y}")
        self.assertNotContains(shown, "By bank transfer to")
        type(copied).objects.filter(pk=copied.pk).update(status="paid", paid_at=late)
        self.assertNotContains(self.client.get("/billing/"), "Left to pay")

    def test_what_waits_for_the_billing_details_is_said_with_the_day(self) -> None:
        BillingDetails.objects.all().delete()
        line = bought.held().lines.get()
        late = line.created_at + timedelta(days=14)

        self.assertIn(f"From {late:%-d %B %Y} on this counts as a late payment", words(self.client))

        invoiced.details()
        self.assertNotIn("We need your billing details to issue an invoice", words(self.client))
