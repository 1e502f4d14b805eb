"""From the landing page to the first question: consent, a person instead, an adjustment, the start."""

from datetime import timedelta
from decimal import Decimal

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from billing.models import QuotaPeriod, QuotaUse
from billing.services import quota
from compliance.models import Consent
from compliance.services import consent
from core import clock
from core.models import Due
from core.state import TransitionNotAllowed
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import CandidateRequest, Interview, Mail, Turn
from interviews.services import opening
from interviews.tests import make

AGREED = {"ai_evaluation": "on", "choice": "accept"}
WITHOUT_AI = opening.Consented(ai_evaluation=False, keep_for_other_roles=True)


class OpeningCase(TenantTestCase):
    """An invited candidate in their own browser."""

    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = self.invited.interview
        self.client = make.browser(self.invited.invitation)

    def url(self, name: str) -> str:
        return reverse(f"candidate_{name}", args=[self.interview.pk])

    def stored(self) -> Interview:
        return Interview.objects.get(pk=self.interview.pk)

    def assert_strangers_change_nothing(self, name: str, data: dict[str, str]) -> None:
        """Nobody, another candidate, and a candidate of another tenant: 404, and nothing is written."""
        strangers = [TenantClient(), make.browser(make.invited("grace@example.org").invitation)]
        with self.in_tenant(OTHER):
            strangers.append(make.browser(self.invited.invitation))
        with make.writes() as written:
            codes = [stranger.post(self.url(name), data).status_code for stranger in strangers]

        self.assertEqual((codes, written.tables), ([404, 404, 404], {}))


class LandingTests(OpeningCase):
    def test_looking_changes_nothing(self) -> None:
        with make.writes() as written:
            response = self.client.get(self.url("home"))

        self.assertContains(response, "Data Engineer")
        self.assertContains(response, "SQL, Listening, Candour")
        self.assertEqual((self.stored().status, written.tables), ("invited", {}))

    def test_going_on_opens_the_interview_once(self) -> None:
        for _ in range(2):
            response = self.client.post(self.url("home"))
            self.assertRedirects(response, self.url("consent"), status_code=303, fetch_redirect_response=False)

        self.assertEqual(self.stored().status, "opened")
        self.assertEqual(make.actions("interview."), ["interview.opened"])

    def test_after_the_expiry_nothing_opens(self) -> None:
        Interview.objects.update(expires_at=clock.now() - timedelta(seconds=1))

        with make.writes() as written:
            response = self.client.get(self.url("home"))

        self.assertContains(response, "The time to take this interview is over", status_code=410)
        self.assertEqual(self.client.post(self.url("home")).status_code, 410)
        self.assertEqual((self.stored().status, written.tables), ("invited", {}))

    def test_strangers_open_nothing(self) -> None:
        self.assert_strangers_change_nothing("home", {})

        self.assertEqual(self.stored().status, "invited")


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

        self.assertEqual((code, self.stored().time_factor), (200, Decimal("1.5")))
        request = CandidateRequest.objects.get()
        self.assertEqual(request.kind, "adjustment")
        self.assertEqual(request.detail, "A quarter more time\nHalf as much time again\nBreaks\nI read slowly.")
        self.assertNotIn(b"slowly", b"".join(make.stored(CandidateRequest, "detail")))
        told = sorted(mail.recipient for mail in Mail.objects.filter(kind="request"))
        self.assertEqual(told, ["admin@staff.example", "recruiter@staff.example"])

    def test_the_granted_time_is_the_deadline(self) -> None:
        self.ask("time_200")
        interview = self.stored()
        opening.give_consent(interview, given=opening.Consented(True, False))
        opening.start(interview)

        interview = self.stored()
        assert interview.deadline_at and interview.started_at
        self.assertEqual(interview.deadline_at - interview.started_at, timedelta(minutes=70))

    def test_untimed_has_no_deadline(self) -> None:
        self.ask("untimed", "time_125")
        interview = self.stored()
        opening.give_consent(interview, given=opening.Consented(True, False))
        opening.start(interview)

        self.assertIsNone(self.stored().deadline_at)
        self.assertEqual(make.owed("interview_deadline"), [])
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


