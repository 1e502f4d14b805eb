"""The messages of a life of a subscription in any order, each once or twice, leave the same behind."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice, permutations
from typing import Any

import pytest

from billing.models import InvoiceLine, StripeEvent
from tests.payments.case import (
    ShopCase,
    event,
    follow,
    invoice,
    subscription,
    undone,
)
from tests.payments.shop import Raw, credit_note


class OrderTests(ShopCase):
    """A life of a subscription: its events in any order, each told once or twice, leave the same behind."""

    def setUp(self) -> None:
        super().setUp()
        self.began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)

    def told_life(self) -> list[Raw]:
        """The messages in the order in which they happened; the shop is left as it is in the end."""
        sub, bill = subscription("incomplete", began=self.began), invoice(status="open")
        ended = int(self.began.timestamp()) + 7200
        over, paid = sub | {"status": "canceled", "ended_at": ended}, bill | {"status": "paid"}
        note = credit_note("cn_1", bill, 5000)
        for last in (over, paid, note):
            self.shop.put(last)
        return [
            event("customer.subscription.created", sub),
            event("invoice.finalized", bill),
            event("invoice.paid", paid),
            event("customer.subscription.updated", sub | {"status": "active"}),
            event("customer.subscription.deleted", over),
            event("credit_note.created", note),
        ]

    def picture(self) -> tuple[Any, ...]:
        self.held.refresh_from_db()
        held = self.held
        return (
            (held.status, held.collection, held.plan_id, held.anchor_at, held.cancels_at, held.stripe_subscription),
            list(
                held.periods.order_by("period_start").values_list("period_start", "period_end", "is_trial", "included")
            ),
            list(
                held.invoices.order_by("stripe_id").values_list(
                    "stripe_id", "status", "total_usd", "corrects__stripe_id"
                )
            ),
            list(
                InvoiceLine.objects.filter(subscription=held)
                .order_by("key")
                .values_list("key", "amount_usd", "invoice__stripe_id")
            ),
        )

    def assert_same(self, orders: Iterable[Sequence[Raw]]) -> None:
        pictures = []
        for order in orders:
            with undone():
                self.tell(*order)
                self.tell(order[0])
                pictures.append(self.picture())
        self.assertEqual([one for one in pictures if one != pictures[0]], [])
        self.assertEqual(pictures[0][0][:3], ("cancelled", "stripe", "one"))
        self.assertEqual(
            pictures[0][2], [("cn_1", "paid", Decimal("50.00"), "in_1"), ("in_1", "paid", Decimal("121.77"), None)]
        )

    def test_one_in_sixty_orders_of_the_messages_give_the_same(self) -> None:
        self.assert_same(islice(permutations(self.told_life()), 0, None, 60))

    @pytest.mark.prove
    def test_one_in_four_orders_of_the_messages_give_the_same(self) -> None:
        """All 720 take ten minutes: leave the step out to see them."""
        self.assert_same(islice(permutations(self.told_life()), 0, None, 4))

    def test_told_sooner_or_later_while_it_happens_it_comes_to_the_same(self) -> None:
        life, pictures = self.told_life(), []
        for seed in range(10):
            chance, waiting = random.Random(seed), []
            with undone():
                self.shop.objects = {"cus_alpha": self.shop.objects["cus_alpha"]}
                for one in life:
                    self.shop.put(one["data"]["object"])
                    waiting.append(one)
                    chance.shuffle(waiting)
                    self.tell(*[waiting.pop() for _ in range(chance.randint(0, len(waiting)))])
                self.tell(*waiting)
                pictures.append(self.picture())

        self.assertEqual([one for one in pictures if one != pictures[0]], [])
        self.assertEqual(pictures[0][0][0], "cancelled")

    def test_told_as_it_happens_it_comes_to_the_same_as_told_at_its_end(self) -> None:
        with undone():
            self.tell(*self.told_life())
            at_the_end = self.picture()
        life = self.told_life()
        self.shop.objects = {"cus_alpha": self.shop.objects["cus_alpha"]}

        for one in life:
            self.shop.put(one["data"]["object"])
            self.tell(one)

        self.assertEqual(self.picture(), at_the_end)

    def test_a_message_followed_ten_times_is_followed_once(self) -> None:
        life = self.told_life()
        self.tell(*life)
        before = self.picture()

        for one in life:
            for _ in range(10):
                self.send(one)
            follow(one)

        self.assertEqual(self.picture(), before)
        self.assertEqual(StripeEvent.objects.count(), len(life))
