"""Answers that are refused: bad text, too late, nothing open. Nothing is stored, and nothing that was typed is lost."""

from datetime import timedelta
from uuid import uuid4

from django.urls import reverse

from billing.models import QuotaPeriod
from billing.services import periods
from core import clock
from interviews.models import Interview, Mail, Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.services import lifecycle, submission, turns
from interviews.tests import make
from interviews.tests.cases import TEXT, AnswerCase


class RefusedTextTests(AnswerCase):
    def assert_refused(self, text: str, says: str, status: int = 400) -> None:
        with make.writes() as written:
            response = self.client.post(self.url, self.form(text))

        self.assertContains(response, says, status_code=status)
        self.assertEqual(written.tables, {})
        self.assert_not_answered()

    def test_an_empty_answer(self) -> None:
        for text in ("", " ", "\r\n\t\u2003"):
            with self.subTest(text=text):
                self.assert_refused(text, "Write an answer first; nothing was sent.")

    def test_an_answer_over_the_limit_comes_back_for_shortening(self) -> None:
        self.assert_refused("Long. " * 1400, "The answer is longer than the limit")

        response = self.client.post(self.url, self.form("x" * (LONGEST_ANSWER + 1)))
        self.assertContains(response, "x" * (LONGEST_ANSWER + 1), status_code=400)

    def test_control_characters_come_back_removed(self) -> None:
        for character in ("\x00", "\x1b", "\x07", "\x7f", "\x85"):
            with self.subTest(character=repr(character)):
                self.assert_refused(f"Be{character}fore", "characters that can")
                response = self.client.post(self.url, self.form(f"Be{character}fore"))
                self.assertContains(response, ">Before</textarea>", status_code=400)

    def test_half_a_character_is_no_text(self) -> None:
        with make.writes() as written, self.assertRaises(turns.AnswerNotText):
            turns.submit_answer(interview=self.interview, answer="\ud83d", idempotency_key=self.turn.pk)

        self.assertEqual(written.tables, {})

    def test_bytes_that_are_no_text_are_stored_as_readable_marks_or_refused(self) -> None:
        body = b"answer=%ff%fe%ed%a0%bd&idempotency_key=" + str(self.turn.pk).encode()

        response = self.client.post(self.url, body, content_type="application/x-www-form-urlencoded")

        self.assertEqual(response.status_code, 303)
        self.assertEqual(set(self.stored().answer or ""), {"\ufffd"})

    def test_ten_megabytes_are_refused_before_they_are_read(self) -> None:
        with make.writes() as written, self.assertNumQueries(0):
            response = self.client.post(self.url, self.form("x" * 10_000_000))

        self.assertContains(response, "That was too much at once", status_code=413)
        self.assertEqual(written.tables, {})
        self.assert_not_answered()

    def test_a_key_that_is_none_is_refused(self) -> None:
        for key in ("", "x", "0" * 33, "☃"):
            with self.subTest(key=key):
                self.assertEqual(self.client.post(self.url, self.form(idempotency_key=key)).status_code, 409)

        self.assert_not_answered()


class AnswerTooLateTests(AnswerCase):
    def end_before(self, seconds: int) -> None:
        Interview.objects.update(deadline_at=clock.now() - timedelta(seconds=seconds))

    def submit(self) -> Turn:
        return turns.submit_answer(interview=self.interview, answer=TEXT, idempotency_key=self.turn.pk)

    def test_an_answer_that_was_on_its_way_when_the_time_ran_out_is_taken(self) -> None:
        self.end_before(20)

        self.assertEqual(self.submit().status, "owed")

    def test_after_the_grace_the_time_is_over_and_nothing_is_written(self) -> None:
        self.end_before(31)

        with self.assertRaises(turns.NothingToAnswer):
            self.submit()

        self.assert_not_answered()

    def test_what_came_too_late_is_given_back_in_the_last_field(self) -> None:
        self.end_before(31)
        review = reverse("candidate_review", args=[self.interview.pk])
        for text in (TEXT, "x" * (LONGEST_ANSWER + 1)):
            with make.writes() as written:
                response = self.client.post(self.url, self.form(text))

            self.assertContains(response, "No question is open any more", status_code=409)
            self.assertContains(response, text, status_code=409)
            self.assertContains(response, f'action="{review}"', status_code=409)
            self.assertEqual(written.tables, {})
        self.assert_not_answered()

    def test_a_second_tab_after_the_last_question_gets_its_text_back(self) -> None:
        make.replied(self.interview)
        last = make.open_turn(self.interview)
        make.replied(self.interview)

        response = self.client.post(self.url, self.form("From my other tab.", idempotency_key=last.pk))

        self.assertContains(response, ">From my other tab.</textarea>", status_code=409)
        self.assertNotEqual(Turn.objects.get(pk=last.pk).answer, "From my other tab.")

    def test_a_completed_interview_takes_no_answer(self) -> None:
        make.replied(self.interview)
        self.end_before(31)
        submission.submit(self.interview, closing="")
        receipt, late = Interview.objects.get().receipt_hash, make.open_turn(self.interview)

        response = self.client.post(self.url, self.form(idempotency_key=late.pk), follow=True)

        self.assertContains(response, "Your interview has been submitted")
        with self.assertRaises(turns.NothingToAnswer):
            turns.submit_answer(interview=self.interview, answer=TEXT, idempotency_key=late.pk)
        self.assertEqual(Turn.objects.filter(answer__isnull=False).count(), 1)
        self.assertEqual(Interview.objects.get().receipt_hash, receipt)

    def test_an_abandoned_interview_takes_no_answer(self) -> None:
        self.end_before(3600)
        make.overdue(self.interview)
        lifecycle.close_overdue(interview_id=self.interview.pk)

        with make.writes() as written:
            response = self.client.post(self.url, self.form(), follow=True)

        self.assertContains(response, "The time for this interview is used up")
        self.assertEqual(written.tables, {})
        with self.assertRaises(turns.NothingToAnswer):
            self.submit()
        self.assert_not_answered()

    def test_while_a_reply_is_owed_no_question_is_open(self) -> None:
        self.submit()

        with make.writes() as written, self.assertRaises(turns.NothingToAnswer):
            turns.submit_answer(interview=self.interview, answer="More.", idempotency_key=uuid4())

        self.assertEqual(written.tables, {})

    def test_a_first_answer_after_the_release_takes_an_interview_of_the_plan_again(self) -> None:
        Interview.objects.update(deadline_at=None)
        lifecycle.release_quota(interview_id=self.interview.pk)

        self.submit()

        period = periods.current()
        self.assertEqual((period.reserved, period.consumed), (0, 1))

    def test_with_none_left_by_then_the_text_stays_on_the_page_and_the_staff_are_told(self) -> None:
        Interview.objects.update(deadline_at=None)
        lifecycle.release_quota(interview_id=self.interview.pk)
        QuotaPeriod.objects.update(included=0)

        response = self.client.post(self.url, self.form())

        self.assertContains(response, "take another interview just now, so nothing was sent", status_code=409)
        self.assertContains(response, TEXT, status_code=409)
        self.assert_not_answered()
        self.assertEqual(set(Mail.objects.values_list("kind", flat=True)), {"quota"})
