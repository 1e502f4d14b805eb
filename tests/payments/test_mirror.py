"""Whatever an event says, what Stripe has now is copied: status, plan, months, cancellation, end."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise

import time_machine
from django.core.management import CommandError, call_command

from billing.models import QuotaPeriod, StripeEvent, Subscription
from billing.services import periods, quota, subscriptions
from billing.services.stripe import catching_up, inbox, mirror, shapes
from billing.services.stripe.shapes import Odd
from core import tenancy
from core.ids import uuid7
from core.models import Due
from core.testing import OTHER
from tests.payments.case import (
    CUSTOMER,
    ShopCase,
    event,
    follow,
    invoice,
    month_after,
    plan,
    seconds,
    subscription,
    trying,
)

UPDATED = "customer.subscription.updated"


class MirrorCase(ShopCase):
    def now_has(self, raw: dict) -> None:
        """Stripe has this now, and says so."""
        self.shop.put(raw)
        self.tell(event(UPDATED, raw))
        self.held.refresh_from_db()

    def months(self) -> list[tuple[int, int]]:
        """The paid periods, oldest first, in seconds."""
        found = QuotaPeriod.objects.filter(subscription=self.held, is_trial=False).order_by("period_start")
        return [(seconds(one.period_start), seconds(one.period_end)) for one in found]


class BeginningTests(MirrorCase):
    def test_a_paid_subscription_activates_the_plan_it_is_for(self) -> None:
        raw = subscription(price="price_two", began=datetime.now(UTC) - timedelta(minutes=10))

        self.now_has(raw)

        start = raw["created"]
        self.assertEqual((self.held.status, self.held.collection, self.held.plan), ("active", "stripe", self.two))
        self.assertEqual((self.held.stripe_subscription, self.held.zone), ("sub_1", "UTC"))
        self.assertEqual(seconds(self.held.anchor_at), start)
        self.assertEqual(self.months(), [(start, month_after(start))])
        self.assertEqual(QuotaPeriod.objects.get(is_trial=True).period_end, self.held.anchor_at)
        self.assertEqual(periods.current().included, 1000)
        self.assertEqual(self.held.lines.count(), 0)

    def test_one_that_is_not_paid_for_yet_changes_nothing(self) -> None:
        for status in ("incomplete", "incomplete_expired", "trialing", "paused"):
            with self.subTest(status):
                self.now_has(subscription(status))

                self.assertEqual((self.held.status, self.held.stripe_subscription), ("trialing", ""))

    def test_a_trial_that_is_over_is_served_again(self) -> None:
        with time_machine.travel(datetime.now(UTC) + timedelta(days=20)):
            periods.renew(subscription_id=self.held.pk)
            self.held.refresh_from_db()
            self.assertEqual(self.held.status, "read_only")

            self.now_has(subscription(began=datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)))

            self.assertEqual(self.held.status, "active")
            self.assertIsNone(self.held.tenant.__class__.objects.get(pk=self.held.tenant_id).read_only_since)
            self.assertEqual(len(self.months()), 1)

    def test_another_tenant_is_not_touched(self) -> None:
        with self.in_tenant(OTHER):
            before = periods.current()

        self.now_has(subscription())

        with self.in_tenant(OTHER):
            self.assertEqual(periods.current(), before)
            self.assertEqual(before.subscription.stripe_customer, "")

    def test_an_event_about_another_tenant_s_customer_copies_nothing_of_it_here(self) -> None:
        """Signed, but its customer is beta's and its metadata names alpha: whose it is, the customer says."""
        foreign = subscription(customer="cus_beta", metadata={"candor_subscription": str(self.held.pk)})
        self.shop.put(foreign)

        self.send(event(UPDATED, foreign))

        self.held.refresh_from_db()
        self.assertEqual((StripeEvent.objects.get().status, self.held.status), ("unmatched", "trialing"))

    def test_a_customer_that_names_a_tenant_of_another_customer_is_refused(self) -> None:
        session = {"id": "cs_1", "object": "checkout.session", "customer": "cus_mallory"}
        session["metadata"] = {"candor_subscription": str(self.held.pk)}  # type: ignore[assignment]

        told = event("checkout.session.completed", session)
        self.send(told)

        self.assertEqual((follow(told).status, follow(told).error), ("refused", "customer"))
        self.held.refresh_from_db()
        self.assertEqual(self.held.stripe_customer, CUSTOMER)

    def test_a_customer_made_when_we_broke_off_is_found_by_what_we_wrote_into_it(self) -> None:
        self.held.stripe_customer = ""
        self.held.save()
        made = {"id": "cus_new", "object": "customer", "metadata": {"candor_subscription": str(self.held.pk)}}
        self.shop.put(made | {"created": 1, "livemode": False})

        self.tell(event("customer.created", made))

        self.held.refresh_from_db()
        self.assertEqual(self.held.stripe_customer, "cus_new")


