"""The library and the linter agree: what is drafted from it can be published, and its questions are in order."""

from dataclasses import replace
from decimal import Decimal

import pytest

from interviews.services.competency_library import LibraryCompetency, library
from interviews.services.drafting import draft
from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_linter import lint

ADVERTS = {
    "warehouse": (
        "We are looking for a warehouse team lead who plans shifts, keeps stock records in our system, trains new "
        "people, solves problems with deliveries and makes sure that safety rules are kept on every shift."
    ),
    "nurse": (
        "A registered nurse for a surgical ward: you care for patients, document your work, hand over to colleagues, "
        "listen to relatives and keep to hygiene regulations under time pressure."
    ),
    "accountant": (
        "The accountant prepares monthly reports, analyses costs and budgets, explains figures to managers, works with "
        "auditors and improves our processes."
    ),
}


@pytest.mark.parametrize("advert", ADVERTS.values(), ids=ADVERTS)
def test_a_draft_from_the_library_has_no_error_and_is_the_same_twice(advert: str) -> None:
    first, second = (draft(advert, library=library()) for _ in range(2))

    assert first == second
    assert first.plan is not None
    assert 4 <= len(first.plan.competencies) <= 7
    assert [remark for remark in lint(first.plan) if remark.severity == "error"] == []


@pytest.mark.parametrize("one", library().competencies, ids=lambda one: one.key)
def test_no_question_of_the_library_has_an_error_or_a_warning(one: LibraryCompetency) -> None:
    for question in one.questions:
        for text in (question.text, *question.follow_ups.values()):
            found = [remark for remark in lint(_plan(one, text)) if remark.question and remark.severity != "hint"]
            assert found == [], text


def _plan(one: LibraryCompetency, text: str) -> JobPlan:
    low, below, middle, above, high = one.anchors
    competency = CompetencyPlan(
        one.key, one.name, one.definition, one.dimension, Decimal(1), (low, below, middle, above, high)
    )
    plan = JobPlan("one", "One", (competency,), (QuestionPlan(text, (one.key,)),))
    return replace(plan, minutes=10)
