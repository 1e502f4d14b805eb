"""In whose clock days are read: an invoice's in its seller's, everywhere; a period's in the subscription's."""

from datetime import UTC, datetime

import time_machine
from django.core import mail as outbox

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import BillingNotice, Seller, Subscription
from billing.services import invoice_pdf, mail, sellers
from billing.tests import bought, invoiced
from billing.tests.test_billing_page import words
from core.testing import TenantTestCase

LATE = datetime(2026, 11, 30, 13, tzinfo=UTC)  # in Auckland it is December already


class InvoiceDayTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = signed_in(person("olga@alpha.example", role=Role.OWNER))
        sellers.current()
        Seller.objects.update(zone="Pacific/Auckland")
        with time_machine.travel(LATE, tick=False):
            self.invoice = invoiced.issued()

    def test_the_page_the_mail_and_the_file_name_the_same_days(self) -> None:
        mail.send(mail_id=BillingNotice.objects.get(kind="issued").pk)

        with time_machine.travel(LATE, tick=False):
            owner = signed_in(person("otto@alpha.example", role=Role.OWNER))
            shown, text = words(owner), str(outbox.outbox[0].body)
        facts = {row["label"]: row["value"] for row in invoice_pdf._facts(self.invoice)}
        self.assertEqual((facts["Issued"], facts["Due"]), ("1 Dec 2026", "31 Dec 2026"))
        self.assertIn("is due on 31 December 2026", text)
        self.assertRegex(shown, r"\b1 December 2026")
        self.assertIn("Due on 31 December 2026", shown)
        self.assertIn("Due 31 Dec", shown)
        self.assertNotRegex(shown, "30 (November|December) 2026")

    def test_an_invoice_that_names_no_zone_is_read_in_utc(self) -> None:
        copied = bought.invoice(invoiced.subscription(), "S-1", subtotal_usd=1, total_usd=1, issued_at=LATE)

        self.assertEqual(copied.zone, "UTC")
        self.assertIn("30 November 2026", words(self.client))


class PeriodDayTests(TenantTestCase):
    def test_a_trials_end_is_said_in_the_tenants_clock_with_its_name(self) -> None:
        bought.trying(days=2)
        ends = datetime.now(UTC).replace(hour=23, minute=30, second=0, microsecond=0)
        Subscription.objects.filter(pk=bought.held().pk).update(zone="Asia/Tokyo", trial_ends_at=ends)
        client = signed_in(person("olga@alpha.example", role=Role.OWNER))

        with time_machine.travel(ends.replace(hour=1), tick=True):
            shown = words(client)

        self.assertIn("08:30 JST", shown)
        self.assertNotIn("23:30 UTC", shown)
