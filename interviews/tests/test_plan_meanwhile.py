"""What somebody else did with a draft meanwhile: saved, published or discarded it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.urls import reverse

from accounts.roles import Role
from core.testing import OTHER
from interviews.models import JobVersion, PlanDraft
from interviews.services import plan_drafts
from interviews.tests import make
from interviews.tests.plan_pages import DESCRIPTION, PageCase

GONE = "This draft is not there any more: it was published or discarded."


class MeanwhileCase(PageCase):
    def setUp(self) -> None:
        super().setUp()
        self.discard_url = reverse("portal_plan_discard", args=[self.draft.pk])

    def saved_by_another(self) -> None:
        plan = replace(make.PLAN, title="Theirs")
        plan_drafts.save(draft_id=self.draft.pk, revision=1, plan=plan, by=make.staff(Role.OWNER))

    def publish(self) -> Any:
        return self.client.post(self.publish_url, {"revision": "1", "follows": "1"}, follow=True)


class DiscardingTests(MeanwhileCase):
    def test_the_draft_that_was_shown_is_discarded(self) -> None:
        page = self.client.get(self.url).content.decode()
        self.assertIn('name="revision" value="1"', page[page.index(self.discard_url) :])

        self.assertRedirects(self.client.post(self.discard_url, {"revision": "1"}), self.job_url())
        self.assertEqual(PlanDraft.objects.count(), 0)

    def test_what_somebody_saved_since_is_shown_and_not_discarded(self) -> None:
        self.saved_by_another()

        page = self.client.post(self.discard_url, {"revision": "1"})

        self.assertContains(page, "nothing was discarded", status_code=409)
        self.assertContains(page, 'value="Theirs"', status_code=409)
        self.assertEqual(self.kept().title, "Theirs")
        self.assertEqual(self.client.post(self.discard_url, {"revision": "2"}).status_code, 302)
        self.assertEqual(PlanDraft.objects.count(), 0)

    def test_without_the_save_that_was_shown_nothing_is_discarded(self) -> None:
        for data in ({}, {"revision": "x"}, {"revision": "0"}, {"revision": "9" * 5000}):
            self.assertContains(self.client.post(self.discard_url, data), "nothing was discarded", status_code=400)
            self.assert_unchanged()
        self.assertEqual(self.client.post(self.discard_url, {"revision": "9" * 30}).status_code, 409)
        self.assert_unchanged()

    def test_who_is_shown_their_own_words_beside_newer_ones_is_not_offered_to_discard_these(self) -> None:
        self.saved_by_another()

        page = self.send(replace(make.PLAN, title="Mine"))

        self.assertNotContains(page, self.discard_url, status_code=409)

    def job_url(self) -> str:
        return reverse("portal_job", args=[self.job.pk])


class MistypedTests(MeanwhileCase):
    def test_a_refused_form_still_says_which_save_its_writer_saw(self) -> None:
        self.saved_by_another()

        refused = self.send(changes={"minutes": "3", "title": "Mine"})

        self.assertContains(refused, 'name="revision" value="1"', status_code=400)
        self.assertNotContains(refused, 'name="revision" value="2"', status_code=400)
        self.assertEqual(self.kept().title, "Theirs")


class GoneTests(MeanwhileCase):
    def test_publishing_twice_publishes_once_and_leads_to_the_jobs(self) -> None:
        self.send(replace(make.PLAN, minutes=50))
        send = {"revision": "2", "follows": "1"}
        self.assertEqual(self.client.post(self.publish_url, send).status_code, 303)

        response = self.client.post(self.publish_url, send)

        self.assertRedirects(response, reverse("portal_jobs"), status_code=303, fetch_redirect_response=False)
        self.assertContains(self.client.get(reverse("portal_jobs")), GONE)
        self.assertEqual(JobVersion.objects.count(), 2)

    def test_every_other_way_to_a_draft_that_is_gone_leads_to_the_jobs(self) -> None:
        self.publish()
        described = {"description": DESCRIPTION, "revision": "1"}
        calls: list[Callable[[], Any]] = [
            lambda: self.client.get(self.url),
            lambda: self.client.get(self.publish_url),
            lambda: self.client.post(self.publish_url, {}),
            lambda: self.client.post(self.url, {}),
            lambda: self.client.post(self.discard_url, {"revision": "1"}),
            lambda: self.client.post(self.discard_url, {}),
            lambda: self.client.post(reverse("portal_plan_describe", args=[self.draft.pk]), described),
        ]
        for call in calls:
            response = call()
            self.assertRedirects(response, reverse("portal_jobs"), status_code=303, fetch_redirect_response=False)

    def test_a_save_of_it_keeps_what_was_typed(self) -> None:
        self.publish()
        typed = replace(make.PLAN, title="Typed", questions=(replace(make.PLAN.questions[0], text="Typed as well?"),))

        for changes in ({}, {"do": "check"}, {"do": "add_own", "own_name": "!"}, {"minutes": "3"}):
            with make.writes() as written:
                page = self.send(typed, changes=changes)

            self.assertContains(page, "Not saved: the draft was published or discarded meanwhile", status_code=409)
            self.assertContains(page, 'value="Typed"', status_code=409)
            self.assertContains(page, "Typed as well?", status_code=409)
            self.assertNotContains(page, "Save the draft", status_code=409)
            self.assertNotContains(page, "Discard this draft", status_code=409)
            self.assertEqual({table for table in written.tables if "interviews" in table}, set())
        self.assertEqual((PlanDraft.objects.count(), JobVersion.objects.count()), (0, 2))

    def test_a_recruiter_and_somebody_of_another_tenant_learn_nothing_of_it(self) -> None:
        self.publish()
        recruiter = make.signed_in(make.staff())
        with self.in_tenant(OTHER):
            stranger = make.carried(make.signed_in(make.staff(Role.ADMIN), OTHER))
        for client, status in ((recruiter, 403), (stranger, 302)):
            for url in (self.url, self.publish_url, self.discard_url):
                response = client.post(url, {"revision": "1", "follows": "1"})
                self.assertEqual(response.status_code, status)
                self.assertNotIn("/jobs/", response.headers.get("Location", ""))
