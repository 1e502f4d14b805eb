"""Feedback letters: released by a named person, read by their candidate alone, superseded and never edited."""

from typing import Any

from django.core import mail as sent
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.roles import NotPermitted, Role
from core.testing import OTHER, CommittingTestCase, TenantClient, at_once
from interviews.models import Evaluation, FeedbackLetter, Interview, Mail
from interviews.services import afterwards, feedback, mail, rulings, standing
from interviews.tests import make, team
from interviews.tests.cases import ResultCase
from interviews.tests.test_contests import contested
from interviews.tests.test_rulings import ruled, run_owed


def drafted(interview: Interview) -> feedback.Draft:
    return feedback.draft(interview, by=make.staff())


def released(interview: Interview) -> FeedbackLetter:
    """The letter as it is now, released by a recruiter who saw it."""
    return feedback.release(interview_id=interview.pk, by=make.staff(), seen=drafted(interview).seen)


class LetterCase(ResultCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = reverse("portal_letter", args=[self.interview.pk])

    def page(self) -> Any:
        return self.client.get(reverse("portal_interview", args=[self.interview.pk]))

    def status(self) -> Any:
        candidate = make.browser(self.invited.invitation)
        return candidate.get(reverse("candidate_home", args=[self.interview.pk]))

    def file(self, client: Any = None) -> Any:
        client = client or make.browser(self.invited.invitation)
        return client.get(reverse("candidate_letter", args=[self.interview.pk]))


class ReleaseTests(LetterCase):
    def setUp(self) -> None:
        super().setUp()
        make.reviewed(self.interview, self.person)

    def test_a_person_previews_it_and_releases_it_and_the_candidate_reads_it(self) -> None:
        shown = self.page()
        draft = shown.context["feedback"]["draft"]
        self.assertContains(shown, "WHAT YOUR ANSWERS SHOWED")
        self.assertNotContains(self.status(), "Your feedback letter")

        response = self.client.post(self.url, {"seen": draft.seen}, follow=True)

        letter = FeedbackLetter.objects.get()
        self.assertContains(response, "The candidate can read the letter now")
        self.assertEqual((letter.text, letter.released_by, letter.supersedes), (draft.text, self.person, None))
        self.assertEqual(letter.evaluation, self.interview.evaluations.get())
        self.assertContains(self.status(), "WHAT YOUR ANSWERS SHOWED")
        self.assertIsNone(self.page().context["feedback"]["draft"])
        self.assertEqual(make.actions("letter."), ["letter.released"])

    def test_it_is_stored_sealed(self) -> None:
        released(self.interview)

        self.assertNotIn(b"YOUR ANSWERS", make.stored(FeedbackLetter, "text")[0])

    def test_the_mail_carries_a_link_and_nothing_of_the_letter(self) -> None:
        letter = released(self.interview)
        owed = Mail.objects.get(kind="feedback")
        self.assertEqual(owed.recipient, "ada@example.org")

        mail.send(mail_id=owed.pk)

        message = sent.outbox[-1]
        self.assertEqual(message.subject, "Feedback on your interview with Alpha")
        for line in letter.text.splitlines()[2:-1]:
            if line.strip():
                self.assertNotIn(line.strip(), message.body)
        link = next(line for line in message.body.splitlines() if "/i/" in line)
        opened = TenantClient().get(link[link.index("/i/") :], follow=True)
        self.assertContains(opened, "Your feedback letter")
        owed.refresh_from_db()
        self.assertIsNone(owed.body_text)

    def test_the_file_and_the_answers_to_take_away_hold_it(self) -> None:
        self.assertEqual(self.file().status_code, 303)
        letter = released(self.interview)

        file = self.file()
        answers = make.browser(self.invited.invitation).get(reverse("candidate_answers", args=[self.interview.pk]))

        self.assertEqual((file.content.decode(), file["Content-Type"]), (letter.text, "text/plain; charset=utf-8"))
        self.assertEqual(file["Content-Disposition"], 'attachment; filename="feedback.txt"')
        self.assertTrue(answers.content.decode().rstrip().endswith(letter.text.rstrip()))
        self.assertEqual(make.actions("letter."), ["letter.released", "letter.downloaded"])

    def test_the_same_click_again_releases_nothing_more(self) -> None:
        first = released(self.interview)
        with make.writes() as written:
            again = released(self.interview)

        self.assertEqual((again.pk, written.tables, Mail.objects.filter(kind="feedback").count()), (first.pk, {}, 1))

    def test_what_was_not_seen_is_not_released(self) -> None:
        for seen in ("", "0" * 64, "x" * 65):
            with make.writes() as written:
                self.client.post(self.url, {"seen": seen})
            self.assertNotIn("alpha.interviews_feedbackletter", written.tables)
        with self.assertRaises(feedback.LetterChanged):
            feedback.release(interview_id=self.interview.pk, by=self.person, seen="0" * 64)

        self.assertEqual((FeedbackLetter.objects.count(), Mail.objects.filter(kind="feedback").count()), (0, 0))

    def test_a_newer_one_takes_its_place_and_the_first_is_kept(self) -> None:
        first = released(self.interview)
        ruled(contested(self.interview, 1))
        self.assertContains(self.status(), "written before a question that you contested was left out")
        run_owed(self.interview)

        second = released(self.interview)

        self.assertEqual((second.supersedes, FeedbackLetter.objects.count()), (first, 2))
        self.assertEqual(self.file().content.decode(), second.text)
        self.assertNotIn(make.ANSWERS[0][:20], second.text)
        self.assertNotContains(self.status(), "written before a question")

    def test_it_is_never_edited(self) -> None:
        released(self.interview)

        with self.assertRaises(DatabaseError), transaction.atomic():
            FeedbackLetter.objects.update(released_by=make.staff(Role.ADMIN))

    def test_once_withdrawn_it_is_gone_and_nothing_is_released(self) -> None:
        letter = released(self.interview)
        afterwards.withdraw(self.interview)
        answers = make.browser(self.invited.invitation).get(reverse("candidate_answers", args=[self.interview.pk]))

        self.assertNotContains(self.status(), "Your feedback letter")
        self.assertEqual(self.file().status_code, 303)
        self.assertNotIn("YOUR ANSWERS", answers.content.decode())
        with make.writes() as written, self.assertRaises(standing.Withdrawn):
            feedback.release(interview_id=self.interview.pk, by=self.person, seen="")
        self.assertEqual((written.tables, FeedbackLetter.objects.get()), ({}, letter))


class TooEarlyTests(LetterCase):
    def refused(self) -> str:
        try:
            drafted(Interview.objects.get(pk=self.interview.pk))
        except feedback.NotReleasable as error:
            return error.reason
        return ""

    def test_before_the_own_review_there_is_no_letter_to_look_at(self) -> None:
        make.reviewed(self.interview, make.staff(Role.ADMIN))

        self.assertEqual(self.refused(), "Submit your own review first.")
        self.assertNotContains(self.page(), "Feedback letter")
        self.client.post(self.url, {"seen": "0" * 64})
        self.assertEqual(FeedbackLetter.objects.count(), 0)

    def test_a_provisional_evaluation_makes_none(self) -> None:
        make.reviewed(self.interview, self.person)
        Evaluation.objects.update(status="provisional")

        self.assertEqual(self.refused(), "A letter needs a finished evaluation that is not provisional.")
        self.assertContains(self.page(), "that is not provisional")

    def test_while_a_question_is_contested_none_is_released(self) -> None:
        make.reviewed(self.interview, self.person)
        contest = contested(self.interview)
        self.assertEqual(self.refused(), "The candidate contests a question. Look at that first.")

        rulings.rule(contest_id=contest.pk, by=self.person, upheld=False, ruling="It was clear.")

        self.assertEqual(self.refused(), "")

    def test_the_database_itself_refuses_one_without_evidence(self) -> None:
        fields: dict[str, Any] = {"interview": self.interview, "subject_id": self.interview.subject_id, "text": "x"}
        fields |= {"evaluation": self.interview.evaluations.get(), "released_by": self.person}
        with self.assertRaises(DatabaseError), transaction.atomic():
            FeedbackLetter.objects.create(**fields)
        make.reviewed(self.interview, self.person)
        Evaluation.objects.update(status="provisional")
        with self.assertRaises(DatabaseError), transaction.atomic():
            FeedbackLetter.objects.create(**fields)

        self.assertEqual(FeedbackLetter.objects.count(), 0)


class OthersTests(LetterCase):
    def setUp(self) -> None:
        super().setUp()
        make.reviewed(self.interview, self.person)
        self.seen = drafted(self.interview).seen

    def test_who_may_not_decide_neither_previews_nor_releases(self) -> None:
        reviewer = team.staff_of(self.interview, Role.REVIEWER)
        make.reviewed(self.interview, reviewer)
        client = make.signed_in(reviewer)
        page = client.get(reverse("portal_interview", args=[self.interview.pk]))
        with make.writes() as written:
            code = client.post(self.url, {"seen": self.seen}).status_code

        self.assertNotContains(page, "Feedback letter")
        self.assertEqual((code, written.tables), (403, {}))
        for role in (Role.REVIEWER, Role.AUDITOR):
            with self.assertRaises(NotPermitted):
                feedback.release(interview_id=self.interview.pk, by=make.staff(role), seen=self.seen)

    def test_an_unassigned_manager_nobody_and_another_tenant_release_nothing(self) -> None:
        manager = make.signed_in(make.staff(Role.HIRING_MANAGER))
        with make.writes() as written:
            codes = [one.post(self.url, {"seen": self.seen}).status_code for one in (manager, TenantClient())]
        self.assertEqual((codes, written.tables), ([404, 302], {}))
        with self.in_tenant(OTHER):
            stranger = make.signed_in(make.staff(), OTHER)
            with make.writes() as written:
                code = stranger.post(self.url, {"seen": self.seen}).status_code
        self.assertEqual((code, written.tables, FeedbackLetter.objects.count()), (404, {}, 0))

    def test_strangers_download_nothing(self) -> None:
        released(self.interview)
        with make.writes() as written:
            codes = [self.file(one).status_code for one in (TenantClient(), make.browser())]
        self.assertEqual((codes, written.tables), ([404] * 2, {}))
        other = make.invited("grace@example.org")
        with self.in_tenant(OTHER):
            foreign = make.browser(self.invited.invitation)
        codes = [self.file(make.browser(other.invitation)).status_code, self.file(foreign).status_code]
        self.assertEqual((codes, make.actions("letter.")), ([404] * 2, ["letter.released"]))


class AtOnceTests(CommittingTestCase):
    def test_of_four_releases_at_once_one_letter_and_one_mail_are_made(self) -> None:
        interview, person = make.evaluated_by_model(), make.staff()
        make.reviewed(interview, person)
        seen = drafted(interview).seen

        results = at_once(*[lambda: feedback.release(interview_id=interview.pk, by=person, seen=seen)] * 4)

        self.assertLessEqual({type(one).__name__ for one in results}, {"FeedbackLetter", "LetterChanged"})
        self.assertEqual((interview.letters.count(), interview.mails.filter(kind="feedback").count()), (1, 1))
