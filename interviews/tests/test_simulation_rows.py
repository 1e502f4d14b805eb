"""What a simulation sets up in a tenant, and how it counts what the rows say afterwards."""

from decimal import Decimal
from uuid import UUID, uuid4

from accounts.models import User
from core.testing import TenantTestCase
from interviews.management.commands.simulate import SHIPPED
from interviews.models import Interview, Invitation, Job, JobVersion, Mail, Turn
from interviews.services import links, opening, submission, turns
from interviews.services.simulation import run, setup
from interviews.services.simulation.client import Played
from interviews.services.simulation.dataset import SimulatedInterview, Source
from interviews.services.simulation.report import Verified
from interviews.services.simulation.verify import verify

RUBRIC = {
    "seam_quality": {"low": "Guesses.", "medium": "Measures.", "high": "Explains."},
    "communication": {"low": "Silent.", "medium": "Answers.", "high": "Asks back."},
}
SOURCE = Source(
    (SimulatedInterview("w-1", "welder", ("One.", "Two.")), SimulatedInterview("w-2", "welder", ("Three.",))),
    {"welder": RUBRIC},
)
CLEAN = Verified(completed=1, lost=0, doubled=0)


class PrepareTests(TenantTestCase):
    def test_a_role_gets_a_job_with_a_question_for_each_dimension_and_three_anchors(self) -> None:
        setup.prepare(SOURCE, count=1)

        job = Job.objects.get()
        self.assertEqual((job.slug, job.title, job.status), ("simulated-welder", "Welder (simulated)", "open"))
        version = JobVersion.objects.get()
        self.assertEqual(
            [(one.key, one.dimension, one.weight, one.anchors) for one in version.competencies.all()],
            [
                ("seam_quality", "technical", Decimal(1), ("Guesses.", "", "Measures.", "", "Explains.")),
                ("communication", "communication", Decimal(1), ("Silent.", "", "Answers.", "", "Asks back.")),
            ],
        )
        self.assertEqual(
            [[one.key for one in question.competencies.all()] for question in version.questions.all()],
            [["seam_quality"], ["communication"]],
        )

    def test_it_goes_round_the_data_set_and_sends_no_mail(self) -> None:
        parts = setup.prepare(SOURCE, count=3)

        self.assertEqual([part.answers for part in parts], [("One.", "Two."), ("Three.",), ("One.", "Two.")])
        self.assertEqual(len({part.link for part in parts}), 3)
        self.assertTrue(all(part.link.startswith("/i/") for part in parts))
        self.assertEqual((Interview.objects.count(), Mail.objects.count()), (3, 0))

    def test_a_second_run_uses_the_same_version_and_a_changed_rubric_makes_the_next(self) -> None:
        setup.prepare(SOURCE, count=1)
        setup.prepare(SOURCE, count=1)
        self.assertEqual(JobVersion.objects.count(), 1)

        changed = {"welder": {"seam_quality": RUBRIC["seam_quality"] | {"high": "Explains why."}}}
        setup.prepare(Source(SOURCE.interviews, changed), count=1)

        self.assertEqual([version.number for version in JobVersion.objects.order_by("number")], [1, 2])
        self.assertEqual(Job.objects.get().current_version, JobVersion.objects.get(number=2))

    def test_the_person_who_invites_cannot_sign_in(self) -> None:
        setup.prepare(SOURCE, count=1)

        user = User.objects.get(email=setup.INVITER)
        self.assertFalse(user.is_active)
        self.assertFalse(user.has_usable_password())
        self.assertEqual(Invitation.objects.get().created_by, user)

    def test_a_job_that_is_not_open_is_refused_and_nobody_is_invited(self) -> None:
        with self.assertRaisesMessage(setup.CannotSimulate, "There is no open job 'nope' in this tenant."):
            setup.prepare(SOURCE, count=1, job="nope")

        self.assertEqual((Invitation.objects.count(), Job.objects.count()), (0, 0))

    def test_an_address_at_which_nothing_answers_is_refused_before_anybody_is_invited(self) -> None:
        wanted = run.Wanted("http://127.0.0.1:1", "alpha", SHIPPED, interviews=1, concurrency=1)
        with self.assertRaisesMessage(setup.CannotSimulate, "Nothing answers at http://127.0.0.1:1"):
            run.simulate(wanted, say=lambda line: None)

        self.assertEqual((Invitation.objects.count(), Job.objects.count()), (0, 0))

    def test_a_bad_name_of_a_tenant_is_refused(self) -> None:
        with self.assertRaisesMessage(setup.CannotSimulate, "Tenant 'Bad_Name'"):
            setup.ensure_tenant("Bad_Name")

    def test_the_host_header_carries_the_port_of_the_address_only_when_it_has_one(self) -> None:
        self.assertEqual(setup.host_header("acme", "http://127.0.0.1:8231"), "acme.candor.localhost:8231")
        self.assertEqual(setup.host_header("acme", "https://203.0.113.7"), "acme.candor.localhost")


class VerifyTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        (part,) = setup.prepare(SOURCE, count=1)
        token = part.link.removeprefix("/i/")
        invitation = links.exchange(token=token)
        self.interview = invitation.interview
        opening.open_interview(self.interview)
        opening.give_consent(self.interview, given=opening.Consented(ai_evaluation=True, keep_for_other_roles=False))
        opening.start(self.interview)

    def answer(self, *answers: str) -> None:
        for answer in answers:
            turn = self.interview.turns.get(status=Turn.Status.OPEN)
            turns.submit_answer(interview=self.interview, answer=answer, idempotency_key=uuid4())
            turns.write_reply(turn_id=turn.pk)

    def played(self, *answers: str, acknowledged: tuple[str, ...] | None = None) -> Played:
        known = list(answers if acknowledged is None else acknowledged)
        return Played(interview_id=self.interview.pk, sent=list(answers), acknowledged=known)

    def test_a_finished_interview_whose_rows_are_what_was_sent_is_clean(self) -> None:
        self.answer("One.", "Two.")
        submission.submit(self.interview, closing="Thank you.")

        self.assertEqual(verify([self.played("One.", "Two.")]), CLEAN)

    def test_an_interview_that_waits_for_an_answer_is_clean_but_not_completed(self) -> None:
        self.answer("One.")

        self.assertEqual(verify([self.played("One.")]), Verified(completed=0, lost=0, doubled=0))

    def test_an_acknowledged_answer_that_is_not_stored_is_lost(self) -> None:
        self.answer("One.", "Two.")
        submission.submit(self.interview, closing="")

        self.assertEqual(verify([self.played("One.", "Two.", "Three.")]), Verified(completed=1, lost=1, doubled=0))

    def test_an_answer_that_was_changed_on_its_way_is_lost_and_the_other_is_surplus(self) -> None:
        self.answer("One.", "two")
        submission.submit(self.interview, closing="")

        self.assertEqual(verify([self.played("One.", "Two.")]), Verified(completed=1, lost=1, doubled=1))

    def test_an_answer_stored_twice_is_doubled(self) -> None:
        self.answer("One.", "One.")
        submission.submit(self.interview, closing="")

        self.assertEqual(verify([self.played("One.")]), Verified(completed=1, lost=0, doubled=1))

    def test_an_answer_that_is_stored_without_having_been_acknowledged_is_neither(self) -> None:
        self.answer("One.", "Two.")
        submission.submit(self.interview, closing="")

        self.assertEqual(verify([self.played("One.", "Two.", acknowledged=("One.",))]), CLEAN)

    def test_a_second_reply_to_one_answer_is_doubled(self) -> None:
        self.answer("One.")
        asked = self.interview.turns.get(status=Turn.Status.OPEN)
        Turn.objects.create(
            interview=self.interview,
            subject_id=asked.subject_id,
            number=asked.number + 1,
            question=asked.question,
            shown=asked.shown,
        )

        self.assertEqual(verify([self.played("One.")]), Verified(completed=0, lost=0, doubled=1))

    def test_a_candidate_who_never_arrived_and_an_interview_of_others_count_for_nothing(self) -> None:
        self.answer("One.", "Two.")
        submission.submit(self.interview, closing="")

        self.assertEqual(verify([Played(error="Unreachable")]), Verified(completed=0, lost=0, doubled=0))
        self.assertEqual(verify([Played(interview_id=UUID(int=5))]), Verified(completed=0, lost=0, doubled=0))
