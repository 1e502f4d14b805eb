"""What stops and what goes on when a tenant's own budget is used up: as it is, and as pages and mail say it is."""

from datetime import timedelta

import time_machine
from django.test import override_settings

from core import clock
from core.redis import client
from core.testing import OTHER, TenantTestCase
from interviews.models import Interview, Retest
from interviews.selectors import policies, stopping
from interviews.services import (
    drafting,
    evaluations,
    opening,
    provisional,
    redos,
    repeating,
    resume_summaries,
    submission,
)
from interviews.services.competency_library import library
from interviews.tests import make, resumed
from interviews.tests.drafted import SUPERVISOR
from llm import admission, budgets, features, own_budgets
from llm.models import Account, LlmCall, OwnBudgetNotice
from llm.policy import TenantPolicy
from llm.tests.asking import using
from llm.tests.owned import own
from tests.mock_model import MockModel

ENOUGH = "0.60"


class WordsTests(TenantTestCase):
    def test_every_feature_of_the_gateway_has_its_sentence_and_no_other_has_one(self) -> None:
        self.assertEqual(set(stopping.FEATURES), set(features.listed()))
        for name, told in stopping.FEATURES.items():
            with self.subTest(name):
                begins = ("Stop.", "Wait.") if told.stops else ("Continue.",)
                self.assertTrue(str(told.words).startswith(begins), told.words)


class UsedUpTests(TenantTestCase):
    """With a priced model: groq's rows, at the mock's address and with limits that hold an evaluation."""

    def setUp(self) -> None:
        super().setUp()
        self.mock = self.enterContext(MockModel())
        Account.objects.filter(label="groq-free").update(base_url=self.mock.url, tokens_per_minute=100_000)
        self.enterContext(using(self.mock, "", OPENAI_BASE_URL="", GROQ_API_KEY="g"))
        self.job = make.job()

    def use_up(self) -> None:
        policy = TenantPolicy(schema="alpha", group_id=self.job.pk)
        for ceiling in budgets.applying(policy, "interview_turn"):
            client().set(ceiling.key, ceiling.limit_nano or 0)

    def started(self, email: str = "ada@example.org") -> Interview:
        interview = make.consented(make.invited(email))
        with self.captureOnCommitCallbacks(execute=True):
            opening.start(interview)
        return interview

    def finished(self, interview: Interview) -> None:
        for text in make.ANSWERS:
            make.replied(interview, text)
        with self.captureOnCommitCallbacks(execute=True):
            submission.submit(interview, closing="")
            evaluations.run(evaluation_id=interview.evaluations.get().pk)

    def test_an_interview_that_began_goes_on_to_a_ready_result_and_the_next_one_is_held_without_a_model(self) -> None:
        own(ENOUGH, group_id=self.job.pk)
        first = self.started()
        self.use_up()
        second = self.started("joan@example.org")

        for interview in (second, first):
            self.finished(interview)

        modes = [set(interview.turns.values_list("mode", flat=True)) for interview in (first, second)]
        [one, other] = [interview.evaluations.get() for interview in (first, second)]
        self.assertEqual(modes, [{"model"}, {"basic"}])
        self.assertEqual((one.status, other.status, other.error), ("ready", "provisional", "budget"))
        self.assertEqual(set(LlmCall.objects.values_list("interview_id", "group_id")), {(first.pk, self.job.pk)})
        self.assertEqual(OwnBudgetNotice.objects.get().level, "used_up")

    def test_another_job_and_another_tenant_go_on(self) -> None:
        own(ENOUGH, group_id=self.job.pk)
        self.use_up()
        other = make.invited("joan@example.org", slug="baker")
        with self.captureOnCommitCallbacks(execute=True):
            opening.start(make.consented(other))
        make.replied(other.interview)
        with self.in_tenant(OTHER):
            elsewhere = make.started()
            make.replied(elsewhere)
            modes = set(elsewhere.turns.filter(status="replied").values_list("mode", flat=True))

        self.assertEqual(set(other.interview.turns.filter(status="replied").values_list("mode", flat=True)), {"model"})
        self.assertEqual(modes, {"model"})

    def test_a_soft_one_stops_nothing(self) -> None:
        own(ENOUGH, group_id=self.job.pk, is_hard=False)
        self.use_up()

        interview = self.started()
        self.finished(interview)

        self.assertEqual(interview.evaluations.get().status, "ready")

    def waiting(self) -> Interview:
        own(ENOUGH)
        interview = self.started()
        admission.release_allowance(interview.pk, "evaluation")
        self.use_up()
        self.finished(interview)
        return interview

    def redo(self, interview: Interview) -> list[str]:
        with self.captureOnCommitCallbacks(execute=True):
            provisional.redo(evaluation_id=interview.evaluations.get().pk)
        return list(interview.evaluations.order_by("pk").values_list("status", flat=True))

    def test_an_evaluation_waits_without_a_try_and_is_made_anew_once_there_is_money(self) -> None:
        interview = self.waiting()
        with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
            own_budgets.forget("alpha")
            self.use_up()
            waits = self.redo(interview)
        own("9.00", seen=1)

        again = self.redo(interview)

        self.assertEqual((waits, make.owed(redos.KIND)), (["provisional"], []))
        self.assertEqual(again, ["superseded", "owed"])

    def test_it_waits_for_longer_than_a_month_and_then_stays(self) -> None:
        interview = self.waiting()
        found = []
        for days in (31, 33):
            interview.evaluations.update(finished_at=clock.now() - timedelta(days=days))
            self.use_up()
            self.redo(interview)
            found.append((interview.evaluations.get().status, len(make.owed(redos.KIND))))

        self.assertEqual(found, [("provisional", 1), ("provisional", 0)])

    def test_a_resume_is_summarised_by_rules_and_can_be_asked_for_again(self) -> None:
        own(ENOUGH)
        interview = make.invited().interview
        self.use_up()

        row = resumed.summarised(interview)

        self.assertEqual((row.status, row.mode, row.error), ("ready", "basic", "budget"))
        self.assertEqual((resume_summaries.can_ask(row), self.mock.chats), (True, 0))

    def test_a_plan_is_drafted_from_the_library_which_says_so(self) -> None:
        own(ENOUGH, group_id=self.job.pk)
        self.use_up()

        found = drafting.draft_with_model(SUPERVISOR, policies.of_job(self.job.pk), library=library())

        self.assertEqual((found.source, found.trouble, self.mock.chats), ("basic", "budget", 0))

    def test_an_evaluation_made_twice_is_put_off_and_changes_nothing(self) -> None:
        with override_settings(EVALUATION_RETEST_SHARE=1.0):
            interview = self.started()
            self.finished(interview)
        asked = self.mock.chats
        own(ENOUGH)
        self.use_up()

        repeating.run(retest_id=Retest.objects.get().pk)

        row = Retest.objects.get()
        self.assertEqual((row.status, row.reason, self.mock.chats), ("owed", "budget", asked))
        self.assertEqual(interview.evaluations.get().status, "ready")
