"""A candidate contests an answer: once, within two weeks, with a reason; nothing changes before a person rules."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import time_machine
from django.urls import reverse

from core.testing import OTHER, CommittingTestCase, TenantClient, TenantTestCase, at_once
from interviews.models import CandidateRequest, Contest, Evaluation, Interview, Turn
from interviews.services import (
    afterwards,
    contests,
    lifecycle,
    questions,
    requests,
    rulings,
    standing,
    submission,
    turns,
)
from interviews.tests import make
from interviews.tests.test_rate_limits import use_up
from interviews.tests.test_status_page import StatusCase

SAID = {"reason": "unclear", "words": "It asked two things at once."}


def turn_of(interview: Interview, number: int = 2) -> Turn:
    return interview.turns.get(number=number)


def contested(interview: Interview, number: int = 2) -> Contest:
    """The candidate contested this question."""
    return contests.contest(interview, turn_id=turn_of(interview, number).pk, **SAID)


class ContestPageTests(StatusCase):
    def post(self, number: int = 2, **data: str) -> Any:
        posted = {"turn": str(turn_of(self.interview, number).pk)} | SAID | data
        return self.client.post(self.address("contest"), posted)

    def test_it_is_kept_sealed_and_shown_as_sent_and_a_person_is_told(self) -> None:
        make.staff("recruiter")

        response = self.post()

        kept = Contest.objects.get()
        self.assertEqual((response.status_code, response["Location"]), (303, self.address("home") + "#contested"))
        self.assertEqual(
            (kept.turn, kept.reason, kept.words, kept.status, kept.subject_id, kept.ruling),
            (turn_of(self.interview), "unclear", SAID["words"], "open", self.interview.subject_id, None),
        )
        self.assertNotIn(b"two things", make.stored(Contest, "words")[0])
        self.assertEqual((kept.request.kind, kept.request.detail, kept.request.handled_at), ("contest", None, None))
        self.assertEqual(self.interview.mails.filter(kind="request").count(), 2)  # the recruiter and the admin
        self.assertEqual(make.actions("contest."), ["contest.made"])
        page = self.page()
        self.assertContains(page, "A person looks at it.")
        self.assertEqual(self.interview.evaluations.get().without, [])

    def test_while_an_earlier_contest_waits_nobody_is_mailed_again(self) -> None:
        mails = self.interview.mails.filter(kind="request")
        self.post(1)
        self.assertEqual(mails.count(), 2)  # the recruiter and the admin

        self.post(2)
        self.assertEqual((Contest.objects.count(), self.interview.requests.count(), mails.count()), (2, 2, 2))

    def test_once_a_person_ruled_the_next_one_is_mailed(self) -> None:
        self.post(1)
        rulings.rule(contest_id=Contest.objects.get().pk, by=make.staff(), upheld=False, ruling="It was clear.")

        self.post(2)

        self.assertEqual(self.interview.mails.filter(kind="request").count(), 4)

    def test_an_earlier_contest_of_another_candidate_or_another_request_keeps_nobody_from_being_mailed(self) -> None:
        contested(make.submitted(make.invited("joan@example.org")))
        requests.ask(self.interview, kind=CandidateRequest.Kind.REVIEW)
        mails = self.interview.mails.filter(kind="request")
        people = mails.count()

        self.post()

        self.assertEqual((people > 0, mails.count()), (True, 2 * people))

    def test_twenty_in_an_hour_and_no_more(self) -> None:
        use_up("contest", str(self.interview.pk), "20/hour")
        with make.writes() as written:
            response = self.post()

        self.assertEqual((response.status_code, written.tables, Contest.objects.count()), (429, {}, 0))
        self.assertGreaterEqual(int(response["Retry-After"]), 1)

    def test_the_page_chooses_no_question_unless_it_was_asked_for_one(self) -> None:
        page = self.client.get(self.address("contest"))
        self.assertContains(page, '<option value="">Choose a question</option>')
        self.assertNotContains(page, " selected")

        turn_id = turn_of(self.interview).pk
        page = self.client.get(self.address("contest") + f"?turn={turn_id}")
        self.assertContains(page, f'<option value="{turn_id}" selected>')

    def test_a_question_is_contested_once(self) -> None:
        self.post()
        with make.writes() as written:
            again = self.post(words="Once more.")

        self.assertEqual((again.status_code, written.tables), (400, {}))
        self.assertEqual((Contest.objects.count(), Contest.objects.get().words), (1, SAID["words"]))

    def test_bad_input_is_refused_and_stores_nothing(self) -> None:
        cases: list[dict[str, str]] = [
            {"turn": ""},
            {"turn": str(uuid4())},
            {"turn": "x"},
            {"reason": "bored"},
            {"reason": ""},
            {"words": ""},
            {"words": "a\x00b"},
            {"words": "x" * 2001},
        ]
        for case in cases:
            with self.subTest(case), make.writes() as written:
                self.assertEqual((self.post(2, **case).status_code, written.tables), (400, {}))

    def test_two_weeks_after_the_end_it_is_over(self) -> None:
        ended = self.interview.completed_at
        assert ended is not None
        with time_machine.travel(ended + timedelta(days=14) - timedelta(seconds=5), tick=False):
            self.assertContains(self.page(), self.address("contest"))
        with time_machine.travel(ended + timedelta(days=14), tick=False):
            self.client = make.browser(self.invited.invitation)
            with make.writes() as written:
                response = self.post()
            self.assertEqual((response.status_code, written.tables), (303, {}))
            self.assertContains(self.client.get(self.address("contest")), "could be contested until")
            self.assertNotContains(self.page(), self.address("contest"))
            with self.assertRaises(contests.NotContestable):
                contested(self.interview)

    def test_nobody_contests_the_last_words_or_a_question_without_an_answer(self) -> None:
        one = make.invited("joan@example.org")
        interview = make.started(one)
        questions.skip(interview=interview, turn_id=make.open_turn(interview).pk)
        make.replied(interview)
        submission.submit(interview, closing="That was all.")

        for kind in ({"kind": "closing"}, {"status": "skipped"}):
            turn = interview.turns.get(**kind)
            with self.assertRaises(turns.NoSuchTurn), make.writes() as written:
                contests.contest(interview, turn_id=turn.pk, **SAID)
            self.assertEqual(written.tables, {})

    def test_nobody_contests_another_interviews_answer(self) -> None:
        other = make.submitted(make.invited("grace@example.org"))

        with make.writes() as written:
            response = self.post(turn=str(turn_of(other).pk))

        self.assertEqual((response.status_code, written.tables), (400, {}))

    def test_an_interview_that_runs_or_was_withdrawn_has_nothing_to_contest(self) -> None:
        running = make.started(make.invited("joan@example.org"))
        turn = make.replied(running)
        with self.assertRaises(contests.NotContestable):
            contests.contest(running, turn_id=turn.pk, **SAID)

        self.client.post(self.address("withdraw"))
        with make.writes() as written:
            codes = [self.post().status_code, self.client.get(self.address("contest")).status_code]
        self.assertEqual((codes, written.tables), ([303, 303], {}))
        with self.assertRaises(standing.Withdrawn):
            contested(self.stored())

    def test_an_abandoned_interview_can_be_contested(self) -> None:
        interview = make.started(make.invited("joan@example.org"))
        turn = make.replied(interview)
        make.overdue(interview)
        lifecycle.close_overdue(interview_id=interview.pk)
        interview.refresh_from_db()

        self.assertEqual(contests.contest(interview, turn_id=turn.pk, **SAID).status, "open")

    def test_strangers_contest_nothing(self) -> None:
        data = {"turn": str(turn_of(self.interview).pk)} | SAID
        self.assert_strangers_post_nothing(self.address("contest"), data)
        self.assertEqual(TenantClient().get(self.address("contest")).status_code, 404)
        self.assertEqual(Contest.objects.count(), 0)


class QueueTests(TenantTestCase):
    interview: Interview
    contest: Contest

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.submitted()
        cls.contest = contested(cls.interview)

    def setUp(self) -> None:
        super().setUp()
        self.client = make.signed_in(make.staff())

    def test_it_is_in_the_queue_with_its_reason_and_without_the_words(self) -> None:
        page = self.client.get("/")

        self.assertContains(page, "Contests a question")
        self.assertContains(page, "The question was unclear")
        self.assertContains(page, reverse("portal_contest", args=[self.contest.pk]))
        self.assertNotContains(page, "two things")
        self.assertNotContains(page, reverse("portal_handle_request", args=[self.contest.request_id]))

    def test_it_is_not_taken_care_of_without_a_ruling(self) -> None:
        with make.writes() as written, self.assertRaises(requests.AlreadyHandled):
            requests.handle(request_id=self.contest.request_id, by=make.staff())

        self.assertEqual((written.tables, CandidateRequest.objects.get().handled_at), ({}, None))

    def test_once_the_candidate_withdrew_it_waits_for_nobody(self) -> None:
        afterwards.withdraw(self.interview)

        self.assertNotContains(self.client.get("/"), "Contests a question")

    def test_another_tenants_queue_does_not_have_it(self) -> None:
        with self.in_tenant(OTHER):
            page = make.signed_in(make.staff(), OTHER).get("/")

        self.assertNotContains(page, "Contests a question")


class AtOnceTests(CommittingTestCase):
    def test_of_four_at_once_one_is_kept(self) -> None:
        interview = make.submitted(make.invited("four@example.org"))
        turn_id: UUID = turn_of(interview).pk

        results: list[Any] = at_once(*[lambda: contests.contest(interview, turn_id=turn_id, **SAID)] * 4)

        self.assertEqual(sorted(type(one).__name__ for one in results), ["AlreadyContested"] * 3 + ["Contest"])
        mine = (Contest.objects.filter(turn=turn_id).count(), interview.requests.count())
        self.assertEqual(mine, (1, 1))

    def test_of_two_questions_contested_at_once_one_mail_is_written(self) -> None:
        interview = make.submitted(make.invited("both@example.org"))

        results: list[Any] = at_once(*[lambda number=number: contested(interview, number) for number in (1, 2)])

        self.assertEqual([type(one).__name__ for one in results], ["Contest", "Contest"])
        told = interview.mails.filter(kind="request").values_list("recipient", flat=True)
        self.assertEqual(len(told), len(set(told)))
        self.assertGreater(len(told), 0)

    def test_of_a_withdrawal_and_a_contest_neither_is_half_done(self) -> None:
        interview = make.submitted(make.invited("two@example.org"))
        own = Interview.objects.get(pk=interview.pk)

        results = at_once(lambda: contested(interview), lambda: afterwards.withdraw(own))

        withdrew = Interview.objects.get(pk=interview.pk).status
        made = Contest.objects.filter(turn__interview=interview).count()
        self.assertEqual((withdrew, results[1], interview.requests.count()), ("withdrawn", None, made))
        self.assertIn(type(results[0]).__name__, ("Contest", "Withdrawn") if made else ("Withdrawn",))
        self.assertEqual(Evaluation.objects.exclude(without=[]).count(), 0)
