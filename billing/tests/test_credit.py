"""What a tenant gets on credit by itself, and what the staff is asked for."""

from datetime import timedelta
from typing import Any

import time_machine

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import BillingDetails, Invoice, Plan, QuotaPeriod
from billing.selectors.staff import fingerprint
from billing.services import credit, dunning, periods, settling, staff_acts, subscriptions
from billing.tests import bought, invoiced
from billing.tests.choosing import ChoosingCase
from billing.tests.test_staff_acts import ActCase
from core import clock
from core.testing import OTHER
from tenants.tests.supported import staff


def pay(amount: str, schema: str = "alpha") -> Any:
    invoice = invoiced.issued(amount, schema)
    return settling.mark_paid(invoice_id=invoice.pk, on=clock.now().date(), reference="TX", by=staff().pk)


class UnaskedTests(ChoosingCase):
    def included(self) -> int:
        return QuotaPeriod.objects.filter(subscription=bought.held()).order_by("-period_start")[0].included

    def test_a_trial_begins_no_ten_thousand_interviews_without_anybody_having_been_asked(self) -> None:
        bought.trying("enterprise")
        bought.with_details()

        response = self.choose("enterprise", "invoice")

        self.assertContains(response, "To pay for Enterprise by invoice, please contact us first", status_code=409)
        self.assertContains(response, 'href="mailto:support@', status_code=409)
        self.assertNotContains(response, "Pay by invoice", status_code=409)
        self.assertEqual((self.state(), self.included()), (("enterprise", None, "trialing"), 10))

    def test_nor_does_who_began_a_smaller_plan_and_paid_nothing_yet(self) -> None:
        bought.on("starter")
        bought.with_details()

        self.assertContains(self.client.get("/billing/plan/enterprise/"), "please contact us first")
        for when in ("now", "renewal"):
            self.assertContains(self.choose("enterprise", when), "please contact us first", status_code=409)

        self.assertEqual((self.state(), self.included()), (("starter", None, "active"), 100))
        self.assertEqual(self.choose("professional", "now").status_code, 303)

    def test_who_once_paid_as_much_is_trusted_with_it(self) -> None:
        held = bought.on("starter")
        enterprise = Plan.objects.get(pk="enterprise")
        pay("99.00")
        self.assertTrue(credit.is_asked_for(held, enterprise))
        pay("2499.00", OTHER)
        self.assertTrue(credit.is_asked_for(held, enterprise))
        settled = invoiced.issued("2499.00")
        settling.credit(invoice_id=settled.pk, reason=invoiced.REASON, by=staff().pk)
        self.assertTrue(credit.is_asked_for(held, enterprise))
        pay("2499.00")

        self.assertEqual(self.choose("enterprise", "now").status_code, 303)

        self.assertEqual(self.state(), ("enterprise", None, "active"))

    def test_a_contract_was_agreed(self) -> None:
        held = bought.trying("professional")
        bought.with_details()
        terms = {"price_usd": 9000, "interviews_a_month": 30000}
        Plan.objects.create(code="ours", family="ours", name="Ours", tenant=held.tenant, **terms)

        self.assertEqual(self.choose("ours", "invoice").status_code, 303)

        self.assertEqual(self.state(), ("ours", None, "active"))


class OverdueTests(ChoosingCase):
    def setUp(self) -> None:
        super().setUp()
        bought.on("starter")
        pay("2499.00")

    def fall_due(self) -> None:
        dunning.payment_failed(subscriptions.locked(bought.held().pk), why="invoice")

    def test_nothing_larger_begins_while_an_invoice_is_overdue(self) -> None:
        self.fall_due()

        for when in ("now", "renewal"):
            self.assertEqual(self.choose("professional", when).status_code, 409, when)
        shown = self.client.get("/billing/plan/professional/")

        self.assertContains(shown, "A payment is overdue. You can choose a larger plan")
        self.assertEqual(self.state(), ("starter", None, "past_due"))

    def test_a_smaller_plan_from_the_renewal_on_is_chosen_all_the_same(self) -> None:
        bought.on("professional")
        self.fall_due()

        self.assertEqual(self.choose("starter", "renewal").status_code, 303)

        self.assertEqual(self.state(), ("professional", "starter", "past_due"))

    def test_no_more_interviews_beyond_the_included_are_allowed_but_fewer_are(self) -> None:
        bought.on("professional", overage_limit=10)
        self.fall_due()

        shown = self.client.post("/billing/beyond/", {"limit": "11"})

        self.assertContains(shown, "t allow more until it has arrived.", status_code=400)
        self.assertEqual(bought.held().overage_limit, 10)
        self.assertEqual(self.client.post("/billing/beyond/", {"limit": "0"}).status_code, 303)
        self.assertEqual(bought.held().overage_limit, 0)

    def test_a_larger_plan_chosen_before_waits_for_the_payment(self) -> None:
        self.assertEqual(self.choose("professional", "renewal").status_code, 303)
        self.fall_due()
        ends = bought.used(0).period_start
        QuotaPeriod.objects.filter(subscription=bought.held()).update(period_end=clock.now())

        periods.renew(subscription_id=bought.held().pk)

        self.assertEqual(self.state(), ("starter", "professional", "past_due"))
        self.assertGreater(periods.current().period_start, ends)
        self.assertEqual(periods.current().included, 100)


