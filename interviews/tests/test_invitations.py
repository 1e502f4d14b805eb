"""Inviting a candidate, and issuing another link."""

from datetime import timedelta

from django.db.models import Model
from django.urls import reverse

from accounts.roles import NotPermitted, Role
from billing.models import QuotaUse
from core import clock
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Application, Candidate, Interview, Invitation, Job, Mail
from interviews.services import invitations, links, opening
from interviews.services.invitations import CannotInvite, Invited
from interviews.tests import make
from keys.models import SubjectKey


class InviteTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.job, self.recruiter = make.job(), make.staff()

    def invite(self, name: str = "Ada Lovelace", email: str = "ada@example.org", days: int = 14) -> Invited:
        return invitations.invite(job_id=self.job.pk, name=name, email=email, days=days, by=self.recruiter)

    def assert_refused(self, **fields: object) -> None:
        with make.writes() as written, self.assertRaises(CannotInvite):
            self.invite(**fields)  # type: ignore[arg-type]

        self.assertEqual(written.tables, {})
        self.assertEqual((Candidate.objects.count(), Mail.objects.count()), (0, 0))

    def test_it_makes_candidate_application_interview_and_link_in_one_go(self) -> None:
        with self.captureOnCommitCallbacks() as callbacks, self.assertNumQueries(16):
            invited = self.invite(name="  Ada \t Lovelace ", email=" Ada@Example.org ")

        candidate, application, interview = Candidate.objects.get(), Application.objects.get(), Interview.objects.get()
        self.assertEqual((candidate.name, candidate.email), ("Ada Lovelace", "Ada@Example.org"))
        self.assertEqual((application.candidate, application.job, application.stage), (candidate, self.job, "invited"))
        self.assertEqual((interview.status, interview.number, interview.subject_id), ("invited", 1, candidate.pk))
        self.assertEqual(interview.version, self.job.current_version)
        self.assertAlmostEqual(interview.expires_at, clock.now() + timedelta(days=14), delta=timedelta(minutes=1))
        self.assertEqual(invited.url, f"http://alpha.candor.localhost:8000/i/{invited.token}")
        self.assertEqual(len(callbacks), 1)
        self.assertEqual(make.actions("candidate."), ["candidate.invited"])
        self.assertFalse(QuotaUse.objects.filter(pk=interview.pk).exists())

    def test_of_the_link_only_the_hash_is_stored(self) -> None:
        invited = self.invite()

        invitation = Invitation.objects.get()
        self.assertEqual(invitation.token_hash, links.hash_token(invited.token))
        self.assertGreaterEqual(len(invited.token), 43)
        self.assertEqual(
            (invitation.created_by, invitation.used_at, invitation.revoked_at), (self.recruiter, None, None)
        )

    def test_the_mail_is_owed_sealed_and_due(self) -> None:
        invited = self.invite()

        mail = Mail.objects.get()
        self.assertEqual((mail.kind, mail.status, mail.recipient), ("invitation", "owed", "ada@example.org"))
        self.assertIn(invited.url, mail.body_text or "")
        self.assertIn(invited.url, mail.body_html or "")
        self.assertIn("Data Engineer", mail.subject)
        self.assertEqual(make.owed("mail"), [mail.pk])
        self.assertEqual(make.owed("interview_expiry"), [invited.interview.pk])

    def test_name_address_and_mail_are_ciphertext_in_the_database(self) -> None:
        invited = self.invite()

        columns: list[tuple[type[Model], str]] = [(Candidate, "name"), (Candidate, "email")]
        columns += [(Mail, column) for column in ("recipient", "subject", "body_text", "body_html")]
        held = b"".join(value for model, column in columns for value in make.stored(model, column))
        for secret in (b"Lovelace", b"ada@example.org", b"Data Engineer", invited.token.encode()):
            self.assertNotIn(secret, held)
        self.assertTrue(SubjectKey.objects.filter(subject_id=Candidate.objects.get().pk).exists())

    def test_the_same_address_in_another_case_is_the_same_person(self) -> None:
        first = self.invite(email="ada@example.org").interview

        with self.assertRaisesMessage(CannotInvite, "This person was invited to this job already."):
            self.invite(email=" ADA@Example.ORG")

        self.assertEqual(list(Interview.objects.all()), [first])
        self.assertEqual((Candidate.objects.count(), Application.objects.count(), Mail.objects.count()), (1, 1, 1))

    def test_a_known_person_keeps_name_and_key_when_invited_to_another_job(self) -> None:
        self.invite(name="Ada Lovelace")
        self.job = make.job("welder")

        self.invite(name="A. King", email="ADA@example.org")

        self.assertEqual(Candidate.objects.get().name, "Ada Lovelace")
        self.assertEqual(Application.objects.count(), 2)
        self.assertEqual(SubjectKey.objects.filter(subject_id=Candidate.objects.get().pk).count(), 1)

    def test_the_same_address_in_another_tenant_is_another_person_with_another_index(self) -> None:
        mine = self.invite().interview.subject_id
        index = Candidate.objects.get().email_index

        with self.in_tenant(OTHER):
            theirs = make.invited()
            other = Candidate.objects.get()

        self.assertNotEqual(theirs.interview.subject_id, mine)
        self.assertNotEqual(other.email_index, index)
        self.assertEqual(Candidate.objects.count(), 1)

    def test_a_job_that_is_not_open_is_refused(self) -> None:
        for status in (Job.Status.CLOSED, Job.Status.DRAFT):
            Job.objects.update(status=status)
            self.assert_refused()

    def test_a_bad_name_is_refused(self) -> None:
        for name in ("", "   ", "x" * 121, "Ada\x00", "Ada\x1b[31m", "Ada\u202eevol"):
            with self.subTest(name=name):
                self.assert_refused(name=name)

    def test_a_bad_address_is_refused(self) -> None:
        for email in (
            "",
            "ada",
            "ada@",
            "@example.org",
            "ada@example",
            "a\x00da@example.org",
            "ada@example.org\nBcc: x@y.z",
        ):
            with self.subTest(email=email):
                self.assert_refused(email=email)

    def test_days_outside_of_1_to_90_are_refused(self) -> None:
        for days in (0, -1, 91):
            with self.subTest(days=days):
                self.assert_refused(days=days)

    def test_a_role_that_may_not_invite_is_refused(self) -> None:
        for role in (Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            self.recruiter = make.staff(role)
            with make.writes() as written, self.assertRaises(NotPermitted):
                self.invite()

            self.assertEqual(written.tables, {}, role)


class NewLinkTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.old, self.recruiter = make.invited(), make.staff()

    def new_link(self) -> Invited:
        return invitations.new_link(interview_id=self.old.interview.pk, by=self.recruiter)

    def status(self, one: Invited) -> int:
        """What the browser that holds only this invitation gets."""
        return int(make.browser(one.invitation).get(reverse("candidate_home", args=[one.interview.pk])).status_code)

    def test_the_old_link_works_until_the_new_one_is_used(self) -> None:
        new = self.new_link()
        links.exchange(token=new.token)
        self.assertEqual((self.status(self.old), self.status(new)), (200, 200))

        make.browser(new.invitation).post(reverse("candidate_home", args=[new.interview.pk]))

        self.assertEqual((self.status(self.old), self.status(new)), (404, 200))
        self.assertEqual(TenantClient().get(f"/i/{self.old.token}").status_code, 404)

    def test_using_the_old_link_leaves_the_new_one_alone(self) -> None:
        new = self.new_link()

        make.browser(self.old.invitation).post(reverse("candidate_home", args=[self.old.interview.pk]))

        self.assertEqual((self.status(self.old), self.status(new)), (200, 200))

    def test_answering_through_a_new_link_ends_the_old_one_in_the_middle_of_an_interview(self) -> None:
        interview = make.started(self.old)
        new, turn = self.new_link(), make.open_turn(interview)
        self.assertEqual((self.status(self.old), self.status(new)), (200, 200))

        make.browser(new.invitation).post(
            reverse("candidate_answer", args=[interview.pk]), {"answer": make.ANSWERS[0], "idempotency_key": turn.pk}
        )

        turn.refresh_from_db()
        self.assertEqual(turn.answer, make.ANSWERS[0])
        self.assertEqual((self.status(self.old), self.status(new)), (404, 200))

    def test_a_closed_interview_gets_no_new_link(self) -> None:
        opening.ask_for_a_person(make.opened(self.old))

        with make.writes() as written, self.assertRaises(CannotInvite):
            self.new_link()

        self.assertEqual(written.tables, {})

    def test_a_role_that_may_not_invite_gets_no_link(self) -> None:
        self.recruiter = make.staff(Role.REVIEWER)

        with make.writes() as written, self.assertRaises(NotPermitted):
            self.new_link()

        self.assertEqual(written.tables, {})

    def test_it_can_be_mailed(self) -> None:
        new = invitations.new_link(interview_id=self.old.interview.pk, by=self.recruiter, send_mail=True)

        mail = Mail.objects.get()
        self.assertIn(new.url, mail.body_text or "")
        self.assertNotIn(self.old.url, mail.body_text or "")
        self.assertEqual(make.actions("candidate.link"), ["candidate.link_issued"])
