"""A question that is skipped, or that does not fit."""

from typing import Any

from django.urls import reverse

from accounts.roles import Role
from billing.models import QuotaUse
from interviews.models import CandidateRequest, Interview, QuestionFlag, Turn
from interviews.services import questions, submission, turns
from interviews.tests import make, team
from interviews.tests.cases import AnswerCase


class QuestionCase(AnswerCase):
    def address(self, name: str) -> str:
        return reverse(f"candidate_{name}", args=[self.interview.pk])


class SkipTests(QuestionCase):
    def skip(self) -> Any:
        return self.client.post(self.address("skip"), {"turn": make.open_turn(self.interview).pk}, follow=True)

    def test_it_asks_first_and_writes_nothing(self) -> None:
        with make.writes() as written:
            response = self.client.get(self.address("skip"))

        self.assertContains(response, self.turn.shown)
        self.assertEqual(written.tables, {})

    def test_the_next_question_is_open_at_once_and_nobody_was_asked_for_a_reply(self) -> None:
        response = self.skip()

        self.assertContains(response, make.PLAN.questions[1].text)
        self.assertContains(response, "You skipped this question.")
        self.assertEqual((self.stored().status, self.stored().answer), ("skipped", None))
        self.assertIsNotNone(self.stored().skipped_at)
        self.assertEqual((make.owed("turn"), make.actions("turn.")), ([], ["turn.skipped"]))

    def test_the_last_one_leads_to_the_review_where_it_is_named(self) -> None:
        make.replied(self.interview)

        response = self.skip()

        self.assertContains(response, "Look through your answers")
        self.assertContains(response, "You skipped this question.")

    def test_a_skipped_first_question_uses_the_quota_and_an_answer_after_it_no_more(self) -> None:
        self.skip()
        make.answered(self.interview)

        self.assertEqual((QuotaUse.objects.get().status, make.owed("quota_release")), ("consumed", []))

    def test_all_skipped_can_be_submitted_and_nothing_is_evaluated(self) -> None:
        self.skip()
        self.skip()

        submission.submit(self.interview, closing="")

        self.assertEqual((Interview.objects.get().status, make.owed("evaluation")), ("completed", []))

    def test_twice_is_once_and_an_answered_one_is_not_skipped(self) -> None:
        for _ in range(2):
            questions.skip(interview=self.interview, turn_id=self.turn.pk)
        self.assertEqual(Turn.objects.count(), 2)

        second = make.answered(self.interview)
        with self.assertRaises(turns.NothingToAnswer):
            questions.skip(interview=self.interview, turn_id=second.pk)
        self.assertEqual(make.actions("turn.skipped"), ["turn.skipped"])

    def test_the_answer_that_comes_after_it_is_shown_again(self) -> None:
        self.skip()

        response = self.client.post(self.url, self.form("Too late."))

        self.assertContains(response, "Too late.", status_code=409)
        self.assertIsNone(self.stored().answer)

    def test_strangers_and_other_turns_skip_nothing(self) -> None:
        strangers = make.strangers(self.invited.invitation)
        theirs = make.open_turn(make.started(make.invited("joan@example.org")))
        with make.writes() as written:
            codes = [one.post(self.address("skip"), {"turn": self.turn.pk}).status_code for one in strangers]
            codes += [
                self.client.post(self.address("skip"), {"turn": turn}).status_code for turn in ("", "x", theirs.pk)
            ]

        self.assertEqual((codes, written.tables, self.stored().status), ([404] * 6, {}, "open"))


class FlagTests(QuestionCase):
    def flag(self, **changes: object) -> Any:
        form = {"turn": self.turn.pk, "reason": "personal", "words": "It asks about my family."} | changes
        return self.client.post(self.address("flag"), form)

    def test_it_is_kept_sealed_and_the_question_stays_open(self) -> None:
        response = self.flag()

        self.assertRedirects(response, self.address("flag") + "?sent", status_code=303, fetch_redirect_response=False)
        self.assertContains(self.client.get(response["Location"]), "It is no part of any rating.")
        found = QuestionFlag.objects.get()
        self.assertEqual(
            (found.turn_id, found.reason, found.words), (self.turn.pk, "personal", "It asks about my family.")
        )
        self.assertNotIn(b"family", b"".join(make.stored(QuestionFlag, "words")))
        self.assertEqual((self.stored().status, make.actions("question.")), ("open", ["question.flagged"]))

    def test_again_replaces_what_was_said(self) -> None:
        self.flag()
        self.flag(reason="unclear", words="")

        found = QuestionFlag.objects.get()
        self.assertEqual((found.reason, found.words), ("unclear", None))

    def test_bad_reasons_and_words_are_refused(self) -> None:
        for bad in ({"reason": ""}, {"reason": "bored"}, {"words": "a\x00b"}, {"words": "x" * 2001}):
            with make.writes() as written:
                response = self.flag(**bad)
            self.assertEqual((response.status_code, written.tables), (400, {}), bad)

    def test_reviewers_see_the_reason_at_the_question_and_only_who_handles_requests_the_words(self) -> None:
        self.flag()
        page = reverse("portal_interview", args=[self.interview.pk])

        reviewer = make.signed_in(team.staff_of(self.interview, Role.REVIEWER)).get(page)
        recruiter = make.signed_in(make.staff(Role.RECRUITER)).get(page)

        self.assertContains(reviewer, "It is too personal")
        self.assertNotContains(reviewer, "my family")
        self.assertContains(recruiter, "my family")

    def test_strangers_flag_nothing(self) -> None:
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            codes = [
                one.post(self.address("flag"), {"turn": self.turn.pk, "reason": "unclear"}).status_code
                for one in strangers
            ]

        self.assertEqual((codes, written.tables, QuestionFlag.objects.count()), ([404] * 3, {}, 0))


class HelpTests(QuestionCase):
    def test_a_person_is_asked_for_from_the_room_and_the_interview_goes_on(self) -> None:
        self.assertContains(self.client.get(self.address("help")), "Talk to a person")
        talk = reverse("candidate_ask", args=[self.interview.pk, "talk"])

        response = self.client.post(talk, {"words": "The page is too small."}, follow=True)

        self.assertContains(response, "Your request has been sent")
        asked = CandidateRequest.objects.get()
        self.assertEqual((asked.kind, asked.detail), ("talk", "The page is too small."))
        self.assertEqual(Interview.objects.get(pk=self.interview.pk).status, "in_progress")