class StaffTests(ActCase):
    def test_the_staff_begins_it_and_changes_to_it(self) -> None:
        self.held = bought.trying("enterprise")
        self.assertEqual(self.done("begin").status, "active")
        bought.on("starter")

        self.assertEqual(self.done("plan", code="enterprise", when="now").plan_id, "enterprise")


class UncheckedDetailsTests(ChoosingCase):
    def test_details_that_stripe_collected_are_checked_before_an_invoice_begins(self) -> None:
        bought.trying("starter")
        BillingDetails.objects.create(subscription=bought.held(), **bought.DETAILS | {"tax_id": "PT123"})

        response = self.choose("starter", "invoice")

        self.assertRedirects(response, "/billing/details/?plan=starter", status_code=303, fetch_redirect_response=False)
        self.assertContains(self.client.get("/billing/details/"), "made out to these billing details")
        self.assertEqual(self.state(), ("starter", None, "trialing"))

    def test_a_stranger_learns_nothing_of_it(self) -> None:
        recruiter = signed_in(person("rita@alpha.example", role=Role.RECRUITER))
        before = self.state()

        response = recruiter.post("/billing/plan/enterprise/", {"when": "invoice"})

        self.assertNotContains(response, "contact us", status_code=403)
        self.assertEqual(self.state(), before)


class LetGoOnTests(ActCase):
    def test_an_invoice_that_is_overdue_counts_also_where_the_staff_let_everything_go_on(self) -> None:
        invoice = invoiced.issued("99.00")
        with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
            dunning.invoice_overdue(invoice_id=invoice.pk)
            asked = staff_acts.Asked(self.held.pk, fingerprint(bought.held()), invoiced.REASON, self.root.pk)
            staff_acts.recover(asked)
            self.assertEqual(bought.held().status, "active")

            with self.assertRaisesMessage(subscriptions.NotNow, "A payment is overdue"):
                credit.require(bought.held(), Plan.objects.get(pk="professional"))

    def test_the_page_offers_no_change_then_and_says_why(self) -> None:
        invoice = invoiced.issued("99.00")
        with time_machine.travel(clock.now() + timedelta(days=31), tick=False):
            dunning.invoice_overdue(invoice_id=invoice.pk)
            staff_acts.recover(
                staff_acts.Asked(self.held.pk, fingerprint(bought.held()), invoiced.REASON, self.root.pk)
            )
            owner = signed_in(person("olga@alpha.example", role=Role.OWNER))
            path, form = "/billing/plan/professional/", {"when": "now", "shown": "starter"}

            self.assertNotContains(owner.get(path), "Change to Professional now")
            self.assertContains(owner.post(path, form), "A payment is overdue.", status_code=409)
        self.assertEqual(bought.held().plan_id, "starter")

    def test_a_void_credit_note_leaves_an_invoice_paid(self) -> None:
        now = clock.now()
        settled = {"subtotal_usd": 999, "total_usd": 999, "status": "paid", "issued_at": now, "paid_at": now}
        paid = bought.invoice(self.held, "S-1", **settled)
        larger = Plan(code="x", price_usd=999)
        self.assertFalse(credit.is_asked_for(self.held, larger))
        back = bought.invoice(self.held, "S-2", kind="credit_note", corrects=paid, **settled)
        self.assertTrue(credit.is_asked_for(self.held, larger))

        Invoice.objects.filter(pk=back.pk).update(status="void")

        self.assertFalse(credit.is_asked_for(self.held, larger))
