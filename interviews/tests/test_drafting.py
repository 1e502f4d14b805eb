"""A plan from a job description and the library, without a model."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import pytest

from interviews.services import drafting
from interviews.services.drafting import assembling, choosing, described
from interviews.services.drafting.types import Candidate
from interviews.services.jobs import UnknownJurisdiction
from interviews.services.plan_linter import errors, lint
from interviews.tests.drafted import (
    COACHING,
    CUSTOMERS,
    DUTCH,
    FOLLOW_UPS,
    LIBRARY,
    OWNERSHIP,
    SAFETY,
    SUPERVISOR,
    SUPPORT,
    Library,
    LibraryQuestion,
)
from interviews.tests.planned import ANCHORS


def weights(draft: drafting.DraftPlan) -> list[tuple[str, str]]:
    assert draft.plan is not None
    return [(one.key, str(one.weight)) for one in draft.plan.competencies]


def test_it_chooses_what_the_description_speaks_of_and_says_which_words() -> None:
    draft = drafting.draft(SUPERVISOR, library=LIBRARY)

    assert [(one.competency.key, one.reason) for one in draft.chosen] == [
        ("safety", "The description says “hazard”, “forklifts”, “safety”."),
        ("planning", "The description says “planning”, “schedule”."),
        ("causes", "The description says “errors”, “root cause”."),
        ("coaching", "The description says “lead a team”, “train new”."),
        ("writing", "The description says “reports”."),
        ("customers", "The description says “customer”."),
        ("ownership", "The description says “responsibility”."),
    ]
    for one in draft.chosen:
        assert [SUPERVISOR[why.start : why.end] for why in one.why] == [why.words for why in one.why]


def test_weights_follow_what_is_asked_for_and_values_have_ten_percent() -> None:
    found = weights(drafting.draft(SUPERVISOR, library=LIBRARY))

    assert found == [
        *(("safety", "0.2"), ("planning", "0.15"), ("causes", "0.15"), ("coaching", "0.15"), ("writing", "0.15")),
        *(("customers", "0.1"), ("ownership", "0.1")),
    ]
    assert sum(Decimal(weight) for _, weight in found) == 1


def test_the_first_question_of_each_comes_first_and_seconds_while_the_minutes_last() -> None:
    draft = drafting.draft(SUPERVISOR, library=LIBRARY, minutes=30)
    longer = drafting.draft(SUPERVISOR, library=LIBRARY, minutes=60)

    first = ["safety", "planning", "causes", "coaching", "writing", "customers", "ownership"]
    assert [one.competency for one in draft.questions] == [*first, "safety", "planning", "causes"]
    assert [one.competency for one in longer.questions] == [*first, *first]
    assert all(one.follow_ups == FOLLOW_UPS for one in draft.questions)


def test_the_plan_is_the_jobs_and_passes_the_linter() -> None:
    draft = drafting.draft(SUPERVISOR, library=LIBRARY, jurisdiction="EU")

    assert draft.plan is not None
    assert (draft.plan.title, draft.plan.slug) == ("Warehouse Shift Supervisor", "warehouse-shift-supervisor")
    assert (draft.plan.minutes, draft.plan.jurisdiction) == (30, "EU")
    assert [question.competencies for question in draft.plan.questions] == [
        (one.competency,) for one in draft.questions
    ]
    assert draft.remarks == lint(draft.plan)
    assert errors(draft.remarks) == ()
    assert (draft.source, draft.dropped, draft.trouble, draft.matched) == ("basic", {}, "", True)


def test_where_few_match_what_is_nearest_fills_up_and_says_so() -> None:
    draft = drafting.draft(SUPPORT, library=LIBRARY)

    assert weights(draft) == [("customers", "0.4"), ("planning", "0.25"), ("writing", "0.25"), ("ownership", "0.1")]
    assert draft.chosen[-1].why == ()
    assert draft.chosen[-1].reason == (
        "No words of the description speak for this: it is here so that the plan has enough to rate."
    )


def test_a_competency_whose_definition_shares_words_comes_before_one_that_shares_none() -> None:
    text = (
        "You serve customers at our counter. You stop a dough in time before goods are damaged and hurt nobody, and "
        "you see to it that the oven is clean and the shop is open at seven on every day of the week."
    )

    draft = drafting.draft(text, library=LIBRARY)

    found = {one.competency.key: [why.words for why in one.why] for one in draft.chosen}
    assert found["customers"] == ["customers"]
    assert found["safety"] == ["stop", "damaged", "hurt"]


def test_at_most_one_competency_is_about_values() -> None:
    text = SUPERVISOR + " Honesty, integrity and transparency are what you stand for; honest people, transparent work."

    keys = [one.competency.key for one in drafting.draft(text, library=LIBRARY).chosen]

    assert "honesty" in keys
    assert "ownership" not in keys


def test_the_same_description_gives_the_same_draft() -> None:
    first, second = (drafting.draft(SUPERVISOR, library=LIBRARY) for _ in range(2))

    assert first == second


def test_a_phrase_that_speaks_for_many_competencies_counts_less() -> None:
    shared = [replace(one, matches=(*one.matches, "team of")) for one in (SAFETY, CUSTOMERS, COACHING)]
    read = described.read("You work in a team of nine and you coach people. " * 3)

    found = choosing.candidates(read, Library((*shared, OWNERSHIP)))

    assert [(one.key, round(one.score, 2)) for one in found[:3]] == [
        ("coaching", 2.0),
        ("safety", 0.5),
        ("customers", 0.5),
    ]


def test_a_question_that_the_jurisdiction_forbids_is_left_out_and_counted() -> None:
    bad = replace(SAFETY, questions=(LibraryQuestion("What is your current salary?"), *SAFETY.questions))
    library = Library((bad, *LIBRARY.competencies[1:]))

    eu, us = (drafting.draft(SUPERVISOR, library=library, jurisdiction=code) for code in ("EU", "US"))

    assert eu.dropped == {"illegal_topic": 1}
    assert eu.questions[0].text == SAFETY.questions[0].text
    assert us.questions[0].text == "What is your current salary?"


@pytest.mark.parametrize(
    ("description", "error"),
    [
        ("", drafting.DescriptionEmpty),
        (" \n\t\u200b\x00", drafting.DescriptionEmpty),
        ("We hire bakers", drafting.DescriptionTooShort),
        ("word " * 50_000, drafting.DescriptionTooLong),
        ("a " * 5_001, drafting.DescriptionTooLong),
        (DUTCH, drafting.DescriptionNotEnglish),
        ("Вы отвечаете за работу смены и безопасность людей. " * 5, drafting.DescriptionNotEnglish),
        ("私たちは倉庫の夜勤を率いる人を探しています。" * 10, drafting.DescriptionNotEnglish),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_cause(description: str, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        drafting.draft(description, library=LIBRARY)

    assert isinstance(refused.value, drafting.CannotDraft)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "description",
    ["lorem ipsum dolor sit amet " * 10, "We bake bread and cakes in a small shop near the sea. " * 5, "a b c " * 20],
)
def test_where_nothing_matches_the_draft_says_so(description: str) -> None:
    draft = drafting.draft(description, library=LIBRARY)

    assert (draft.matched, draft.plan, draft.chosen, draft.questions, draft.remarks) == (False, None, (), (), ())


def test_an_empty_library_matches_nothing() -> None:
    assert drafting.draft(SUPERVISOR, library=Library(())).plan is None


@pytest.mark.parametrize(
    ("library", "faults"),
    [
        (Library((replace(SAFETY, key=COACHING.key), *LIBRARY.competencies[1:])), "same_key"),
        (Library((replace(SAFETY, questions=()),)), "no_competencies, no_questions"),
    ],
)
def test_a_library_that_makes_no_plan_is_refused(library: Library, faults: str) -> None:
    with pytest.raises(assembling.Faulty) as refused:
        drafting.draft(SUPERVISOR, library=library)

    assert isinstance(refused.value, drafting.CannotDraft)
    assert str(refused.value) == faults


def test_a_jurisdiction_without_data_is_refused() -> None:
    with pytest.raises(UnknownJurisdiction):
        drafting.draft(SUPERVISOR, library=LIBRARY, jurisdiction="Mars")


@pytest.mark.parametrize(
    ("first", "title"),
    [
        ("# Baker (night shift)\n", "Baker (night shift)"),
        ("Position: **Lead Nurse**\n", "Lead Nurse"),
        ("\n\n  Welder  \n", "Welder"),
        ("We are a bakery with nine shops and we look for people who like to work at night.\n", ""),
    ],
)
def test_the_title_is_the_first_line_if_it_looks_like_one(first: str, title: str) -> None:
    draft = drafting.draft(first + SUPPORT.partition("\n")[2], library=LIBRARY)

    assert draft.plan is not None
    assert draft.plan.title == title
    assert draft.plan.slug == ("draft" if not title else draft.plan.slug)


def test_signs_that_are_no_text_move_no_place() -> None:
    text = "\x00\u202e" + SUPERVISOR.replace("hazard", "\u200bhazard")

    draft = drafting.draft(text, library=LIBRARY)

    places = [(why.start, why.end) for one in draft.chosen for why in one.why if why.words == "hazard"]
    assert [text[start:end] for start, end in places] == ["hazard"]


@pytest.mark.parametrize("piece", ["safety ", "forklift/", "team of, ", "a ", "root cause* ", "é safety ", "safety\n"])
def test_no_description_takes_long(piece: str) -> None:
    began = time.process_time()
    with suppress(drafting.CannotDraft):
        drafting.draft(("The work is safe and we do it for you. " + piece * 22_000)[:22_000], library=LIBRARY)

    assert time.process_time() - began < 2


def candidates(*scores: tuple[str, float, str]) -> list[Candidate]:
    return [Candidate(key, key, "", dimension, ANCHORS, (), (), score) for key, score, dimension in scores]


@pytest.mark.parametrize(
    ("scores", "percent"),
    [
        ([("a", 3.0, "technical")], [100]),
        ([("a", 3.0, "values")], [100]),
        ([("a", 2.0, "technical"), ("b", 1.0, "technical"), ("c", 9.0, "values")], [50, 40, 10]),
        ([("a", 1.0, "technical"), ("b", 1.0, "technical"), ("c", 1.0, "technical")], [35, 35, 30]),
        ([("a", 0.0, "technical"), ("b", 0.0, "technical")], [50, 50]),
        ([], []),
    ],
)
def test_proposed_weights(scores: Sequence[tuple[str, float, str]], percent: list[int]) -> None:
    found = assembling.proposed_weights(candidates(*scores))

    assert [found[key] for key, _, _ in scores] == [Decimal(one) / 100 for one in percent]
