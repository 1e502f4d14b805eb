"""The version of a scorecard, and which scores may be ranked together."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pgtrigger

from accounts.roles import Role
from core.testing import TenantTestCase
from interviews.models import Job, JobVersion
from interviews.services import rubrics
from interviews.services.jobs import JobPlan, QuestionPlan, publish_job, publish_next
from interviews.services.rubrics import Content, Rubric
from interviews.tests import make

FIRST = rubrics.content_of(make.PLAN.competencies, make.PLAN)


def with_first(**changes: Any) -> JobPlan:
    """The plan with its first competency changed."""
    first, *others = make.PLAN.competencies
    return replace(make.PLAN, competencies=(replace(first, **changes), *others))


def bumped(plan: JobPlan, before: str = "2.3.4") -> str:
    return rubrics.after(Rubric(before, FIRST), rubrics.content_of(plan.competencies, plan)).version


def test_what_is_rated_makes_a_major_version() -> None:
    anchors = make.ANCHORS
    for plan in (
        with_first(definition="Works on small tables safely."),
        with_first(name="Databases"),
        with_first(dimension="communication"),
        with_first(anchors=("Guesses.", "", "Measures first.", "", "Explains the trade-off.")),
        with_first(anchors=(*anchors[:4], "Explains the trade-off to others.")),
        with_first(key="databases"),
        replace(make.PLAN, competencies=make.PLAN.competencies[:2]),
    ):
        assert bumped(plan) == "3.0.0"


def test_weights_thresholds_and_the_floor_make_a_minor_version() -> None:
    for plan in (
        with_first(weight=Decimal("0.4")),
        replace(make.PLAN, threshold_hire=Decimal(80)),
        replace(make.PLAN, threshold_maybe=Decimal("49.5")),
        replace(make.PLAN, coverage_floor=Decimal("0.61")),
    ):
        assert bumped(plan) == "2.4.0"


def test_the_rest_of_the_plan_makes_a_patch() -> None:
    for plan in (
        make.PLAN,
        replace(make.PLAN, questions=(QuestionPlan("Something else?", ("sql",)),)),
        replace(make.PLAN, minutes=60, intro="Welcome.", title="Another title"),
        replace(make.PLAN, competencies=tuple(reversed(make.PLAN.competencies))),
        with_first(weight=Decimal("0.500")),
        with_first(definition="Works on  large\n tables safely."),
    ):
        assert bumped(plan) == "2.3.5"


def test_the_first_is_one_and_numbers_grow_past_nine() -> None:
    assert rubrics.after(None, FIRST).version == "1.0.0"
    assert bumped(make.PLAN, "1.0.9") == "1.0.10"
    assert bumped(with_first(weight=Decimal(1)), "9.9.9") == "9.10.0"


def test_scores_are_comparable_where_what_is_rated_and_how_it_is_summed_are_the_same() -> None:
    one, other = Rubric("1.0.0", Content("a", "b")), Rubric("4.0.0", Content("a", "b"))

    assert rubrics.comparable(one, other)
    assert not rubrics.comparable(one, Rubric("1.1.0", Content("a", "c")))
    assert one.label == "1.0.0+b"


class PublishedTests(TenantTestCase):
    def publish(self, plan: JobPlan) -> JobVersion:
        publish_job(plan=plan, by=make.staff(Role.ADMIN))
        return JobVersion.objects.latest("number")

    def test_each_published_version_names_its_rubric(self) -> None:
        plans = (
            make.PLAN,
            replace(make.PLAN, minutes=60),
            with_first(weight=Decimal("0.4")),
            with_first(definition="Another."),
            make.PLAN,
        )

        rows = [self.publish(plan) for plan in plans]

        versions = [row.rubric_version for row in rows]
        self.assertEqual(versions, ["1.0.0", "1.0.1", "1.1.0", "2.0.0", "3.0.0"])
        hashes = [row.rubric_hash for row in rows]
        self.assertEqual(hashes[0], FIRST.whole)
        self.assertEqual([hashes.index(one) for one in hashes], [0, 0, 2, 3, 0])
        self.assertEqual(rubrics.label(rows[2]), f"1.1.0+{hashes[2][:12]}")
        with self.assertNumQueries(0):
            rubrics.label(rows[2])

    def test_numbers_are_compared_as_the_columns_hold_them(self) -> None:
        plan = replace(make.PLAN, threshold_hire=Decimal("70.04"), coverage_floor=Decimal("0.601"))

        first, second = self.publish(plan), self.publish(plan)

        self.assertEqual((first.rubric_hash, second.rubric_version), (FIRST.whole, "1.0.1"))

    def test_a_row_from_before_the_columns_has_its_version_worked_out_and_is_not_written(self) -> None:
        rows = [self.publish(plan) for plan in (make.PLAN, with_first(weight=Decimal("0.4")))]
        with pgtrigger.ignore("interviews.JobVersion:published_version_is_frozen"):
            JobVersion.objects.update(rubric_version="", rubric_hash="")
        old = [JobVersion.objects.get(pk=row.pk) for row in rows]

        with make.writes() as written:
            labels = [rubrics.label(row) for row in old]

        self.assertEqual(labels, [f"1.0.0+{FIRST.whole[:12]}", f"1.1.0+{rows[1].rubric_hash[:12]}"])
        self.assertEqual(written.tables, {})
        self.assertEqual(self.publish(with_first(definition="Another.")).rubric_version, "2.0.0")

    def test_a_rubric_without_anchors_has_a_version_too(self) -> None:
        row = self.publish(with_first(anchors=("", "", "", "", "")))

        self.assertEqual(row.rubric_version, "1.0.0")
        self.assertNotEqual(row.rubric_hash, FIRST.whole)

    def test_a_published_rubric_never_changes(self) -> None:
        row = self.publish(make.PLAN)

        with self.assertRaisesMessage(Exception, "published_version_is_frozen"):
            JobVersion.objects.filter(pk=row.pk).update(rubric_version="9.9.9")

    def test_the_rubrics_of_a_job_take_two_queries(self) -> None:
        row = self.publish(make.PLAN)
        for minutes in (40, 50, 60):
            version = publish_next(
                job_id=row.job_id,
                follows=Job.objects.get().current_version.number,  # type: ignore[union-attr]
                plan=replace(make.PLAN, minutes=minutes),
                by=make.staff(Role.ADMIN),
            )

        with self.assertNumQueries(2):
            found = rubrics.of_job(row.job_id)

        self.assertEqual([one.version for one in found.values()], ["1.0.0", "1.0.1", "1.0.2", "1.0.3"])
        self.assertEqual(version.number, 4)
