"""A running interview does not end because others spent the budget; what it left comes back when it is over."""

from decimal import Decimal
from unittest import mock as mocking

from core import clock
from core.redis import client
from core.testing import TenantTestCase
from interviews.models import Interview
from interviews.services import afterwards, evaluations, lifecycle, opening, provisional, questions, submission
from interviews.tests import make
from llm import admission, budgets
from llm.admission import NoCount
from llm.gateway import Unavailable
from llm.models import Account, Budget, LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import using
from tests.mock_model import MockModel

ALPHA = TenantPolicy(schema="alpha")
ENOUGH = Decimal("0.6")


class MoneyTests(TenantTestCase):
    """With a priced model: groq's rows, at the mock's address and with a limit that holds an evaluation."""

    def setUp(self) -> None:
        super().setUp()
        self.mock = self.enterContext(MockModel())
        Account.objects.filter(label="groq-free").update(base_url=self.mock.url, tokens_per_minute=100_000)
        Budget.objects.create(tenant="alpha", limit_usd=ENOUGH)
        budgets.forget()
        self.enterContext(using(self.mock, "", OPENAI_BASE_URL="", GROQ_API_KEY="g"))

    def started(self, email: str = "ada@example.org") -> Interview:
        interview = make.consented(make.invited(email))
        with self.captureOnCommitCallbacks(execute=True):
            opening.start(interview)
        return interview

    def held(self, interview: Interview) -> bool:
        return bool(client().exists(admission.allowance_key(interview.pk, "evaluation")))

    def spend_the_rest(self) -> None:
        [ceiling] = budgets.applying(ALPHA, "interview_turn")
        client().set(ceiling.key, int(ENOUGH * admission.NANO))

    def finished(self, interview: Interview) -> None:
        for text in make.ANSWERS:
            make.replied(interview, text)
        with self.captureOnCommitCallbacks(execute=True):
            submission.submit(interview, closing="")
            evaluations.run(evaluation_id=interview.evaluations.get().pk)

    def test_it_goes_on_to_a_ready_evaluation_when_the_budget_is_spent_and_one_that_starts_then_runs_without(
        self,
    ) -> None:
        first = self.started()
        self.spend_the_rest()
        second = self.started("joan@example.org")

        for interview in (second, first):  # whose end gives back what others could spend
            self.finished(interview)

        modes = [set(interview.turns.values_list("mode", flat=True)) for interview in (first, second)]
        self.assertEqual(modes, [{"model"}, {"basic"}])
        [one, other] = [interview.evaluations.get() for interview in (first, second)]
        self.assertEqual((one.status, other.status, other.error), ("ready", "provisional", "budget"))
        self.assertEqual(set(LlmCall.objects.values_list("interview_id", flat=True)), {first.pk})

    def test_what_was_not_spent_comes_back_with_the_evaluation(self) -> None:
        interview = self.started()
        before = self.held(interview)

        self.finished(interview)

        cost = sum((row.cost_usd or Decimal(0) for row in LlmCall.objects.all()), Decimal(0))
        [ceiling] = budgets.applying(ALPHA, "interview_turn")
        self.assertEqual((before, self.held(interview)), (True, False))
        self.assertEqual(int(client().get(ceiling.key) or 0), int(cost * admission.NANO))

    def test_it_is_kept_while_the_evaluation_is_to_be_made_again(self) -> None:
        interview = self.started()
        with mocking.patch("interviews.services.evaluation.model.ask", side_effect=_unavailable):
            self.finished(interview)
        waiting = self.held(interview)
        later = clock.now() - provisional.GIVE_UP_AFTER
        interview.evaluations.update(finished_at=later)

        with self.captureOnCommitCallbacks(execute=True):
            provisional.redo(evaluation_id=interview.evaluations.get().pk)

        self.assertEqual((waiting, self.held(interview)), (True, False))

    def test_it_comes_back_from_a_withdrawn_one_one_without_answers_and_one_that_was_left(self) -> None:
        left = [self.started(f"{name}@example.org") for name in "abc"]
        before = [self.held(interview) for interview in left]

        with self.captureOnCommitCallbacks(execute=True):
            afterwards.withdraw(left[0])
            lifecycle.close_overdue(interview_id=make.overdue(left[1]).pk)
            for _ in make.PLAN.questions:
                questions.skip(interview=left[2], turn_id=make.open_turn(left[2]).pk)
            submission.submit(left[2], closing="")

        self.assertEqual((before, [self.held(interview) for interview in left]), ([True] * 3, [False] * 3))

    def test_without_redis_an_interview_starts_all_the_same(self) -> None:
        with mocking.patch.object(admission, "_run", side_effect=NoCount):
            interview = self.started()

        self.assertEqual((interview.status, self.held(interview)), ("in_progress", False))

    def test_another_tenant_s_budget_is_not_touched(self) -> None:
        Budget.objects.create(tenant="beta", limit_usd=ENOUGH)
        budgets.forget()

        self.started()

        [ceiling] = budgets.applying(TenantPolicy(schema="beta"), "evaluation")
        self.assertEqual(client().get(ceiling.key), None)


def _unavailable(*_args: object, **_more: object) -> None:

    raise Unavailable("timeout")
