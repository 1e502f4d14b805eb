"""A plan that is as large as plans can be is saved like any other."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from interviews.services.interviewer.types import KINDS
from interviews.services.jobs import JobPlan, QuestionPlan
from interviews.services.plan_drafts.rows import MOST_COMPETENCIES, MOST_QUESTIONS
from interviews.tests import make
from interviews.tests.plan_pages import PageCase, form_of

BESIDES = {"csrfmiddlewaretoken": "x", "library": "", "own_name": "", "own_dimension": "technical"}


def full(ticks: int) -> JobPlan:
    """As many competencies and questions as there can be, each question about so many of them."""
    keys = [f"own_{number}" for number in range(MOST_COMPETENCIES)]
    scales = [replace(make.PLAN.competencies[0], key=key) for key in keys]
    follow_ups = dict.fromkeys(KINDS, "And then?")
    asked = [QuestionPlan(f"Tell us of day {day}.", tuple(keys[:ticks]), follow_ups) for day in range(MOST_QUESTIONS)]
    return replace(make.PLAN, competencies=tuple(scales), questions=tuple(asked))


class LargePlanTests(PageCase):
    def post(self, data: dict[str, Any]) -> Any:
        """As browsers send it."""
        sent = urlencode(BESIDES | data, doseq=True)
        return self.client.post(self.url, sent, content_type="application/x-www-form-urlencoded")

    def test_a_plan_of_15_competencies_and_40_questions_with_three_ticks_each_is_saved(self) -> None:
        plan = full(ticks=3)
        self.assertEqual((len(plan.competencies), len(plan.questions)), (15, 40))

        response = self.post(form_of(plan))

        self.assertEqual((response.status_code, self.kept()), (303, plan))

    def test_every_tick_is_still_taken_and_one_field_more_than_any_plan_has_is_not(self) -> None:
        plan = full(ticks=MOST_COMPETENCIES)
        data = form_of(plan)
        many = len(urlencode(BESIDES | data, doseq=True).split("&"))

        self.assertEqual(many, settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)
        self.assertEqual(self.post(data | {"more": "x"}).status_code, 400)
        self.assert_unchanged()
        self.assertEqual(self.post(data).status_code, 303)
        self.assertEqual(self.kept(), plan)
