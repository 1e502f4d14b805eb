"""Answers: stored before anything else happens, once, and only where a question is open."""

from datetime import timedelta
from uuid import UUID, uuid4

from django.urls import reverse

from billing.models import QuotaPeriod
from billing.services import quota
from core import clock
from core.models import Due
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Interview, Mail, Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.services import lifecycle, submission, turns
from interviews.tests import make

TEXT = "I ran the migration at night."


class AnswerCase(TenantTestCase):
    """A candidate in front of the first question."""

    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = make.started(self.invited)
        self.turn = make.open_turn(self.interview)
        self.client = make.browser(self.invited.invitation)
        self.client.post(reverse("candidate_home", args=[self.interview.pk]))  # the link is in use from here on
        self.url = reverse("candidate_answer", args=[self.interview.pk])

    def form(self, text: str = TEXT, **changes: object) -> dict[str, object]:
        return {"answer": text, "idempotency_key": self.turn.pk} | changes

    def stored(self) -> Turn:
        return Turn.objects.get(pk=self.turn.pk)

    def assert_not_answered(self) -> None:
        self.assertEqual((self.stored().status, self.stored().answer), ("open", None))
        self.assertEqual(make.owed("turn"), [])


class SubmitAnswerTests(AnswerCase):
    def test_it_stores_the_answer_and_enqueues_one_reply_after_the_commit(self) -> None:
        with self.captureOnCommitCallbacks(execute=True) as callbacks, self.assertNumQueries(14):
            response = self.client.post(self.url, self.form())

        self.assertRedirects(
            response,
            reverse("candidate_home", args=[self.interview.pk]),
            status_code=303,
            fetch_redirect_response=False,
        )
        turn = self.stored()
        self.assertEqual((turn.status, turn.stage, turn.answer), ("owed", "received", TEXT))
        self.assertEqual(turn.idempotency_key, turn.pk)
        assert turn.answered_at
        self.assertAlmostEqual(turn.answered_at, clock.now(), delta=timedelta(minutes=1))
        self.assertEqual(len(callbacks), 1)

    def test_what_is_owed_stands_in_the_due_table_and_in_the_audit_trail(self) -> None:
        self.client.post(self.url, self.form())

        self.assertEqual(make.owed("turn"), [self.turn.pk])
        self.assertEqual(make.actions("turn."), ["turn.answered"])

    def test_the_words_are_ciphertext_in_the_database_and_in_no_log_line(self) -> None:
        with make.logged() as lines:
            self.client.post(self.url, self.form("A secret about Kubernetes."))

        self.assertNotIn(b"Kubernetes", b"".join(make.stored(Turn, "answer")))
        self.assertIn("candidate_answer", lines.getvalue())
        self.assertNotIn("Kubernetes", lines.getvalue())

    def test_the_first_answer_consumes_the_reserved_interview(self) -> None:
        period = quota.current_period()
        self.assertEqual((period.reserved, period.consumed), (1, 0))

        make.replied(self.interview)
        make.replied(self.interview)

        period.refresh_from_db()
        self.assertEqual((period.reserved, period.consumed), (0, 1))
        self.assertEqual(make.owed("quota_release"), [])

    def test_line_ends_are_unified_and_outer_white_space_goes(self) -> None:
        self.client.post(self.url, self.form(" \r\nFirst.\r\rSecond.\n\t– third\u00a0"))

        self.assertEqual(self.stored().answer, "First.\n\nSecond.\n\t– third")

    def test_every_script_and_an_answer_of_exactly_the_limit_are_kept_as_they_are(self) -> None:
        text = (
            ("żółw \u05e9\u05dc\u05d5\u05dd \u4f60\u597d 👩🏽‍💻 e\u0301 ﷽ " * 1000)[:LONGEST_ANSWER]
            .strip()
            .ljust(LONGEST_ANSWER, "x")
        )

        self.client.post(self.url, self.form(text))

        self.assertEqual(self.stored().answer, text)


