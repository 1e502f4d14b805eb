"""Budgets and breakers, as admission keeps them in a real Valkey."""

from dataclasses import replace

import pytest

from core import clock
from core.ids import uuid7
from core.redis import client
from llm import admission, budgets
from llm.admission import Candidate, Outcome
from llm.budgets import Ceiling
from llm.tests.test_admission import AdmissionTestCase, admit, candidate


class BudgetTests(AdmissionTestCase):
    def ceiling(self, name: str = "day", limit_nano: int | None = 1000) -> Ceiling:
        key = f"candor:llm:budget:{name}"
        client().set(key, 0)
        return Ceiling(key=key, limit_nano=limit_nano, warn_nano=800, expires_in=600, name=name, since=clock.now())

    def spent(self, name: str = "day") -> int:
        return int(client().get(f"candor:llm:budget:{name}") or -1)

    def test_the_most_a_call_may_cost_is_reserved_and_the_rest_comes_back(self) -> None:
        only, day = candidate("one", cost_nano=600), self.ceiling()
        call_id, _ = admit(only, ceilings=[day])
        self.assertEqual(self.refused(only, ceilings=[day]).reasons, ("budget",))

        admission.settle(call_id, Outcome("ok", cost_nano=150), only.target)

        self.assertEqual(self.spent(), 150)
        admit(only, ceilings=[day])
        self.assertEqual(self.spent(), 750)

    def test_every_budget_must_have_it_and_none_is_charged_otherwise(self) -> None:
        wide, narrow = self.ceiling("wide", 10_000), self.ceiling("narrow", 100)

        no_room = self.refused(candidate("one", cost_nano=600), ceilings=[wide, narrow])

        self.assertEqual((no_room.reasons, no_room.wait), (("budget",), None))
        self.assertEqual((self.spent("wide"), self.spent("narrow")), (0, 0))

    def test_a_cheaper_candidate_may_still_fit(self) -> None:
        day = self.ceiling()

        self.assertEqual(
            admit(candidate("dear", cost_nano=1001), candidate("cheap", cost_nano=10), ceilings=[day])[1], "cheap"
        )
        self.assertEqual(self.spent(), 10)

    def test_a_soft_budget_counts_and_stops_nothing(self) -> None:
        soft = self.ceiling("soft", None)

        admit(candidate("one", cost_nano=5000), ceilings=[soft])

        self.assertEqual(self.spent("soft"), 5000)

    def test_a_counter_that_redis_forgot_is_the_ledgers_sum_again(self) -> None:
        day = self.ceiling()
        client().delete(day.key)
        self.enterContext(pytest.MonkeyPatch.context()).setattr(budgets, "spent_nano", lambda _: 950)

        self.assertEqual(self.refused(candidate("one", cost_nano=60), ceilings=[day]).reasons, ("budget",))
        admit(candidate("one", cost_nano=50), ceilings=[day])
        self.assertEqual(self.spent(), 1000)

    def test_an_interview_with_an_allowance_never_ends_for_money(self) -> None:
        day, interview = self.ceiling(), uuid7()
        self.assertTrue(admission.reserve_allowance(interview, cost_nano=900, ceilings=[day]))
        other = candidate("one", cost_nano=101)
        self.assertEqual(self.refused(other, ceilings=[day]).reasons, ("budget",))

        call_id, _ = admit(other, ceilings=[day], interview_id=interview)
        admission.settle(call_id, Outcome("ok", cost_nano=100), other.target)
        admission.release_allowance(interview)

        self.assertEqual(self.spent(), 100)

    def test_an_allowance_is_taken_once_and_refused_where_a_budget_lacks_it(self) -> None:
        day, interview = self.ceiling(), uuid7()
        for _ in range(2):
            self.assertTrue(admission.reserve_allowance(interview, cost_nano=600, ceilings=[day]))

        self.assertFalse(admission.reserve_allowance(uuid7(), cost_nano=600, ceilings=[day]))
        self.assertEqual(self.spent(), 600)
        admission.release_allowance(interview)
        admission.release_allowance(interview)
        self.assertEqual(self.spent(), 0)


class BreakerTests(AdmissionTestCase):
    def end(self, result: str, times: int = 1, only: Candidate | None = None) -> None:
        only = only or candidate("one")
        for _ in range(times):
            call_id, _ = admit(only)
            admission.settle(call_id, Outcome(result), only.target)

    def until(self, milliseconds: int) -> None:
        """As if the pause ended then."""
        client().hset("candor:llm:breaker:one", "until", milliseconds)

    def test_five_failures_open_it_and_the_next_candidate_takes_over(self) -> None:
        self.end("failed", 4)
        self.assertEqual(admit(candidate("one"))[1], "one")

        self.end("failed")

        self.assertEqual(self.refused(candidate("one")).reasons, ("open",))
        self.assertEqual(admit(candidate("one"), candidate("two"))[1], "two")

    def test_successes_in_between_keep_it_closed(self) -> None:
        for _ in range(6):
            self.end("failed")
            self.end("ok")

        self.assertEqual(admit(candidate("one"))[1], "one")

    def test_broken_outputs_count_half_and_rate_limits_nothing(self) -> None:
        self.end("bad", 9)
        self.assertEqual(admit(candidate("one"))[1], "one")
        for _ in range(10):
            self.end("limited")
            client().delete("candor:llm:w:one:blocked")
        self.end("bad")

        self.assertEqual(self.refused(candidate("one")).reasons, ("open",))

    def test_a_refused_key_opens_it_at_once(self) -> None:
        self.end("auth")

        self.assertEqual(self.refused(candidate("one")).reasons, ("open",))

    def test_after_the_pause_one_call_probes_and_the_others_wait_for_it(self) -> None:
        self.end("failed", 5)
        self.until(1)

        chosen = admission.admit([candidate("one")], call_id=uuid7(), seconds=5.0)

        self.assertEqual(chosen.target.account, "one")
        self.assertEqual(self.refused(candidate("one")).reasons, ("probed",))

    def test_a_probe_that_succeeds_closes_it(self) -> None:
        self.end("failed", 5)
        self.until(1)
        self.end("ok")

        self.assertEqual(client().exists("candor:llm:breaker:one"), 0)

    def test_a_probe_that_fails_doubles_the_pause(self) -> None:
        self.end("failed", 5)
        self.until(1)

        self.end("failed")

        wait = self.refused(candidate("one")).wait
        assert wait is not None
        self.assertTrue(6 < wait <= 10, wait)

    def test_a_probe_whose_worker_died_is_followed_by_another_one(self) -> None:
        self.end("failed", 5)
        self.until(1)
        admit(candidate("one"))
        client().hset("candor:llm:breaker:one", "probe_until", 1)

        self.assertEqual(admit(candidate("one"))[1], "one")

    def test_another_accounts_failures_are_its_own(self) -> None:
        self.end("failed", 5)

        self.assertEqual(admit(candidate("two"))[1], "two")
        own = candidate("one")
        self.assertEqual(admit(replace(own, target=own.target.with_own_key("alpha", "sk")))[1], "one")
