"""Two tabs, two clicks, two workers, two people in the same instant: real connections, real commits."""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from accounts.roles import Role
from billing.models import QuotaPeriod
from billing.services import periods, quota
from core import clock
from core.claims import AlreadyClaimed, LeaseLost
from core.testing import CommittingTestCase, at_once
from interviews.models import Application, Candidate, Decision, Evaluation, Interview, Turn
from interviews.services import decisions, invitations, opening, submission, turns
from interviews.tests import make, team
from llm.models import LlmCall
from llm.tests.asking import using
from tests.mock_model import MockModel
from tests.stack import wait_until

Call = Callable[[], Any]
ROUNDS = 3


def errors(results: list[Any]) -> list[type]:
    return [type(result) for result in results if isinstance(result, Exception)]


class AtOnceTests(CommittingTestCase):
    def invited(self) -> invitations.Invited:
        return make.invited(f"{uuid4()}@example.org")

    def click(self, interview: Interview, text: str, key: UUID | None = None) -> Call:
        turn = make.open_turn(interview)
        return lambda: turns.submit_answer(
            interview=interview,
            answer=text,
            idempotency_key=key or turn.pk,
            turn_id=turn.pk,
        )

    def test_a_double_click_is_one_answer(self) -> None:
        for _ in range(ROUNDS):
            interview = make.started(self.invited())
            before = make.actions("turn.").count("turn.answered")

            results = at_once(*[self.click(interview, "The same click.")] * 2)

            turn = interview.turns.get()
            self.assertEqual([result.pk for result in results], [turn.pk, turn.pk])
            self.assertEqual((turn.status, make.owed("turn").count(turn.pk)), ("owed", 1))
            self.assertEqual(make.actions("turn.").count("turn.answered"), before + 1)

    def test_of_two_tabs_with_different_texts_one_is_acknowledged_and_that_one_is_stored(self) -> None:
        for form in (True, False) * ROUNDS:  # a form's key is the turn's id, the API's is any
            interview = make.started(self.invited())
            first, second = (None, None) if form else (uuid4(), uuid4())

            results = at_once(self.click(interview, "First tab.", first), self.click(interview, "Second tab.", second))

            self.assertEqual(errors(results), [turns.AnswerConflict])
            (acknowledged,) = [result.answer for result in results if isinstance(result, Turn)]
            self.assertEqual(interview.turns.get().answer, acknowledged)

    def test_of_two_workers_one_replies(self) -> None:
        for _ in range(ROUNDS):
            interview = make.started(self.invited())
            turn = make.answered(interview)

            results = at_once(*[lambda: turns.write_reply(turn_id=turn.pk)] * 2)  # noqa: B023

            self.assertEqual(errors(results), [AlreadyClaimed])
            self.assertEqual([one.status for one in interview.turns.all()], ["replied", "open"])

    def test_a_worker_that_comes_back_late_from_a_slow_model_writes_nothing(self) -> None:
        interview = make.started(self.invited())
        turn = make.answered(interview)
        asked = LlmCall.objects.count()

        def take_over() -> None:
            while not Turn.objects.filter(pk=turn.pk, status="asking").exists():
                time.sleep(0.01)
            wait_until(lambda: model.chats == 1, "the first worker asks no model")
            model.server.set(latency=(0, 0))
            Turn.objects.filter(pk=turn.pk).update(lease_until=clock.now())
            turns.write_reply(turn_id=turn.pk)

        with MockModel(latency=(2, 2)) as model, using(model):
            results = at_once(lambda: turns.write_reply(turn_id=turn.pk), take_over)

        self.assertEqual([type(result) for result in results], [LeaseLost, type(None)])
        self.assertEqual([(one.status, one.fence) for one in interview.turns.all()], [("replied", 2), ("open", 0)])
        self.assertEqual((model.chats, LlmCall.objects.count() - asked), (2, 2))

    def test_starting_twice_is_one_question_and_one_interview_of_the_plan(self) -> None:
        period = periods.current()
        for _ in range(ROUNDS):
            interview = make.consented(self.invited())
            period.refresh_from_db()
            before = period.reserved

            results = at_once(*[lambda: opening.start(Interview.objects.get(pk=interview.pk))] * 2)  # noqa: B023

            period.refresh_from_db()
            self.assertEqual((results, interview.turns.count(), period.reserved), ([None, None], 1, before + 1))

    def test_the_last_interview_of_the_plan_starts_once(self) -> None:
        one, other = make.consented(self.invited()), make.consented(self.invited())
        period = periods.current()
        included = period.included
        QuotaPeriod.objects.update(included=period.reserved + period.consumed + 1)
        self.addCleanup(QuotaPeriod.objects.update, included=included)

        results = at_once(lambda: opening.start(one), lambda: opening.start(other))

        self.assertEqual(errors(results), [quota.QuotaExhausted])
        statuses = Interview.objects.filter(pk__in=[one.pk, other.pk]).values_list("status", flat=True)
        self.assertEqual(sorted(statuses), ["consented", "in_progress"])

    def test_submitting_twice_is_one_evaluation_and_one_last_word(self) -> None:
        for _ in range(ROUNDS):
            interview = make.all_answered(self.invited())

            results = at_once(*[lambda: submission.submit(interview, closing="That was all.")] * 2)  # noqa: B023

            self.assertEqual(results, [None, None])
            self.assertEqual(Evaluation.objects.filter(interview=interview).count(), 1)
            self.assertEqual(interview.turns.filter(kind="closing").count(), 1)

    def test_an_answer_and_the_end_in_the_same_instant_leave_no_answer_behind_the_receipt(self) -> None:
        for _ in range(ROUNDS):
            interview = make.started(self.invited())
            make.replied(interview)
            Interview.objects.filter(pk=interview.pk).update(deadline_at=clock.now())  # over, but within the grace

            results = at_once(
                self.click(interview, "At the last moment."),
                lambda: submission.submit(interview, closing=""),  # noqa: B023
            )

            interview.refresh_from_db()
            taken = isinstance(results[0], Turn)
            self.assertEqual(errors(results), [submission.NotFinished if taken else turns.NothingToAnswer])
            self.assertEqual(interview.status, "in_progress" if taken else "completed")

    def test_inviting_the_same_address_twice_is_one_candidate(self) -> None:
        for _ in range(ROUNDS):
            email, job, by = f"{uuid4()}@example.org", make.job(), make.staff()
            before = Candidate.objects.count(), Application.objects.count()

            def invite(address: str, job: Any = job, by: Any = by) -> Call:
                return lambda: invitations.invite(job_id=job.pk, name="Ada", email=address, days=7, by=by)

            results = at_once(invite(email), invite(email.upper()))

            self.assertEqual(errors(results), [invitations.CannotInvite])
            self.assertEqual((Candidate.objects.count(), Application.objects.count()), (before[0] + 1, before[1] + 1))

    def test_two_people_who_decide_in_the_same_instant_leave_one_first_decision(self) -> None:
        interview = make.evaluated(self.invited())
        people = [make.staff(Role.RECRUITER), team.staff_of(interview, Role.HIRING_MANAGER)]
        for person in people:
            make.reviewed(interview, person)

        results = at_once(*[lambda by=person: make.decided(interview, by) for person in people])

        self.assertLessEqual(set(errors(results)), {decisions.DecidedMeanwhile})
        chain = Decision.objects.filter(interview=interview)
        self.assertEqual(chain.filter(supersedes=None).count(), 1)
        self.assertEqual(chain.filter(superseded_by=None).count(), 1)
