"""What is counted of evaluations and reviews: once each, where their rows are stored, and never with a tenant."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import OperationalError

from core import exposition
from core.claims import AlreadyClaimed
from core.testing import TenantTestCase
from interviews.models import CompetencyRating, Evaluation, ModelFigures
from interviews.services import evaluations, quality, reviews
from interviews.services.evaluation import evaluate
from interviews.services.evaluation.types import EvaluationContext, Rating, Result
from interviews.tests import make, team
from interviews.tests.counted import counting
from interviews.tests.rated import THRESHOLDS
from llm import gateway
from llm.policy import TenantPolicy
from llm.tests.asking import using
from tests.mock_model import MockModel

ANSWERS = "candor_evaluation_model_answers_total"
QUOTES = "candor_evaluation_quotes_total"
LEVELS = "candor_evaluation_levels_total"
RATINGS = "candor_evaluation_ratings_total"
WITHHELD = "candor_evaluation_withheld_total"
SPREAD = "candor_evaluation_spread_bucket"
PAIRS = "candor_agreement_pairs_total"
OF_MODELS = {
    f"{ANSWERS} model=m1 outcome=accepted": 1.0,
    f"{ANSWERS} model=m1 outcome=refused": 1.0,
    f"{QUOTES} model=m1 outcome=located": 3.0,
    f"{QUOTES} model=m1 outcome=fabricated": 2.0,
    f"{LEVELS} model=m1 outcome=supported": 1.0,
    f"{LEVELS} model=m1 outcome=unsupported": 1.0,
    f"{ANSWERS} model=m2 outcome=accepted": 1.0,
}


def say() -> None:
    quality.heard(model="m1", quotes=5, located=3, levels=2, supported=1, refused=False)
    quality.heard(model="m1", quotes=0, located=0, levels=0, supported=0, refused=True)
    quality.heard(model="m2", quotes=0, located=0, levels=0, supported=0, refused=False)


def spoken(**given: Any) -> Result:
    """An evaluation in whose course these models were heard."""
    say()
    with gateway.basic_only():
        return evaluate(**given)


def nothing_rated() -> Result:
    return evaluate(
        competencies=(),
        answers=(),
        thresholds=THRESHOLDS,
        policy=TenantPolicy(schema="alpha"),
        context=EvaluationContext(UUID(int=1), ()),
    )


class HeardTests(TenantTestCase):
    def test_what_a_model_says_is_counted_by_model_and_what_is_wrong_apart(self) -> None:
        with counting(ANSWERS, QUOTES, LEVELS) as added:
            say()

        self.assertEqual(added, OF_MODELS)

    def test_every_series_of_a_model_stands_at_zero_from_its_first_answer(self) -> None:
        quality.heard(model="new-one", quotes=1, located=1, levels=1, supported=1, refused=False)

        text = exposition.text().decode()

        for series in (f"{ANSWERS}{{model=\"new-one\",outcome=\"refused\"}} 0.0",
                       f"{QUOTES}{{model=\"new-one\",outcome=\"fabricated\"}} 0.0",
                       f"{LEVELS}{{model=\"new-one\",outcome=\"unsupported\"}} 0.0"):  # fmt: skip
            self.assertIn(series, text)

    def test_a_part_is_never_above_its_whole(self) -> None:
        for wrong in (
            {"quotes": 1, "located": 2, "levels": 0, "supported": 0},
            {"quotes": 0, "located": 0, "levels": 1, "supported": 2},
            {"quotes": 0, "located": -1, "levels": 0, "supported": 0},
        ):
            with self.subTest(wrong), counting(ANSWERS, QUOTES, LEVELS) as added, self.assertRaises(ValueError):
                quality.heard(model="m1", refused=False, **wrong)
            self.assertEqual(added, {})

    def test_what_was_gathered_and_not_kept_is_not_counted(self) -> None:
        with counting(ANSWERS, QUOTES, LEVELS) as added, quality.listening() as gathered:
            say()

        self.assertEqual(added, {})
        self.assertEqual(gathered["m1"], quality.Figures(2, 1, 5, 3, 2, 1))

    def test_the_scrape_shows_each_family_and_what_alerts_divide_by_stands_at_zero(self) -> None:
        text = exposition.text().decode()

        for name in (ANSWERS, QUOTES, LEVELS, RATINGS, WITHHELD, PAIRS, "candor_retest_levels_total"):
            self.assertIn(f"# TYPE {name} counter\n", text)
        self.assertIn("# TYPE candor_evaluation_spread histogram\n", text)
        for series in (
            *(f'candor_stars_total{{stars="{stars}"}}' for stars in range(1, 6)),
            *(f'candor_thumbs_total{{thumb="{thumb}"}}' for thumb in ("up", "down")),
            *(f'{WITHHELD}{{reason="{reason}"}}' for reason in CompetencyRating.Withheld.values),
            *(f'candor_retest_levels_total{{apart="{apart}"}}' for apart in ("0", "1", "2+")),
        ):
            self.assertIn(f"\n{series} ", text)


class StoredTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.submitted()
        self.evaluation = self.interview.evaluations.get()

    def run_it(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            evaluations.run(evaluation_id=self.evaluation.pk)

    def test_what_models_said_is_stored_with_their_evaluation_and_counted_as_it_is(self) -> None:
        with counting(ANSWERS, QUOTES, LEVELS) as added, patch.object(evaluations, "evaluate", spoken):
            self.run_it()

        self.assertEqual(added, OF_MODELS)
        columns = ("model", "answers", "refused", "quotes", "located", "levels", "supported")
        self.assertEqual(
            list(ModelFigures.objects.order_by("model").values_list(*columns)),
            [("m1", 2, 1, 5, 3, 2, 1), ("m2", 1, 0, 0, 0, 0, 0)],
        )

    def test_a_second_delivery_adds_nothing(self) -> None:
        with patch.object(evaluations, "evaluate", spoken):
            self.run_it()
            with counting(ANSWERS, QUOTES, LEVELS, RATINGS, SPREAD) as added, self.assertRaises(AlreadyClaimed):
                self.run_it()

        self.assertEqual((added, ModelFigures.objects.count()), ({}, 2))

    def test_what_was_said_before_the_database_broke_off_counts_once_with_the_retry(self) -> None:
        with counting(ANSWERS, QUOTES, LEVELS, RATINGS) as added, patch.object(evaluations, "evaluate", spoken):
            broken = patch.object(evaluations, "_store", side_effect=OperationalError)
            with broken, self.assertRaises(OperationalError):
                self.run_it()
            self.assertEqual(ModelFigures.objects.count(), 0)
            Evaluation.objects.update(lease_until=None, status="owed")
            self.run_it()

        self.assertEqual({key: value for key, value in added.items() if not key.startswith(RATINGS)}, OF_MODELS)
        self.assertEqual(sum(value for key, value in added.items() if key.startswith(RATINGS)), 3.0)

    def test_each_stored_rating_is_counted_by_mode_and_what_came_of_it(self) -> None:
        for mode in ("basic", "model"):
            interview = make.submitted(make.invited(f"{mode}@example.org"))
            evaluation = interview.evaluations.get()
            with counting(RATINGS) as added, self.captureOnCommitCallbacks(execute=True):
                if mode == "basic":
                    evaluations.run(evaluation_id=evaluation.pk)
                else:
                    with MockModel() as model, using(model):
                        evaluations.run(evaluation_id=evaluation.pk)

            rows = list(evaluation.ratings.all())
            expected = {
                f"{RATINGS} mode={mode} outcome=rated": sum(row.level is not None for row in rows),
                f"{RATINGS} mode={mode} outcome=withheld": sum(row.withheld != "" for row in rows),
                f"{RATINGS} mode={mode} outcome=no_evidence": sum(not row.level and not row.withheld for row in rows),
            }
            self.assertEqual(added, {key: value for key, value in expected.items() if value})
            self.assertEqual(len(rows), 3)

    def test_spread_and_the_reason_for_a_person_are_counted(self) -> None:
        rating = Rating("sql", None, Decimal(0), "", "", (), withheld="spread", spread=3)
        result = replace(nothing_rated(), mode="model", ratings=(rating,))

        with counting(RATINGS, WITHHELD, SPREAD) as added, self.captureOnCommitCallbacks(execute=True):
            quality.keep(self.evaluation, result, defaultdict(quality.Figures))

        self.assertEqual(
            added,
            {
                f"{RATINGS} mode=model outcome=withheld": 1.0,
                f"{WITHHELD} reason=spread": 1.0,
                f"{SPREAD} le=3.0": 1.0,
                f"{SPREAD} le=4.0": 1.0,
                f"{SPREAD} le=+Inf": 1.0,
            },
        )


class AgreementTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.evaluated()
        self.evaluation = self.interview.evaluations.get()
        self.reviewer = team.staff_of(self.interview, "reviewer")

    def submit(self, *levels: int | None, submit: bool = True) -> None:
        keys = self.interview.version.competencies.order_by("position")
        ratings = {row.pk: reviews.OwnRating(level) for row, level in zip(keys, levels, strict=True)}
        with self.captureOnCommitCallbacks(execute=True):
            reviews.save_review(interview_id=self.interview.pk, by=self.reviewer, ratings=ratings, submit=submit)

    def rated(self, *levels: int | None) -> None:
        for row, level in zip(self.evaluation.ratings.order_by("competency__position"), levels, strict=True):
            CompetencyRating.objects.filter(pk=row.pk).update(level=level)

    def test_a_submitted_review_counts_how_far_each_level_is_from_the_evaluations(self) -> None:
        self.rated(4, 2, 5)

        with counting(PAIRS) as added:
            self.submit(4, 3, 1)

        self.assertEqual(
            added,
            {
                f"{PAIRS} apart=0 mode=basic": 1.0,
                f"{PAIRS} apart=1 mode=basic": 1.0,
                f"{PAIRS} apart=2+ mode=basic": 1.0,
            },
        )

    def test_no_evidence_by_one_alone_is_counted_apart_and_by_both_is_no_pair(self) -> None:
        self.rated(None, 2, None)

        with counting(PAIRS) as added:
            self.submit(3, None, None)

        self.assertEqual(added, {f"{PAIRS} apart=one_without mode=basic": 2.0})

    def test_a_draft_and_a_second_submission_count_nothing(self) -> None:
        self.rated(4, 4, 4)
        with counting(PAIRS) as drafted:
            self.submit(4, 4, 4, submit=False)
        self.submit(4, 4, 4)
        with counting(PAIRS) as again, self.assertRaises(reviews.ReviewSubmitted):
            self.submit(1, 1, 1)

        self.assertEqual((drafted, again), ({}, {}))

    def test_without_a_finished_evaluation_there_are_no_pairs(self) -> None:
        Evaluation.objects.update(status="failed")

        with counting(PAIRS) as added:
            self.submit(4, 4, 4)

        self.assertEqual(added, {})
