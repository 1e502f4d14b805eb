"""Figures as people read them."""

from decimal import Decimal
from typing import Any

import pytest

from llm.templatetags import llm_figures


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [
        (Decimal("1234.567"), "$1,234.57"),
        (Decimal("1.00"), "$1.00"),
        (0.12346, "$0.1235"),
        (Decimal("0.00031"), "$0.000310"),
        (Decimal(0), "$0.00"),
        (None, "–"),
    ],
)
def test_dollars_have_as_many_digits_as_say_something(dollars: Any, shown: str) -> None:
    assert llm_figures.usd(dollars) == shown


def test_counts_and_times_have_their_thousands_apart() -> None:
    assert [llm_figures.count(number) for number in (1377035, 7, None)] == ["1,377,035", "7", "–"]
    assert [llm_figures.milliseconds(number) for number in (1334, None)] == ["1,334 ms", "–"]


def test_a_quality_and_a_breaker_have_their_words_and_the_unknown_stays_as_it_is() -> None:
    assert [llm_figures.quality(number) for number in (3, 9)] == ["Strong", "9"]
    assert [llm_figures.breaker_type(state) for state in ("closed", "half-open", "open", "odd")] == [
        "success",
        "warning",
        "danger",
        "",
    ]
