"""A job's settings: a form that publishes the next version, and leaves everything else as it was."""

from typing import Any

from django.urls import reverse

from accounts.roles import NotPermitted, Role
from compliance.audit.models import AuditEvent
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from interviews.models import Interview, Job, JobVersion
from interviews.services import jobs
from interviews.services.jobs import Settings
from interviews.tests import make

QUIET_AND_LATE = Settings(words_every_reply=False, evaluation_waits_hours=6)


def content(version: JobVersion) -> list[Any]:
    """All that a version asks and rates, without its settings."""
    columns = [name for name in jobs.FIXED if name not in ("words_every_reply", "evaluation_waits_hours")]
    rated = [(row.key, row.name, row.definition, row.weight, row.anchors) for row in version.competencies.all()]
    asked = [(row.text, {one.key for one in row.competencies.all()}) for row in version.questions.all()]
    return [[getattr(version, name) for name in columns], rated, asked]


class ChangeTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.job = make.job(minutes=50, jurisdiction="UK")

    def change(self, settings: Settings = QUIET_AND_LATE, *, follows: int = 1, role: str = Role.ADMIN) -> JobVersion:
        return jobs.change_settings(job_id=self.job.pk, follows=follows, settings=settings, by=make.staff(role))

    def test_the_next_version_asks_and_rates_the_same(self) -> None:
        version = self.change()

        self.job.refresh_from_db()
        first = JobVersion.objects.get(number=1)
        self.assertEqual((self.job.current_version, version.number), (version, 2))
        self.assertEqual((version.words_every_reply, version.evaluation_waits_hours), (False, 6))
        self.assertEqual((first.words_every_reply, first.evaluation_waits_hours), (True, 0))
        self.assertEqual(content(version), content(first))

    def test_it_is_in_the_audit_trail_with_what_was_set(self) -> None:
        self.change()

        event = AuditEvent.objects.get(action="job.settings_changed")
        wanted = {"version": 2, "words_every_reply": False, "evaluation_waits_hours": 6}
        self.assertEqual((event.object_id, event.detail), (str(self.job.pk), wanted))

    def test_whoever_was_invited_keeps_the_version_of_the_invitation(self) -> None:
        before = make.invited("ada@example.org").interview
        self.change()

        after = make.invited("joan@example.org").interview

        numbers = [Interview.objects.get(pk=one.pk).version.number for one in (before, after)]
        self.assertEqual(numbers, [1, 2])

    def test_the_same_settings_again_write_nothing(self) -> None:
        make.staff(Role.ADMIN)
        with make.writes() as written:
            version = self.change(Settings(words_every_reply=True, evaluation_waits_hours=0))

        self.assertEqual((version.number, written.tables), (1, {}))

    def test_a_closed_job_stays_closed(self) -> None:
        Job.objects.update(status=Job.Status.CLOSED)

        self.change()

        self.assertEqual(Job.objects.get().status, Job.Status.CLOSED)

    def test_settings_of_a_version_that_is_not_the_newest_are_refused(self) -> None:
        self.change()

        with self.assertRaises(jobs.ChangedMeanwhile):
            self.change(Settings(words_every_reply=True, evaluation_waits_hours=24))

        self.assertEqual(JobVersion.objects.count(), 2)

    def test_more_than_a_day_or_less_than_nothing_is_refused(self) -> None:
        for hours in (-1, 25):
            with self.assertRaises(jobs.WaitsTooLong):
                self.change(Settings(words_every_reply=False, evaluation_waits_hours=hours))

        self.assertEqual(JobVersion.objects.count(), 1)

    def test_a_role_that_may_not_manage_jobs_is_refused(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            with self.assertRaises(NotPermitted):
                self.change(role=role)

        self.assertEqual(JobVersion.objects.count(), 1)


class AtOnceTests(CommittingTestCase):
    def test_of_two_who_change_the_same_version_one_is_told(self) -> None:
        job, admin = make.job(), make.staff(Role.ADMIN)

        def change(hours: int) -> JobVersion:
            wanted = Settings(words_every_reply=True, evaluation_waits_hours=hours)
            return jobs.change_settings(job_id=job.pk, follows=1, settings=wanted, by=admin)

        results = at_once(lambda: change(6), lambda: change(12))

        self.assertEqual({type(result) for result in results}, {JobVersion, jobs.ChangedMeanwhile})
        self.assertEqual(JobVersion.objects.count(), 2)


class SettingsPageTests(TenantTestCase):
    form = {"evaluation_waits_hours": "6", "follows": "1"}

    def setUp(self) -> None:
        super().setUp()
        self.job = make.job()
        self.url = reverse("portal_job_settings", args=[self.job.pk])
        self.tab = reverse("portal_job", args=[self.job.pk]) + "?tab=settings"
        self.client = make.signed_in(make.staff(Role.ADMIN))

    def assert_refused(self, status: int, url: str = "", **changes: str) -> Any:
        with make.writes() as written:
            response = self.client.post(url or self.url, self.form | changes)

        self.assertEqual((response.status_code, written.tables), (status, {}))
        self.assertEqual(JobVersion.objects.count(), 1)
        return response

    def test_the_form_holds_what_is_set(self) -> None:
        page = self.client.get(self.url)

        self.assertContains(page, 'name="words_every_reply" type="checkbox" class="input mt-0.5 size-5" checked')
        self.assertContains(page, 'name="evaluation_waits_hours" type="number" class="input" value="0"')

    def test_it_publishes_and_the_job_s_page_shows_it(self) -> None:
        self.assertContains(self.client.get(self.tab), "A model words every reply")

        response = self.client.post(self.url, self.form)

        self.assertRedirects(response, self.tab, status_code=303, fetch_redirect_response=False)
        page = self.client.get(self.tab)
        for words in ("Version 2 is published.", "Prepared sentences", "May wait 6 hours for a lower price"):
            self.assertContains(page, words)

    def test_hours_outside_the_bounds_are_refused_in_words(self) -> None:
        for hours, words in (("25", "Use 24 hours or fewer."), ("-1", "Use 0 hours or more.")):
            response = self.assert_refused(400, evaluation_waits_hours=hours)
            self.assertContains(response, words, status_code=400)
            self.assertContains(response, f'value="{hours}"', status_code=400)

        self.assertContains(self.assert_refused(400, evaluation_waits_hours="six"), "whole number", status_code=400)
        self.assertContains(self.assert_refused(400, evaluation_waits_hours=""), "required", status_code=400)

    def test_who_comes_second_is_led_to_what_is_set_now(self) -> None:
        self.client.post(self.url, self.form)

        response = self.client.post(self.url, self.form | {"evaluation_waits_hours": "12"}, follow=True)

        self.assertContains(response, "Somebody published a newer version meanwhile.")
        self.assertContains(response, 'class="input" value="6"')
        self.assertEqual(JobVersion.objects.count(), 2)

    def test_a_stranger_is_led_to_the_sign_in(self) -> None:
        self.client.logout()

        response = self.assert_refused(302)

        self.assertRedirects(response, f"/sign-in/?next={self.url}", fetch_redirect_response=False)

    def test_an_auditor_sees_the_settings_and_neither_the_button_nor_the_form(self) -> None:
        self.client = make.signed_in(make.staff(Role.AUDITOR))

        page = self.client.get(self.tab)

        self.assertContains(page, "A model words every reply")
        self.assertNotContains(page, self.url)
        self.assertEqual(self.client.get(self.url).status_code, 403)
        self.assert_refused(403)

    def test_a_recruiter_may_not_change_them(self) -> None:
        self.client = make.signed_in(make.staff(Role.RECRUITER))

        self.assert_refused(403)

    def test_an_admin_of_another_tenant_is_a_stranger(self) -> None:
        with self.in_tenant(OTHER):
            self.client = make.carried(make.signed_in(make.staff(Role.ADMIN), OTHER))

        response = self.assert_refused(302)

        self.assertRedirects(response, f"/sign-in/?next={self.url}", fetch_redirect_response=False)

    def test_a_job_of_another_tenant_does_not_exist(self) -> None:
        with self.in_tenant(OTHER):
            theirs = reverse("portal_job_settings", args=[make.job("theirs").pk])

        self.assertEqual(self.client.get(theirs).status_code, 404)
        self.assert_refused(404, theirs)
        with self.in_tenant(OTHER):
            self.assertEqual(JobVersion.objects.count(), 1)
