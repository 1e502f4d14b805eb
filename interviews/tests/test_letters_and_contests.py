"""A letter and a contest wait for each other, and a letter tells of a contest only where one was upheld after it."""

import threading
from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest import mock

from accounts.roles import Role
from core.testing import CommittingTestCase, at_once
from interviews.models import FeedbackLetter
from interviews.services import feedback, mail, requests, rescoring, rulings
from interviews.services.jobs import publish_next
from interviews.tests import make
from interviews.tests.test_contests import contested
from interviews.tests.test_feedback_letter import LetterCase, drafted, released
from interviews.tests.test_rulings import ruled, run_owed


class OfWhichContestTests(LetterCase):
    """A letter says that it came before a contest only where one of its candidate was upheld after it."""

    words = "written before a question that you contested was left out"

    def setUp(self) -> None:
        super().setUp()
        make.reviewed(self.interview, self.person)

    def anew(self) -> None:
        """Scored anew by the job's next scorecard, with nobody contesting anything."""
        job, admin = self.interview.application.job, make.staff(Role.ADMIN)
        first, *others = make.PLAN.competencies
        lighter = replace(make.PLAN, competencies=(replace(first, weight=Decimal("0.4")), *others))
        publish_next(job_id=job.pk, follows=1, plan=lighter, by=admin)
        done = rescoring.rescore(job_id=job.pk, interviews=[self.interview.pk], by=admin)
        self.assertEqual(done.owed, 1)
        run_owed(self.interview)

    def test_an_evaluation_made_anew_for_another_reason_tells_the_candidate_of_no_contest(self) -> None:
        released(self.interview)
        self.anew()

        self.assertEqual(FeedbackLetter.objects.get().evaluation.status, "superseded")
        self.assertContains(self.status(), "Your feedback letter")
        self.assertNotContains(self.status(), self.words)

    def test_a_contest_that_was_declined_or_upheld_before_the_letter_is_not_told(self) -> None:
        ruled(contested(self.interview, 1))
        run_owed(self.interview)
        released(self.interview)
        rulings.rule(contest_id=contested(self.interview, 2).pk, by=self.person, upheld=False, ruling="It was clear.")
        self.anew()

        self.assertNotContains(self.status(), self.words)

    def test_another_candidates_contest_is_not_told(self) -> None:
        released(self.interview)
        ruled(contested(make.evaluated_by_model(make.invited("grace@example.org"))))

        self.assertNotContains(self.status(), self.words)


class AtOnceTests(CommittingTestCase):
    def test_a_letter_waits_for_a_contest_that_is_being_made_and_is_then_refused(self) -> None:
        interview, person = make.evaluated_by_model(make.invited("late@example.org")), make.staff()
        make.reviewed(interview, person)
        seen = drafted(interview).seen
        being_made, released_already = threading.Event(), threading.Event()
        ask = requests.ask

        def slowly(*args: Any, **more: Any) -> Any:
            being_made.set()
            released_already.wait(1)
            return ask(*args, **more)

        def release() -> Any:
            being_made.wait(10)
            try:
                return feedback.release(interview_id=interview.pk, by=person, seen=seen)
            finally:
                released_already.set()

        with mock.patch.object(requests, "ask", slowly):
            results = at_once(lambda: contested(interview), release)

        self.assertEqual([type(one).__name__ for one in results], ["Contest", "NotReleasable"])
        self.assertEqual(FeedbackLetter.objects.filter(interview=interview).count(), 0)

    def test_a_contest_waits_for_a_letter_that_is_being_released(self) -> None:
        interview, person = make.evaluated_by_model(make.invited("early@example.org")), make.staff()
        make.reviewed(interview, person)
        seen = drafted(interview).seen
        being_released, contested_already = threading.Event(), threading.Event()
        owe = mail.owe

        def slowly(**said: Any) -> Any:
            if said["kind"] == "feedback":
                being_released.set()
                contested_already.wait(1)
            return owe(**said)

        def contest() -> Any:
            being_released.wait(10)
            try:
                contested(interview)
                return FeedbackLetter.objects.filter(interview=interview).exists()
            finally:
                contested_already.set()

        with mock.patch.object(mail, "owe", slowly):
            _letter, was_there_first = at_once(
                lambda: feedback.release(interview_id=interview.pk, by=person, seen=seen), contest
            )

        self.assertIs(was_there_first, True)
