"""What goes to Stripe word for word, and what comes of its answers: checkout, portal, changes, refunds, overage."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from django.db import transaction
from django.test import override_settings

from accounts.models import User
from accounts.roles import NotPermitted, Role
from accounts.tests.people import person, signed_in
from billing.models import CreditGrant, Invoice, QuotaPeriod, Subscription, UsageRecord
from billing.services import charges, granting, metering, periods, plan_changes, plans, subscriptions
from billing.services.stripe import changes, checkout, claim, client, leaving, mirror, overage, papers, portal, refunds
from billing.services.subscriptions import NotNow
from compliance.audit.models import AuditEvent
from core import pool
from core.models import Due
from core.testing import OTHER
from tests.payments.case import KEY, ShopCase, event, follow, invoice, plan, seconds, subscription
from tests.payments.shop import Raw

UPDATED = "customer.subscription.updated"


class WireCase(ShopCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner: User = person(role=Role.OWNER)

    def asked(self, path: str) -> Raw:
        """The form of the one POST that went there."""
        found = self.shop.posts(path)
        self.assertEqual(len(found), 1, [one.path for one in self.shop.asked])
        return found[0].form

    def paying(self, **more: Any) -> Raw:
        """alpha pays for `one` by card since half a month."""
        began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=15)
        self.held.periods.update(period_start=began - timedelta(days=1))
        raw = self.shop.put(subscription(began=began, **more))
        self.tell(event(UPDATED, raw))
        self.held.refresh_from_db()
        self.assertEqual(self.held.status, "active")
        self.shop.asked.clear()
        return raw


class CheckoutTests(WireCase):
    def test_the_first_payment_makes_the_customer_and_leads_to_stripe_s_page(self) -> None:
        Subscription.objects.filter(pk=self.held.pk).update(stripe_customer="")

        address = checkout.begin(by=self.owner, plan_code="two")

        self.assertEqual(address, "https://checkout.stripe.com/c/pay/cs_made2")
        pk = str(self.held.pk)
        self.assertEqual(
            self.asked("customers"),
            {"description": "alpha", "metadata[candor_subscription]": pk, "metadata[candor_tenant]": "alpha"},
        )
        told = {"candor_subscription": pk, "candor_plan": "two", "candor_price": "price_two"}
        self.assertEqual(
            self.asked("checkout/sessions"),
            {
                "mode": "subscription",
                "customer": "cus_made1",
                "client_reference_id": pk,
                "line_items[0][price]": "price_two",
                "line_items[0][quantity]": "1",
                "success_url": f"{self.held.tenant.address}/billing/?paid=1",
                "cancel_url": f"{self.held.tenant.address}/billing/",
                "billing_address_collection": "required",
                "tax_id_collection[enabled]": "true",
                "customer_update[name]": "auto",
                "customer_update[address]": "auto",
                "automatic_tax[enabled]": "false",
                "subscription_data[billing_mode][type]": "flexible",
                **{f"metadata[{name}]": value for name, value in told.items()},
                **{f"subscription_data[metadata][{name}]": value for name, value in told.items()},
            },
        )
        customer, session = self.shop.posts()
        self.assertEqual(customer.headers["authorization"], f"Bearer {KEY}")
        self.assertEqual(customer.headers["idempotency-key"], f"candor:customer:{pk}")
        self.assertEqual(session.headers["idempotency-key"], f"candor:checkout:{pk}:two:first")
        self.held.refresh_from_db()
        self.assertEqual(
            (self.held.stripe_customer, self.held.status, self.held.stripe_busy_until), ("cus_made1", "trialing", None)
        )
        self.assertTrue(Due.objects.filter(kind="stripe_check", object_id=self.held.pk).exists())

    def test_the_same_plan_again_leads_to_the_same_page_and_another_ends_it(self) -> None:
        first = checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual(checkout.begin(by=self.owner, plan_code="one"), first)
        other = checkout.begin(by=self.owner, plan_code="two")

        self.assertNotEqual(other, first)
        statuses = {raw["metadata"]["candor_plan"]: raw["status"] for raw in self.shop.of("checkout.session")}
        self.assertEqual(statuses, {"one": "expired", "two": "open"})

    def test_taxes_are_reckoned_by_stripe_where_it_is_set_up(self) -> None:
        with override_settings(STRIPE_AUTOMATIC_TAX=True):
            checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual(self.asked("checkout/sessions")["automatic_tax[enabled]"], "true")

    def test_who_may_not_or_need_not_pay_is_refused_and_stripe_is_not_asked(self) -> None:
        plan("free-of-stripe", 5, 10, stripe_price="")
        theirs = plan("theirs", 5, 10, tenant=self.other_tenant())
        for role in (Role.RECRUITER, Role.AUDITOR, Role.HIRING_MANAGER):
            with self.subTest(role), self.assertRaises(NotPermitted):
                checkout.begin(by=person(f"{role}@alpha.example", role=role), plan_code="one")
        for code, error in (
            ("free-of-stripe", checkout.NotByCard),
            ("nothing", plans.UnknownPlan),
            (theirs.pk, plans.UnknownPlan),
        ):
            with self.subTest(code), self.assertRaises(error):
                checkout.begin(by=self.owner, plan_code=code)
        small = plan("small", 5, 10, seats=0)
        with self.assertRaises(plan_changes.BelowUse):
            checkout.begin(by=self.owner, plan_code=small.pk)
        self.assertEqual(self.shop.asked, [])

        subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)
        with self.assertRaises(NotNow):
            checkout.begin(by=self.owner, plan_code="one")
        self.assertEqual(self.shop.asked, [])

    def other_tenant(self) -> Any:
        with self.in_tenant(OTHER) as tenant:
            return tenant or Subscription.objects.exclude(pk=self.held.pk).get().tenant

    def test_of_two_at_once_the_second_is_told_to_wait(self) -> None:
        with claim.taken(self.held.pk), self.assertRaises(claim.Busy):
            checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual(self.shop.asked, [])
        checkout.begin(by=self.owner, plan_code="one")

    def test_an_address_that_is_not_stripe_s_is_never_gone_to(self) -> None:
        for odd in (
            "http://checkout.stripe.com/x",
            "https://checkout.stripe.com.evil.example/",
            "javascript:alert(1)",
            "//x",
            "",
        ):
            with self.subTest(odd), self.assertRaises(checkout.BadAddress):
                checkout.checked(odd)

    def test_stripe_away_is_said_and_changes_nothing(self) -> None:
        self.shop.away = True

        with self.assertRaises(client.Unavailable):
            checkout.begin(by=self.owner, plan_code="one")

        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.held.stripe_busy_until), ("trialing", None))
        self.assertFalse(AuditEvent.objects.filter(action="subscription.checkout_begun").exists())

    def test_nothing_is_asked_inside_a_transaction(self) -> None:
        with transaction.atomic(), self.assertRaises(pool.HeldDuringCall):
            checkout.begin(by=self.owner, plan_code="one")

        self.assertEqual(self.shop.asked, [])

    def test_stripe_s_portal(self) -> None:
        with self.assertRaises(NotNow):
            portal.open(by=self.owner)
        self.paying()

        self.assertEqual(portal.open(by=self.owner), "https://billing.stripe.com/p/1")
        self.assertEqual(
            self.asked("billing_portal/sessions"),
            {"customer": "cus_alpha", "return_url": f"{self.held.tenant.address}/billing/"},
        )
        with self.assertRaises(NotPermitted):
            portal.open(by=person("r@alpha.example"))


class ChangeTests(WireCase):
    def test_a_larger_plan_now_is_prorated_by_stripe_and_copied(self) -> None:
        raw = self.paying()

        held = changes.change_now(by=self.owner, code="two", shown="one")

        form = self.asked("subscriptions/sub_1")
        self.assertAlmostEqual(int(form.pop("proration_date")), seconds(datetime.now(UTC)), delta=10)
        end = raw["items"]["data"][0]["current_period_end"]
        self.assertEqual(
            form,
            {
                "items[0][id]": "si_sub_1",
                "items[0][price]": "price_two",
                "metadata[candor_plan]": "two",
                "metadata[candor_from]": str(end),
                "metadata[candor_when]": "now",
                "proration_behavior": "always_invoice",
                "payment_behavior": "error_if_incomplete",
            },
        )
        self.assertEqual(held.plan, self.two)
        self.assertGreater(periods.current().included, 500)

    def test_a_declined_card_changes_nothing(self) -> None:
        self.paying()
        declined = {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}
        self.shop.says["subscriptions/sub_1"] = (402, {"error": declined})
        real = self.shop._answer
        with (
            mock.patch.object(
                self.shop, "_answer", lambda asked: real(asked) if asked.method == "POST" else self.get(asked)
            ),
            self.assertRaises(client.Declined) as caught,
        ):
            changes.change_now(by=self.owner, code="two", shown="one")

        self.held.refresh_from_db()
        self.assertEqual((str(caught.exception), self.held.plan), ("Your card was declined.", self.one))
        self.assertEqual((periods.current().included, self.held.stripe_busy_until), (100, None))

    def get(self, asked: Any) -> tuple[int, Raw]:
        said, self.shop.says = self.shop.says, {}
        try:
            return type(self.shop)._answer(self.shop, asked)
        finally:
            self.shop.says = said

    def test_a_smaller_plan_waits_for_the_renewal_without_proration(self) -> None:
        self.paying()
        plan("small", 9, 10)

        with self.assertRaises(plan_changes.LargerOnly):
            changes.change_now(by=self.owner, code="small", shown="one")
        held = changes.change_at_renewal(by=self.owner, code="small", shown="one")

        form = self.asked("subscriptions/sub_1")
        self.assertEqual((form["proration_behavior"], form["metadata[candor_when]"]), ("none", "renewal"))
        self.assertEqual((held.plan_id, held.next_plan_id), ("one", "small"))
        self.assertEqual(periods.current().included, 100)

        back = changes.change_at_renewal(by=self.owner, code="one", shown="one")
        self.assertEqual((back.plan_id, back.next_plan_id), ("one", None))

    def wished(self) -> None:
        """alpha chose `two` for the renewal."""
        self.paying()
        changes.change_at_renewal(by=self.owner, code="two", shown="one")
        self.held.refresh_from_db()
        self.assertEqual(self.held.next_plan, self.two)
        self.shop.asked.clear()

    def told(self) -> list[tuple[str, str, str]]:
        """Price, proration and since when, of each change that Stripe was asked for."""
        names = ("items[0][price]", "proration_behavior", "metadata[candor_when]")
        found = [one.form for one in self.shop.posts("subscriptions/sub_1")]
        return [(form[names[0]], form[names[1]], form[names[2]]) for form in found]

    def test_a_plan_chosen_for_the_renewal_and_then_for_now_is_charged_from_the_price_that_was_paid(self) -> None:
        self.wished()

        held = changes.change_now(by=self.owner, code="two", shown="one")

        self.assertEqual(self.told(), [("price_one", "none", "now"), ("price_two", "always_invoice", "now")])
        self.assertEqual((held.plan, held.next_plan), (self.two, None))
        self.assertGreater(periods.current().included, 500)

    def test_a_smaller_wish_gives_no_smaller_credit_for_a_larger_plan_now(self) -> None:
        self.paying()
        plan("small", 9, 10)
        changes.change_at_renewal(by=self.owner, code="small", shown="one")
        self.shop.asked.clear()

        changes.change_now(by=self.owner, code="two", shown="one")

        self.assertEqual(self.told(), [("price_one", "none", "now"), ("price_two", "always_invoice", "now")])

    def test_a_declined_card_leaves_the_wish_for_the_renewal_as_it_was(self) -> None:
        self.wished()
        declined = {"error": {"type": "card_error", "code": "card_declined", "message": "Your card was declined."}}
        real = self.shop._answer

        def answer(asked: Any) -> tuple[int, Raw]:
            charged = asked.form.get("proration_behavior") == "always_invoice"
            return (402, declined) if charged else real(asked)

        with mock.patch.object(self.shop, "_answer", answer), self.assertRaises(client.Declined):
            changes.change_now(by=self.owner, code="two", shown="one")

        self.assertEqual(self.told()[-1], ("price_two", "none", "renewal"))
        self.tell(event(UPDATED, self.shop.objects["sub_1"]))
        self.held.refresh_from_db()
        self.assertEqual((self.held.plan, self.held.next_plan, periods.current().included), (self.one, self.two, 100))

    def test_an_answer_that_got_lost_is_no_second_charge(self) -> None:
        self.paying()
        with mock.patch.object(mirror, "copy_subscription", side_effect=client.Unavailable):
            changes.change_now(by=self.owner, code="two", shown="one")

        held = changes.change_now(by=self.owner, code="two", shown="one")

        self.assertEqual((self.told(), held.plan), ([("price_two", "always_invoice", "now")], self.two))

    def test_a_price_that_somebody_changed_at_stripe_is_copied_and_looked_at_first(self) -> None:
        raw = self.paying()
        plan("three", 999, 2000)
        raw["items"]["data"][0]["price"]["id"] = "price_two"

        with self.assertRaises(plan_changes.ChangedMeanwhile):
            changes.change_now(by=self.owner, code="three", shown="one")

        self.held.refresh_from_db()
        self.assertEqual((self.shop.posts(), self.held.plan), ([], self.two))

    def test_what_the_page_showed_must_still_be_so(self) -> None:
        self.paying()

        for change in (changes.change_now, changes.change_at_renewal):
            with self.assertRaises(plan_changes.ChangedMeanwhile):
                change(by=self.owner, code="two", shown="two")
        self.assertEqual(self.shop.posts(), [])

    def test_a_break_between_question_and_copy_is_mended_by_the_event(self) -> None:
        self.paying()
        with mock.patch.object(mirror, "copy_subscription", side_effect=client.Unavailable):
            held = changes.change_at_renewal(by=self.owner, code="two", shown="one")
        self.assertIsNone(held.next_plan_id)

        self.tell(event(UPDATED, self.shop.objects["sub_1"]))

        self.held.refresh_from_db()
        self.assertEqual((self.held.plan, self.held.next_plan), (self.one, self.two))

    def test_the_cancellation_and_its_taking_back(self) -> None:
        raw = self.paying()

        held = changes.cancel_at_end(by=self.owner)
        self.assertEqual(self.asked("subscriptions/sub_1"), {"cancel_at_period_end": "true"})
        self.assertEqual(seconds(held.cancels_at), raw["items"]["data"][0]["current_period_end"])  # type: ignore[arg-type]

        held = changes.keep(by=self.owner)
        self.assertEqual((held.cancels_at, raw["cancel_at_period_end"]), (None, False))
        with self.assertRaises(NotNow):
            changes.keep(by=self.owner)

    def test_who_pays_by_invoice_changes_without_stripe(self) -> None:
        subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)

        changes.change_now(by=self.owner, code="two", shown="one")
        changes.cancel_at_end(by=self.owner)
        held = changes.keep(by=self.owner)

        self.assertEqual((held.plan, held.cancels_at, self.shop.asked), (self.two, None, []))

    def test_only_who_manages_billing_changes_anything(self) -> None:
        self.paying()
        recruiter = person("r@alpha.example", role=Role.RECRUITER)

        for act in (changes.cancel_at_end, changes.keep):
            with self.assertRaises(NotPermitted):
                act(by=recruiter)
        for change in (changes.change_now, changes.change_at_renewal):
            with self.assertRaises(NotPermitted):
                change(by=recruiter, code="two", shown="one")
        self.assertEqual(self.shop.asked, [])

    def test_the_removal_of_the_tenant_ends_it_at_stripe(self) -> None:
        self.paying()

        leaving.leave(self.held.tenant)
        leaving.leave(self.held.tenant)

        self.assertEqual(self.shop.objects["sub_1"]["status"], "canceled")
        self.assertEqual([row.payload for row in self.held.stripe_events.all()], [{}])


class RefundTests(WireCase):
    def setUp(self) -> None:
        super().setUp()
        raw = self.shop.put(invoice())
        self.tell(event("invoice.paid", raw))
        self.row = Invoice.objects.get()
        self.shop.asked.clear()

    def test_money_is_given_back_by_a_credit_note_with_the_reason(self) -> None:
        note = refunds.refund(
            invoice_id=self.row.pk, amount_usd=Decimal("50.25"), reason="The export failed for a day."
        )

        self.assertEqual(
            self.asked("credit_notes"),
            {"invoice": "in_1", "amount": "5025", "refund_amount": "5025", "memo": "The export failed for a day."},
        )
        self.assertEqual((note.kind, note.corrects, note.total_usd), ("credit_note", self.row, Decimal("50.25")))
        told = AuditEvent.objects.get(action="invoice.refund_asked").detail
        self.assertEqual((told["amount"], told["reason"]), ("50.25", "The export failed for a day."))

    def test_absurd_amounts_and_reasons_are_refused_and_stripe_is_not_asked(self) -> None:
        reason = "The export failed for a day."
        for amount in ("0", "-1", "121.78", "0.001", "1000000"):
            with self.subTest(amount), self.assertRaises(refunds.BadRefund):
                refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(amount), reason=reason)
        for short in ("", "  ", "oops"):
            with self.subTest(short), self.assertRaises(granting.BadGrant):
                refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(1), reason=short)
        with self.assertRaises(refunds.BadRefund):
            refunds.void(invoice_id=self.row.pk, reason=reason)
        self.assertEqual(self.shop.asked, [])

    def test_more_than_the_rest_is_refused(self) -> None:
        refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(100), reason="The export failed for a day.")

        with self.assertRaises(refunds.BadRefund):
            refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal("21.78"), reason="The export failed for a day.")

        self.assertEqual(len(self.shop.posts("credit_notes")), 1)

    def test_an_answer_that_got_lost_is_not_a_second_refund(self) -> None:
        def act() -> Invoice:
            return refunds.refund(invoice_id=self.row.pk, amount_usd=Decimal(10), reason="The export failed for a day.")

        lost = mock.patch.object(papers, "keep_credit_note", side_effect=client.Unavailable)
        with lost, self.assertRaises(client.Unavailable):
            act()
        act()

        self.assertEqual((len(self.shop.of("credit_note")), self.row.corrections.count()), (1, 1))

    def test_an_unpaid_invoice_is_made_void(self) -> None:
        raw = self.shop.put(invoice("in_2", status="open"))
        self.tell(event("invoice.finalized", raw))
        row = Invoice.objects.get(stripe_id="in_2")

        self.assertEqual(refunds.void(invoice_id=row.pk, reason="Charged to the wrong account.").status, "void")
        with self.assertRaises(refunds.BadRefund):
            refunds.refund(invoice_id=row.pk, amount_usd=Decimal(1), reason="Charged to the wrong account.")


class OverageTests(WireCase):
    def setUp(self) -> None:
        super().setUp()
        self.over = plan("over", 99, 2, overage_price_usd=Decimal("1.25"), most_overage=50, stripe_price="price_one")
        type(self.one).objects.filter(pk="one").update(stripe_price="")
        self.paying()
        self.period = self.held.periods.get(is_trial=False)
        for place in range(3):
            metering.record(UsageRecord.Kind.OVERAGE, period=self.period, key=f"overage:{place}")
        now = datetime.now(UTC)
        QuotaPeriod.objects.filter(pk=self.period.pk).update(period_end=now - timedelta(hours=26))

    def test_a_closed_period_s_overage_is_an_item_of_stripe_s_next_invoice_once(self) -> None:
        charges.close(period_id=self.period.pk)
        self.assertTrue(Due.objects.filter(kind="stripe_overage", object_id=self.period.pk).exists())

        for _ in range(3):
            overage.bill(period_id=self.period.pk)

        self.period.refresh_from_db()
        self.assertEqual(
            self.asked("invoiceitems"),
            {
                "customer": "cus_alpha",
                "amount": "375",
                "currency": "usd",
                "description": "3 interviews beyond the included, 1.25 dollars each",
                "period[start]": str(seconds(self.period.period_start)),
                "period[end]": str(seconds(self.period.period_end)),
                "metadata[candor_period]": str(self.period.pk),
                "subscription": "sub_1",
            },
        )
        self.assertEqual(
            self.shop.posts("invoiceitems")[0].headers["idempotency-key"], f"candor:overage:{self.period.pk}"
        )
        self.assertEqual(self.period.stripe_item, self.shop.of("invoiceitem")[0]["id"])
        self.assertEqual((self.held.lines.count(), Due.objects.filter(kind="stripe_overage").count()), (0, 0))

    def test_an_item_whose_answer_got_lost_long_ago_is_found_again(self) -> None:
        charges.close(period_id=self.period.pk)
        overage.bill(period_id=self.period.pk)
        QuotaPeriod.objects.filter(pk=self.period.pk).update(stripe_item="")
        self.shop.answered.clear()  # Stripe forgot its idempotency keys

        overage.bill(period_id=self.period.pk)

        self.period.refresh_from_db()
        self.assertEqual(
            (len(self.shop.of("invoiceitem")), self.period.stripe_item), (1, self.shop.of("invoiceitem")[0]["id"])
        )

    def test_stripe_away_keeps_it_owed(self) -> None:
        charges.close(period_id=self.period.pk)
        self.shop.away = True

        overage.bill(period_id=self.period.pk)

        self.period.refresh_from_db()
        self.assertEqual((self.period.stripe_item, Due.objects.filter(kind="stripe_overage").count()), ("", 1))

    def test_after_the_end_an_invoice_of_its_own_is_asked_for(self) -> None:
        self.ended()

        overage.bill(period_id=self.period.pk)

        self.assertNotIn("subscription", self.asked("invoiceitems"))
        self.assertEqual(
            self.asked("v1/invoices"),
            {"customer": "cus_alpha", "auto_advance": "true", "pending_invoice_items_behavior": "include"},
        )

    def ended(self) -> None:
        raw = self.shop.objects["sub_1"] | {"status": "canceled", "ended_at": seconds(datetime.now(UTC))}
        self.tell(event(UPDATED, self.shop.put(raw)))
        charges.close(period_id=self.period.pk)
        self.shop.asked.clear()

    def test_a_crash_before_the_last_invoice_is_made_up_for(self) -> None:
        self.ended()
        with mock.patch.object(overage, "_invoice", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            overage.bill(period_id=self.period.pk)
        self.shop.answered.clear()  # Stripe forgot its idempotency keys

        overage.bill(period_id=self.period.pk)

        items, bills = self.shop.posts("invoiceitems"), self.shop.posts("v1/invoices")
        self.assertEqual((len(items), len(bills)), (1, 1))

    def test_an_item_that_is_on_an_invoice_already_makes_no_second_one(self) -> None:
        self.ended()
        overage.bill(period_id=self.period.pk)
        self.shop.of("invoiceitem")[0]["invoice"] = "in_made2"
        QuotaPeriod.objects.filter(pk=self.period.pk).update(stripe_item="")
        self.shop.answered.clear()

        overage.bill(period_id=self.period.pk)

        self.assertEqual(len(self.shop.posts("v1/invoices")), 1)

    def test_one_interview_is_said_as_one(self) -> None:
        metering.record(UsageRecord.Kind.OVERAGE, period=self.period, key="overage:less", quantity=Decimal(-2))
        charges.close(period_id=self.period.pk)

        overage.bill(period_id=self.period.pk)

        said = self.asked("invoiceitems")["description"]
        self.assertEqual(said, "1 interview beyond the included, at 1.25 dollars")

    def test_a_credit_takes_back_what_is_not_charged_yet(self) -> None:
        QuotaPeriod.objects.filter(pk=self.period.pk).update(credited=3, consumed=5)
        self.period.refresh_from_db()
        charges.settle_overage(self.period, why="credit")
        self.assertEqual((charges.overage_of(self.period), CreditGrant.objects.count()), (0, 0))

        charges.close(period_id=self.period.pk)

        self.assertFalse(Due.objects.filter(kind="stripe_overage").exists())


class ClientTests(WireCase):
    def test_a_call_that_broke_off_is_tried_once_more_and_no_more(self) -> None:
        self.shop.says["subscriptions"] = (503, {"error": {"type": "api_error", "message": "down"}})

        with self.assertRaises(client.Unavailable), client.asking() as stripe:
            stripe.v1.subscriptions.list({"customer": "cus_alpha"})

        self.assertEqual(len(self.shop.asked), 2)

    def test_a_wrong_key_is_for_the_operator_and_no_fault_of_the_person(self) -> None:
        self.shop.says["subscriptions"] = (
            401,
            {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}},
        )

        with self.assertRaises(client.Unavailable), client.asking() as stripe:
            stripe.v1.subscriptions.list({"customer": "cus_alpha"})

    def test_without_a_key_everything_is_off(self) -> None:
        with override_settings(STRIPE_SECRET_KEY=""):
            self.assertFalse(client.is_on())
            with self.assertRaises(client.Off):
                checkout.begin(by=self.owner, plan_code="one")
            with self.assertRaises(client.Off):
                portal.open(by=self.owner)
        self.assertEqual(self.shop.asked, [])

    def test_the_version_of_the_api_is_the_library_s_own(self) -> None:
        import stripe as library

        with client.asking() as stripe:
            stripe.v1.subscriptions.list({"customer": "cus_alpha"})

        self.assertEqual(self.shop.asked[0].headers["stripe-version"], library.api_version or "2026-10-28.endive")
        self.assertNotIn("x-stripe-client-telemetry", self.shop.asked[0].headers)


class PageTests(WireCase):
    def test_a_form_leads_to_stripe_s_page(self) -> None:
        browser = signed_in(self.owner)

        answer = browser.post("/billing/checkout/", {"plan": "one"})
        self.assertEqual((answer.status_code, answer["Location"]), (303, "https://checkout.stripe.com/c/pay/cs_made1"))
        self.paying()
        answer = browser.post("/billing/stripe/")
        self.assertEqual((answer.status_code, answer["Location"]), (303, "https://billing.stripe.com/p/1"))

    def test_what_went_wrong_is_said_on_the_billing_page(self) -> None:
        browser = signed_in(self.owner)
        self.shop.away = True

        answer = browser.post("/billing/checkout/", {"plan": "one"})

        self.assertEqual((answer.status_code, answer["Location"]), (303, "/billing/"))
        stored = json.dumps(dict(browser.session.items()), default=str)
        self.assertIn("Stripe does not answer at the moment, and nothing was changed.", stored)

    def test_nobody_else_gets_there(self) -> None:
        with self.in_tenant(OTHER):
            stranger = signed_in(person("eve@beta.example", role=Role.OWNER), OTHER)
        visitors = {
            "anonymous": self.client_class(),
            "recruiter": signed_in(person("r@alpha.example", role=Role.RECRUITER)),
            "another tenant's owner": stranger,
        }
        for name, browser in visitors.items():
            for address in ("/billing/checkout/", "/billing/stripe/"):
                with self.subTest(name + address):
                    answer = browser.post(address, {"plan": "one"}, HTTP_HOST="alpha.candor.localhost")
                    self.assertIn(answer.status_code, (302, 403))
                    self.assertNotIn("stripe.com", answer.get("Location", ""))
                    self.assertEqual(browser.get(address, HTTP_HOST="alpha.candor.localhost").status_code, 405)
        self.assertEqual(self.shop.asked, [])

    def test_without_a_key_there_are_no_such_pages(self) -> None:
        browser = signed_in(self.owner)

        with override_settings(STRIPE_SECRET_KEY=""):
            for address in ("/billing/checkout/", "/billing/stripe/"):
                self.assertEqual(browser.post(address, {"plan": "one"}).status_code, 404)

    def test_forms_of_the_billing_pages_may_lead_to_stripe_and_no_others(self) -> None:
        browser = signed_in(self.owner)

        billing = browser.get("/billing/nothing-here/")["Content-Security-Policy"]
        other = browser.get("/settings/")["Content-Security-Policy"]

        self.assertIn("form-action 'self' https://checkout.stripe.com https://billing.stripe.com", billing)
        self.assertIn("form-action 'self';", other + ";")
        self.assertNotIn("stripe", other)
        with override_settings(FORMS_LEAD_TO={}):
            self.assertNotIn("stripe", browser.get("/billing/nothing-here/")["Content-Security-Policy"])


class EventAdminTests(WireCase):
    def test_staff_sees_what_stripe_told_and_has_it_followed_again(self) -> None:
        told = event("invoice.paid", invoice(customer="cus_later"))
        self.send(told)
        row = follow(told)
        from accounts.tests.people import platform_admin
        from core import tenancy

        admin = platform_admin()
        with tenancy.enter_platform():
            browser = signed_in(admin, "admin")
        url = "/billing/stripeevent/"
        self.assertContains(browser.get(url), "cus_later")
        again = {"action": "follow_again", "_selected_action": [str(row.pk)]}

        self.assertContains(browser.post(url, again, follow=True), "Of nobody here: 1.")
        Subscription.objects.filter(pk=self.held.pk).update(stripe_customer="cus_later")
        self.assertContains(browser.post(url, again, follow=True), "Owed again: 1.")
        self.assertContains(browser.post(url, again, follow=True), "Waiting already: 1.")
        self.assertEqual(browser.get(url + "add/").status_code, 403)
        self.assertEqual(browser.get(f"{url}{row.pk}/delete/").status_code, 403)
