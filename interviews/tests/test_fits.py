"""The fitted numbers of the basic evaluator: whom they rate, how they are made, and that equal data give equal ones."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from interviews.services.evaluation import fits
from interviews.services.evaluation.fits import Fit
from interviews.tests.test_assessment import SHIPPED, folder, interview

ROLES = ["dental_hygienist", "payroll_accountant"]
SIMPLE = Fit(("a",), {"x": 0.5}, {"x": 0.25}, {"x": 2.0}, (-1.0, 1.0), (1.5, 2.5, 3.5, 4.5), (100, 200))


def test_a_score_is_of_standardised_features() -> None:
    assert SIMPLE.score({"x": 0.5}) == 0
    assert SIMPLE.score({"x": 1.0}) == 4.0


def test_a_value_is_the_expected_level_and_grows_with_the_score() -> None:
    assert SIMPLE.value(0.0) == pytest.approx(3)
    # Low 1 / (1 + e), high as much less of what is left: sigma(0) and sigma(2) at a score of -1.
    assert SIMPLE.value(-1.0) == pytest.approx(0.5 * 1 + 0.3808 * 3 + 0.1192 * 5, abs=1e-3)
    assert SIMPLE.value(-100.0) == pytest.approx(1)
    assert SIMPLE.value(100.0) == pytest.approx(5)


@pytest.mark.parametrize(("value", "level"), [(1.0, 1), (1.5, 2), (2.49, 2), (3.0, 3), (4.5, 5), (5.0, 5)])
def test_the_cuts_part_five_levels(value: float, level: int) -> None:
    assert SIMPLE.level(value) == level


def test_length_alone_gives_three() -> None:
    assert [SIMPLE.by_length(words) for words in (99, 100, 199, 200)] == [1, 3, 3, 5]


def test_a_role_is_measured_with_numbers_that_never_saw_it() -> None:
    assert [fit.roles for fit in fits.fits()] == [("gd",), ("ml",), ("gd", "ml")]
    assert fits.product().roles == ("gd", "ml")
    unseen = [fits.without(role) for role in ("gd", "ml", "nurse")]
    assert [fit.roles for fit in unseen if fit is not None] == [("ml",), ("gd",), ("gd", "ml")]


def test_what_lowers_a_level_has_a_negative_coefficient_and_what_raises_it_a_positive_one() -> None:
    found = fits.product().coefficients

    for name in ("hedge", "informal", "impression", "disowned", "absence"):
        assert found[name] < 0, name
    for name in ("detail", "method", "reason", "result", "system", "best_anchor"):
        assert found[name] > 0, name


def test_fitting_gives_each_role_and_all_of_them_and_twice_the_same(tmp_path: Path) -> None:
    lines = (SHIPPED / "simulated_candidates.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if row["role"] in ROLES]
    data = folder(tmp_path, rows, rubrics=json.loads((SHIPPED / "rubrics.json").read_text()))

    written = []
    for name in ("one.json", "two.json"):
        call_command("fit_evaluator", "--dataset", str(data), "--output", str(tmp_path / name))
        written.append((tmp_path / name).read_bytes())
    rows = json.loads(written[0])["fits"]

    assert written[0] == written[1]
    assert [row["roles"] for row in rows] == [[ROLES[0]], [ROLES[1]], ROLES]
    for row in rows:
        assert row["thresholds"][0] < row["thresholds"][1]
        assert sorted(row["cuts"]) == row["cuts"]


def test_data_that_lack_a_level_are_refused(tmp_path: Path) -> None:
    said = "I check the dough by hand and in the record, because flour differs from day to day."

    with pytest.raises(CommandError, match="each of low, medium and high must occur"):
        call_command(
            "fit_evaluator",
            "--dataset",
            str(folder(tmp_path, [interview("one", "low", "high", said)])),
            "--output",
            str(tmp_path / "fits"),
        )
