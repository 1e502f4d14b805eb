"""The figures of quality among ten thousand evaluations: found by their indexes, added up in less than a second."""

import time
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from core import clock
from core.testing import HOME, CommittingTestCase
from interviews.selectors import quality, quality_sums
from interviews.tests import make
from interviews.tests.ended import Ended

MONTHS, EACH, SECONDS = 10, 1000, 1.0
FIGURES = {"answers": 3, "refused": 0, "quotes": 4, "located": 3, "levels": 3, "supported": 2}
BY_END, BY_SUBMISSION, BY_RATING = "evaluations_by_end", "reviews_by_submission", "interviews_by_their_rating"


@pytest.mark.prove
class AtScaleTests(CommittingTestCase):
    """With real commits: only what is committed can be counted for the planner."""

    def setUp(self) -> None:
        super().setUp()
        ended = Ended()
        people = [make.staff("reviewer", email=f"reviewer{number}@staff.example") for number in range(5)]
        for month in range(MONTHS):
            age = timedelta(days=30 * month + 1)
            made = ended.evaluated(EACH, age=age, figures=FIGURES, spread=month % 3)
            ended.reviewed(made[:50], people, 3, 4, None)
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SET search_path = {HOME}")
            cursor.execute("ANALYZE")

    def plan(self, statement: str) -> str:
        """Ten thousand rows are read as fast whole as by an index: the planner is told not to, as if of millions."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement}", [clock.now() - timedelta(days=1)])
            return "\n".join(line for (line,) in cursor.fetchall())

    def test_each_statement_begins_with_its_time_and_a_quarter_takes_less_than_a_second(self) -> None:
        for statement, index in (
            (quality_sums.EVALUATIONS, BY_END),
            (quality_sums.RATINGS, BY_END),
            (quality_sums.FIGURES, BY_END),
            (quality_sums.AGREEMENT, BY_SUBMISSION),
        ):
            with self.subTest(statement):
                self.assertIn(index, self.plan(statement))
        stars = "SELECT avg(stars) FROM interviews_interview WHERE rated_at >= %s"
        self.assertIn(BY_RATING, self.plan(stars))

        started = time.perf_counter()
        found = quality.figures(clock.now() - timedelta(days=90))
        took = time.perf_counter() - started

        self.assertEqual((found["evaluations"], str(found["total"]["fabricated"])), (3 * EACH, "25%"))
        self.assertEqual(sum(row["evaluations"] for row in found["scales"]), 3 * EACH)
        self.assertLess(took, SECONDS)