class SameAnswerAgainTests(AnswerCase):
    def submit(self, text: str = TEXT, key: UUID | None = None, turn_id: UUID | None = None) -> Turn:
        key = key or self.turn.pk
        return turns.submit_answer(interview=self.interview, answer=text, idempotency_key=key, turn_id=turn_id)

    def test_the_same_key_with_the_same_text_is_the_same_turn(self) -> None:
        first = self.submit()

        with make.writes() as written:
            again = self.submit(f" {TEXT}\r\n")

        self.assertEqual((again.pk, again.status), (first.pk, "owed"))
        self.assertEqual((written.tables, Due.objects.filter(kind="turn").count()), ({}, 1))
        self.assertEqual(make.actions("turn."), ["turn.answered"])

    def test_it_is_the_same_turn_after_its_reply_too(self) -> None:
        self.submit()
        turns.write_reply(turn_id=self.turn.pk)

        with make.writes() as written:
            self.assertEqual(self.submit().status, "replied")

        self.assertEqual(written.tables, {})
        self.assertEqual(make.open_turn(self.interview).number, 2)

    def test_the_same_key_with_another_text_is_refused_and_changes_nothing(self) -> None:
        self.submit()

        with make.writes() as written, self.assertRaises(turns.AnswerConflict):
            self.submit("I ran it at noon.")

        self.assertEqual((self.stored().answer, written.tables), (TEXT, {}))

    def test_another_key_for_an_answered_turn_is_refused(self) -> None:
        self.submit()

        with make.writes() as written, self.assertRaises(turns.AnswerConflict):
            self.submit(key=uuid4(), turn_id=self.turn.pk)

        self.assertEqual(written.tables, {})

    def test_a_used_key_for_the_next_question_is_refused(self) -> None:
        make.replied(self.interview, TEXT)
        following = make.open_turn(self.interview)

        with make.writes() as written, self.assertRaises(turns.AnswerConflict):
            self.submit(turn_id=following.pk)

        self.assertEqual(written.tables, {})

    def test_a_key_that_another_interview_used_is_refused_and_tells_nothing_of_it(self) -> None:
        other = make.started(make.invited("grace@example.org"))
        key = make.answered(other, TEXT).idempotency_key

        with make.writes() as written, self.assertRaises(turns.AnswerConflict):
            self.submit(key=key)

        self.assert_not_answered_but_other(other)
        self.assertEqual(written.tables, {})

    def assert_not_answered_but_other(self, other: Interview) -> None:
        self.assertEqual(self.stored().answer, None)
        self.assertEqual(other.turns.get().answer, TEXT)

    def test_a_second_tab_gets_409_keeps_its_text_on_the_page_and_changes_nothing(self) -> None:
        self.client.post(self.url, self.form())

        with make.writes() as written:
            response = self.client.post(self.url, self.form("From my other tab."))

        self.assertContains(response, "This question was answered already", status_code=409)
        self.assertContains(response, "From my other tab.", status_code=409)
        self.assertEqual((self.stored().answer, written.tables), (TEXT, {}))

    def test_a_second_tab_that_is_a_question_behind_does_not_answer_the_next_one(self) -> None:
        make.replied(self.interview, TEXT)

        response = self.client.post(self.url, self.form("From my old tab."))

        self.assertEqual(response.status_code, 409)
        self.assertEqual(make.open_turn(self.interview).answer, None)

    def test_a_double_click_is_one_answer(self) -> None:
        codes = [self.client.post(self.url, self.form()).status_code for _ in range(2)]

        self.assertEqual(codes, [303, 303])
        self.assertEqual((Turn.objects.count(), make.owed("turn")), (1, [self.turn.pk]))
        self.assertEqual(make.actions("turn."), ["turn.answered"])


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
        lifecycle.close_overdue(interview_id=self.interview.pk)

        with make.writes() as written:
            response = self.client.post(self.url, self.form(), follow=True)

        self.assertContains(response, "The time for this interview is used up", status_code=410)
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

        period = quota.current_period()
        self.assertEqual((period.reserved, period.consumed), (0, 1))

    def test_with_none_left_by_then_the_text_stays_on_the_page_and_the_staff_are_told(self) -> None:
        Interview.objects.update(deadline_at=None)
        lifecycle.release_quota(interview_id=self.interview.pk)
        QuotaPeriod.objects.update(included=0)

        response = self.client.post(self.url, self.form())

        self.assertContains(response, "The company has no interview left in its plan", status_code=409)
        self.assertContains(response, TEXT, status_code=409)
        self.assert_not_answered()
        self.assertEqual(set(Mail.objects.values_list("kind", flat=True)), {"quota"})


