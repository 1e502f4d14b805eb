"""The landing page and the start: nothing happens until the candidate says so, and then once."""

from datetime import timedelta

from accounts.roles import Role
from billing.models import QuotaPeriod, QuotaUse
from billing.services import periods
from core import clock
from core.models import Due
from interviews.models import Interview, Mail, Turn
from interviews.services import opening
from interviews.tests import make
from interviews.tests.cases import OpeningCase


class LandingTests(OpeningCase):
    def test_looking_changes_nothing(self) -> None:
        with make.writes() as written:
            response = self.client.get(self.url("home"))

        self.assertContains(response, "Data Engineer")
        self.assertContains(response, "SQL, Listening, Candour")
        self.assertEqual((self.stored().status, written.tables), ("invited", {}))

    def test_only_without_a_clock_it_is_in_your_own_time(self) -> None:
        self.assertNotContains(self.client.get(self.url("home")), "own time")

        Interview.objects.filter(pk=self.interview.pk).update(time_factor=0)

        self.assertContains(self.client.get(self.url("home")), "in your own time")

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


class StartTests(OpeningCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.consented(self.invited)
        self.period = periods.current()

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
        make.read_what_is_kept()

        with self.assertNumQueries(21):
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
