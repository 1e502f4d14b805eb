"""Equal calls at the same time make one, over threads and processes; a leader that fails or dies makes one more."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from unittest.mock import patch

from prometheus_client import REGISTRY

from core import tenancy
from core.ids import uuid7
from core.redis import client
from core.testing import OTHER, TenantTestCase
from keys import ring
from llm import cache, flight
from llm.cache import AnotherTenant, Stored
from llm.flight import NotLeading, Seat, board
from llm.tests.keeping import ANSWER, held, key, redis_away


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


def run(*works: Callable[[], None]) -> None:
    """Run them in threads of their own until all have ended."""
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "A seat was never left."


class FlightCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.key = key(shared=True)  # needs no tenant in the threads
        self.addCleanup(lambda: self.assertEqual(flight._flights, {}))

    def passengers(self, count: int, answer: Callable[[Seat, int], Stored]) -> tuple[list[Stored | None], list[int]]:
        """So many boarded before the first leader is let go: what each got, and who led in which order."""
        gate = threading.Barrier(count)
        got: list[Stored | None] = [None] * count
        led: list[int] = []

        def fly(number: int) -> None:
            with board(self.key, deadline=soon()) as seat:
                gate.wait(20)
                got[number] = seat.wait()
                if got[number] is None:
                    led.append(number)
                    got[number] = answer(seat, len(led))

        def work(number: int) -> None:
            with suppress(ConnectionAbortedError):
                fly(number)

        run(*[lambda number=number: work(number) for number in range(count)])
        return got, led


def land(seat: Seat, turn: int) -> Stored:
    stored = replace(ANSWER, text=f"answer {turn}")
    seat.land(stored)
    return stored


class ThreadTests(FlightCase):
    def test_two_hundred_equal_calls_make_one(self) -> None:
        got, led = self.passengers(200, land)

        self.assertEqual(len(led), 1)
        self.assertEqual(got, [replace(ANSWER, text="answer 1")] * 200)

    def test_a_leader_that_fails_makes_exactly_one_more(self) -> None:
        def fail_once(seat: Seat, turn: int) -> Stored:
            if turn == 1:
                raise ConnectionAbortedError
            return land(seat, turn)

        began = time.monotonic()
        got, led = self.passengers(50, fail_once)

        self.assertEqual(len(led), 2)
        self.assertEqual(Counter(stored and stored.text for stored in got), {"answer 2": 49, None: 1})
        self.assertLess(time.monotonic() - began, flight.LEASE_SECONDS)  # at once, not after the lease

    def test_when_all_fail_each_calls_once(self) -> None:
        def fail(seat: Seat, turn: int) -> Stored:
            raise ConnectionAbortedError

        got, led = self.passengers(20, fail)

        self.assertEqual(sorted(led), list(range(20)))
        self.assertEqual(got, [None] * 20)

    def test_different_questions_never_wait_for_each_other(self) -> None:
        gate = threading.Barrier(200)
        led: list[bool] = []

        def fly(number: int) -> None:
            with board(key_of(number), deadline=soon()) as seat:
                led.append(seat.leads)
                gate.wait(20)  # passes only when all two hundred are aboard at the same time
                land(seat, number)

        names = [key(shared=True, prompt_version=f"v{number}") for number in range(200)]
        key_of = names.__getitem__
        run(*[lambda number=number: fly(number) for number in range(200)])

        self.assertEqual(led, [True] * 200)

    def test_who_comes_after_the_landing_calls_anew(self) -> None:
        for turn in (1, 2):
            with board(self.key, deadline=soon()) as seat:
                self.assertTrue(seat.leads)
                self.assertIsNone(seat.wait())
                land(seat, turn)

    def test_who_comes_after_the_landing_calls_anew_though_others_are_still_aboard(self) -> None:
        with board(self.key, deadline=soon()) as seat:
            land(seat, 1)

            with board(self.key, deadline=soon()) as late:
                self.assertTrue(late.leads)

    def test_the_seat_is_free_when_it_was_left(self) -> None:
        with board(self.key, deadline=soon()) as seat:
            self.assertEqual(held(seat.keys[0]).decode(), seat.name)

        self.assertEqual(client().exists(seat.keys[0]), 0)

    def test_only_who_leads_lands(self) -> None:
        with board(self.key, deadline=soon()), board(self.key, deadline=soon()) as second:
            self.assertFalse(second.leads)
            with self.assertRaises(NotLeading):
                second.land(ANSWER)

    def test_who_is_interrupted_while_boarding_leaves_no_seat_taken(self) -> None:
        with patch.object(Seat, "board", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.enterContext(board(self.key, deadline=soon()))

        with board(self.key, deadline=soon()) as seat:
            self.assertTrue(seat.leads)

    def test_a_wait_ends_with_its_deadline_and_without_the_lead(self) -> None:
        with board(self.key, deadline=soon()), board(self.key, deadline=soon(0.05)) as second:
            self.assertIsNone(second.wait())

            self.assertFalse(second.leads)

    def test_led_and_shared_calls_are_counted_by_feature(self) -> None:
        def counted(outcome: str) -> float:
            labels = {"feature": "question_drafts", "outcome": outcome}
            return REGISTRY.get_sample_value("candor_llm_flights_total", labels) or 0.0

        before = [counted("led"), counted("shared")]
        self.passengers(10, land)

        self.assertEqual([counted("led") - before[0], counted("shared") - before[1]], [1, 9])


class AloneTests(FlightCase):
    def test_without_redis_one_of_a_process_leads_and_the_others_get_its_answer(self) -> None:
        with redis_away():
            got, led = self.passengers(20, land)

        self.assertEqual((len(led), len(set(got))), (1, 1))

    def test_when_redis_goes_away_meanwhile_the_answer_still_lands_here(self) -> None:
        def answer(seat: Seat, turn: int) -> Stored:
            with redis_away():
                return land(seat, turn)

        got, led = self.passengers(20, answer)

        self.assertEqual((len(led), len(set(got))), (1, 1))

    def test_who_waits_for_another_process_leads_when_redis_goes_away(self) -> None:
        client().set(f"{self.key}#seat", "elsewhere", px=5000)
        with board(self.key, deadline=soon()) as seat, redis_away():
            self.assertFalse(seat.leads)

            self.assertIsNone(seat.wait())
            self.assertTrue(seat.leads)

    def test_an_answer_too_large_to_pass_on_lands_here(self) -> None:
        with board(self.key, deadline=soon()) as seat, board(self.key, deadline=soon()) as second:
            large = replace(ANSWER, text="x" * cache.LARGEST)
            seat.land(large)

            self.assertEqual(second.wait(), large)
        self.assertEqual(client().exists(*seat.keys), 0)


class TenantTests(FlightCase):
    def test_two_tenants_never_share(self) -> None:
        mine = key()
        with board(mine, deadline=soon()) as seat:
            with self.in_tenant(OTHER):
                with board(key(), deadline=soon()) as theirs:
                    self.assertTrue(theirs.leads)
                with self.assertRaises(AnotherTenant), board(mine, deadline=soon()):
                    pass
                self.assertRaises(AnotherTenant, seat.land, ANSWER)
            land(seat, 1)

    def test_an_answer_about_a_person_is_sealed_with_their_key(self) -> None:
        anna = uuid7()
        ring.create_subject_key(tenancy.tenant_id(), anna)
        name = key(subject_id=anna)

        with board(name, deadline=soon(), subject_id=anna) as seat:
            seat.land(ANSWER)
        sealed = held(seat.keys[1])[flight.NAME :]

        self.assertEqual(cache.unseal(seat.keys[1], sealed, anna), ANSWER)
        self.assertIsNone(cache.unseal(seat.keys[1], sealed, None))
