"""Months of a subscription: from an instant to the same one a month later, in UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.services.months import month_of


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("anchor", "instant", "start", "end"),
    [
        # an ordinary day
        ("2026-03-10T09:30", "2026-03-10T09:30", "2026-03-10T09:30", "2026-04-10T09:30"),
        ("2026-03-10T09:30", "2026-04-10T09:29:59", "2026-03-10T09:30", "2026-04-10T09:30"),
        ("2026-03-10T09:30", "2026-04-10T09:30", "2026-04-10T09:30", "2026-05-10T09:30"),
        # the 31st: the last day of shorter months, and the 31st again after them
        ("2026-01-31T12:00", "2026-02-10T00:00", "2026-01-31T12:00", "2026-02-28T12:00"),
        ("2026-01-31T12:00", "2026-02-28T11:59", "2026-01-31T12:00", "2026-02-28T12:00"),
        ("2026-01-31T12:00", "2026-02-28T12:00", "2026-02-28T12:00", "2026-03-31T12:00"),
        ("2026-01-31T12:00", "2026-03-31T12:00", "2026-03-31T12:00", "2026-04-30T12:00"),
        ("2026-01-31T12:00", "2026-05-01T00:00", "2026-04-30T12:00", "2026-05-31T12:00"),
        # leap years
        ("2027-12-31T00:00", "2028-02-29T00:00", "2028-02-29T00:00", "2028-03-31T00:00"),
        ("2028-02-29T08:00", "2029-02-28T08:00", "2029-02-28T08:00", "2029-03-29T08:00"),
        ("2028-02-29T08:00", "2032-02-29T08:00", "2032-02-29T08:00", "2032-03-29T08:00"),
        ("2100-01-31T00:00", "2100-02-28T00:00", "2100-02-28T00:00", "2100-03-31T00:00"),
        # the end of a year
        ("2026-12-15T23:59:59", "2027-01-15T23:59:58", "2026-12-15T23:59:59", "2027-01-15T23:59:59"),
        ("2026-11-30T00:00", "2027-01-01T00:00", "2026-12-30T00:00", "2027-01-30T00:00"),
        # where clocks change (29 March and 25 October 2026) a month is a month
        ("2026-03-29T01:30", "2026-03-29T01:30", "2026-03-29T01:30", "2026-04-29T01:30"),
        ("2026-10-25T01:30", "2026-11-25T01:29", "2026-10-25T01:30", "2026-11-25T01:30"),
        # many years later
        ("2026-01-31T12:00", "2036-02-29T12:00", "2036-02-29T12:00", "2036-03-31T12:00"),
        # a clock that went back: the month before the anchor
        ("2026-03-31T00:00", "2026-03-30T00:00", "2026-02-28T00:00", "2026-03-31T00:00"),
    ],
)
def test_the_month_that_contains_an_instant(anchor: str, instant: str, start: str, end: str) -> None:
    assert month_of(utc(anchor), utc(instant)) == (utc(start), utc(end))


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(anchor=INSTANTS, instant=INSTANTS)
def test_every_instant_is_in_its_month_and_months_meet_without_a_gap(anchor: datetime, instant: datetime) -> None:
    start, end = month_of(anchor, instant)

    assert start <= instant < end
    assert timedelta(days=28) <= end - start <= timedelta(days=31)
    assert month_of(anchor, end)[0] == end
    assert month_of(anchor, start) == (start, end)