class ForgedTurnTests(AnswerCase):
    def test_a_turn_of_another_interview_is_a_404_and_neither_changes(self) -> None:
        other = make.started(make.invited("grace@example.org"))
        for theirs in (make.open_turn(other), make.answered(other, "Grace's words.")):
            with make.writes() as written:
                response = self.client.post(self.url, self.form(idempotency_key=theirs.pk))

            self.assertEqual((response.status_code, written.tables), (404, {}))
            self.assertNotContains(response, "Grace", status_code=404)
        self.assert_not_answered_here_but_there(other)

    def assert_not_answered_here_but_there(self, other: Interview) -> None:
        self.assertIsNone(self.stored().answer)
        self.assertEqual(other.turns.get().answer, "Grace's words.")

    def test_a_turn_of_another_tenant_is_a_404(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.open_turn(make.started())

        with make.writes() as written:
            response = self.client.post(self.url, self.form(idempotency_key=theirs.pk))

        self.assertEqual((response.status_code, written.tables), (404, {}))
        with self.in_tenant(OTHER):
            self.assertIsNone(Turn.objects.get(pk=theirs.pk).answer)

    def test_a_stranger_another_candidate_and_another_tenants_candidate_answer_nothing(self) -> None:
        strangers = [TenantClient(), make.browser(make.invited("grace@example.org").invitation)]
        with self.in_tenant(OTHER):
            strangers.append(make.browser(self.invited.invitation))
        with make.writes() as written:
            codes = [stranger.post(self.url, self.form()).status_code for stranger in strangers]

        self.assertEqual((codes, written.tables), ([404, 404, 404], {}))
        self.assert_not_answered()

    def test_staff_do_not_answer_for_a_candidate(self) -> None:
        client = make.signed_in(make.staff())

        self.assertEqual(client.post(self.url, self.form()).status_code, 404)
        self.assert_not_answered()


class RoomTests(AnswerCase):
    def room(self) -> str:
        return reverse("candidate_home", args=[self.interview.pk])

    def test_it_shows_the_open_question_and_costs_the_same_with_every_answer(self) -> None:
        with self.assertNumQueries(4):
            response = self.client.get(self.room())
        self.assertContains(response, self.turn.shown)
        self.assertContains(response, f'value="{self.turn.pk}"')

        make.replied(self.interview, TEXT)

        with self.assertNumQueries(4):
            response = self.client.get(self.room())
        self.assertContains(response, TEXT)
        self.assertContains(response, make.PLAN.questions[1].text)

    def test_without_scripts_it_looks_again_while_a_reply_is_owed(self) -> None:
        refresh = '<noscript><meta http-equiv="refresh" content="3"></noscript>'
        self.assertNotContains(self.client.get(self.room()), refresh)

        make.answered(self.interview, TEXT)

        self.assertContains(self.client.get(self.room()), refresh)
        self.assertNotContains(self.client.get(self.room()), "<textarea")

    def test_what_the_candidate_types_is_shown_as_text(self) -> None:
        make.replied(self.interview, "<script>alert(1)</script> {{ 7 }} & <b>bold</b>")

        response = self.client.get(self.room())

        self.assertContains(response, "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7 }} &amp; &lt;b&gt;bold&lt;/b&gt;")
        self.assertNotContains(response, "<script>alert")

    def test_reading_it_writes_nothing(self) -> None:
        with make.writes() as written:
            self.client.get(self.room())

        self.assertEqual(written.tables, {})
