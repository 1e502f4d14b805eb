"""A replayed evaluation derives to what was stored; what was changed since, or made by another evaluator, is told."""

import io
import json
from typing import Any
from uuid import uuid4

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction

from core import tenancy
from core.testing import HOME, OTHER, TenantTestCase
from interviews.models import CompetencyRating, Evaluation, Quote
from interviews.services import afterwards, replaying
from interviews.tests import make
from llm.models import LlmCall

SAME = "The derived result is the stored one.\n"


def replayed(evaluation: Evaluation, schema: str = HOME) -> tuple[int, str, str]:
    """The command's exit code, what it printed and its error."""
    printed = io.StringIO()
    try:
        call_command("replay_evaluation", str(evaluation.pk), "--schema", schema, stdout=printed)
    except CommandError as error:
        return error.returncode, printed.getvalue(), str(error)
    return 0, printed.getvalue(), ""


class ReplayTests(TenantTestCase):
    evaluation: Evaluation

    @classmethod
    def setUpTestData(cls) -> None:
        cls.evaluation = make.evaluated().evaluations.get()

    def by_model(self) -> Evaluation:
        return make.evaluated_by_model(make.invited("grace@example.org")).evaluations.get()

    def test_an_evaluation_of_basic_mode_derives_to_itself_and_writes_only_the_trail(self) -> None:
        with make.writes() as written:
            self.assertEqual(replayed(self.evaluation), (0, SAME, ""))

        self.assertEqual(written.tables, {f"{HOME}.audit_event": 1})
        self.assertEqual(make.actions("evaluation.")[-1], "evaluation.replayed")

    def test_the_interviews_id_means_its_newest_evaluation(self) -> None:
        found = replaying.replay(evaluation_id=self.evaluation.interview_id)

        self.assertEqual((found.versions["input"], found.differences), (self.evaluation.input_hash, ()))

    def test_one_of_a_model_derives_to_itself_with_nobody_asked(self) -> None:
        evaluation = self.by_model()
        calls = LlmCall.objects.count()

        self.assertEqual(replayed(evaluation), (0, SAME, ""))
        self.assertEqual(LlmCall.objects.count(), calls)

    def test_what_the_model_said_is_sealed_and_names_each_competency(self) -> None:
        evaluation = self.by_model()
        with connection.cursor() as cursor:
            cursor.execute("SELECT outputs FROM interviews_evaluation WHERE id = %s", [evaluation.pk])
            [stored] = cursor.fetchone()

        said = json.loads(evaluation.outputs or "")
        self.assertEqual([one["competency_key"] for one in said], ["sql", "listening", "candour"] * 3)
        self.assertEqual([one["name"] for one in said], ["1"] * 3 + ["2"] * 3 + ["3"] * 3)
        self.assertNotIn(b"competency_key", bytes(stored))

    def test_a_level_that_was_changed_is_told_with_both_values(self) -> None:
        rating = self.evaluation.ratings.get(competency__key="sql")
        before = rating.level
        CompetencyRating.objects.filter(pk=rating.pk).update(level=1 if before != 1 else 2)

        code, printed, error = replayed(self.evaluation)

        self.assertEqual((code, error), (1, "1 values differ from what was stored."))
        self.assertEqual(printed, f"rating of sql: level\n- {1 if before != 1 else 2}\n+ {before}\n")

    def test_a_quote_an_overall_and_a_model_output_that_were_changed_are_told(self) -> None:
        evaluation = self.by_model()
        Quote.objects.filter(rating__evaluation=evaluation, rating__competency__key="sql").update(end=14)
        Evaluation.objects.filter(pk=evaluation.pk).update(overall=99)

        self.assertEqual(
            [one.what for one in replaying.replay(evaluation_id=evaluation.pk).differences],
            ["overall", "rating of sql: quotes"],
        )

    def test_other_versions_than_those_of_the_hash_are_told(self) -> None:
        versions = self.evaluation.versions | {"code": "000000000000"}
        Evaluation.objects.filter(pk=self.evaluation.pk).update(versions=versions)

        code, printed, _error = replayed(self.evaluation)

        self.assertEqual(code, 1)
        self.assertIn("made with code 000000000000, derived with ", printed)
        self.assertIn("\ninput\n- ", printed)

    def test_what_can_t_be_derived_is_refused_with_the_reason_and_leaves_no_trace(self) -> None:
        cases: dict[str, dict[str, Any]] = {
            "It was made by basic.0, and this release has basic.3.": {"versions": {"evaluator": "basic.0"}},
            "It was made before outputs and parameters were kept.": {"outputs": None},
            "It has no result: its status is provisional.": {"mode": ""},
        }
        for reason, change in cases.items():
            with self.subTest(reason), transaction.atomic():
                Evaluation.objects.filter(pk=self.evaluation.pk).update(**change)
                with make.writes() as written:
                    self.assertEqual(replayed(self.evaluation), (2, "", reason))
                self.assertEqual(written.tables, {})
                transaction.set_rollback(True)

    def test_of_a_withdrawn_interview_nothing_is_derived(self) -> None:
        afterwards.withdraw(self.evaluation.interview)

        self.assertEqual(replayed(self.evaluation), (2, "", "The candidate withdrew, or was erased."))

    def test_without_the_candidates_key_nothing_is_derived(self) -> None:
        with make.without_key(self.evaluation.interview):
            code, printed, error = replayed(self.evaluation)

        self.assertEqual((code, printed), (2, ""))
        self.assertEqual(error, "The candidate's key does not open what was stored: it was destroyed.")

    def test_another_tenant_s_evaluation_is_not_there(self) -> None:
        self.assertEqual(replayed(self.evaluation, OTHER)[2], "There is no such evaluation in this tenant.")
        self.assertEqual(replayed(self.evaluation, "nowhere")[0], 2)
        with tenancy.enter(OTHER), self.assertRaises(replaying.CannotReplay):
            replaying.replay(evaluation_id=uuid4())
