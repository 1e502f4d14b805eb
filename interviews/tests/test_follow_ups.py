"""Follow-up questions, and what the interviewer knows when it replies."""

from core.testing import TenantTestCase
from interviews.models import Turn
from interviews.services import conversation
from interviews.tests import make


class FollowUpTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.started()
        self.turn = make.answered(self.interview)
        Turn.objects.update(status="replied")

    def test_a_follow_up_belongs_to_its_core_question_and_the_next_core_question_comes_after_it(self) -> None:
        probe = conversation.open_next(self.turn, probe="Which tool did you use?")

        assert probe
        self.assertEqual(
            (probe.kind, probe.number, probe.question, probe.status), ("probe", 2, self.turn.question, "open")
        )
        self.assertEqual(probe.shown, "Which tool did you use?")
        following = conversation.open_next(probe, probe=None)
        assert following
        self.assertEqual((following.kind, following.number, following.shown), ("core", 3, make.PLAN.questions[1].text))

    def test_a_question_gets_as_many_follow_ups_as_the_job_allows(self) -> None:
        self.assertTrue(conversation.context(self.turn).may_probe)

        probe = conversation.open_next(self.turn, probe="Which tool did you use?")

        assert probe
        self.assertFalse(conversation.context(probe).may_probe)

    def test_the_interviewer_knows_the_last_three_answers_and_what_follows(self) -> None:
        for number in range(3):
            probe = conversation.open_next(self.turn, probe=f"Follow-up {number}?")
            assert probe
            self.turn = make.answered(self.interview, f"Answer {number}.")

        context = conversation.context(self.turn)

        self.assertEqual([past.answer for past in context.recent], ["Answer 0.", "Answer 1.", "Answer 2."])
        self.assertEqual(context.next_question, make.PLAN.questions[1].text)
        self.assertEqual(context.candidate_names, ("Ada Lovelace", "ada@example.org"))
        self.assertEqual((context.company, context.job_title, len(context.requirements)), ("Alpha", "Data Engineer", 3))
