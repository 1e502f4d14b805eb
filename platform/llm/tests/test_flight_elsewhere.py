"""A call whose equal is led by another process: its answer is found, and its lease frees the seat when it is gone."""

import time
from dataclasses import replace
from unittest.mock import patch

from core.redis import client
from llm import flight
from llm.flight import Seat, board
from llm.tests.keeping import ANSWER, held
from llm.tests.test_flight import FlightCase, soon


class ElsewhereTests(FlightCase):
    """The leader is in another process: what it writes in Redis is written here."""

    def elsewhere(self, lease_ms: int = 5000) -> Seat:
        """A leader of another process."""
        with patch.dict(flight._flights, clear=True):
            seat = Seat(self.key, soon(), lease_ms / 1000, None)
            seat.board()
        flight._flights.clear()
        flight._keeper.forget(seat)
        self.assertTrue(seat.leads)
        return seat

    def test_its_answer_is_found_though_the_cache_keeps_nothing(self) -> None:
        leader = self.elsewhere()
        with board(self.key, deadline=soon()) as seat:
            self.assertFalse(seat.leads)
            leader.land(ANSWER)

            self.assertEqual(seat.wait(), ANSWER)
        self.assertIn(client().ttl(leader.keys[1]), range(10, 16))
        self.assertNotIn(b"measure", held(leader.keys[1]))

    def test_when_it_leaves_without_an_answer_the_next_leads_at_once(self) -> None:
        leader = self.elsewhere()
        with board(self.key, deadline=soon()) as seat:
            leader.leave()

            self.assertIsNone(seat.wait())
            self.assertTrue(seat.leads)

    def test_when_it_is_gone_its_seat_is_free_after_the_lease(self) -> None:
        began = time.monotonic()
        self.elsewhere(lease_ms=150)

        with board(self.key, deadline=soon()) as seat:
            self.assertIsNone(seat.wait())
            self.assertTrue(seat.leads)
        self.assertGreater(time.monotonic() - began, 0.1)

    def test_an_answer_of_before_is_not_taken_for_a_new_one(self) -> None:
        self.elsewhere().land(replace(ANSWER, text="of before"))
        leader = self.elsewhere()
        with board(self.key, deadline=soon(0.1)) as seat:
            self.assertIsNone(seat.wait())
            leader.land(replace(ANSWER, text="new"))
        with board(self.key, deadline=soon()) as late:
            self.assertTrue(late.leads)

    def test_a_second_leader_s_quick_answer_is_not_missed(self) -> None:
        first = self.elsewhere()
        with board(self.key, deadline=soon()) as seat:
            first.leave()
            self.elsewhere().land(ANSWER)

            self.assertEqual(seat.wait(), ANSWER)

    def test_a_late_leader_does_not_free_the_seat_of_the_next(self) -> None:
        late = self.elsewhere()
        client().delete(late.keys[0])
        with board(self.key, deadline=soon()) as seat:
            late.leave()

            self.assertEqual(held(seat.keys[0]).decode(), seat.name)

    def test_a_lease_is_renewed_while_its_leader_works_and_not_beyond_the_deadline(self) -> None:
        with board(self.key, deadline=soon(2.5), lease_seconds=1.0) as seat:
            time.sleep(1.5)
            self.assertEqual(client().exists(seat.keys[0]), 1)

            time.sleep(2.5)
            self.assertEqual(client().exists(seat.keys[0]), 0)

    def test_an_answer_that_can_not_be_opened_is_not_waited_for(self) -> None:
        leader = self.elsewhere()
        with board(self.key, deadline=soon()) as seat:
            client().set(leader.keys[1], b"f" * 60)

            self.assertIsNone(seat.wait())
            self.assertTrue(seat.leads)
