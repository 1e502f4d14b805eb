"""Follow-up questions, and what the interviewer knows when it replies."""

from core.testing import TenantTestCase
from interviews.models import Turn
from interviews.services import conversation
from interviews.services.interviewer import Probe, followups
from interviews.tests import make

WORDINGS = followups.wordings()
KINDS = ("evidence", "ownership", "result")  # an answer that is understood needs no clarification
PROBE = Probe("evidence", "Which tool did you use?")
WEAK = "We moved the tables over to the newer database."
FULL = (
    "I measured the load first and compared two ways. I wrote the limits down and tested each step. In the end the "
    "time fell from nine hours to two."
)


class FollowUpTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        make.job(max_probes=1)
        self.interview = make.started()

    def test_a_follow_up_says_why_belongs_to_its_core_question_and_the_next_one_comes_after_it(self) -> None:
        turn = make.answered(self.interview, WEAK)

        probe = conversation.open_next(turn, probe=PROBE)

        assert probe
        self.assertEqual(
            (probe.kind, probe.probe_kind, probe.number, probe.question, probe.status),
            ("probe", "evidence", 2, turn.question, "open"),
        )
        self.assertEqual(
            probe.shown,
            "The people who read your answers look for one concrete example. Which tool did you use?",
        )
        following = conversation.open_next(probe, probe=None)
        assert following
        self.assertEqual(
            (following.kind, following.probe_kind, following.number, following.shown),
            ("core", "", 3, make.PLAN.questions[1].text),
        )

    def test_an_answer_that_shows_everything_gets_none(self) -> None:
        make.replied(self.interview, FULL)

        self.assertEqual([turn.kind for turn in self.interview.turns.all()], ["core", "core"])

    def test_without_a_model_what_is_most_missing_is_asked_once_for_a_question(self) -> None:
        first = make.replied(self.interview, WEAK)

        self.assertIn("follow-up question", first.reply or "")
        probe = make.open_turn(self.interview)
        self.assertEqual((probe.kind, probe.probe_kind, probe.question), ("probe", "evidence", first.question))
        self.assertIn(probe.shown.removeprefix(followups.reasons()["evidence"]).strip(), WORDINGS["evidence"])
        make.replied(self.interview, WEAK)
        self.assertEqual(make.open_turn(self.interview).shown, make.PLAN.questions[1].text)

    def test_a_turn_that_is_replied_to_again_gets_the_same_follow_up(self) -> None:
        turn = make.answered(self.interview, WEAK)

        contexts = [conversation.context(turn) for _ in range(2)]

        self.assertEqual(followups.scripted(contexts[0]), followups.scripted(contexts[1]))

    def test_the_interviewer_knows_the_last_three_answers_and_what_follows(self) -> None:
        turn = make.answered(self.interview, "Answer.")
        for number in range(3):
            Turn.objects.filter(pk=turn.pk).update(status="replied")
            conversation.open_next(turn, probe=Probe("evidence", f"Follow-up {number}?"))
            turn = make.answered(self.interview, f"Answer {number}.")

        with self.assertNumQueries(2):
            context = conversation.context(turn)

        self.assertEqual([past.answer for past in context.recent], ["Answer 0.", "Answer 1.", "Answer 2."])
        self.assertEqual(context.next_question, make.PLAN.questions[1].text)
        self.assertEqual(len(context.questions), 5)
        self.assertEqual(context.candidate_names, ("Ada Lovelace", "ada@example.org"))
        self.assertEqual((context.company, context.job_title, len(context.requirements)), ("Alpha", "Data Engineer", 3))
        self.assertEqual(context.jurisdiction, "")


class CapTests(TenantTestCase):
    def kinds(self, *caps: int) -> list[str]:
        """What is asked for in an interview of weak answers: the probes' kinds, core for core questions."""
        question, whole = caps
        slug = f"job-{question}-{whole}"
        make.job(slug, max_probes=question, max_probes_interview=whole)
        interview = make.started(make.invited(f"{slug}@example.org", slug=slug))
        while interview.turns.filter(status="open").exists():
            make.replied(interview, WEAK)
        return [turn.probe_kind or turn.kind for turn in interview.turns.all()]

    def test_a_question_gets_as_many_as_the_job_allows_and_no_kind_twice(self) -> None:
        asked = ["core", "evidence", "ownership", "core", "evidence", "ownership"]
        self.assertEqual(self.kinds(2, 4), asked)
        self.assertEqual(self.kinds(9, 9), ["core", *KINDS, "core", *KINDS])

    def test_the_cap_of_the_interview_holds_over_its_questions(self) -> None:
        self.assertEqual(self.kinds(1, 1), ["core", "evidence", "core"])
        self.assertEqual(self.kinds(2, 3), ["core", "evidence", "ownership", "core", "evidence"])

    def test_a_cap_of_nought_means_none(self) -> None:
        self.assertEqual(self.kinds(0, 4), ["core", "core"])
        self.assertEqual(self.kinds(1, 0), ["core", "core"])