class StartTests(OpeningCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.consented(self.invited)
        self.period = quota.current_period()

    def used(self) -> tuple[int, int]:
        self.period.refresh_from_db()
        return self.period.reserved, self.period.consumed

    def exhaust(self) -> None:
        QuotaPeriod.objects.filter(pk=self.period.pk).update(included=0)

    def test_looking_starts_nothing(self) -> None:
        self.client.get(self.url("ready"))

        self.assertEqual((self.stored().status, Turn.objects.count(), self.used()), ("consented", 0, (0, 0)))

    def test_it_opens_the_first_question_and_reserves_one_interview(self) -> None:
        self.client.post(self.url("home"))  # the link is in use, the host is known

        with self.assertNumQueries(20):
            response = self.client.post(self.url("ready"))

        self.assertRedirects(response, self.url("home"), status_code=303, fetch_redirect_response=False)
        turn = Turn.objects.get()
        self.assertEqual((turn.number, turn.status, turn.kind), (1, "open", "core"))
        self.assertEqual(turn.shown, make.PLAN.questions[0].text)
        interview = self.stored()
        assert interview.deadline_at and interview.started_at
        self.assertEqual((interview.status, interview.greeting is not None), ("in_progress", True))
        self.assertEqual(interview.deadline_at - interview.started_at, timedelta(minutes=35))
        self.assertEqual(self.used(), (1, 0))

    def test_what_falls_due_later_is_written_down(self) -> None:
        self.assertEqual(make.owed("interview_expiry"), [self.interview.pk])

        opening.start(self.interview)

        self.assertEqual(make.owed("interview_expiry"), [])
        release, deadline = (Due.objects.get(kind=kind) for kind in ("quota_release", "interview_deadline"))
        self.assertEqual({release.object_id, deadline.object_id}, {self.interview.pk})
        self.assertAlmostEqual(release.due_at, clock.now() + timedelta(hours=24), delta=timedelta(minutes=1))
        self.assertAlmostEqual(deadline.due_at, clock.now() + timedelta(minutes=95), delta=timedelta(minutes=1))

    def test_starting_twice_is_one_turn_and_one_interview_of_the_plan(self) -> None:
        stale = self.stored()
        for _ in range(2):
            self.client.post(self.url("ready"))
        opening.start(stale)

        self.assertEqual((Turn.objects.count(), self.used()), (1, (1, 0)))
        self.assertEqual(make.actions("interview.started"), ["interview.started"])

    def test_before_consent_nothing_starts(self) -> None:
        other = make.invited("grace@example.org")
        for interview in (other.interview, make.opened(other)):
            with make.writes() as written, self.assertRaises(opening.CannotStart):
                opening.start(interview)
            self.assertEqual(Turn.objects.count(), 0)
            self.assertEqual(written.tables, {})

    def test_after_the_expiry_nothing_starts(self) -> None:
        Interview.objects.update(expires_at=clock.now() - timedelta(seconds=1))

        self.assertEqual(self.client.post(self.url("ready")).status_code, 410)
        with self.assertRaises(opening.CannotStart):
            opening.start(self.stored())
        self.assertEqual((self.stored().status, Turn.objects.count(), self.used()), ("consented", 0, (0, 0)))

    def test_a_used_up_plan_is_polite_and_changes_nothing(self) -> None:
        self.exhaust()

        response = self.client.post(self.url("ready"))

        self.assertContains(response, "We cannot start your interview just now", status_code=409)
        interview = self.stored()
        self.assertEqual((interview.status, interview.started_at, interview.deadline_at), ("consented", None, None))
        self.assertEqual((Turn.objects.count(), QuotaUse.objects.count(), self.used()), (0, 0, (0, 0)))
        self.assertEqual((make.owed("quota_release"), make.owed("interview_deadline")), ([], []))
        self.assertEqual(make.owed("interview_expiry"), [interview.pk])

    def test_a_used_up_plan_is_told_once_to_everybody_who_may_invite(self) -> None:
        for role in Role.values:
            make.staff(role)
        self.exhaust()

        for _ in range(3):
            self.client.post(self.url("ready"))

        told = sorted(mail.recipient for mail in Mail.objects.filter(kind="quota"))
        self.assertEqual(told, ["admin@staff.example", "owner@staff.example", "recruiter@staff.example"])
        self.assertEqual(make.actions("quota."), ["quota.exhausted"])

    def test_when_the_plan_has_room_again_the_same_link_starts(self) -> None:
        self.exhaust()
        self.client.post(self.url("ready"))
        QuotaPeriod.objects.filter(pk=self.period.pk).update(included=1)

        self.client.post(self.url("ready"))

        self.assertEqual((self.stored().status, self.used()), ("in_progress", (1, 0)))

    def test_strangers_start_nothing(self) -> None:
        self.assert_strangers_change_nothing("ready", {})

        self.assertEqual((self.stored().status, Turn.objects.count(), self.used()), ("consented", 0, (0, 0)))
