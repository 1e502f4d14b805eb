"""Slots: a tenant holds no more of them than its plan allows, and nobody who waits is forgotten."""

from contextlib import ExitStack
from unittest.mock import patch
from uuid import UUID

from redis import RedisError

from core import slots
from core.claims import AlreadyClaimed
from core.ids import uuid7
from core.redis import client
from core.testing import HOME, OTHER, TenantTestCase


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

    def test_whom_nobody_was_called_for_is_called_beside_the_next(self) -> None:
        first, second, third, fourth = (uuid7() for _ in range(4))
        held = self.hold(first)
        dead = self.hold(second)  # its worker dies: nobody leaves this slot
        for waiting in (third, fourth):
            with self.assertRaises(slots.NoSlot):
                self.hold(waiting)
        client().zrem(self.keys()[0], second.hex)  # as time does

        held.close()

        self.assertEqual(self.woken, [third, fourth])
        dead.close()

    def test_who_waits_will_be_called_while_somebody_holds_a_slot(self) -> None:
        holder, waiting, stranger = uuid7(), uuid7(), uuid7()
        held = self.hold(holder, most=1)
        with self.assertRaises(slots.NoSlot):
            self.hold(waiting, most=1)

        found = [slots.will_be_called("turns", one) for one in (holder, waiting, stranger)]
        client().zadd(self.keys()[0], {holder.hex: 1})  # held no longer, since long ago
        nobody_holds = slots.will_be_called("turns", waiting)

        self.assertEqual((found, nobody_holds), ([False, True, False], False))
        held.close()

    def test_another_tenants_holders_call_nobody_of_ours(self) -> None:
        waiting = uuid7()
        held = self.hold(uuid7(), most=1)
        with self.assertRaises(slots.NoSlot):
            self.hold(waiting, most=1)

        with self.in_tenant(OTHER):
            self.assertFalse(slots.will_be_called("turns", waiting))
        held.close()

    def keys(self) -> list[str]:
        return [f"candor:{HOME}:slots:turns"]
