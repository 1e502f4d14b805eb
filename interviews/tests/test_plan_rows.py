"""Adding to a plan and taking away from it."""

from dataclasses import replace
from decimal import Decimal

from core.testing import TenantTestCase
from interviews.services.jobs import QuestionPlan
from interviews.services.plan_drafts import rows, working
from interviews.tests import make


class RowTests(TenantTestCase):
    def test_a_competency_of_the_library_comes_with_its_anchors_a_question_and_a_weight(self) -> None:
        plan = rows.with_library(rows.with_library(working.empty("T"), "listening"), "fairness")

        self.assertEqual(
            [(one.key, str(one.weight)) for one in plan.competencies], [("listening", "0.200"), ("fairness", "0.050")]
        )
        self.assertTrue(all(plan.competencies[0].anchors))
        self.assertEqual([one.competencies for one in plan.questions], [("listening",), ("fairness",)])
        self.assertEqual(len(plan.questions[0].follow_ups), 4)

    def test_a_new_competency_has_the_mean_weight_in_shares_or_in_percent(self) -> None:
        percent = [replace(one, weight=one.weight * 100) for one in make.PLAN.competencies]
        for plan, weights in (
            (make.PLAN, ["0.400", "0.100"]),
            (replace(make.PLAN, competencies=tuple(percent)), ["40.000", "10.000"]),
        ):
            technical, values = rows.with_own(plan, "New", "technical"), rows.with_own(plan, "New", "values")
            self.assertEqual([str(one.competencies[-1].weight) for one in (technical, values)], weights)

    def test_what_is_there_already_or_nowhere_is_not_added(self) -> None:
        plan = rows.with_library(working.empty("T"), "listening")
        for key in ("listening", "telepathy", ""):
            self.assertRaises(rows.CannotAdd, rows.with_library, plan, key)

    def test_an_own_competency_has_a_key_of_its_own(self) -> None:
        plan = rows.with_own(rows.with_own(working.empty("T"), "Dough & heat", "technical"), "dough heat", "values")

        found = [(one.key, one.name, one.weight) for one in plan.competencies]
        self.assertEqual(found[0], ("dough_heat", "Dough & heat", Decimal("0.2")))
        self.assertEqual(found[1], ("dough_heat_2", "dough heat", Decimal("0.05")))
        self.assertRaises(rows.CannotAdd, rows.with_own, plan, "?!", "technical")

    def test_removing_a_competency_takes_the_questions_about_it_alone(self) -> None:
        plan = rows.without_competency(make.PLAN, 1)

        self.assertEqual([one.key for one in plan.competencies], ["sql", "candour"])
        self.assertEqual([one.competencies for one in plan.questions], [("sql",), ("candour",)])
        self.assertEqual(rows.without_competency(make.PLAN, 9), make.PLAN)

    def test_weights_are_shared_out_to_one(self) -> None:
        heavy = [replace(one, weight=Decimal(1)) for one in make.PLAN.competencies]

        plan = rows.shared_out(replace(make.PLAN, competencies=tuple(heavy)))

        self.assertEqual([str(one.weight) for one in plan.competencies], ["0.334", "0.333", "0.333"])
        none = replace(make.PLAN, competencies=tuple(replace(one, weight=Decimal(0)) for one in heavy))
        self.assertEqual(rows.shared_out(none), none)

    def test_a_full_plan_takes_nothing_more(self) -> None:
        plan = working.empty("T")
        for number in range(rows.MOST_COMPETENCIES):
            plan = rows.with_own(plan, f"Own {number}", "technical")
        self.assertRaises(rows.CannotAdd, rows.with_own, plan, "One more", "technical")
        for _ in range(rows.MOST_QUESTIONS):
            plan = rows.with_question(plan, QuestionPlan("", ()))
        self.assertRaises(rows.CannotAdd, rows.with_question, plan, QuestionPlan("", ()))

    def test_a_question_moves_up(self) -> None:
        first, second = make.PLAN.questions

        self.assertEqual(rows.earlier(make.PLAN, 1).questions, (second, first))
        self.assertEqual(rows.earlier(make.PLAN, 0), make.PLAN)
