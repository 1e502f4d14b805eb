"""A prompt version is live only when it passed its feature's gate with this release."""

from decimal import Decimal
from typing import Any
from unittest import mock

from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from core import clock
from llm import assurance, experiments, gates, judging, own_keys
from llm.assurance import Found
from llm.gates import Gate, Standing, Versions
from llm.models import Account, AssuranceRun
from llm.policy import PLATFORM
from llm.tests.accounts import account
from llm.tests.ledger_rows import called
from llm.tests.test_experiments import FEATURE, UNITS, ExperimentCase, drafted, trail, version

NOW = Versions("model.7", "c0de", "2")
GOOD = {"order": {"cases": 4, "met": 4, "least": 1.0}, "padding": {"cases": 6, "met": 5, "least": 0.8}}
BAD = GOOD | {"order": {"cases": 4, "met": 3, "least": 1.0}}


def ran(figures: Any = GOOD, prompt: str = "turn.v3", **changes: Any) -> AssuranceRun:
    """A run of turn.v3 on "big" that passed, or this one."""
    given: dict[str, Any] = {"versions": NOW, "model": "big", "calls": 12, "cost_usd": Decimal("0.25")}
    found = Found(feature=FEATURE, prompt=prompt, figures=figures, started_at=clock.now(), **given | changes)
    return assurance.record(found, by="ops")


class GateCase(ExperimentCase):
    """A release with turn.v2 in it, and a gate before the others."""

    def setUp(self) -> None:
        super().setUp()
        gate = Gate(shipped="turn.v2", versions=lambda: NOW, how=lambda prompt: f"measure {prompt}")
        self.enterContext(mock.patch.dict(gates._gates, {FEATURE: gate}))
        self.used = {"big", "small"}
        self.enterContext(mock.patch.object(gates, "models_in_use", lambda: frozenset(self.used)))

    def given(self) -> set[str]:
        """What units get now."""
        experiments.forget()
        return {version(unit) for unit in UNITS}


class StartTests(GateCase):
    def refused(self) -> str:
        row = drafted()
        with self.assertRaises(experiments.NotStartable) as refusal:
            experiments.start(experiment_id=row.pk)
        row.refresh_from_db()
        self.assertEqual((row.status, row.started_at), ("draft", None))
        self.assertEqual(trail("experiment.started"), [])
        return str(refusal.exception)

    def test_a_version_that_nobody_measured_is_not_started_and_the_refusal_says_what_to_run(self) -> None:
        self.assertEqual(self.refused(), "turn.v3 was not measured with this release. First run: measure turn.v3")

    def test_a_version_that_passed_is_started_beside_the_shipped_one_which_needs_no_run(self) -> None:
        ran()

        experiments.start(experiment_id=drafted().pk)

        self.assertEqual(self.given(), {"turn.v2", "turn.v3"})

    def test_a_run_of_another_release_does_not_count(self) -> None:
        for other in (
            Versions("model.6", "c0de", "2"),
            Versions("model.7", "0ld", "2"),
            Versions("model.7", "c0de", "1"),
        ):
            ran(versions=other)

        self.assertIn("was not measured with this release", self.refused())

    def test_a_version_below_its_gate_on_one_of_the_models_in_use_is_not_started(self) -> None:
        ran()
        ran(BAD, model="small")

        self.assertEqual(self.refused(), "turn.v3 is below its gate: it can't be made live. small: order 3 of 4.")

    def test_what_it_did_on_a_model_that_is_not_used_any_more_does_not_hold_it(self) -> None:
        ran()
        ran(BAD, model="gone")

        experiments.start(experiment_id=drafted().pk)

        self.assertEqual(self.given(), {"turn.v2", "turn.v3"})

    def test_the_newest_run_with_a_model_counts(self) -> None:
        ran(BAD)
        ran()
        self.assertEqual(gates.standing(FEATURE, ["turn.v3"]), {"turn.v3": Standing.PASSED})

        ran(BAD)

        self.assertEqual(gates.standing(FEATURE, ["turn.v3"]), {"turn.v3": Standing.BELOW})

    def test_the_shipped_version_below_its_gate_is_no_control(self) -> None:
        ran()
        ran(BAD, prompt="turn.v2")

        self.assertIn("turn.v2 is below its gate", self.refused())

    def test_a_suite_without_a_case_is_below(self) -> None:
        self.assertEqual(gates.below(GOOD | {"names": {"cases": 0, "met": 0, "least": 0.5}}), ["names"])

    def test_a_feature_without_a_gate_is_as_before(self) -> None:
        with mock.patch.dict(gates._gates, clear=True):
            experiments.start(experiment_id=drafted().pk)
            self.assertEqual(self.given(), {"turn.v2", "turn.v3"})


