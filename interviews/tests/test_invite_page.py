"""The recruiter's form: one invitation, its link shown once."""

import re

from django.urls import reverse

from accounts.roles import Role
from billing.models import QuotaPeriod
from core.models import Due
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Candidate, Interview
from interviews.services import turns
from interviews.tests import make


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

        self.assertContains(response, "This person was invited to this job already.", status_code=400)
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
