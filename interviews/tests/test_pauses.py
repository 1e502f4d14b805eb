"""Pauses: the server's clock stands, as often and as long as is allowed."""

import re
from datetime import timedelta
from typing import Any

import time_machine
from django.urls import reverse

from core import clock
from core.models import Due
from interviews.models import Interview
from interviews.services import lifecycle, pauses
from interviews.tests import make
from interviews.tests.cases import AnswerCase

LIMIT = timedelta(minutes=make.PLAN.minutes)
SLACK = timedelta(seconds=5)


class PauseCase(AnswerCase):
    def address(self, name: str) -> str:
        return reverse(f"candidate_{name}", args=[self.interview.pk])

    def now(self) -> Interview:
        return Interview.objects.get(pk=self.interview.pk)

    def paused_for(self, minutes: float) -> Interview:
        """Pause now, resume so much later."""
        start = clock.now()
        pauses.pause(self.now())
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            pauses.resume(self.now())
        return self.now()


class PauseTests(PauseCase):
    def test_the_time_it_stood_is_added_to_the_deadline_and_to_the_end_that_is_owed(self) -> None:
        before = self.now().deadline_at

        after = self.paused_for(4)

        assert before and after.deadline_at
        self.assertAlmostEqual(after.deadline_at - before, timedelta(minutes=4), delta=SLACK)
        self.assertEqual((after.status, after.paused_at, after.pauses), ("in_progress", None, 1))
        self.assertAlmostEqual(after.paused_seconds, 240, delta=5)
        self.assertEqual(make.owed("interview_deadline"), [after.pk])
        self.assertEqual(make.actions("interview.")[-2:], ["interview.paused", "interview.resumed"])

    def test_all_pauses_together_add_a_quarter_of_an_hour_at_most(self) -> None:
        before = self.now().deadline_at

        after = self.paused_for(60)

        assert before and after.deadline_at
        self.assertAlmostEqual(after.deadline_at - before, timedelta(minutes=15), delta=SLACK)
        with self.assertRaises(pauses.CannotPause):
            pauses.pause(after)

    def test_the_fourth_pause_is_refused(self) -> None:
        for _ in range(3):
            self.paused_for(1)

        with make.writes() as written:
            response = self.client.post(self.address("pause"))

        self.assertContains(response, "pause now: the pauses of this interview are used up", status_code=409)
        self.assertEqual((written.tables, self.now().status), ({}, "in_progress"))

    def test_who_was_granted_breaks_pauses_without_a_limit(self) -> None:
        Interview.objects.update(breaks=True)
        before = self.now().deadline_at

        for _ in range(4):
            after = self.paused_for(30)

        assert before and after.deadline_at
        self.assertAlmostEqual(after.deadline_at - before, timedelta(hours=2), delta=SLACK)

    def test_the_page_hides_the_question_and_tells_the_time_that_is_left(self) -> None:
        response = self.client.post(self.address("pause"), follow=True)

        self.assertContains(response, "Your interview is paused")
        self.assertContains(response, f"The clock is stopped with {make.PLAN.minutes - 1}:5")
        self.assertNotContains(response, self.turn.shown)
        self.assertContains(self.client.post(self.address("resume"), follow=True), self.turn.shown)

    def test_an_answer_is_refused_and_its_words_are_kept(self) -> None:
        pauses.pause(self.now())

        response = self.client.post(self.url, self.form("Half an answer.", draft_version=0))

        self.assertContains(response, "Resume first; your words are kept.", status_code=409)
        self.assertContains(response, "Half an answer.", status_code=409)
        self.assert_not_answered()
        self.assertContains(self.client.post(self.address("resume"), follow=True), ">Half an answer.</textarea>")

    def test_twice_is_once(self) -> None:
        for _ in range(2):
            self.client.post(self.address("pause"))
        self.assertEqual((self.now().pauses, self.now().status), (1, "paused"))

        for _ in range(2):
            self.client.post(self.address("resume"))
        self.assertEqual((self.now().status, make.actions("interview.resumed")), ("in_progress", ["interview.resumed"]))

    def test_after_the_time_nothing_is_paused(self) -> None:
        make.overdue(self.interview)

        with self.assertRaises(pauses.CannotPause):
            pauses.pause(self.interview)

    def test_strangers_neither_pause_nor_resume(self) -> None:
        strangers = make.strangers(self.invited.invitation)
        for name, status in (("pause", "in_progress"), ("resume", "paused")):
            with make.writes() as written:
                codes = [stranger.post(self.address(name)).status_code for stranger in strangers]
            self.assertEqual((codes, written.tables, self.now().status), ([404] * 3, {}, status))
            self.client.post(self.address("pause"))


