"""What a change of plan in the middle of a period comes to."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.services import proration
from billing.services.proration import change, part, rest_of

START, END = datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC)
PRICES = st.decimals(Decimal(0), Decimal(100_000), places=2)
COUNTS = st.integers(0, 1_000_000)
RESTS = st.fractions(0, 1)
INSTANTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 20), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("days", "credit", "charge", "interviews"),
    [
        (0, "-99.00", "499.00", 900),  # at the start: everything
        (15, "-49.50", "249.50", 450),  # the half
        (20, "-33.00", "166.33", 300),  # a third, in whole cents
        (30, "0.00", "0.00", 0),  # at the end: nothing
    ],
)
def test_starter_becomes_professional(days: int, credit: str, charge: str, interviews: int) -> None:
    found = change(
        old_usd=Decimal("99.00"),
        new_usd=Decimal("499.00"),
        old_interviews=100,
        new_interviews=1000,
        rest=rest_of(START, END, START + timedelta(days=days)),
    )

    assert (found.credit_usd, found.charge_usd, found.interviews) == (Decimal(credit), Decimal(charge), interviews)
    assert found.net_usd == Decimal(charge) + Decimal(credit)


def test_half_a_cent_goes_to_the_even_one() -> None:
    assert [part(Decimal(cents) / 100, Fraction(1, 2)) for cents in (1, 3, 5)] == [
        Decimal("0.00"),
        Decimal("0.02"),
        Decimal("0.02"),
    ]


@given(at=INSTANTS)
def test_the_rest_is_a_part_of_the_period(at: datetime) -> None:
    rest = rest_of(START, END, at)

    assert 0 <= rest <= 1
    assert rest_of(START, END, at + timedelta(microseconds=1)) <= rest
    if START <= at <= END:
        assert rest == 1 - Fraction((at - START) // timedelta(microseconds=1), 30 * 86_400_000_000)


@given(old=PRICES, new=PRICES, few=COUNTS, many=COUNTS, rest=RESTS)
def test_there_and_back_at_the_same_instant_comes_to_nothing(
    old: Decimal, new: Decimal, few: int, many: int, rest: Fraction
) -> None:
    there = change(old_usd=old, new_usd=new, old_interviews=few, new_interviews=many, rest=rest)
    back = change(old_usd=new, new_usd=old, old_interviews=many, new_interviews=few, rest=rest)

    assert there.net_usd + back.net_usd == 0
    assert there.interviews + back.interviews == 0


@given(old=PRICES, new=PRICES, few=COUNTS, many=COUNTS, rest=RESTS)
def test_nobody_pays_more_than_the_difference_nor_gets_more_than_it(
    old: Decimal, new: Decimal, few: int, many: int, rest: Fraction
) -> None:
    found = change(old_usd=old, new_usd=new, old_interviews=few, new_interviews=many, rest=rest)

    assert -old <= found.credit_usd <= 0 <= found.charge_usd <= new
    assert abs(found.net_usd - (new - old) * Decimal(rest.numerator) / Decimal(rest.denominator)) <= Decimal("0.01")
    assert abs(found.interviews) <= abs(many - few)
    assert found.net_usd.as_tuple().exponent == -2


@given(usd=PRICES, one=RESTS, other=RESTS)
def test_a_longer_rest_never_costs_less(usd: Decimal, one: Fraction, other: Fraction) -> None:
    short, long = sorted((one, other))

    assert part(usd, short) <= part(usd, long)
    assert part(usd, Fraction(1)) == usd
    assert proration.part(usd, Fraction(0)) == 0
