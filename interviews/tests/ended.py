"""Finished interviews with the rows that figures of quality add up, made without evaluating anything, for tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from core import clock
from interviews.models import CompetencyRating, Evaluation, JobVersion, ModelFigures, Review, ReviewRating
from interviews.tests import make

BY_MODEL = {"evaluator": "model.2", "prompt": "evaluation.v3", "model": "m1", "code": "x"}
BY_RULES = {"evaluator": "basic.1", "prompt": "", "model": "", "code": "x"}
PEOPLE = """
    WITH made AS (SELECT gen_random_uuid() AS candidate, gen_random_uuid() AS application,
                         gen_random_uuid() AS interview FROM generate_series(1, %(count)s)),
    candidates AS (INSERT INTO interviews_candidate (id, name, email, email_index, created_at)
                   SELECT candidate, ''::bytea, ''::bytea, candidate::text, now() FROM made),
    applications AS (INSERT INTO interviews_application (id, candidate_id, job_id, stage, created_at)
                     SELECT application, candidate, %(job)s, 'invited', now() FROM made)
    INSERT INTO interviews_interview (id, application_id, number, version_id, subject_id, status, language, time_factor,
                created_at, started_at, completed_at, expires_at, breaks, pauses, paused_seconds, last_activity_at,
                closing_version, receipt_hash)
    SELECT interview, application, 1, %(version)s, candidate, 'completed', 'en', 1, now(), now(), now(), now(), false,
           0, 0, now(), 0, '' FROM made RETURNING id, subject_id"""


class Ended:
    """Of one job, whose scorecard has three competencies."""

    def __init__(self, slug: str = make.PLAN.slug) -> None:
        self.version: JobVersion = make.job(slug).current_version  # type: ignore[assignment]
        self.competencies = list(self.version.competencies.all())

    def evaluated(self, count: int, *, age: timedelta = timedelta(days=1), **more: Any) -> list[Evaluation]:
        """`count` evaluations of three ratings each. `levels`: theirs; `figures`: of one model's words in each."""
        levels, figures = more.get("levels", (3, 3, None)), more.get("figures")
        versions = more.get("versions", BY_MODEL)
        made = self._evaluations(count, versions, clock.now() - age)
        CompetencyRating.objects.bulk_create(
            CompetencyRating(
                evaluation=one,
                competency=competency,
                subject_id=one.subject_id,
                level=level,
                confidence=Decimal("0.5"),
                spread=more.get("spread"),
                withheld=more.get("withheld", "") if level is None else "",
            )
            for one in made
            for competency, level in zip(self.competencies, levels, strict=True)
        )
        if figures:
            ModelFigures.objects.bulk_create(
                ModelFigures(evaluation=one, model=versions["model"], **figures) for one in made
            )
        return made

    def reviewed(self, evaluations: Sequence[Evaluation], reviewers: Sequence[User], *levels: int | None) -> None:
        """Each by one of these people in turn."""
        for place, one in enumerate(evaluations):
            review = Review.objects.create(
                interview_id=one.interview_id,
                reviewer=reviewers[place % len(reviewers)],
                status="submitted",
                submitted_at=clock.now(),
            )
            ReviewRating.objects.bulk_create(
                ReviewRating(review=review, competency=competency, subject_id=one.subject_id, level=level)
                for competency, level in zip(self.competencies, levels, strict=True)
            )

    def _evaluations(self, count: int, versions: dict[str, str], ended: datetime) -> list[Evaluation]:
        mode = "model" if versions["model"] else "basic"
        status = Evaluation.Status.READY if mode == "model" else Evaluation.Status.PROVISIONAL
        return Evaluation.objects.bulk_create(
            Evaluation(
                interview_id=interview,
                subject_id=subject,
                rubric=self.version,
                status=status,
                mode=mode,
                versions=versions,
                finished_at=ended,
            )
            for interview, subject in self._people(count)
        )

    def _people(self, count: int) -> list[tuple[UUID, UUID]]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            given: dict[str, int | UUID] = {"count": count, "job": self.version.job_id, "version": self.version.pk}
            cursor.execute(PEOPLE, given)
            return cursor.fetchall()
