"""What Stripe is asked to change of a plan, word for word, and what comes of its answers."""

from datetime import UTC, datetime
from typing import Any
from unittest import mock

from accounts.roles import NotPermitted, Role
from accounts.tests.people import person
from billing.models import Subscription
from billing.services import periods, plan_changes, subscriptions
from billing.services.stripe import changes, client, leaving, mirror
from billing.services.subscriptions import NotNow
from tests.payments.case import UPDATED, WireCase, event, plan, seconds
from tests.payments.shop import Raw


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
