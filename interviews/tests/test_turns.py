"""Answers: stored before anything else happens, once, and only where a question is open."""

from datetime import timedelta
from unittest import mock
from uuid import UUID, uuid4

from django.urls import reverse

from billing.services import periods
from core import claims, clock
from core.models import Due
from core.state import TransitionNotAllowed
from core.testing import OTHER, logged
from interviews.models import Interview, Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.services import turns
from interviews.tests import make
from interviews.tests.cases import TEXT, AnswerCase


class SubmitAnswerTests(AnswerCase):
    def test_it_stores_the_answer_and_enqueues_one_reply_after_the_commit(self) -> None:
        with self.captureOnCommitCallbacks(execute=True) as callbacks, self.assertNumQueries(13):
            response = self.client.post(self.url, self.form())

        self.assertRedirects(
            response,
            reverse("candidate_home", args=[self.interview.pk]) + "#now",
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
        with logged() as lines:
            self.client.post(self.url, self.form("A secret about Kubernetes."))

        self.assertNotIn(b"Kubernetes", b"".join(make.stored(Turn, "answer")))
        self.assertIn("candidate_answer", lines.getvalue())
        self.assertNotIn("Kubernetes", lines.getvalue())

    def test_the_first_answer_consumes_the_reserved_interview(self) -> None:
        period = periods.current()
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

    def test_an_answer_that_read_the_turn_before_another_was_stored_and_claimed_replaces_nothing(self) -> None:
        late = Turn.objects.get(pk=self.turn.pk)
        self.submit()

        with (
            claims.take(Turn, self.turn.pk),
            mock.patch.object(turns, "_turn_for", return_value=late),
            self.assertRaises(turns.AnswerConflict),
        ):
            self.submit("I ran it at noon.", key=uuid4())

        stored = self.stored()
        self.assertEqual((stored.answer, stored.status, stored.attempts), (TEXT, "asking", 1))

    def test_only_a_failed_reply_can_be_owed_again(self) -> None:
        def refused(status: str) -> None:
            with make.writes() as written, self.assertRaises(TransitionNotAllowed):
                turns.retry(turn_id=self.turn.pk)
            self.assertEqual((self.stored().status, written.tables), (status, {}))

        refused("open")
        self.submit()
        refused("owed")
        with claims.take(Turn, self.turn.pk):
            refused("asking")

    def test_a_key_that_another_interview_used_is_free_here(self) -> None:
        other = make.started(make.invited("joan@example.org"))
        turns.submit_answer(interview=other, answer=TEXT, idempotency_key=self.turn.pk)

        answered = self.submit()

        self.assertEqual((answered.pk, answered.interview_id), (self.turn.pk, self.interview.pk))

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
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            codes = [stranger.post(self.url, self.form()).status_code for stranger in strangers]

        self.assertEqual((codes, written.tables), ([404, 404, 404], {}))
        self.assert_not_answered()

    def test_staff_do_not_answer_for_a_candidate(self) -> None:
        client = make.signed_in(make.staff())

        self.assertEqual(client.post(self.url, self.form()).status_code, 404)
        self.assert_not_answered()
