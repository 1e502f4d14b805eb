"""The data files that ship with Candor are complete, legal and consistent with each other."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from interviews.models import Decision

DATA = Path(__file__).resolve().parents[1] / "data"

# Nothing an employer may not ask. Whole words, because "age" is also part of "manager".
ILLEGAL_TOPIC = re.compile(
    r"\b(age|old|born|birthday|nationality|citizen\w*|passport|race|ethnic\w*|accent|native|religio\w*|church|faith|"
    r"married|single|spouse|husband|wife|partner|child\w*|kids|famil\w*|pregnan\w*|maternity|paternity|gender|sexual\w*|"
    r"disab\w*|illness\w*|sick|healthy|medical history|arrest\w*|convict\w*|political|party|union|salary|earn)\b",
    re.IGNORECASE,
)
COLOUR = re.compile(r"#[0-9a-f]{6}")
ADDRESS = re.compile(r"[a-z]+(?:\.[a-z]+)?@[a-z]+\.example")
SLUG = re.compile(r"[a-z]+(?:-[a-z]+)*")
KEY = re.compile(r"[a-z]+(?:_[a-z]+)*")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def _tenants() -> list[dict[str, Any]]:
    tenants: list[dict[str, Any]] = json.loads((DATA / "demo.json").read_text(encoding="utf-8"))["tenants"]
    return tenants


def _jobs() -> list[Any]:
    return [pytest.param(job, id=job["slug"]) for tenant in _tenants() for job in tenant["jobs"]]


def _simulated() -> list[dict[str, Any]]:
    lines = (DATA / "simulated_candidates.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _rubrics() -> dict[str, dict[str, dict[str, str]]]:
    rubrics: dict[str, dict[str, dict[str, str]]] = json.loads((DATA / "rubrics.json").read_text(encoding="utf-8"))
    return rubrics


def _answers(interview: dict[str, Any]) -> list[str]:
    return [turn["message"] for turn in interview["turns"] if turn["role"] == "applicant"]


def test_there_are_two_demo_tenants_with_another_brand_and_plan() -> None:
    acme, globex = _tenants()

    assert (acme["schema"], acme["name"], acme["plan"]) == ("acme", "Acme Logistics", "professional")
    assert (globex["schema"], globex["name"], globex["plan"]) == ("globex", "Globex Health", "enterprise")
    assert acme["colour"] != globex["colour"]
    assert all(COLOUR.fullmatch(tenant["colour"]) for tenant in (acme, globex))


@pytest.mark.parametrize("tenant", _tenants(), ids=lambda tenant: tenant["schema"])
def test_a_tenant_has_one_member_of_staff_for_each_role(tenant: dict[str, Any]) -> None:
    roles = [member["role"] for member in tenant["staff"]]

    assert sorted(roles) == ["hiring_manager", "owner", "recruiter", "reviewer"]


def test_every_email_address_is_unique_and_ends_in_example() -> None:
    addresses = [
        person["email"]
        for tenant in _tenants()
        for person in [*tenant["staff"], *tenant["finished"], *tenant["invited"]]
    ]

    assert len(addresses) == len(set(addresses)) == 22
    assert all(ADDRESS.fullmatch(address) for address in addresses)


@pytest.mark.parametrize("tenant", _tenants(), ids=lambda tenant: tenant["schema"])
def test_a_tenant_has_two_jobs_five_finished_interviews_and_two_invitations(tenant: dict[str, Any]) -> None:
    slugs = {job["slug"] for job in tenant["jobs"]}

    assert len(slugs) == len(tenant["jobs"]) == 2
    assert len(tenant["finished"]) == 5
    assert sorted(person["print_link"] for person in tenant["invited"]) == [False, True]
    assert {person["job"] for person in tenant["finished"]} == slugs
    assert {person["job"] for person in tenant["invited"]} == slugs


@pytest.mark.parametrize("tenant", _tenants(), ids=lambda tenant: tenant["schema"])
def test_a_finished_interview_answers_every_question_of_its_job(tenant: dict[str, Any]) -> None:
    questions = {job["slug"]: len(job["questions"]) for job in tenant["jobs"]}

    for person in tenant["finished"]:
        assert person["given_name"] and person["family_name"]
        assert len(person["answers"]) == questions[person["job"]]
        assert all(answer.strip() == answer and answer for answer in person["answers"])


@pytest.mark.parametrize("tenant", _tenants(), ids=lambda tenant: tenant["schema"])
def test_two_were_rated_by_the_recruiter_and_decisions_rest_on_own_ratings(
    tenant: dict[str, Any],
) -> None:
    keys = {job["slug"]: {row["key"] for row in job["competencies"]} for job in tenant["jobs"]}
    rated = [person for person in tenant["finished"] if "reviewed" in person]

    assert sorted(role for person in rated for role in person["reviewed"]) == [
        "hiring_manager",
        "recruiter",
        "recruiter",
    ]
    for person in rated:
        assert all(set(levels) == keys[person["job"]] for levels in person["reviewed"].values())
        assert person["decided"]["by"] in person["reviewed"]
        assert person["decided"]["reason_code"] in Decision.FITTING[person["decided"]["outcome"]]


@pytest.mark.parametrize("job", _jobs())
def test_a_job_has_what_its_pages_show(job: dict[str, Any]) -> None:
    thresholds = job["thresholds"]

    assert SLUG.fullmatch(job["slug"])
    assert all(job[key].strip() for key in ("title", "location", "intro"))
    assert 10 <= job["minutes"] <= 45
    assert 0 < thresholds["maybe"] < thresholds["hire"] <= 100
    assert 0 < thresholds["coverage_floor"] <= 1


@pytest.mark.parametrize("job", _jobs())
def test_every_competency_has_five_different_anchors_and_a_definition(job: dict[str, Any]) -> None:
    competencies = job["competencies"]
    keys = [competency["key"] for competency in competencies]

    assert 5 <= len(competencies) <= 6
    assert len(set(keys)) == len(keys)
    for competency in competencies:
        assert KEY.fullmatch(competency["key"])
        assert competency["name"].strip() and competency["definition"].endswith(".")
        assert len(set(competency["anchors"])) == len(competency["anchors"]) == 5
        assert all(anchor.endswith(".") and len(anchor) <= 240 for anchor in competency["anchors"])


@pytest.mark.parametrize("job", _jobs())
def test_weights_add_up_to_a_hundred_and_values_weigh_least(job: dict[str, Any]) -> None:
    weights = Counter[str]()
    for competency in job["competencies"]:
        weights[competency["dimension"]] += competency["weight"]

    assert set(weights) == {"technical", "communication", "values"}
    assert weights.total() == 100
    assert weights["values"] <= 10
    assert all(competency["weight"] > 0 for competency in job["competencies"])


@pytest.mark.parametrize("job", _jobs())
def test_every_competency_is_covered_by_a_question_and_none_is_unknown(job: dict[str, Any]) -> None:
    known = {competency["key"] for competency in job["competencies"]}
    covered = {key for question in job["questions"] for key in question["competencies"]}

    assert covered == known
    assert 4 <= len(job["questions"]) <= 6
    assert all(question["competencies"] for question in job["questions"])


@pytest.mark.parametrize("job", _jobs())
def test_a_question_asks_one_thing_and_no_illegal_topic(job: dict[str, Any]) -> None:
    for text in [question["text"] for question in job["questions"]]:
        assert text.endswith((".", "?"))
        assert text.count("?") <= 1
        assert len(text) <= 200
        assert ILLEGAL_TOPIC.search(text) is None, text


def test_the_list_of_illegal_topics_finds_whole_words_only() -> None:
    assert ILLEGAL_TOPIC.search("Do you have children?")
    assert ILLEGAL_TOPIC.search("What was your last salary?")
    assert ILLEGAL_TOPIC.search("How would you manage a threshold?") is None


def test_the_simulated_candidates_cover_three_occupations_with_at_least_twelve_people() -> None:
    interviews = _simulated()
    people = Counter(interview["role"] for interview in interviews)

    assert people == {"dental_hygienist": 5, "site_electrician": 5, "payroll_accountant": 4}
    assert len({interview["interview"] for interview in interviews}) == 14
    assert {"terse", "second language", "manipulative"} <= {interview["personality"] for interview in interviews}


@pytest.mark.parametrize("interview", _simulated(), ids=lambda interview: interview["interview"])
def test_a_simulated_interview_has_legal_levels_for_every_dimension(interview: dict[str, Any]) -> None:
    assert set(interview) == {"interview", "role", "personality", "levels", "turns"}
    assert list(interview["levels"]) == list(_rubrics()[interview["role"]])
    assert set(interview["levels"].values()) <= {"low", "medium", "high"}


@pytest.mark.parametrize("interview", _simulated(), ids=lambda interview: interview["interview"])
def test_a_simulated_interview_alternates_and_keeps_to_a_human_length(interview: dict[str, Any]) -> None:
    roles = [turn["role"] for turn in interview["turns"]]
    answers = _answers(interview)

    assert roles == ["interviewer", "applicant"] * len(answers)
    assert 5 <= len(answers) <= 7
    assert all(1 <= len(SENTENCE_END.split(answer)) <= 8 for answer in answers)
    questions = [turn["message"] for turn in interview["turns"] if turn["role"] == "interviewer"]
    assert [text for text in questions if ILLEGAL_TOPIC.search(text)] == []


@pytest.mark.parametrize("role", list(_rubrics()))
def test_a_rubric_has_three_anchors_for_each_dimension_and_every_level_occurs(role: str) -> None:
    rubric = _rubrics()[role]
    seen = [interview["levels"] for interview in _simulated() if interview["role"] == role]

    assert len(rubric) == 5
    for dimension, anchors in rubric.items():
        assert list(anchors) == ["low", "medium", "high"]
        assert all(anchor.endswith(".") for anchor in anchors.values())
        assert {levels[dimension] for levels in seen} == {"low", "medium", "high"}


def test_one_candidate_tries_to_instruct_the_scorer() -> None:
    injecting = [
        interview["interview"]
        for interview in _simulated()
        if any("ignore all previous instructions" in answer.lower() for answer in _answers(interview))
    ]

    assert injecting == ["site-electrician-04"]
