"""Whatever an event says, what Stripe has now is copied: payment, cancellation, end, plan."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import time_machine
from django.core.management import CommandError, call_command

from billing.models import QuotaPeriod, StripeEvent, Subscription
from billing.services import periods, quota, subscriptions
from billing.services.stripe import catching_up, inbox, mirror, shapes
from billing.services.stripe.shapes import Odd
from core.ids import uuid7
from core.models import Due
from core.testing import OTHER
from tests.payments.case import UPDATED, MirrorCase, event, follow, invoice, month_after, plan, seconds, subscription


class PaymentTests(MirrorCase):
    def setUp(self) -> None:
        super().setUp()
        self.raw = subscription(began=datetime.now(UTC) - timedelta(hours=1))
        self.now_has(self.raw)

    def test_a_card_that_fails_begins_the_grace_and_one_that_works_ends_it(self) -> None:
        for status in ("past_due", "unpaid"):
            self.now_has(self.raw | {"status": status})
            self.assertEqual(self.held.status, "past_due")
            self.assertIsNotNone(self.held.grace_ends_at)

            self.now_has(self.raw | {"status": "active"})
            self.assertEqual((self.held.status, self.held.grace_ends_at), ("active", None))

    def test_who_became_read_only_recovers_by_paying(self) -> None:
        from billing.services import standing

        self.now_has(self.raw | {"status": "past_due"})
        standing.stop(self.held, why="payment")

        self.now_has(self.raw | {"status": "past_due"})
        self.assertEqual(self.held.status, "read_only")
        self.now_has(self.raw | {"status": "active"})
        self.assertEqual(self.held.status, "active")

    def test_time_that_the_staff_gives_at_stripe_is_no_end(self) -> None:
        self.now_has(self.raw | {"status": "past_due"})

        self.now_has(self.raw | {"status": "trialing"})

        self.assertEqual(self.held.status, "active")

    def test_a_cancellation_is_copied_and_taken_back(self) -> None:
        ends = self.raw["items"]["data"][0]["current_period_end"]

        self.now_has(self.raw | {"cancel_at_period_end": True})
        self.assertEqual(seconds(self.held.cancels_at), ends)  # type: ignore[arg-type]
        self.now_has(self.raw | {"cancel_at": ends - 60})
        self.assertEqual(seconds(self.held.cancels_at), ends - 60)  # type: ignore[arg-type]
        self.now_has(self.raw)
        self.assertIsNone(self.held.cancels_at)

    def test_its_end_at_stripe_ends_it_here_and_the_last_overage_is_looked_at(self) -> None:
        at = seconds(datetime.now(UTC)) - 30

        self.now_has(self.raw | {"status": "canceled", "ended_at": at})

        self.assertEqual((self.held.status, seconds(self.held.cancels_at)), ("cancelled", at))  # type: ignore[arg-type]
        self.assertEqual(self.months(), [(self.raw["created"], at)])
        self.assertTrue(Due.objects.filter(kind="period_close", object_id=self.held.periods.first().pk).exists())  # type: ignore[union-attr]
        with self.assertRaises(quota.QuotaExhausted):
            quota.reserve(interview_id=uuid7())

    def test_who_cancelled_may_begin_anew(self) -> None:
        now = seconds(datetime.now(UTC))
        self.now_has(self.raw | {"status": "past_due"})
        self.now_has(self.raw | {"status": "canceled", "ended_at": now - 600})
        again = subscription(sub_id="sub_2", price="price_two", began=datetime.fromtimestamp(now - 60, UTC))

        self.now_has(again)

        self.assertEqual(
            (self.held.status, self.held.stripe_subscription, self.held.plan), ("active", "sub_2", self.two)
        )
        self.assertEqual(self.months(), [(self.raw["created"], now - 600), (now - 60, month_after(now - 60))])

    def test_what_follows_by_invoice_is_left_alone_by_late_events_of_the_old_card(self) -> None:
        over = self.raw | {"status": "canceled", "ended_at": seconds(datetime.now(UTC))}
        self.now_has(over)
        subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)

        self.now_has(over)

        self.assertEqual((self.held.status, self.held.collection), ("active", "invoice"))
        self.assertEqual(set(StripeEvent.objects.values_list("status", flat=True)), {"done"})


class PlanTests(MirrorCase):
    def setUp(self) -> None:
        super().setUp()
        self.began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=15)
        self.held.periods.update(period_start=self.began - timedelta(days=1))
        self.raw = subscription(began=self.began)
        self.now_has(self.raw)

    def with_price(self, price: str, **told: str) -> dict:
        raw = subscription(price=price, began=self.began)
        return raw | {"metadata": told}

    def test_another_price_counts_from_now_by_the_rest_of_the_month(self) -> None:
        self.now_has(self.with_price("price_two"))

        period = periods.current()
        rest = (period.period_end - datetime.now(UTC)) / (period.period_end - period.period_start)
        self.assertEqual((self.held.plan, len(self.months())), (self.two, 1))
        self.assertAlmostEqual(period.included, 100 + round(900 * rest), delta=1)

    def test_a_price_chosen_for_the_renewal_waits_for_it(self) -> None:
        end = self.raw["items"]["data"][0]["current_period_end"]
        chosen = self.with_price("price_two", candor_when="renewal", candor_plan="two", candor_from=str(end))

        self.now_has(chosen)
        self.assertEqual((self.held.plan, self.held.next_plan), (self.one, self.two))
        self.now_has(chosen)
        self.assertEqual((self.held.plan, self.held.next_plan), (self.one, self.two))

        with time_machine.travel(datetime.fromtimestamp(end + 5, UTC)):
            self.assertEqual(periods.current().included, 1000)
            self.now_has(chosen)
        self.assertEqual((self.held.plan, self.held.next_plan), (self.two, None))

    def test_the_wish_is_taken_back_by_the_old_price(self) -> None:
        end = self.raw["items"]["data"][0]["current_period_end"]
        self.now_has(self.with_price("price_two", candor_when="renewal", candor_plan="two", candor_from=str(end)))

        self.now_has(self.raw)

        self.assertEqual((self.held.plan, self.held.next_plan), (self.one, None))

    def test_a_smaller_price_never_takes_what_was_used(self) -> None:
        tiny = plan("tiny", 1, 1)
        QuotaPeriod.objects.filter(pk=periods.current().pk).update(consumed=90)

        self.now_has(self.with_price("price_tiny"))

        period = periods.current()
        self.assertEqual((self.held.plan, period.consumed, period.included), (tiny, 90, 90))


class FollowingTests(MirrorCase):
    def test_stripe_away_keeps_the_event_owed_and_follows_it_later(self) -> None:
        raw = self.shop.put(subscription())
        told = event(UPDATED, raw)
        self.send(told)
        self.shop.away = True

        row = follow(told)

        self.assertEqual((row.status, row.attempts), ("owed", 1))
        self.assertIn("unavailable", row.error)
        self.assertTrue(Due.objects.filter(kind="stripe_event", failed_at=None).exists())
        self.shop.away = False
        self.assertEqual((follow(told).status, follow(told).attempts), ("done", 2))
        self.assertFalse(Due.objects.filter(kind="stripe_event").exists())

    def test_a_look_that_is_older_than_the_last_copied_changes_nothing(self) -> None:
        self.now_has(subscription(began=datetime.now(UTC) - timedelta(hours=1)))
        look, held = mirror._next_look(self.held.pk)
        old = [shapes.subscription(raw) for raw in self.shop.of("subscription")]
        self.now_has(subscription("past_due", began=held.anchor_at))

        changed = mirror._copy(held.pk, look, old, {"sub_1"})

        self.held.refresh_from_db()
        self.assertEqual((changed, self.held.status), (False, "past_due"))

    def test_what_keeps_failing_fails_for_good_and_is_retried_from_the_list(self) -> None:
        from unittest import mock

        raw = self.shop.put(subscription())
        told = event(UPDATED, raw)
        self.send(told)
        with mock.patch.object(mirror, "copy_subscription", side_effect=KeyError("items")):
            for _ in range(inbox.MOST_ATTEMPTS):
                with self.assertRaises(KeyError):
                    follow(told)
        row = StripeEvent.objects.get()
        self.assertEqual((row.status, row.error), ("failed", "KeyError"))
        failed = Due.objects.get(kind="stripe_event")
        self.assertIsNotNone(failed.failed_at)

        from core import due

        due.retry(failed)
        self.assertEqual(follow(told).status, "done")

    def test_the_daily_look_finds_what_was_never_told(self) -> None:
        self.shop.put(subscription(began=datetime.now(UTC) - timedelta(hours=1)))
        self.shop.put(invoice())
        catching_up.owe(self.held)

        catching_up.check(subscription_id=self.held.pk)

        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.held.invoices.count()), ("active", 1))
        self.assertTrue(Due.objects.filter(kind="stripe_check").exists())
        missed = catching_up.catch_up(subscription_id=self.held.pk, since=datetime.now(UTC) - timedelta(days=7))
        self.assertEqual(missed, 0)

    def test_what_messages_said_is_forgotten_after_a_while(self) -> None:
        self.now_has(subscription())
        later = datetime.now(UTC) + timedelta(days=91)

        catching_up.check(subscription_id=self.held.pk)
        self.assertNotEqual(StripeEvent.objects.get().payload, {})
        with time_machine.travel(later):
            catching_up.check(subscription_id=self.held.pk)

        self.assertEqual((StripeEvent.objects.get().payload, StripeEvent.objects.get().status), ({}, "done"))

    def test_a_second_subscription_does_not_hide_the_papers_from_the_daily_look(self) -> None:
        self.shop.put(subscription(sub_id="sub_1"))
        self.shop.put(subscription(sub_id="sub_2"))
        self.shop.put(invoice())

        catching_up.check(subscription_id=self.held.pk)

        self.assertEqual(self.held.invoices.count(), 1)
        with self.assertRaises(Odd):
            mirror.copy_subscription(subscription_id=self.held.pk)

    def test_the_command_does_the_same_for_every_tenant_or_one(self) -> None:
        self.shop.put(subscription(began=datetime.now(UTC) - timedelta(hours=1)))
        self.shop.put(invoice())
        day = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"

        def run(*arguments: str) -> str:
            said = StringIO()
            call_command("mirror_stripe", *arguments, stdout=said)
            return said.getvalue()

        self.assertEqual(
            run("--since", day, "--tenant", OTHER), "0 things were other than at Stripe, and are copied.\n"
        )
        self.assertEqual(self.held.invoices.count(), 0)
        self.assertEqual(run("--since", day), "3 things were other than at Stripe, and are copied.\n")
        self.assertEqual(run("--since", day), "0 things were other than at Stripe, and are copied.\n")
        with self.assertRaises(CommandError):
            run("--since", "yesterday")
        self.shop.away = True
        with self.assertRaises(CommandError):
            run("--since", day)
