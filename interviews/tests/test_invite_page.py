"""The recruiter's form: one invitation, its link shown once."""

import re

from django.urls import reverse

from accounts.roles import Role
from billing.models import QuotaPeriod
from core.models import Due
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Candidate, Interview, Invitation, Mail
from interviews.services import turns
from interviews.tests import make, team


class InvitePageTests(TenantTestCase):
    form = {"name": "Ada Lovelace", "email": "ada@example.org", "days_valid": "14"}

    def setUp(self) -> None:
        super().setUp()
        self.url = reverse("portal_invite", args=[make.job().pk])
        self.recruiter = make.staff()

    def assert_nothing_written(self, written: make.Writes) -> None:
        self.assertEqual(written.tables, {})
        self.assertEqual((Candidate.objects.count(), Due.objects.count()), (0, 0))

    def test_it_shows_the_link_once(self) -> None:
        client = make.signed_in(self.recruiter)

        response = client.post(self.url, self.form)

        (link,) = set(re.findall(r"http://alpha\.candor\.localhost:8000(/i/[\w-]{43})", response.content.decode()))
        self.assertEqual(TenantClient().get(link).status_code, 303)
        self.assertNotContains(client.get(self.url), "/i/")
        self.assertEqual(response["Cache-Control"], "no-store")

    def test_a_bad_form_says_why_and_keeps_what_was_typed(self) -> None:
        client = make.signed_in(self.recruiter)

        with make.writes() as written:
            response = client.post(self.url, self.form | {"email": "ada"})

        self.assertContains(response, "Enter a valid email address.", status_code=400)
        self.assertContains(response, "Ada Lovelace", status_code=400)
        self.assert_nothing_written(written)

    def test_a_person_who_was_invited_already_gets_no_second_invitation(self) -> None:
        make.invited()

        response = make.signed_in(self.recruiter).post(self.url, self.form | {"email": "ADA@example.org"})

        self.assertContains(response, "Open their interview to send a new link.", status_code=400)
        self.assertEqual(Interview.objects.count(), 1)

    def test_a_used_up_plan_is_said_exactly_and_inviting_goes_on(self) -> None:
        client = make.signed_in(self.recruiter)
        QuotaPeriod.objects.update(included=0)

        self.assertContains(client.get(self.url), "No interviews left in this period")
        self.assertContains(client.get(self.url), "0 of 0 are used.")
        self.assertEqual(client.post(self.url, self.form).status_code, 200)

    def test_a_stranger_is_led_to_the_sign_in(self) -> None:
        with make.writes() as written:
            response = self.client.post(self.url, self.form)

        self.assertRedirects(response, f"/sign-in/?next={self.url}", fetch_redirect_response=False)
        self.assert_nothing_written(written)

    def test_a_role_that_may_not_invite_is_refused(self) -> None:
        client = make.signed_in(make.staff(Role.REVIEWER))

        with make.writes() as written:
            response = client.post(self.url, self.form)

        self.assertEqual(response.status_code, 403)
        self.assert_nothing_written(written)

    def test_staff_of_another_tenant_are_strangers(self) -> None:
        with self.in_tenant(OTHER):
            self.client = make.carried(make.signed_in(make.staff(), OTHER))

        with make.writes() as written:
            response = self.client.post(self.url, self.form)

        self.assertRedirects(response, f"/sign-in/?next={self.url}", fetch_redirect_response=False)
        self.assert_nothing_written(written)

    def test_a_job_of_another_tenant_does_not_exist(self) -> None:
        with self.in_tenant(OTHER):
            url = reverse("portal_invite", args=[make.job("theirs").pk])
        client = make.signed_in(self.recruiter)

        with make.writes() as written:
            response = client.post(url, self.form)

        self.assertEqual(response.status_code, 404)
        self.assertEqual(written.tables, {})
        with self.in_tenant(OTHER):
            self.assertEqual(Candidate.objects.count(), 0)

    def test_an_answer_cannot_be_sent_before_the_interview_started(self) -> None:
        invited = make.invited()

        with self.assertRaises(turns.NothingToAnswer):
            turns.submit_answer(interview=invited.interview, answer="Now.", idempotency_key=invited.interview.pk)


class NewLinkTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.recruiter = make.staff()
        self.invited = make.invited()
        self.url = reverse("portal_new_link", args=[self.invited.interview.pk])

    def test_the_interview_s_page_offers_it_and_it_is_shown_once_and_mailed(self) -> None:
        client = make.signed_in(self.recruiter)
        mails = Mail.objects.count()
        page = reverse("portal_interview", args=[self.invited.interview.pk])
        self.assertContains(client.get(page), f'action="{self.url}"')

        response = client.post(self.url)

        (link,) = set(re.findall(r"http://alpha\.candor\.localhost:8000(/i/[\w-]{43})", response.content.decode()))
        self.assertEqual(TenantClient().get(link).status_code, 303)
        self.assertNotEqual(self.invited.url.rpartition("/")[2], link.rpartition("/")[2])
        self.assertEqual(Mail.objects.count(), mails + 1)

    def test_a_closed_interview_gets_none_and_says_why(self) -> None:
        Interview.objects.update(status=Interview.Status.DECLINED)
        client = make.signed_in(self.recruiter)

        response = client.post(self.url, follow=True)

        self.assertContains(response, "This interview is closed, so a new link would lead nowhere.")
        self.assertNotContains(response, self.url)
        self.assertEqual(Invitation.objects.count(), 1)

    def test_a_reviewer_is_neither_offered_it_nor_allowed(self) -> None:
        client = make.signed_in(team.staff_of(self.invited.interview, Role.REVIEWER))
        page = reverse("portal_interview", args=[self.invited.interview.pk])

        self.assertNotContains(client.get(page), self.url)
        self.assertEqual(client.post(self.url).status_code, 403)
        self.assertEqual(Invitation.objects.count(), 1)
