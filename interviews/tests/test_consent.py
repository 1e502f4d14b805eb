"""Consent with the text that was shown, a person instead, an adjustment: each of equal weight."""

from datetime import timedelta
from decimal import Decimal

from accounts.models import User
from accounts.roles import Role
from compliance.models import Consent
from compliance.services import consent
from core import clock
from core.models import Due
from core.state import TransitionNotAllowed
from interviews.models import CandidateRequest, Interview, Mail, Turn
from interviews.services import opening
from interviews.tests import make
from interviews.tests.cases import AGREED, OpeningCase

WITHOUT_AI = opening.Consented(ai_evaluation=False, keep_for_other_roles=True)


class ConsentTests(OpeningCase):
    def setUp(self) -> None:
        super().setUp()
        make.opened(self.invited)

    def test_it_is_stored_with_the_text_that_was_shown(self) -> None:
        shown = self.client.get(self.url("consent"))
        response = self.client.post(self.url("consent"), AGREED | {"keep_for_other_roles": "on"})

        self.assertRedirects(response, self.url("ready"), status_code=303, fetch_redirect_response=False)
        stored = Consent.objects.get()
        self.assertEqual((stored.interview_id, stored.subject_id), (self.interview.pk, self.interview.subject_id))
        self.assertEqual((stored.ai_evaluation, stored.keep_for_other_roles, stored.language), (True, True, "en"))
        notice = opening.consent_notice()
        self.assertEqual((stored.notice_version, stored.notice_hash), (notice.version, notice.hash))
        self.assertContains(shown, notice.text.splitlines()[0])
        self.assertEqual(self.stored().status, "consented")
        self.assertEqual(make.actions("consent."), ["consent.given"])

    def test_keeping_it_for_other_roles_is_a_tick_of_its_own(self) -> None:
        self.client.post(self.url("consent"), AGREED)

        self.assertFalse(Consent.objects.get().keep_for_other_roles)

    def test_without_the_tick_nothing_is_stored(self) -> None:
        with make.writes() as written:
            response = self.client.post(self.url("consent"), {"choice": "accept", "keep_for_other_roles": "on"})

        self.assertContains(response, "This field is required.", status_code=400)
        self.assertEqual((self.stored().status, Consent.objects.count()), ("opened", 0))
        self.assertEqual(written.tables, {"alpha.interviews_invitation": 1})  # the link is in use from now on

    def test_the_service_refuses_a_consent_without_the_ai_and_moves_nothing(self) -> None:
        with self.assertRaises(consent.ConsentRequired):
            opening.give_consent(self.stored(), given=WITHOUT_AI)

        self.assertEqual((self.stored().status, Consent.objects.count()), ("opened", 0))

    def test_it_is_stored_once(self) -> None:
        for _ in range(2):
            self.client.post(self.url("consent"), AGREED)

        self.assertEqual((Consent.objects.count(), make.actions("consent.")), (1, ["consent.given"]))
        with self.assertRaises(TransitionNotAllowed):
            opening.give_consent(self.stored(), given=opening.Consented(True, False))

    def test_it_cannot_be_given_after_the_expiry(self) -> None:
        Interview.objects.update(expires_at=clock.now() - timedelta(seconds=1))

        response = self.client.post(self.url("consent"), AGREED, follow=True)

        self.assertEqual(response.status_code, 410)
        self.assertEqual((self.stored().status, Consent.objects.count()), ("opened", 0))

    def test_strangers_consent_to_nothing(self) -> None:
        self.assert_strangers_change_nothing("consent", AGREED)

        self.assertEqual((self.stored().status, Consent.objects.count()), ("opened", 0))


class PersonInsteadTests(OpeningCase):
    def setUp(self) -> None:
        super().setUp()
        make.opened(self.invited)
        for role in Role.values:
            make.staff(role)
        User.objects.filter(role=Role.OWNER).update(is_active=False)

    def test_it_declines_stores_the_request_and_tells_those_who_may_handle_it(self) -> None:
        response = self.client.post(self.url("consent"), {"choice": "human"}, follow=True)

        self.assertEqual((response.status_code, self.stored().status), (200, "declined"))
        request = CandidateRequest.objects.get()
        self.assertEqual((request.kind, request.interview_id, request.handled_at), ("human", self.interview.pk, None))
        mails = Mail.objects.filter(kind="request")
        self.assertEqual(sorted(mail.recipient for mail in mails), ["admin@staff.example", "recruiter@staff.example"])
        self.assertEqual(set(make.owed("mail")), {mail.pk for mail in mails})
        self.assertEqual(make.actions("request."), ["request.human"])

    def test_asking_twice_is_one_request(self) -> None:
        for _ in range(2):
            self.client.post(self.url("consent"), {"choice": "human"})

        self.assertEqual((CandidateRequest.objects.count(), Mail.objects.count()), (1, 2))

    def test_afterwards_no_interview_starts(self) -> None:
        self.client.post(self.url("consent"), {"choice": "human"})

        self.client.post(self.url("consent"), AGREED)
        self.client.post(self.url("ready"))

        self.assertEqual((self.stored().status, Turn.objects.count(), Consent.objects.count()), ("declined", 0, 0))
        with self.assertRaises(opening.CannotStart):
            opening.start(self.stored())

    def test_strangers_ask_for_nobody(self) -> None:
        self.assert_strangers_change_nothing("consent", {"choice": "human"})

        self.assertEqual((CandidateRequest.objects.count(), Mail.objects.count()), (0, 0))


