"""Guardrails: what a version came to, and what switches it off."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from core import clock
from llm import experiments, judging, metrics, tasks
from llm.judging import Result
from llm.models import Experiment
from llm.tests.ledger_rows import called
from llm.tests.test_experiments import FEATURE, ExperimentCase, drafted, trail

CONTROL, TRIED = "turn.v2", "turn.v3"


class JudgingTests(ExperimentCase):
    def running(self, **changes: Any) -> Experiment:
        row = drafted(**{"least_calls": 10, **changes})
        experiments.start(experiment_id=row.pk)
        return Experiment.objects.get(pk=row.pk)

    def reason(self, row: Experiment) -> str:
        """Why the tried version was switched off, "" if it was not."""
        variant = row.variants.get(prompt_version=TRIED)
        self.assertEqual(bool(variant.reason), variant.switched_off_at is not None)
        return variant.reason

    def test_the_result_of_each_version_is_computed_from_its_calls(self) -> None:
        row = self.running()
        called(3, prompt_version=CONTROL)
        for ms in (100, 200, 300, 400):
            called(prompt_version=TRIED, latency_ms=ms, cost_usd=Decimal("0.002"))
        called(prompt_version=TRIED, error_kind="schema", latency_ms=500, cost_usd=Decimal("0.007"))

        found = judging.results(row)

        self.assertEqual(found[CONTROL], Result(3, Decimal("0.001"), 1000, Decimal("0.00")))
        self.assertEqual(found[TRIED], Result(5, Decimal("0.003"), 480, Decimal("20.00")))

    def test_calls_that_say_nothing_of_the_prompt_do_not_count(self) -> None:
        row = self.running(tenants=["alpha"])
        called(error_kind="server_error")  # the server's fault
        called(source="cache")
        called(source="batch")
        called(tenant="beta")  # takes no part
        called(feature="evaluation")
        called(created_at=clock.now() - timedelta(hours=1))  # before it started
        called(settled_at=None, latency_ms=None)

        self.assertEqual(judging.results(row)[CONTROL], Result())

    def test_one_that_is_too_dear_is_switched_off(self) -> None:
        row = self.running()
        called(10)
        called(10, prompt_version=TRIED, cost_usd=Decimal("0.0016"))

        self.assertEqual(judging.judge(), 1)

        self.assertEqual(self.reason(row), "A call costs 1.60 times the control's, over 1.50.")

    def test_one_that_is_too_slow_is_switched_off_timeouts_included(self) -> None:
        row = self.running()
        called(10)
        called(8, prompt_version=TRIED)
        called(2, prompt_version=TRIED, error_kind="timeout", latency_ms=8000)

        judging.judge()

        self.assertEqual(self.reason(row), "Its slowest calls (p95) take 8.00 times the control's, over 1.50.")

    def test_bad_output_switches_off_and_is_in_the_trail_and_counted(self) -> None:
        row = self.running()
        called(10)
        called(9, prompt_version=TRIED)
        called(1, prompt_version=TRIED, error_kind="canary")

        with mock.patch.object(metrics.versions_off.labels(FEATURE), "inc") as counted:
            judging.judge()

        reason = "Bad output: 10.00% of its calls, over 5.00%."
        self.assertEqual(self.reason(row), reason)
        self.assertEqual(trail("experiment.version_off"), [{"version": TRIED, "reason": reason}])
        self.assertEqual(counted.call_count, 1)

    def test_a_low_rating_of_candidates_switches_off(self) -> None:
        row = self.running(least_rating=Decimal("3.5"))
        called(10, prompt_version=TRIED)
        rated: list[tuple[str, datetime]] = []

        def rating(version: str, since: datetime) -> Decimal:
            rated.append((version, since))
            return Decimal("3.1")

        with mock.patch.dict(judging._ratings, {FEATURE: rating}):
            judging.judge()

        self.assertEqual(self.reason(row), "Candidates rate it 3.1, under 3.50.")
        self.assertIn((TRIED, row.started_at), rated)

    def test_nothing_is_judged_before_it_was_called_often_enough(self) -> None:
        row = self.running()
        called(10)
        called(9, prompt_version=TRIED, error_kind="schema", cost_usd=Decimal(1))

        self.assertEqual(judging.judge(), 0)

        self.assertEqual(self.reason(row), "")

    def test_ratios_wait_for_enough_calls_of_the_control(self) -> None:
        row = self.running()
        called(9)
        called(10, prompt_version=TRIED, cost_usd=Decimal(1), latency_ms=9000)

        self.assertEqual(judging.judge(), 0)

        self.assertEqual(self.reason(row), "")

    def test_a_good_version_stays_and_so_does_one_of_an_unknown_price(self) -> None:
        row = self.running()
        called(10, cost_usd=None)
        called(10, prompt_version=TRIED, cost_usd=None, latency_ms=1400)

        self.assertEqual(judging.judge(), 0)

        self.assertEqual(self.reason(row), "")

    def test_a_bad_control_raises_an_alarm_and_stays(self) -> None:
        row = self.running()
        called(10, error_kind="schema")

        with mock.patch.object(metrics.control_alarms.labels(FEATURE), "inc") as alarmed:
            self.assertEqual(judging.judge(), 0)

        self.assertEqual(alarmed.call_count, 1)
        self.assertIsNone(row.variants.get(is_control=True).switched_off_at)

    def test_what_was_switched_off_is_not_switched_off_again_and_an_ended_one_is_not_judged(self) -> None:
        row = self.running()
        called(10, prompt_version=TRIED, error_kind="schema")
        judging.judge()

        self.assertEqual(judging.judge(), 0)
        experiments.end(experiment_id=row.pk)
        row.variants.update(switched_off_at=None, reason="")
        self.assertEqual(judging.judge(), 0)

    def test_the_task_judges_in_the_public_schema(self) -> None:
        row = self.running()
        called(10, prompt_version=TRIED, error_kind="schema")

        tasks.judge_experiments()

        self.assertEqual(self.reason(row), "Bad output: 100.00% of its calls, over 5.00%.")
