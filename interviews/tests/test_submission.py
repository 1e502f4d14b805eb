"""Review and submit: the last look, the receipt, one evaluation."""

from datetime import timedelta

from django.urls import reverse

from core import clock
from core.models import Due
from core.state import TransitionNotAllowed
from core.testing import TenantTestCase
from interviews.models import Evaluation, Interview, Mail, Turn
from interviews.services import submission, turns
from interviews.tests import make, team


class SubmitTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = make.all_answered(self.invited)
        self.client = make.browser(self.invited.invitation)
        self.url = reverse("candidate_review", args=[self.interview.pk])

    def stored(self) -> Interview:
        return Interview.objects.get(pk=self.interview.pk)

    def test_the_last_look_shows_every_answer_and_writes_nothing(self) -> None:
        with make.writes() as written:
            response = self.client.get(self.url)

        for text in make.ANSWERS:
            self.assertContains(response, text)
        self.assertEqual((written.tables, self.stored().status), ({}, "in_progress"))
        self.assertContains(response, "data-seconds-left")
        self.assertContains(response, reverse("candidate_help", args=[self.interview.pk]))

    def test_it_completes_owes_one_evaluation_and_tells_the_reviewers(self) -> None:
        team.staff_of(self.interview, "reviewer")
        make.staff("hiring_manager")  # of another job
        make.staff("reviewer", email="other@staff.example")
        make.staff("auditor")
        self.client.get("/branding.css")

        with self.captureOnCommitCallbacks() as callbacks:
            response = self.client.post(self.url, {"closing": ""}, follow=True)

        self.assertContains(response, "Your interview has been submitted")
        interview, evaluation = self.stored(), Evaluation.objects.get()
        self.assertEqual((interview.status, evaluation.status), ("completed", "owed"))
        assert interview.completed_at
        self.assertAlmostEqual(interview.completed_at, clock.now(), delta=timedelta(minutes=1))
        self.assertEqual((make.owed("evaluation"), make.owed("interview_deadline")), ([evaluation.pk], []))
        told = sorted(mail.recipient for mail in Mail.objects.filter(kind="completed"))
        self.assertEqual(told, ["admin@staff.example", "recruiter@staff.example", "reviewer@staff.example"])
        self.assertEqual(len(callbacks), 4)
        self.assertEqual(make.actions("interview.submitted"), ["interview.submitted"])

    def test_the_application_stays_where_it_is_until_a_person_moves_it(self) -> None:
        submission.submit(self.interview, closing="")

        self.assertEqual(self.stored().application.stage, "invited")

    def test_the_last_words_are_kept_while_they_are_typed_and_gone_once_submitted(self) -> None:
        draft = reverse("candidate_draft", args=[self.interview.pk])
        quiet = {"Accept": "application/json"}

        first = {"closing": "One more thi", "draft_version": 0}
        self.assertEqual(self.client.post(draft, first, headers=quiet).status_code, 200)
        self.assertContains(self.client.get(self.url), "One more thi</textarea>")
        self.assertNotIn(b"One more", b"".join(make.stored(Interview, "closing_draft")))
        long = {"closing": "x" * 8001, "draft_version": 1}
        self.assertEqual(self.client.post(draft, long, headers=quiet).status_code, 400)
        stale = self.client.post(draft, {"closing": "Another tab.", "draft_version": 0}, headers=quiet)
        self.assertEqual((stale.status_code, stale.json()["text"]), (409, "One more thi"))
        self.assertEqual(self.stored().closing_draft, "One more thi")

        submission.submit(self.interview, closing="One more thing.")
        late = self.client.post(draft, {"closing": "Too late.", "draft_version": 1}, headers=quiet)
        self.assertEqual(late.status_code, 410)
        self.assertIsNone(self.stored().closing_draft)

    def test_submitting_twice_changes_nothing_more(self) -> None:
        self.client.post(self.url, {"closing": "That was all."})
        stale = self.interview

        with make.writes() as written:
            self.client.post(self.url, {"closing": "And another thing."})
            submission.submit(stale, closing="And another thing.")

        self.assertEqual(set(written.tables), set())
        self.assertEqual((Evaluation.objects.count(), Turn.objects.filter(kind="closing").count()), (1, 1))
        self.assertEqual(Due.objects.filter(kind="evaluation").count(), 1)

    def test_the_last_words_are_stored_beside_the_answers(self) -> None:
        self.client.post(self.url, {"closing": " Thank you for the second question. "})

        last = Turn.objects.get(kind="closing")
        self.assertEqual((last.number, last.status, last.question), (3, "replied", None))
        self.assertEqual((last.answer, last.shown), ("Thank you for the second question.", ""))

    def test_bad_last_words_are_refused_and_nothing_is_submitted(self) -> None:
        for text in ("a\x1bb", "x" * 8001):
            with make.writes() as written:
                response = self.client.post(self.url, {"closing": text})

            self.assertEqual((response.status_code, written.tables.pop("alpha.interviews_invitation", 1)), (400, 1))
            self.assertEqual((written.tables, self.stored().status), ({}, "in_progress"))

    def test_strangers_submit_nothing(self) -> None:
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            codes = [stranger.post(self.url, {"closing": ""}).status_code for stranger in strangers]

        self.assertEqual((codes, written.tables, self.stored().status), ([404, 404, 404], {}, "in_progress"))
        self.assertEqual(Evaluation.objects.count(), 0)


class NotFinishedTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.started()

    def assert_refused(self) -> None:
        with make.writes() as written, self.assertRaises(submission.NotFinished):
            submission.submit(self.interview, closing="Enough.")

        self.assertEqual(written.tables, {})
        self.assertEqual((Interview.objects.get().status, Evaluation.objects.count()), ("in_progress", 0))

    def test_nothing_is_submitted_without_an_answer(self) -> None:
        self.assert_refused()

    def test_nothing_is_submitted_while_a_reply_is_owed_or_written(self) -> None:
        turn = make.answered(self.interview)
        self.assert_refused()

        Turn.objects.filter(pk=turn.pk).update(status="asking")
        self.assert_refused()

    def test_the_last_look_is_not_there_while_questions_are_open(self) -> None:
        client = make.browser(self.interview.invitations.get())

        response = client.post(reverse("candidate_review", args=[self.interview.pk]), {"closing": ""})

        self.assertEqual((response.status_code, Interview.objects.get().status), (303, "in_progress"))

    def test_when_the_time_is_over_what_was_answered_can_be_submitted(self) -> None:
        make.replied(self.interview)
        Interview.objects.update(deadline_at=clock.now() - timedelta(minutes=1))
        client = make.browser(self.interview.invitations.get())

        response = client.post(reverse("candidate_review", args=[self.interview.pk]), {"closing": ""}, follow=True)

        self.assertContains(response, "Your interview has been submitted")
        self.assertEqual(Interview.objects.get().status, "completed")

    def test_an_interview_that_never_ran_is_not_submitted(self) -> None:
        other = make.consented(make.invited("grace@example.org"))

        with self.assertRaises((submission.NotFinished, TransitionNotAllowed)):
            submission.submit(other, closing="")

        other.refresh_from_db()
        self.assertEqual((other.status, Evaluation.objects.count()), ("consented", 0))


class ReceiptTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.all_answered()

    def test_it_is_the_same_for_the_same_words_and_stands_on_the_page(self) -> None:
        before = submission.receipt_hash(self.interview)

        submission.submit(self.interview, closing="")

        stored = Interview.objects.get()
        self.assertRegex(stored.receipt_hash, "^[0-9a-f]{64}$")
        self.assertEqual((stored.receipt_hash, submission.receipt_hash(stored)), (before, before))
        response = make.browser(stored.invitations.get()).get(reverse("candidate_home", args=[stored.pk]))
        self.assertContains(response, before)

    def test_one_other_character_anywhere_changes_it(self) -> None:
        submission.submit(self.interview, closing="Goodbye.")
        receipt = Interview.objects.get().receipt_hash

        for turn in self.interview.turns.all():
            for name in ("answer", "shown"):
                text = getattr(turn, name)
                setattr(turn, name, f"{text[:-1]}!")
                turn.save()
                self.assertNotEqual(submission.receipt_hash(self.interview), receipt, (turn.number, name))
                setattr(turn, name, text)
                turn.save()

        self.assertEqual(submission.receipt_hash(self.interview), receipt)

    def test_the_last_words_are_in_it(self) -> None:
        before = submission.receipt_hash(self.interview)

        submission.submit(self.interview, closing="Goodbye.")

        self.assertNotEqual(Interview.objects.get().receipt_hash, before)

    def test_two_interviews_with_the_same_words_have_different_receipts(self) -> None:
        other = make.all_answered(make.invited("grace@example.org"))

        self.assertNotEqual(submission.receipt_hash(self.interview), submission.receipt_hash(other))

    def test_after_it_no_answer_is_taken(self) -> None:
        submission.submit(self.interview, closing="")

        with self.assertRaises(turns.NothingToAnswer):
            turns.submit_answer(interview=self.interview, answer="More.", idempotency_key=self.interview.pk)
