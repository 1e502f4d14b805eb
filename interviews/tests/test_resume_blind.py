"""Who must still rate reads the resume, and nothing that a machine found in it."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from core.testing import TenantTestCase
from interviews.models import Interview, Resume, ResumeSummary
from interviews.tests import make, team
from interviews.tests.resumed import again, page, summarised
from interviews.tests.test_blind_review import CHANGING


class BlindTests(TenantTestCase):
    """The text is for everybody who rates; what a machine points at comes after the own review."""

    first: Interview
    resume: Resume

    @classmethod
    def setUpTestData(cls) -> None:
        cls.first = make.evaluated()
        cls.resume = summarised(cls.first).resume

    def shown(self, role: str) -> str:
        client = make.signed_in(team.staff_of(self.first, role))
        with CaptureQueriesContext(connection) as queries:
            html = CHANGING.sub("", client.get(page(self.first)).content.decode())
        self.assertEqual([query["sql"] for query in queries if "resumesummary" in query["sql"]], [])
        return html

    def test_before_the_own_review_no_row_of_a_summary_is_read_by_anybody(self) -> None:
        make.reviewed(self.first, team.staff_of(self.first, Role.ADMIN))
        for role in (Role.OWNER, Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER):
            html = self.shown(role)
            self.assertIn("Locked until your review is in", html)
            self.assertIn("Wrote SQL reports for forty hospitals.", html)
            for words in ("<mark", "Not mentioned", "In short", "http-equiv", "resume/again"):
                self.assertNotIn(words, html)

    def test_a_page_without_a_review_is_the_same_whatever_was_found(self) -> None:
        before = self.shown(Role.REVIEWER)
        ResumeSummary.objects.update(status="failed", findings=None, error="x")

        self.assertEqual(self.shown(Role.REVIEWER), before)

    def test_the_own_review_opens_it(self) -> None:
        person = make.staff()
        make.reviewed(self.first, person)

        html = make.signed_in(person).get(page(self.first)).content.decode()

        self.assertIn('<mark class="quote" id="q-0-', html)
        self.assertEqual(html.count("Not mentioned in the resume."), 2)
        self.assertIn("decide nothing", html)
        for words in ("score", "ranking", "of 100", "%"):
            self.assertNotIn(words, html.split("What a reader of the file sees")[1].replace("width=100%", ""))

    def test_another_finished_attempt_that_is_not_rated_keeps_it_locked(self) -> None:
        person = make.staff()
        make.reviewed(self.first, person)
        client = make.signed_in(person)
        second = Interview.objects.get(pk=self.first.pk)
        second.pk, second.number = None, 2
        second.pk = Interview._meta.pk.get_default()
        second.save(force_insert=True)

        self.assertContains(client.get(page(self.first)), "Locked until your review is in")
        self.assertContains(client.get(page(second)), "Locked until your review is in")

    def test_asking_again_unlocks_nothing(self) -> None:
        ResumeSummary.objects.update(status="failed", findings=None)
        client = make.signed_in(make.staff())

        self.assertEqual(client.post(again(self.first)).status_code, 303)

        self.assertEqual(ResumeSummary.objects.get().status, "failed")
        self.assertEqual(make.owed("resume_summary"), [])

    def test_no_list_and_no_other_page_holds_a_word_of_the_resume(self) -> None:
        client = make.signed_in(make.staff())
        job = reverse("portal_job", args=[self.first.application.job_id])

        for url in ("/", "/candidates/", job, reverse("portal_interview", args=[self.first.pk])):
            self.assertNotContains(client.get(url), "Globex")
