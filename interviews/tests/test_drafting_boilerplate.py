"""What stands in every job description speaks for no competency; titles keep their signs; a draft fits its minutes."""

import pytest

from interviews.services import drafting
from interviews.services.competency_library import library
from interviews.services.drafting import described
from interviews.services.plan_linter import effort
from interviews.tests.drafted import LIBRARY, SUPERVISOR

BOILERPLATE = (
    "We are an equal opportunity employer and value diversity and inclusion.",
    "All qualified applicants are considered regardless of race, age or gender.",
    "We offer health insurance, a pension and profit sharing.",
    "You get remote work, flexible working hours and a learning budget.",
    "Join our team and come to our team events.",
    "You report to the head of the site; you will report directly to her.",
    "Send us your application with a cover letter; our hiring process takes two weeks.",
    "Your personal data is kept as our privacy policy says.",
)
WORK = (
    "You repair lifts, find faults and keep the records of every visit, alone or with a colleague, by day and by night."
)


def keys(description: str) -> list[str]:
    return [one.competency.key for one in drafting.draft(description, library=library()).chosen if one.why]


@pytest.mark.parametrize("sentence", BOILERPLATE)
def test_it_speaks_for_nothing(sentence: str) -> None:
    assert keys(f"{sentence} {WORK}") == keys(WORK)
    assert keys(f"{WORK}\n- {sentence}") == keys(WORK)


def test_the_same_words_about_the_work_still_speak() -> None:
    found = keys(
        "You sell insurance to customers, train the team, keep the budget of the branch and see to it that every"
        " customer is treated fairly. You report errors to the regulator and write to customers."
    )

    assert {"risk_judgement", "service_delivery", "cost_awareness", "fairness"} <= set(found)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("Senior Developer C#", "Senior Developer C#"),
        (".NET Engineer", ".NET Engineer"),
        ("# .NET Engineer #", ".NET Engineer"),
        ("## Baker", "Baker"),
        ("**Job title: C++ / F# developer**", "C++ / F# developer"),
        ("- Position: Baker.", "Baker"),
        ("Vacancy: Nurse (m/f/x):", "Nurse (m/f/x)"),
        ("__Cook__", "Cook"),
        ("Dr.", "Dr"),
    ],
)
def test_a_title_keeps_the_signs_that_are_its_own(line: str, title: str) -> None:
    assert described.read(f"{line}\n{WORK}").title == title


def test_a_title_never_outgrows_its_column() -> None:
    plan = drafting.draft(SUPERVISOR, library=LIBRARY, title=" x" * 200).plan

    assert plan is not None
    assert len(plan.title) <= 160


@pytest.mark.parametrize(
    ("minutes", "competencies", "questions"), [(30, 7, 10), (20, 6, 6), (15, 4, 4), (10, 2, 2), (5, 1, 1)]
)
def test_a_draft_takes_no_longer_than_its_minutes(minutes: int, competencies: int, questions: int) -> None:
    draft = drafting.draft(SUPERVISOR, library=LIBRARY, minutes=minutes)

    assert draft.plan is not None
    assert (len(draft.plan.competencies), len(draft.plan.questions)) == (competencies, questions)
    assert effort.fits(draft.plan)
    assert sum(one.weight for one in draft.plan.competencies) == 1
    assert draft.dropped.get("minutes", 0) == 7 - competencies


def test_minutes_that_no_interview_has_are_refused() -> None:
    with pytest.raises(drafting.CannotDraft):
        drafting.draft(SUPERVISOR, library=LIBRARY, minutes=1)


def test_a_draft_brings_its_follow_ups() -> None:
    plan = drafting.draft(SUPERVISOR, library=LIBRARY).plan

    assert plan is not None
    assert set(plan.questions[0].follow_ups) == {"evidence", "ownership", "result", "clarify"}
