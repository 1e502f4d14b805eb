"""Months of a subscription: from an instant to the same one a month later, on the wall clock of its zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

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


ZONES = (
    *("UTC", "Europe/Lisbon", "America/New_York", "America/Sao_Paulo", "Africa/Cairo", "Asia/Beirut", "Asia/Kathmandu"),
    *("Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham"),
)


@pytest.mark.parametrize(
    ("zone", "anchor", "instant", "start", "end"),
    [
        # midnight in Lisbon stays midnight there when clocks change (29 March 2026, 01:00 UTC)
        ("Europe/Lisbon", "2026-03-10T00:00", "2026-04-01T00:00", "2026-03-10T00:00", "2026-04-09T23:00"),
        # the anchor's midnight is skipped: Cairo goes from 24 April 00:00 to 01:00
        ("Africa/Cairo", "2026-03-23T22:00", "2026-04-10T00:00", "2026-03-23T22:00", "2026-04-23T22:00"),
        ("Africa/Cairo", "2026-03-23T22:00", "2026-04-23T22:00", "2026-04-23T22:00", "2026-05-23T21:00"),
        # the anchor's midnight comes twice: Cairo goes back from 30 October 00:00 to 23:00 the day before
        ("Africa/Cairo", "2026-09-29T20:30", "2026-10-29T20:30", "2026-10-29T20:30", "2026-11-29T21:30"),
        # a leap day at local midnight
        ("America/New_York", "2028-02-29T05:00", "2029-02-28T05:00", "2029-02-28T05:00", "2029-03-29T04:00"),
        # Samoa never had 30 December 2011
        ("Pacific/Apia", "2011-11-30T10:00", "2011-12-31T00:00", "2011-12-30T10:00", "2012-01-29T10:00"),
    ],
)
def test_a_month_is_counted_on_the_zone_s_wall_clock(
    zone: str, anchor: str, instant: str, start: str, end: str
) -> None:
    assert month_of(utc(anchor), utc(instant), zone) == (utc(start), utc(end))


@given(anchor=INSTANTS, instant=INSTANTS, zone=st.sampled_from(ZONES))
def test_in_every_zone_months_meet_without_a_gap(anchor: datetime, instant: datetime, zone: str) -> None:
    start, end = month_of(anchor, instant, zone)

    assert start <= instant < end
    assert timedelta(days=26) <= end - start <= timedelta(days=33)
    assert month_of(anchor, end, zone)[0] == end
    assert month_of(anchor, start, zone) == (start, end)
    assert month_of(anchor, end - timedelta(microseconds=1), zone) == (start, end)


@given(anchor=INSTANTS, zone=st.sampled_from(ZONES))
def test_a_subscription_begins_its_first_month_with_its_anchor(anchor: datetime, zone: str) -> None:
    start, end = month_of(anchor, anchor, zone)

    assert start == anchor
    assert end.astimezone(ZoneInfo(zone)).month == anchor.astimezone(ZoneInfo(zone)).month % 12 + 1
