"""The page on which people see who could not begin, and let them in; two who do at once."""

from datetime import timedelta

from django.urls import reverse

from accounts.roles import Role
from billing.services import standing
from billing.tests import bought
from billing.tests.counted import leave
from core import clock, tenancy
from core.testing import OTHER, CommittingTestCase, TenantClient, TenantTestCase, at_once
from interviews.models import Interview
from interviews.services import invitations, turned_away
from interviews.tests import make
from interviews.tests.away import away, full, told


class WaitingPageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        full()
        self.interview = away()
        self.extend = reverse("portal_extend", args=[self.interview.pk])

    def test_who_invites_sees_who_waits_and_whom_to_ask(self) -> None:
        make.staff(Role.OWNER, name="Olga Owner")
        shown = make.signed_in(make.staff()).get("/waiting/")

        for part in ("Ada Lovelace", "Data Engineer", "When there is room", "Olga Owner", "14 days more"):
            self.assertContains(shown, part)
        self.assertNotContains(shown, "Allow more")
        self.assertEqual(make.actions("candidates.waiting"), ["candidates.waiting_listed"])

    def test_who_pays_is_shown_how_to_make_room_and_finds_the_page_from_billing(self) -> None:
        owner = make.signed_in(make.staff(Role.OWNER))
        self.assertNotContains(owner.get("/waiting/"), "Allow more")  # its plan has no more to allow
        bought.on("professional")
        bought.used(1000)

        self.assertContains(owner.get("/waiting/"), "Allow more")
        self.assertContains(owner.get("/billing/"), 'href="/waiting/"')

    def test_a_recruiter_gives_more_time(self) -> None:
        response = make.signed_in(make.staff()).post(self.extend)

        self.assertRedirects(response, "/waiting/", status_code=303, fetch_redirect_response=False)
        self.interview.refresh_from_db()
        self.assertAlmostEqual(self.interview.expires_at, clock.now() + timedelta(days=14), delta=timedelta(minutes=1))
        self.assertEqual(make.actions("candidate.invitation_extended"), ["candidate.invitation_extended"])

    def test_it_never_gets_shorter_and_what_began_or_ended_is_not_extended(self) -> None:
        by, far = make.staff(), clock.now() + timedelta(days=60)
        Interview.objects.update(expires_at=far)
        self.assertEqual(invitations.extend(interview_id=self.interview.pk, days=14, by=by).expires_at, far)
        for change in ({"expires_at": clock.now()}, {"status": "withdrawn", "expires_at": far}):
            Interview.objects.update(**change)
            with self.assertRaises(invitations.CannotInvite):
                invitations.extend(interview_id=self.interview.pk, days=14, by=by)
        for days in (0, -3, 91):
            with self.assertRaises(invitations.CannotInvite):
                invitations.extend(interview_id=self.interview.pk, days=days, by=by)

        self.assertEqual(make.actions("candidate.invitation_extended"), ["candidate.invitation_extended"])

    def test_other_roles_strangers_and_another_tenant_see_and_extend_nothing(self) -> None:
        before = Interview.objects.get().expires_at
        clients = [make.signed_in(make.staff(role)) for role in (Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR)]
        with tenancy.enter(OTHER):
            theirs = make.signed_in(make.staff(Role.OWNER), OTHER)
            self.assertNotContains(theirs.get("/waiting/"), "Ada Lovelace")
            self.assertEqual(theirs.post(self.extend).status_code, 404)
        for client in clients:
            self.assertEqual((client.get("/waiting/").status_code, client.post(self.extend).status_code), (403, 403))
        for stranger in (TenantClient(), make.carried(theirs)):
            self.assertEqual(
                (stranger.get("/waiting/").status_code, stranger.post(self.extend).status_code), (302, 302)
            )

        self.assertEqual(Interview.objects.get().expires_at, before)

    def test_while_nothing_can_be_changed_it_is_still_read(self) -> None:
        client = make.signed_in(make.staff())
        standing.stop(bought.held(), why="payment")
        tenancy.forget()

        shown = client.get("/waiting/")

        self.assertContains(shown, "Ada Lovelace")
        self.assertNotContains(shown, "14 days more")
        self.assertEqual(client.post(self.extend).status_code, 402)
        self.assertEqual(make.actions("candidate.invitation_extended"), [])


class AtOnceTests(CommittingTestCase):
    def test_two_workers_at_once_tell_each_candidate_once(self) -> None:
        full()
        for name in ("ada", "bo", "cy"):
            away(f"{name}@example.org")
        leave(3)
        turned_away.room_came()

        results = at_once(turned_away.tell, turned_away.tell, turned_away.tell)

        self.assertEqual(results, [None, None, None])
        self.assertEqual(told(), ["ada@example.org", "bo@example.org", "cy@example.org"])
