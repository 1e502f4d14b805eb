"""A list of a few assigned interviews costs as little among ten thousand as among ten: it is found by its indexes."""

import re
from typing import Any

from django.db import connection, connections, transaction
from django.db.models import QuerySet

from accounts.roles import Role
from core.testing import HOME, CommittingTestCase
from interviews.models import Job
from interviews.selectors import portal, work
from interviews.tests import make, team

JOBS, EACH = 40, 250
COPY = """
    WITH numbers AS (SELECT n, gen_random_uuid() AS candidate, gen_random_uuid() AS application,
                            gen_random_uuid() AS interview FROM generate_series(1, %(rows)s) n),
    candidates AS (INSERT INTO interviews_candidate (id, name, email, email_index, created_at)
                   SELECT candidate, ''::bytea, ''::bytea, %(slug)s || ' ' || n, now() FROM numbers),
    applications AS (INSERT INTO interviews_application (id, candidate_id, job_id, stage, created_at)
                     SELECT application, candidate, %(job)s, 'invited', now() FROM numbers)
    INSERT INTO interviews_interview (id, application_id, number, version_id, subject_id, status, language, time_factor,
                created_at, expires_at, breaks, pauses, paused_seconds, last_activity_at, closing_version, receipt_hash)
    SELECT interview, application, 1, %(version)s, candidate, 'invited', 'en', 1,
           now(), now(), false, 0, 0, now() - n * interval '1 minute', 0, '' FROM numbers"""
READ = re.compile(r"rows=(\d+)(?:\.\d+)? loops=(\d+)")


class AtScaleTests(CommittingTestCase):
    """With real commits: only what is committed can be counted for the planner."""

    def setUp(self) -> None:
        super().setUp()
        all_jobs = [make.job(f"job-{number}") for number in range(JOBS)]
        for job in all_jobs:
            self.fill(job)
        one = make.submitted(make.invited(slug="job-7"))
        self.reviewer = team.assigned(make.staff(Role.REVIEWER), one)
        self.manager = team.assigned(make.staff(Role.HIRING_MANAGER), all_jobs[3])
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SET search_path = {HOME}")
            cursor.execute("ANALYZE")

    @transaction.atomic
    def fill(self, job: Job) -> None:
        values: dict[str, Any] = {"rows": EACH, "job": job.pk, "version": job.current_version_id, "slug": job.slug}
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(COPY, values)

    def most_rows_read(self, rows: QuerySet[Any]) -> int:
        """The most rows that one step of the plan gave, over its loops.

        Ten thousand rows are read as fast whole as by an index: the planner is told not to, as if they were millions.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            plan = rows.explain(analyze=True, timing=False)
        return max(int(number) * int(loops) for number, loops in READ.findall(plan))

    def test_who_is_assigned_a_few_reads_a_few(self) -> None:
        for person, expected in ((self.reviewer, 1), (self.manager, EACH)):
            rows = portal.candidates(viewer=person)
            self.assertEqual(rows.count(), expected)
            self.assertLess(self.most_rows_read(rows[:25]), 2 * EACH, person.role)

        self.assertEqual(work.to_review_count(self.reviewer), 1)
        self.assertLess(self.most_rows_read(work.to_review(self.reviewer)), 100)
        self.assertEqual(portal.candidates(viewer=make.staff()).count(), JOBS * EACH + 1)
