"""A session of support works in a tenant without being anybody of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from accounts.models import User
from accounts.roles import SUPPORT, SUPPORT_WRITE, NotPermitted
from core.testing import TenantTestCase
from interviews.models import Job
from interviews.services import assignments, invitations, jobs, reading, requests, retrying, reviews
from interviews.tests import make


class SupportTests(TenantTestCase):
    """Somebody who helps for an hour is nobody of the team: no row, no rating, no decision."""

    def setUp(self) -> None:
        super().setUp()
        self.mine = make.evaluated()
        self.support, self.writer = User(role=SUPPORT, name="Support"), User(role=SUPPORT_WRITE, name="Support")

    def test_support_is_always_blind_and_sees_no_stage(self) -> None:
        recruiter = make.staff()
        make.reviewed(self.mine, recruiter)
        make.decided(self.mine, recruiter, "reject")
        for viewer in (self.support, self.writer):
            shown = reading.open_interview(by=viewer, interview_id=self.mine.pk)
            self.assertEqual((shown["evaluation"], shown["review_submitted"]), (None, False))
            rows = reading.candidates(by=viewer, job_slug="", stage="", page=None).object_list
            self.assertEqual({(row["stage_label"], row["result"]) for row in rows}, {("", None)})
            rejected = reading.candidates(by=viewer, job_slug="", stage="rejected", page=None)
            self.assertEqual(list(rejected.object_list), [])
            self.assertEqual(reading.home(by=viewer)["requests"], [])

    def test_support_changes_nothing(self) -> None:
        job_id = self.mine.application.job_id
        rated = make.ratings(self.mine)
        acts: list[Callable[[User], Any]] = [
            lambda by: invitations.invite(job_id=job_id, name="Eve", email="eve@example.org", days=7, by=by),
            lambda by: invitations.new_link(interview_id=self.mine.pk, by=by),
            lambda by: reviews.save_review(interview_id=self.mine.pk, by=by, ratings=rated, submit=True),
            lambda by: make.decided(self.mine, by),
            lambda by: requests.handle(request_id=self.mine.pk, by=by),
            lambda by: jobs.publish_job(plan=make.PLAN, by=by),
            lambda by: retrying.retry_turn(turn_id=self.mine.pk, by=by),
            lambda by: assignments.assign_job(job_id=job_id, user_id=by.pk, by=by),
        ]
        for act in acts:
            for by in (self.support, self.writer):
                if by is self.writer and act is acts[5]:
                    continue
                with make.writes() as written, self.assertRaises(NotPermitted):
                    act(by)
                self.assertEqual(written.tables, {})

    def test_support_that_writes_publishes_a_job_in_nobodys_name(self) -> None:
        job = jobs.publish_job(plan=replace(make.PLAN, slug="by-support"), by=self.writer)

        self.assertIsNone(Job.objects.get(pk=job.pk).owner_id)