class AdjustmentTests(OpeningCase):
    def setUp(self) -> None:
        super().setUp()
        make.opened(self.invited)

    def ask(self, *adjustments: str, details: str = "") -> int:
        data = {"adjustments": list(adjustments), "details": details}
        return int(self.client.post(self.url("adjustment"), data).status_code)

    def test_more_time_is_granted_at_once_and_the_staff_are_told(self) -> None:
        code = self.ask("time_125", "time_150", "breaks", details="I read slowly.")

        self.assertEqual((code, self.stored().time_factor), (303, Decimal("1.5")))
        request = CandidateRequest.objects.get()
        self.assertEqual(request.kind, "adjustment")
        self.assertEqual(request.detail, "A quarter more time\nHalf as much time again\nBreaks\nI read slowly.")
        self.assertNotIn(b"slowly", b"".join(make.stored(CandidateRequest, "detail")))
        told = sorted(mail.recipient for mail in Mail.objects.filter(kind="request"))
        self.assertEqual(told, ["admin@staff.example", "recruiter@staff.example"])

    def test_the_page_that_says_so_can_be_loaded_again(self) -> None:
        asked = self.client.post(self.url("adjustment"), {"adjustments": "other", "details": "A screen reader."})
        with make.writes() as written:
            pages = [self.client.get(asked["Location"]) for _ in range(2)]

        for page in pages:
            self.assertContains(page, "Your request has been sent")
        self.assertEqual((written.tables, CandidateRequest.objects.count()), ({}, 1))

    def test_the_granted_time_is_the_deadline(self) -> None:
        self.ask("time_200")
        interview = self.stored()
        opening.give_consent(interview, given=opening.Consented(True, False))
        opening.start(interview)

        interview = self.stored()
        assert interview.deadline_at and interview.started_at
        self.assertEqual(interview.deadline_at - interview.started_at, timedelta(minutes=70))

    def test_untimed_has_no_deadline_and_ends_by_itself_in_two_weeks(self) -> None:
        self.ask("untimed", "time_125")
        interview = self.stored()
        opening.give_consent(interview, given=opening.Consented(True, False))
        opening.start(interview)

        self.assertIsNone(self.stored().deadline_at)
        end = Due.objects.get(kind="interview_deadline", object_id=interview.pk)
        self.assertAlmostEqual(end.due_at, clock.now() + timedelta(days=14), delta=timedelta(minutes=1))
        self.assertNotContains(self.client.get(self.url("home")), "data-seconds-left")

    def test_once_it_runs_a_person_must_grant_it(self) -> None:
        interview = self.stored()
        opening.give_consent(interview, given=opening.Consented(True, False))
        opening.start(interview)

        self.ask("time_200")

        self.assertEqual(self.stored().time_factor, Decimal(1))
        self.assertEqual(self.stored().deadline_at, interview.deadline_at)
        self.assertEqual(CandidateRequest.objects.count(), 1)

    def test_an_empty_or_strange_form_stores_nothing(self) -> None:
        for adjustments, details in (((), ""), (("time_900",), ""), (("other",), "x" * 2001)):
            with self.subTest(adjustments=adjustments):
                self.assertEqual(self.ask(*adjustments, details=details), 400)

        self.assertEqual((CandidateRequest.objects.count(), Mail.objects.count()), (0, 0))
        self.assertEqual(self.stored().time_factor, Decimal(1))

    def test_a_closed_interview_takes_no_request(self) -> None:
        opening.ask_for_a_person(self.stored())

        self.assertEqual(self.ask("time_200"), 303)
        self.assertFalse(CandidateRequest.objects.filter(kind="adjustment").exists())

    def test_strangers_ask_for_nothing(self) -> None:
        self.assert_strangers_change_nothing("adjustment", {"adjustments": "time_200"})

        self.assertEqual((CandidateRequest.objects.count(), self.stored().time_factor), (0, Decimal(1)))
