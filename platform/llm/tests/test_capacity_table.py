"""A table of providers: its sum as written, what is left of it without the rows that are wrong, and what it refuses."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from llm import capacity_report, capacity_table
from llm.capacity_table import BadTable

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 21)
FREE_TIERS = Path(capacity_table.__file__).parent / "data" / "plans" / "free-tiers.json"
ORACLE = [
    {"name": "cloudflare", "requests_per_day": 10_000},
    {"name": "hugging-face", "requests_per_day": 7200},
    {"name": "gemini", "requests_per_day": 1500, "trains_on_data": True},
    {"name": "deepseek", "requests_per_day": 1000},
    {"name": "github-models", "requests_per_day": 1000, "retires_at": "2026-07-30"},
    {"name": "groq", "requests_per_day": 1000},
    {"name": "fireworks", "requests_per_day": 2000},
    {"name": "together", "requests_per_hour": 3600, "hours_counted": 1},
    {"name": "cerebras", "interviews_per_day": 25},
    {"name": "mistral", "interviews_per_day": 20, "trains_on_data": True},
]


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "plan.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_ten_free_tiers_carry_1090_interviews_of_26_requests(tmp_path: Path) -> None:
    path = written(tmp_path, {"requests_per_interview": 26, "providers": ORACLE})

    report = capacity_report.make(table=path)

    assert report.as_written == 1090
    assert [one.interviews_day for one in report.found] == [384, 276, 57, 38, 38, 38, 76, 138, 25, 20]


def test_what_remains_without_retired_doubtful_and_forbidden_rows(tmp_path: Path) -> None:
    path = written(tmp_path, {"requests_per_interview": 26, "providers": ORACLE})

    report = capacity_report.make(table=path, per_day=50_000)

    assert [(step.kind, step.rows, step.remains) for step in report.steps] == [
        ("retired", ("github-models",), 1052),
        ("doubtful", ("together",), 914),
        ("forbidden", ("gemini", "mistral"), 837),
    ]
    assert [(named.name, named.plan.carried, named.plan.shortfall) for named in report.plans] == [
        ("the table as written", 1090, 48_910),
        ("free accounts", 837, 49_163),
    ]


def test_the_shipped_table_is_the_same_and_says_which_figures_were_found_to_be_others() -> None:
    report = capacity_report.make(table=FREE_TIERS)

    assert report.as_written == 1090
    assert [step.remains for step in report.steps] == [1052, 914, 837, 63]
    assert report.steps[-1].kind == "disputed"


def test_an_hour_counted_as_a_day_is_doubtful_and_says_why(tmp_path: Path) -> None:
    table = capacity_table.read(written(tmp_path, {"providers": [ORACLE[7]]}), today=TODAY)

    (flag,) = table.rows[0].flags
    assert (flag.kind, flag.stops) == ("doubtful", True)
    assert flag.why == "3,600 requests an hour are counted for 1 hour of the day; 24 hours of them are 86,400"


def test_a_row_that_retires_later_still_counts(tmp_path: Path) -> None:
    row = {"name": "a", "requests_per_day": 26, "retires_at": "2026-11-22"}

    assert capacity_table.read(written(tmp_path, [row]), today=TODAY).rows[0].counts
    assert not capacity_table.read(written(tmp_path, [row]), today=date(2026, 11, 22)).rows[0].counts


def test_a_bare_list_is_a_table_and_prices_make_a_row_paid(tmp_path: Path) -> None:
    rows = [
        {"name": "free", "tokens_per_minute": 8000},
        {"name": "paid", "in_flight": 5, "usd_in": 0.1, "usd_out": 0.5},
        {"name": "each", "in_flight": 5, "usd_per_interview": 0.01},
    ]

    table = capacity_table.read(written(tmp_path, rows), today=TODAY)

    assert [row.is_free for row in table.rows] == [True, False, False]
    assert table.rows[2].usd_interview == Fraction(1, 100)
    assert table.requests_per_interview is None


def test_an_own_server_adds_to_a_table(tmp_path: Path) -> None:
    path = written(tmp_path, {"requests_per_interview": 26, "providers": ORACLE})

    report = capacity_report.make(table=path, per_day=50_000, self_hosted={"vllm": Fraction(100_000)})

    plans = {named.name: named.plan for named in report.plans}
    assert report.as_written == 1090
    assert plans["hybrid of free, own servers and paid"].shortfall == 0
    assert plans["own servers alone"].carried == 50_000


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{not json", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('[{"name": "a", "in_flight": 1, "usd_per_interview": 1e999999999}]', "has more than 15 digits"),
        ('[{"name": "a", "in_flight": 1, "tokens_per_second": 1e-999999999}]', "has more than 15 digits"),
        ([{"name": "a", "requests_per_day": 10**400}], "has more than 15 digits"),
        ("[]", "has no providers"),
        ({"providers": []}, "has no providers"),
        ("7", "has no providers"),
        ({"providers": ORACLE, "colour": 1}, "unknown field 'colour': write one of about, providers"),
        ([1], "Row 1 is no object"),
        ([{"requests_per_day": 5}], "Row 1 has no name"),
        ([{"name": 5, "requests_per_day": 5}], "name of row 1 is 5: write a text"),
        ([{"name": "a"}], "a says nothing of what it carries"),
        ([{"name": "a", "requests_per_fortnight": 5}], "a has an unknown field 'requests_per_fortnight'"),
        ([{"name": "a", "requests_per_day": -5}], "requests_per_day of a is -5: write a whole number of 1 or more"),
        ([{"name": "a", "requests_per_day": 0}], "requests_per_day of a is 0"),
        ([{"name": "a", "requests_per_day": True}], "requests_per_day of a is True"),
        ([{"name": "a", "requests_per_day": "many"}], "requests_per_day of a is 'many'"),
        ([{"name": "a", "requests_per_day": 1.5}], "requests_per_day of a is Decimal('1.5')"),
        ('[{"name": "a", "tokens_per_second": NaN}]', "tokens_per_second of a is nan"),
        ([{"name": "a", "tokens_per_second": 0}], "tokens_per_second of a is 0"),
        ([{"name": "a", "in_flight": 1, "usd_in": 1}], "a has a part of a price"),
        ([{"name": "a", "in_flight": 1, "usd_in": -1, "usd_out": 1}], "usd_in of a is -1: write a number of 0 or more"),
        ([{"name": "a", "in_flight": 1, "hours_counted": 1}], "hours_counted of a"),
        ([{"name": "a", "requests_per_hour": 1, "hours_counted": 25}], "hours_counted of a"),
        ([{"name": "a", "in_flight": 1, "retires_at": "soon"}], "retires_at of a is 'soon': write a date"),
        ([{"name": "a", "in_flight": 1, "trains_on_data": "no"}], "trains_on_data of a is 'no': write true or false"),
        ([{"name": "a", "in_flight": 1}] * 2, "a is there twice"),
        ({"requests_per_interview": 0, "providers": ORACLE}, "requests_per_interview is 0"),
        ({"requests_per_interview": "26", "providers": ORACLE}, "requests_per_interview is '26'"),
    ],
)
def test_a_bad_table_is_refused_with_what_to_do(content: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(BadTable) as refused:
        capacity_table.read(written(tmp_path, content), today=TODAY)

    assert says in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(BadTable, match="cannot be read"):
            capacity_table.read(path, today=TODAY)