class OddTests(MirrorCase):
    def assert_refused(self, raw: dict, reason: str) -> None:
        self.shop.objects.clear()
        self.shop.put(raw)
        told = event(UPDATED, raw | {"livemode": False})
        self.send(told)

        row = follow(told)

        self.held.refresh_from_db()
        self.assertEqual((row.status, row.error), ("refused", reason))
        self.assertEqual((self.held.status, self.held.stripe_subscription, self.months()), ("trialing", "", []))
        self.assertFalse(Due.objects.filter(kind="stripe_event").exists())

    def test_what_candor_never_sells_is_refused_with_its_reason(self) -> None:
        euros = subscription(currency="eur")
        seats = subscription()
        seats["items"]["data"][0]["quantity"] = 2
        twice = subscription()
        twice["items"]["data"] *= 2
        for raw, reason in (
            (euros, "currency"),
            (seats, "items"),
            (twice, "items"),
            (subscription(livemode=True), "livemode"),
            (subscription(price="price_unknown"), "price"),
        ):
            with self.subTest(reason):
                self.assert_refused(raw, reason)

    def test_another_tenant_s_contract_is_never_given(self) -> None:
        with self.in_tenant(OTHER):
            theirs = Subscription.objects.get(tenant_id=tenancy.tenant_id())
        plan("theirs", 1, 5000, tenant=theirs.tenant)

        self.assert_refused(subscription(price="price_theirs"), "price")

    def test_a_tenant_that_pays_by_invoice_is_not_taken_over(self) -> None:
        subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)
        raw = self.shop.put(subscription())
        told = event(UPDATED, raw)
        self.send(told)

        self.assertEqual(follow(told).error, "not_in_this_state")
        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.held.collection), ("active", "invoice"))

    def test_two_that_live_are_told_and_the_older_one_counts(self) -> None:
        older = subscription(began=datetime.now(UTC) - timedelta(hours=1), sub_id="sub_1")
        newer = subscription(price="price_two", sub_id="sub_2")
        self.shop.put(newer)
        self.shop.put(older)
        told = event(UPDATED, newer)
        self.send(told)

        self.assertEqual(follow(told).error, "two_subscriptions")
        self.held.refresh_from_db()
        self.assertEqual((self.held.stripe_subscription, self.held.plan), ("sub_1", self.one))

    def test_a_price_that_takes_another_sum_than_the_plan_s_is_copied_and_told(self) -> None:
        for name, more in (("sum", {"unit_amount": 9800}), ("year", {"recurring": {"interval": "year"}})):
            with self.subTest(name):
                raw = self.shop.put(subscription())
                raw["items"]["data"][0]["price"] |= {"unit_amount": 9900} | more
                told = event(UPDATED, raw)
                self.send(told)

                self.assertEqual((follow(told).status, follow(told).error), ("refused", "price_differs"))
                self.held.refresh_from_db()
                self.assertEqual(self.held.status, "active")

        fair = self.shop.put(subscription())
        fair["items"]["data"][0]["price"] |= {"unit_amount": 9900, "recurring": {"interval": "month"}}
        told = event(UPDATED, fair)
        self.send(told)
        self.assertEqual(follow(told).status, "done")


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


