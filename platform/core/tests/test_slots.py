"""Slots: a tenant holds no more of them than its plan allows, and nobody who waits is forgotten."""

from contextlib import ExitStack
from unittest.mock import patch
from uuid import UUID

from redis import RedisError

from core import slots
from core.claims import AlreadyClaimed
from core.ids import uuid7
from core.redis import client
from core.testing import TenantTestCase


class SlotTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        for key in client().scan_iter("candor:*:slots:*"):
            client().delete(key)
        self.woken: list[UUID] = []

    def hold(self, object_id: UUID, most: int = 2) -> ExitStack:
        stack = ExitStack()
        stack.enter_context(slots.hold("turns", object_id, most=most, wake=self.woken.append))
        return stack

    def test_the_third_of_two_waits_and_is_woken_by_the_first_that_leaves(self) -> None:
        first, second, third = uuid7(), uuid7(), uuid7()
        held = self.hold(first), self.hold(second)

        with self.assertRaises(slots.NoSlot):
            self.hold(third)
        self.assertEqual(self.woken, [])
        held[0].close()

        self.assertEqual(self.woken, [third])
        self.hold(third).close()
        held[1].close()

    def test_who_waited_longest_is_woken_first_and_each_once(self) -> None:
        running, waiting = uuid7(), [uuid7() for _ in range(3)]
        held = self.hold(running, most=1)
        for object_id in (*waiting, *waiting):
            with self.assertRaises(slots.NoSlot):
                self.hold(object_id, most=1)

        held.close()
        for object_id in waiting:
            self.hold(object_id, most=1).close()

        self.assertEqual(self.woken, waiting)

    def test_whoever_is_called_finds_the_slot_kept_though_a_newcomer_is_faster(self) -> None:
        held, waiting, newcomer = self.hold(uuid7(), most=1), uuid7(), uuid7()
        with self.assertRaises(slots.NoSlot):
            self.hold(waiting, most=1)

        held.close()

        with self.assertRaises(slots.NoSlot):
            self.hold(newcomer, most=1)
        self.hold(waiting, most=1).close()
        self.assertEqual(self.woken, [waiting, newcomer])

    def test_another_tenant_has_slots_of_its_own(self) -> None:
        held = self.hold(uuid7(), most=1)

        with self.in_tenant("beta"):
            self.hold(uuid7(), most=1).close()

        with self.assertRaises(slots.NoSlot):
            self.hold(uuid7(), most=1)
        held.close()

    def test_a_killed_workers_slot_is_held_again_by_the_same_work(self) -> None:
        killed = uuid7()
        dead = self.hold(killed, most=1)  # never closed: its worker is gone
        with self.assertRaises(slots.NoSlot):
            self.hold(waiting := uuid7(), most=1)

        self.hold(killed, most=1).close()
        self.assertEqual(self.woken, [waiting])
        self.hold(waiting, most=1).close()

        self.hold(uuid7(), most=1).close()
        dead.pop_all()

    def test_a_second_delivery_does_not_free_the_first_ones_slot(self) -> None:
        object_id = uuid7()
        held = self.hold(object_id, most=1)

        with self.assertRaises(AlreadyClaimed), slots.hold("turns", object_id, most=1, wake=self.woken.append):
            raise AlreadyClaimed

        with self.assertRaises(slots.NoSlot):
            self.hold(uuid7(), most=1)
        held.close()

    def test_work_that_was_claimed_elsewhere_frees_the_slot_it_took(self) -> None:
        with self.assertRaises(AlreadyClaimed), slots.hold("turns", uuid7(), most=1, wake=self.woken.append):
            raise AlreadyClaimed

        self.hold(uuid7(), most=1).close()

    def test_an_error_frees_the_slot(self) -> None:
        with self.assertRaises(ValueError), slots.hold("turns", uuid7(), most=1, wake=self.woken.append):
            raise ValueError

        self.hold(uuid7(), most=1).close()

    def test_slots_of_dead_workers_are_free_again_after_a_while(self) -> None:
        with patch.object(slots, "HELD_SECONDS", 0):
            dead = self.hold(uuid7(), most=1)
        held = self.hold(uuid7(), most=1)

        with self.assertRaises(slots.NoSlot):
            self.hold(uuid7(), most=1)
        held.close()
        dead.pop_all()

    def test_without_redis_nobody_is_held_back(self) -> None:
        with patch.object(slots, "client", side_effect=RedisError):
            held = [self.hold(uuid7(), most=1) for _ in range(3)]
            for one in held:
                one.close()

        self.assertEqual(self.woken, [])