class WhileItRunsTests(GateCase):
    def setUp(self) -> None:
        super().setUp()
        ran()
        self.row = drafted()
        experiments.start(experiment_id=self.row.pk)

    def test_a_run_below_the_gate_switches_the_version_off(self) -> None:
        before = self.given()
        ran(BAD)

        off = self.row.variants.get(prompt_version="turn.v3")
        self.assertEqual((before, self.given()), ({"turn.v2", "turn.v3"}, {"turn.v2"}))
        self.assertEqual(off.reason, "Below its gate with big: order.")
        self.assertIsNotNone(off.switched_off_at)
        self.assertEqual(trail("experiment.version_off"), [{"version": "turn.v3", "reason": off.reason}])

    def test_a_control_below_the_gate_stays_on_and_raises_an_alarm(self) -> None:
        with mock.patch("llm.metrics.control_alarms") as alarms:
            ran(BAD, prompt="turn.v2")

        alarms.labels.assert_called_once_with(FEATURE)
        self.assertIsNone(self.row.variants.get(prompt_version="turn.v2").switched_off_at)
        self.assertEqual(self.given(), {"turn.v2", "turn.v3"})

    def test_after_a_release_that_was_not_measured_everybody_gets_the_control(self) -> None:
        gate = Gate("turn.v2", lambda: Versions("model.8", "c0de", "2"), str)

        with mock.patch.dict(gates._gates, {FEATURE: gate}):
            self.assertEqual(self.given(), {"turn.v2"})

    def test_without_a_control_that_may_run_everybody_gets_the_default(self) -> None:
        gate = Gate("turn.v1", lambda: NOW, str)

        with mock.patch.dict(gates._gates, {FEATURE: gate}):
            self.assertEqual(self.given(), {"turn.v1"})

    def test_gates_cost_one_query_in_five_seconds(self) -> None:
        experiments.forget()

        with CaptureQueriesContext(connection) as asked:
            for unit in UNITS[:20]:
                version(unit)

        self.assertEqual(len(asked), 3)

    def test_the_versions_of_a_tenant_are_those_its_units_may_get(self) -> None:
        def live(schema: str) -> tuple[str, ...]:
            return experiments.versions(FEATURE, schema=schema, default="turn.v1")

        self.row.variants.filter(prompt_version="turn.v3").update(percent=60)
        self.row.variants.filter(prompt_version="turn.v2").update(percent=40)
        experiments.forget()
        self.assertEqual(live("alpha"), ("turn.v3", "turn.v2"))
        type(self.row).objects.update(tenants=["beta"])
        experiments.forget()

        self.assertEqual((live("alpha"), live("beta")), (("turn.v1",), ("turn.v3", "turn.v2")))


class RecordTests(GateCase):
    def test_a_run_is_kept_as_it_was_found(self) -> None:
        row = ran(BAD)

        row.refresh_from_db()
        self.assertEqual((row.passed, row.cases, row.calls, row.cost_usd), (False, 4, 12, Decimal("0.25")))
        self.assertEqual((row.figures, row.by), (BAD, "ops"))
        self.assertEqual(
            trail("evaluator.assured"),
            [{"prompt": "turn.v3", "model": "big", "passed": False, "below": ["order"]}],
        )

    def test_it_is_neither_changed_nor_deleted(self) -> None:
        row = ran(BAD)

        for forbidden in (lambda: AssuranceRun.objects.update(passed=True), row.delete):
            with self.assertRaises(ProgrammingError), transaction.atomic():
                forbidden()

        self.assertEqual(list(AssuranceRun.objects.values_list("passed", flat=True)), [False])

    def test_the_history_has_the_newest_of_each_and_no_more_than_asked(self) -> None:
        ran(BAD)
        last = [ran(), ran(model="small"), ran(prompt="turn.v2")]

        self.assertEqual([row.pk for row in assurance.history(FEATURE, most=9)], [row.pk for row in reversed(last)])
        self.assertEqual([row.pk for row in assurance.history(FEATURE, most=1)], [last[-1].pk])

    def test_what_the_platform_measured_is_no_result_of_an_experiment(self) -> None:
        ran()
        row = drafted()
        experiments.start(experiment_id=row.pk)
        called(3, prompt_version="turn.v3")
        called(5, prompt_version="turn.v3", tenant=PLATFORM)
        row.refresh_from_db()

        self.assertEqual(judging.results(row)["turn.v3"].calls, 3)


class ModelsInUseTests(ExperimentCase):
    def setUp(self) -> None:
        super().setUp()
        Account.objects.update(is_enabled=False)
        account("ours", "http://127.0.0.1:9/v1", "env:SOME_KEY", model="big")
        account("theirs", "http://127.0.0.1:9/v1", "env:NO_KEY", model="small")

    def test_they_are_those_of_the_platform_s_keys_and_of_tenants_own(self) -> None:
        with override_settings(LLM_ENV={"SOME_KEY": "sk-SECRET-KEY"}):  # pragma: allowlist secret
            before = gates.models_in_use()
            own_keys.give(tenant_schema="alpha", account_label="theirs", key="sk-THEIR-KEY")  # pragma: allowlist secret

            self.assertEqual((before, gates.models_in_use()), ({"big"}, {"big", "small"}))

    def test_a_server_that_chooses_by_itself_may_be_any(self) -> None:
        with override_settings(LLM_ENV={"OPENAI_BASE_URL": "http://127.0.0.1:8/v1"}):
            self.assertEqual(gates.models_in_use(), frozenset())