class EndTests(PauseCase):
    """The one due row of a running interview leads to its end, wherever the clock stands."""

    def close_at(self, moment: Any) -> str:
        with time_machine.travel(moment, tick=False):
            lifecycle.close_overdue(interview_id=self.interview.pk)
        return self.now().status

    def due_at(self) -> Any:
        return Due.objects.get(kind="interview_deadline", object_id=self.interview.pk).due_at

    def test_a_paused_interview_is_owed_its_end_after_its_allowance(self) -> None:
        pauses.pause(self.now())

        end = self.now().deadline_at
        assert end
        self.assertAlmostEqual(self.due_at(), end + timedelta(minutes=15, hours=1), delta=SLACK)

    def test_before_its_time_nothing_is_closed_and_its_end_stays_owed(self) -> None:
        deadline = self.now().deadline_at
        assert deadline

        lifecycle.close_overdue(interview_id=self.interview.pk)

        self.assertEqual(self.now().status, "in_progress")
        self.assertAlmostEqual(self.due_at(), deadline + timedelta(hours=1), delta=SLACK)

    def test_a_pause_that_nobody_ends_is_closed_in_the_end(self) -> None:
        pauses.pause(self.now())
        Interview.objects.update(deadline_at=clock.now() - timedelta(hours=1, minutes=14))
        lifecycle.close_overdue(interview_id=self.interview.pk)
        self.assertEqual(self.now().status, "paused")

        Interview.objects.update(deadline_at=clock.now() - timedelta(hours=1, minutes=16))
        lifecycle.close_overdue(interview_id=self.interview.pk)

        self.assertEqual((self.now().status, make.owed("interview_deadline")), ("abandoned", []))

    def test_an_untimed_one_ends_two_weeks_after_the_last_activity(self) -> None:
        Interview.objects.update(deadline_at=None, last_activity_at=clock.now() - timedelta(days=13))
        lifecycle.close_overdue(interview_id=self.interview.pk)
        self.assertEqual(self.now().status, "in_progress")
        self.assertAlmostEqual(self.due_at(), clock.now() + timedelta(days=1), delta=timedelta(minutes=1))

        Interview.objects.update(last_activity_at=clock.now() - timedelta(days=14, minutes=1))
        lifecycle.close_overdue(interview_id=self.interview.pk)

        self.assertEqual((self.now().status, make.owed("interview_deadline")), ("abandoned", []))


class ClockTests(PauseCase):
    def test_the_seconds_are_the_servers_whatever_the_browser_says(self) -> None:
        wrong = {"Date": "Tue, 01 Jan 2030 00:00:00 GMT"}

        page = self.client.get(self.address("home"), headers=wrong)
        state = self.client.get(self.address("state"), headers=wrong).json()

        shown = re.search(r'data-seconds-left="(\d+)"', page.content.decode())
        assert shown
        self.assertAlmostEqual(int(shown[1]), LIMIT.total_seconds(), delta=5)
        self.assertAlmostEqual(state["seconds_left"], LIMIT.total_seconds(), delta=5)
        self.assertEqual((state["turn"], state["status"]), (str(self.turn.pk), "open"))

    def test_the_state_says_that_another_tab_went_on(self) -> None:
        make.replied(self.interview)

        state = self.client.get(self.address("state")).json()

        self.assertEqual((state["turn"], state["status"]), (str(make.open_turn(self.interview).pk), "open"))
        self.assertNotEqual(state["turn"], str(self.turn.pk))

    def test_strangers_learn_nothing_of_it(self) -> None:
        for stranger in make.strangers(self.invited.invitation):
            self.assertEqual(stranger.get(self.address("state")).status_code, 404)
