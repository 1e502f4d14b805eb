"""Those who pay are told when the staff stops them, an invoice becomes void, or the plan was cancelled."""

from django.core import mail as outbox
from django.core.mail import EmailMessage

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import BillingNotice
from billing.services import mail, settling, subscriptions
from billing.tests import bought, invoiced
from billing.tests.invoiced import REASON
from billing.tests.test_billing_page import words
from billing.tests.test_staff_acts import ActCase
from core import tenancy
from core.testing import OTHER


class AnnouncingCase(ActCase):
    def setUp(self) -> None:
        super().setUp()
        self.olga: User = person("olga@alpha.example", role=Role.OWNER)
        self.olga.name = "Olga Ortiz"
        self.olga.save()
        person("rita@alpha.example", role=Role.RECRUITER)
        outbox.outbox = []

    def sent(self, kind: str) -> EmailMessage:
        """The one mail of this kind, sent now."""
        mail.send(mail_id=BillingNotice.objects.get(kind=kind).pk)
        return outbox.outbox[-1]

    def unsent(self, kind: str) -> str:
        row = BillingNotice.objects.get(kind=kind)
        mail.send(mail_id=row.pk)
        row.refresh_from_db()
        self.assertEqual(outbox.outbox, [])
        return row.error


class StoppedTests(AnnouncingCase):
    def test_who_pays_is_told_that_a_payment_alone_does_not_end_it(self) -> None:
        self.done("stop")

        sent = self.sent("stopped")
        self.assertEqual(sent.to, ["olga@alpha.example"])
        self.assertIn("was stopped because of an unpaid amount", sent.subject)
        self.assertIn("A payment alone does not end this. Please write to", sent.body)
        self.assertNotIn("As soon as your payment arrives", sent.body)

    def test_once_it_goes_on_again_nobody_is_told(self) -> None:
        self.done("stop")
        self.done("recover")

        self.assertEqual(self.unsent("stopped"), "no longer wanted")

    def test_an_unpaid_invoice_of_a_stopped_account_says_unpaid(self) -> None:
        invoiced.issued()
        client = signed_in(self.olga)
        self.assertNotIn("Unpaid", words(client))

        self.done("stop")

        self.assertIn("$100.00 Unpaid", words(client))


class VoidedTests(AnnouncingCase):
    def void(self, *, again: bool = False) -> None:
        settling.void(invoice_id=self.invoice.pk, reason=REASON, by=self.root.pk, again=again)

    def setUp(self) -> None:
        super().setUp()
        self.invoice = invoiced.issued(email="olga@alpha.example")

    def test_who_was_told_of_the_invoice_is_told_that_nothing_is_due_on_it(self) -> None:
        self.void()

        sent = self.sent("voided")
        self.assertIn(f"invoice {self.invoice.number} is void", sent.subject)
        self.assertIn("nothing is due on it any more. There is nothing for you to do.", sent.body)
        self.assertEqual([name for name, *_rest in sent.attachments], [f"{self.invoice.number}.pdf"])

    def test_where_its_lines_come_again_the_mail_says_so(self) -> None:
        self.void(again=True)

        self.assertIn("What it was for comes on a new invoice.", self.sent("voided").body)

    def test_of_one_that_nobody_was_told_of_there_is_no_mail(self) -> None:
        BillingNotice.objects.all().delete()

        self.void()

        self.assertEqual(invoiced.notices(), [])


class CancelledTests(AnnouncingCase):
    def test_a_person_s_cancellation_says_who_until_when_and_how_to_keep_the_plan(self) -> None:
        signed_in(self.olga).post("/billing/cancel/")

        sent = self.sent("cancellation")
        ends = bought.held().cancels_at
        assert ends is not None
        self.assertIn(f"your plan was cancelled and ends on {ends:%-d %B %Y}", sent.subject.replace("  ", " "))
        self.assertIn("Olga Ortiz cancelled the Starter plan", sent.body)
        self.assertIn("choose “Keep the plan” on your billing page before that day", sent.body)
        self.assertIn("/billing/", sent.body)

    def test_the_staff_s_says_so_and_names_no_person(self) -> None:
        self.done("cancel")

        sent = self.sent("cancellation")
        self.assertIn("Candor's staff cancelled the Starter plan", sent.body)
        self.assertNotIn("root@", sent.body)

    def test_one_that_was_taken_back_is_not_told_and_a_second_one_is(self) -> None:
        client = signed_in(self.olga)
        client.post("/billing/cancel/")
        client.post("/billing/keep/")
        self.assertEqual(self.unsent("cancellation"), "no longer wanted")

        client.post("/billing/cancel/")
        client.post("/billing/cancel/")

        self.assertEqual(invoiced.notices().count("cancellation"), 2)

    def test_nobody_of_another_tenant_is_told(self) -> None:
        with tenancy.enter(OTHER):
            person("otto@beta.example", role=Role.OWNER)
        subscriptions.cancel_at_end(subscription_id=self.held.pk)

        self.assertEqual(self.sent("cancellation").to, ["olga@alpha.example"])
