"""What the linter says about a job's published plan, on its page, for those who publish plans."""

from dataclasses import replace

from django.urls import reverse

from accounts.roles import Role
from core.testing import TenantTestCase
from interviews.models import Job
from interviews.services.jobs import QuestionPlan, publish_job
from interviews.tests import make

LEADING = "You surely agree that tests matter, don't you?"
TITLE = "Before the next version"


class RemarkTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        questions = (*make.PLAN.questions, QuestionPlan(LEADING, ("sql",)))
        self.job = publish_job(plan=replace(make.PLAN, slug="led", questions=questions), by=make.staff(Role.ADMIN))

    def page(self, role: str, job: Job | None = None) -> str:
        url = reverse("portal_job", args=[(job or self.job).pk])
        return make.signed_in(make.staff(role)).get(url, {"tab": "questions"}).content.decode()

    def test_an_admin_reads_what_to_change_and_where(self) -> None:
        html = self.page(Role.ADMIN)

        self.assertIn(TITLE, html)
        self.assertIn("Question 3:", html)
        self.assertIn("Should change", html)

    def test_a_remark_about_a_competency_names_it(self) -> None:
        questions = (QuestionPlan("Imagine a table is slow. What would you do?", ("sql",)), *make.PLAN.questions[1:])
        job = publish_job(plan=replace(make.PLAN, slug="if", questions=questions), by=make.staff(Role.ADMIN))

        self.assertRegex(self.page(Role.ADMIN, job), r">SQL:</span> Add a question about what the candidate did")

    def test_who_publishes_nothing_sees_the_questions_alone(self) -> None:
        for role in (Role.RECRUITER, Role.AUDITOR):
            html = self.page(role)
            self.assertNotIn(TITLE, html)
            self.assertIn("surely agree", html)

    def test_a_plan_without_an_error_is_told_of_none(self) -> None:
        html = self.page(Role.ADMIN, make.job())

        self.assertEqual(html.count("Must change"), 0)
