"""Prompt versions against each other: who gets which, and what may be started."""

import uuid
from collections import Counter
from typing import Any
from unittest import mock

from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from core import tenancy
from core.state import TransitionNotAllowed
from core.testing import TenantTestCase
from core.tests import rows
from llm import experiments
from llm.models import Experiment, Variant

FEATURE = "interview_turn"
VERSIONS = {"turn.v1", "turn.v2", "turn.v3"}
UNITS = [uuid.UUID(int=number) for number in range(1000)]


def drafted(name: str = "tone", **changes: Any) -> Experiment:
    """Half of the units get turn.v3 instead of the control, turn.v2."""
    row = Experiment.objects.create(name=name, **{"feature": FEATURE} | changes)
    Variant.objects.create(experiment=row, prompt_version="turn.v2", percent=50, is_control=True)
    Variant.objects.create(experiment=row, prompt_version="turn.v3", percent=50)
    return row


def version(unit: uuid.UUID, schema: str = "alpha", feature: str = FEATURE) -> str:
    return experiments.prompt_version(feature, schema=schema, unit_id=unit, default="turn.v1")


class ExperimentCase(TenantTestCase):
    """A release that has three prompts for turns."""

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(mock.patch.dict(experiments._prompts, {FEATURE: VERSIONS.__contains__}))


def trail(action: str) -> list[dict[str, Any]]:
    with tenancy.enter_platform():
        events = rows.model("audit.AuditEvent").objects.filter(action=action)
        return list(events.order_by("pk").values_list("detail", flat=True))


class WhoGetsWhichTests(ExperimentCase):
    def test_without_a_running_experiment_everybody_gets_the_default(self) -> None:
        drafted()

        self.assertEqual({version(unit) for unit in UNITS}, {"turn.v1"})

    def test_units_are_split_by_the_percentages_and_keep_their_version(self) -> None:
        experiments.start(experiment_id=drafted().pk)

        first = [version(unit) for unit in UNITS]
        experiments.forget()

        self.assertEqual([version(unit) for unit in UNITS], first)
        self.assertEqual(set(first), {"turn.v2", "turn.v3"})
        self.assertAlmostEqual(Counter(first)["turn.v3"], 500, delta=100)

    def test_another_experiment_splits_the_same_units_in_another_way(self) -> None:
        one, other = uuid.UUID(int=1), uuid.UUID(int=2)

        same = sum(experiments._place(one, unit) == experiments._place(other, unit) for unit in UNITS)

        self.assertLess(same, 40)

    def test_only_tenants_that_take_part_and_only_its_feature(self) -> None:
        experiments.start(experiment_id=drafted(tenants=["beta"]).pk)

        self.assertEqual({version(unit) for unit in UNITS}, {"turn.v1"})
        self.assertEqual({version(unit, "beta") for unit in UNITS}, {"turn.v2", "turn.v3"})
        self.assertEqual({version(unit, "beta", "evaluation") for unit in UNITS}, {"turn.v1"})

    def test_a_version_switched_off_falls_back_to_the_control_and_the_rest_stay(self) -> None:
        row = drafted()
        experiments.start(experiment_id=row.pk)
        before = {unit: version(unit) for unit in UNITS}

        experiments.switch_off(variant_id=row.variants.get(is_control=False).pk, reason="Too slow.")

        self.assertEqual({version(unit) for unit in UNITS}, {"turn.v2"})
        self.assertIn("turn.v3", before.values())

    def test_the_control_is_never_switched_off(self) -> None:
        row = drafted()
        experiments.start(experiment_id=row.pk)

        self.assertFalse(experiments.switch_off(variant_id=row.variants.get(is_control=True).pk, reason="Too slow."))

        self.assertEqual({version(unit) for unit in UNITS}, {"turn.v2", "turn.v3"})

    def test_a_version_that_this_release_does_not_have_is_not_given(self) -> None:
        experiments.start(experiment_id=drafted().pk)

        with mock.patch.dict(experiments._prompts, {FEATURE: {"turn.v2"}.__contains__}):
            self.assertEqual({version(unit) for unit in UNITS}, {"turn.v2"})
        experiments.forget()
        with mock.patch.dict(experiments._prompts, {FEATURE: {"turn.v3"}.__contains__}):
            self.assertEqual({version(unit) for unit in UNITS}, {"turn.v1"})

    def test_the_database_is_asked_once_in_five_seconds(self) -> None:
        experiments.start(experiment_id=drafted().pk)

        with CaptureQueriesContext(connection) as asked:
            for unit in UNITS:
                version(unit)

        self.assertEqual(len(asked), 2)

    def test_a_database_that_is_away_leaves_what_was_known(self) -> None:
        experiments.start(experiment_id=drafted().pk)
        before = [version(unit) for unit in UNITS]
        experiments._kept = (0.0, experiments._kept[1])

        away = mock.patch.object(experiments, "_read", side_effect=OperationalError)
        outside = mock.patch.object(connection, "in_atomic_block", new=False)
        with away, outside:
            self.assertEqual([version(unit) for unit in UNITS], before)


