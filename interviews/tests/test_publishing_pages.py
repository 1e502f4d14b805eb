"""Publishing a plan, and the versions that a job had."""

from dataclasses import replace
from typing import Any

from django.urls import reverse

from accounts.roles import Role
from interviews.models import JobVersion
from interviews.services import jobs, plan_drafts
from interviews.services.jobs import QuestionPlan
from interviews.tests import make
from interviews.tests.plan_pages import PageCase

FEW = 15  # queries of a page


class PublishingTests(PageCase):
    def publish(self, **changes: str) -> Any:
        return self.client.post(self.publish_url, {"revision": "2", "follows": "1"} | changes)

    def changed(self) -> None:
        first, *others = make.PLAN.competencies
        lighter = replace(first, definition="Works on small tables.")
        asked = (*make.PLAN.questions, QuestionPlan("Tell us about a query that was slow.", ("sql",)))
        self.send(replace(make.PLAN, competencies=(lighter, *others), questions=asked, minutes=40))

    def test_it_says_what_changes_which_rubric_follows_and_whether_scores_stay_comparable(self) -> None:
        self.changed()

        page = self.client.get(self.publish_url)

        self.assertContains(page, "Works on small tables.")
        self.assertContains(page, "Tell us about a query that was slow.")
        self.assertContains(page, "2.0.0")
        self.assertContains(page, "after 1.0.0")
        self.assertContains(page, "Are ranked apart")
        self.assertContains(page, "before:</span> 35</del>")
        self.assertContains(page, "after:</span> 40</ins>")

    def test_a_patch_stays_comparable(self) -> None:
        self.send(replace(make.PLAN, minutes=40))

        page = self.client.get(self.publish_url)

        self.assertContains(page, "1.0.1")
        self.assertContains(page, "Stay comparable")

    def test_publishing_leads_to_the_versions(self) -> None:
        self.changed()

        response = self.publish()

        self.assertRedirects(response, reverse("portal_versions", args=[self.job.pk]), status_code=303)
        self.assertEqual(JobVersion.objects.get(number=2).rubric_version, "2.0.0")

    def test_somebody_else_s_publishing_or_saving_meanwhile_is_told(self) -> None:
        self.changed()
        settings = jobs.Settings(words_every_reply=False, evaluation_waits_hours=0)
        jobs.change_settings(job_id=self.job.pk, follows=1, settings=settings, by=self.admin)

        response = self.publish()

        self.assertContains(response, "Somebody published another version meanwhile", status_code=409)
        self.assertContains(response, 'name="follows" value="2"', status_code=409)
        self.assertContains(response, "Version 2 was published since this draft was begun", status_code=409)
        self.assertContains(self.publish(revision="1", follows="2"), "Somebody saved this plan", status_code=409)
        self.assertEqual(self.publish(revision="x").status_code, 400)
        self.assertEqual(JobVersion.objects.count(), 2)

    def test_an_error_of_the_linter_leaves_no_button_and_refuses_the_post(self) -> None:
        private = QuestionPlan("How many children do you have at home?", ("sql",))
        self.send(replace(make.PLAN, questions=(private, *make.PLAN.questions)))

        page = self.client.get(self.publish_url)

        self.assertContains(page, "It can't be published yet")
        self.assertNotContains(page, "Publish the next version")
        self.assertContains(self.publish(), "the plan has errors", status_code=400)
        self.assertEqual(JobVersion.objects.count(), 1)


class VersionTests(PageCase):
    def setUp(self) -> None:
        super().setUp()
        lighter = replace(
            make.PLAN, minutes=40, questions=make.PLAN.questions[:1], competencies=make.PLAN.competencies[:1]
        )
        plan_drafts.save(draft_id=self.draft.pk, revision=1, plan=lighter, by=self.admin)
        plan_drafts.publish(draft_id=self.draft.pk, revision=2, follows=1, by=self.admin)
        self.versions = reverse("portal_versions", args=[self.job.pk])

    def test_any_two_are_compared(self) -> None:
        page = self.client.get(self.versions, {"older": "2", "newer": "1"})

        self.assertContains(page, "From version 1 to version 2")
        for words in ("Listening", "Tell us about a customer who was angry.", "1.0.0", "2.0.0", "ranked apart"):
            self.assertContains(page, words)

    def test_numbers_that_are_none_compare_the_newest_two(self) -> None:
        for given in ("x", "999999999999", "-1", "²"):
            page = self.client.get(self.versions, {"older": given, "newer": "2"})
            self.assertContains(page, "From version 1 to version 2")

    def test_a_roll_back_shows_first_what_it_undoes(self) -> None:
        url = reverse("portal_restore", args=[self.job.pk, 1])

        listed = self.client.get(self.versions)
        asked = self.client.get(self.versions, {"older": "1", "newer": "2", "restore": "1"})

        self.assertNotContains(listed, f'action="{url}"')
        self.assertContains(listed, "?older=1&amp;newer=2&amp;restore=1#changes")
        for words in ("Roll back to version 1?", "From version 1 to version 2", f'action="{url}"'):
            self.assertContains(asked, words)
        self.assertEqual(JobVersion.objects.count(), 2)

    def test_a_roll_back_is_a_new_version(self) -> None:
        url = reverse("portal_restore", args=[self.job.pk, 1])

        page = self.client.post(url, {"follows": "2"}, follow=True)

        self.assertContains(page, "Version 3 is published: it has the plan of version 1.")
        self.assertEqual(JobVersion.objects.get(number=3).rubric_version, "3.0.0")
        self.assertContains(self.client.post(url, {"follows": "2"}, follow=True), "nothing was rolled back")
        self.assertContains(self.client.post(url, {}, follow=True), "nothing was published")
        self.assertEqual(JobVersion.objects.count(), 3)

    def test_history_takes_as_many_queries_for_many_versions(self) -> None:
        self.client.get(self.versions)
        with self.assertNumQueries(FEW):
            self.client.get(self.versions)
        for number in (2, 3, 4):
            plan_drafts.restore(job_id=self.job.pk, number=1, follows=number, by=self.admin)

        with self.assertNumQueries(FEW):
            self.client.get(self.versions)

    def test_an_auditor_sees_the_versions_and_no_button(self) -> None:
        self.client = make.signed_in(make.staff(Role.AUDITOR))

        page = self.client.get(self.versions, {"restore": "1"})

        self.assertContains(page, "From version 1 to version 2")
        self.assertNotContains(page, "/restore/")