class MonthTests(MirrorCase):
    """Never two periods for a month that was paid once, whether Stripe's word comes late, early or never."""

    def setUp(self) -> None:
        super().setUp()
        self.stack = ExitStack()
        self.addCleanup(self.stack.close)
        self.start = seconds(datetime(2027, 1, 31, 10, 30, tzinfo=UTC))
        self.travel(self.start - 3 * 86400)
        self.held = trying(self.one)
        self.travel(self.start + 5)
        self.now_has(self.at(0))

    def travel(self, to: int) -> None:
        self.stack.close()
        self.stack.enter_context(time_machine.travel(datetime.fromtimestamp(to, UTC), tick=False))

    def edges(self, count: int) -> list[int]:
        return [self.start, *(month_after(self.start, months) for months in range(1, count + 1))]

    def at(self, month: int) -> dict:
        """Stripe's picture in its so manieth month."""
        raw = subscription(began=datetime.fromtimestamp(self.start, UTC))
        edges = self.edges(month + 1)
        raw["items"]["data"][0] |= {"current_period_start": edges[month], "current_period_end": edges[month + 1]}
        return raw

    def pairs(self, count: int) -> list[tuple[int, int]]:
        edges = self.edges(count)
        return list(pairwise(edges))

    def test_an_anchor_on_the_31st_falls_on_the_last_day_and_returns(self) -> None:
        days = [datetime.fromtimestamp(edge, UTC).strftime("%m-%d %H:%M") for edge in self.edges(4)]

        self.assertEqual(days, ["01-31 10:30", "02-28 10:30", "03-31 10:30", "04-30 10:30", "05-31 10:30"])

    def test_in_time(self) -> None:
        for month in (1, 2, 3):
            self.travel(self.edges(month)[-1] + 20)
            self.now_has(self.at(month))

        self.assertEqual(self.months(), self.pairs(4))

    def test_late(self) -> None:
        for month in (1, 2, 3):
            self.travel(self.edges(month)[-1] + 20)
            periods.current()  # an interview begins before Stripe's message is here
            self.now_has(self.at(month - 1))  # a message that speaks of the month before
            self.travel(self.edges(month)[-1] + 2 * 86400)
            self.now_has(self.at(month))

        self.assertEqual(self.months(), self.pairs(4))

    def test_early(self) -> None:
        """Stripe's clock is ahead of ours: its month has begun, ours has a minute left."""
        for month in (1, 2, 3):
            self.travel(self.edges(month)[-1] - 60)
            self.now_has(self.at(month))
            self.assertEqual(self.months(), self.pairs(month))
            self.travel(self.edges(month)[-1])
            periods.current()

        self.assertEqual(self.months(), self.pairs(4))

    def test_missing(self) -> None:
        self.travel(self.edges(3)[-1] + 20)
        periods.current()
        self.assertEqual(self.months(), self.pairs(4))

        self.now_has(self.at(3))
        self.assertEqual(self.months(), self.pairs(4))

    def test_a_month_that_stripe_begins_anew_ends_ours(self) -> None:
        reset = self.start + 10 * 86400
        self.travel(reset + 5)
        raw = self.at(0) | {"billing_cycle_anchor": reset}
        raw["items"]["data"][0] |= {"current_period_start": reset, "current_period_end": month_after(reset)}

        self.now_has(raw)
        self.now_has(raw)

        self.assertEqual(self.months(), [(self.start, reset), (reset, month_after(reset))])

    def test_an_end_that_stripe_puts_off_is_put_off_here(self) -> None:
        raw, later = self.at(0), self.edges(1)[1] + 5 * 86400
        raw["billing_cycle_anchor"] = later
        raw["items"]["data"][0]["current_period_end"] = later

        self.now_has(raw)

        self.assertEqual(self.months(), [(self.start, later)])

    def test_an_end_that_nobody_heard_of_gives_no_month_away_once_it_is_known(self) -> None:
        """Cancelled for the end of the month, and our own row ends it there: Stripe's messages all got lost."""
        self.now_has(self.at(0) | {"cancel_at_period_end": True})
        self.travel(self.edges(1)[1] + 3600)

        periods.renew(subscription_id=self.held.pk)

        self.held.refresh_from_db()
        self.assertEqual((self.held.status, self.months()), ("cancelled", self.pairs(1)))
        self.assertTrue(Due.objects.filter(kind="period_close").exists())

    def test_an_end_taken_back_unheard_is_taken_back_here(self) -> None:
        self.now_has(self.at(0) | {"cancel_at_period_end": True})
        self.travel(self.edges(1)[1] + 3600)
        periods.renew(subscription_id=self.held.pk)

        self.now_has(self.at(1))

        self.assertEqual((self.held.status, self.months()), ("active", self.pairs(2)))


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
