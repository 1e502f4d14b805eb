"""What a tenant that is closed still owes: the staff settles it."""

from decimal import Decimal

from billing.models import Invoice
from billing.services import dunning, settling, subscriptions
from billing.tests import bought, invoiced
from billing.tests.test_staff_acts import page
from core import clock, tenancy
from tenants.models import Tenant
from tenants.tests.supported import AdminCase, trail


class ClosedTests(AdminCase):
    def setUp(self) -> None:
        super().setUp()
        self.invoice = invoiced.issued("100.00")
        dunning.payment_failed(subscriptions.locked(self.invoice.subscription_id), why="invoice")
        self.told = invoiced.notices()
        Tenant.objects.filter(pk=bought.held().tenant_id).update(status=Tenant.Status.CLOSED)
        tenancy.forget()
        self.addCleanup(tenancy.forget)

    def test_it_is_credited_and_paid_and_nobody_is_told(self) -> None:
        with tenancy.enter_platform():
            by, day = self.root.pk, clock.now().date()
            settling.credit(invoice_id=self.invoice.pk, total_usd=Decimal(1), reason=invoiced.REASON, by=by)
            settling.mark_paid(invoice_id=self.invoice.pk, on=day, reference="TX", by=by)

            self.assertEqual(Invoice.objects.get(pk=self.invoice.pk).status, "paid")
            self.assertEqual(invoiced.notices(), self.told)
            acts = [row[0] for row in trail(action__in=("invoice.credited", "invoice.paid"))]
            self.assertEqual(acts, ["invoice.credited", "invoice.paid"])

    def test_what_needs_the_tenant_is_refused_in_words(self) -> None:
        lines = self.invoice.subscription.lines.count()
        form = {"reason": invoiced.REASON, "again": "on"}
        with tenancy.enter_platform():
            response = self.client.post(page("void", self.invoice.pk, model="invoice"), form)

        self.assertContains(response, "The tenant is closed", status_code=400)
        self.assertEqual(Invoice.objects.get(pk=self.invoice.pk).status, "open")
        self.assertEqual(self.invoice.subscription.lines.count(), lines)