class StartAndEndTests(ExperimentCase):
    def refused(self, row: Experiment) -> str:
        with self.assertRaises(experiments.NotStartable) as refusal:
            experiments.start(experiment_id=row.pk)
        return str(refusal.exception)

    def status(self, row: Experiment) -> str:
        return Experiment.objects.get(pk=row.pk).status

    def test_start_and_end_are_in_the_platform_s_trail(self) -> None:
        row = drafted()

        experiments.start(experiment_id=row.pk)
        experiments.end(experiment_id=row.pk)

        self.assertEqual(
            trail("experiment.started"), [{"feature": FEATURE, "versions": {"turn.v2": 50, "turn.v3": 50}}]
        )
        self.assertEqual(trail("experiment.ended"), [{"feature": FEATURE}])
        row.refresh_from_db()
        self.assertEqual(row.status, "ended")
        assert row.started_at is not None and row.ended_at is not None
        self.assertLess(row.started_at, row.ended_at)

    def test_after_the_end_everybody_gets_the_default(self) -> None:
        row = drafted()
        experiments.start(experiment_id=row.pk)

        experiments.end(experiment_id=row.pk)

        self.assertEqual({version(unit) for unit in UNITS}, {"turn.v1"})

    def test_percentages_that_do_not_come_to_100_are_refused(self) -> None:
        row = drafted()
        row.variants.filter(is_control=False).update(percent=40)

        self.assertEqual(self.refused(row), "The percentages come to 90, not to 100.")
        self.assertEqual(self.status(row), "draft")

    def test_one_without_a_control_or_without_another_version_is_refused(self) -> None:
        without = drafted("without")
        without.variants.update(is_control=False)
        alone = drafted("alone")
        alone.variants.filter(is_control=False).delete()

        for row in (without, alone):
            self.assertEqual(self.refused(row), "It needs exactly one control and at least one other version.")

    def test_a_prompt_that_no_file_holds_is_refused(self) -> None:
        row = drafted()
        row.variants.filter(is_control=False).update(prompt_version="turn.v9")

        self.assertEqual(self.refused(row), "There is no prompt turn.v9.")

    def test_a_feature_without_prompts_is_refused(self) -> None:
        self.assertEqual(self.refused(drafted(feature="report")), "No prompts are known for the feature report.")

    def test_a_second_one_of_the_same_feature_is_refused(self) -> None:
        experiments.start(experiment_id=drafted().pk)
        second = drafted("second")

        self.assertEqual(self.refused(second), "Another experiment of this feature runs; end it first.")
        self.assertEqual(self.status(second), "draft")

    def test_one_starts_once_and_ends_once(self) -> None:
        row = drafted()
        experiments.start(experiment_id=row.pk)

        self.assertEqual(self.refused(row), "It was started before.")
        experiments.end(experiment_id=row.pk)
        with self.assertRaises(TransitionNotAllowed):
            experiments.end(experiment_id=row.pk)
        self.assertEqual(self.refused(row), "It was started before.")
