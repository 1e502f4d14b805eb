"""A period day by day: how many interviews began, how many that makes, and where its pace leads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from django.db.models import Count
from django.db.models.functions import Greatest, TruncDate

from billing.models import QuotaPeriod, QuotaUse

TELLS_FROM = timedelta(days=1)  # a pace of hours says nothing
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """`started` interviews that still count began on this day; `so_far` with those of the days before."""

    date: date
    started: int
    so_far: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The pace so far, kept until the period's end: `total` then; `full_on` is when all that may be used is."""

    total: int
    a_day: Fraction
    full_on: date | None


def by_day(period: QuotaPeriod, *, zone: str, now: datetime) -> list[Day]:
    """Each day of the period until today, in the subscription's clock. One query; `so_far` ends with its use."""
    clock = ZoneInfo(zone)
    # One that was given back and taken anew counts for the period that it was taken from at last.
    began = TruncDate(Greatest("reserved_at", period.period_start), tzinfo=clock)
    rows = QuotaUse.objects.filter(period=period).exclude(status=QuotaUse.Status.RELEASED)
    counted = dict(rows.annotate(day=began).values_list("day").annotate(Count("pk")))
    last = min(now, period.period_end - timedelta.resolution)
    days, so_far = [], 0
    for day in _days(period.period_start.astimezone(clock).date(), last.astimezone(clock).date()):
        so_far += counted.get(day, 0)
        days.append(Day(day, counted.get(day, 0), so_far))
    return days


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def forecast(period: QuotaPeriod, *, zone: str, now: datetime) -> Forecast | None:
    """Where the pace so far leads; None on the first day, after the end, and before anything was used."""
    used, passed = period.reserved + period.consumed, now - period.period_start
    if not used or passed < TELLS_FROM or now >= period.period_end:
        return None
    pace = Fraction(used, passed // timedelta.resolution)  # a microsecond
    whole = (period.period_end - period.period_start) // timedelta.resolution
    allowed = period.bought + period.overage_allowed
    full_on = None
    if used < allowed <= pace * whole:
        full_at = period.period_start + timedelta(microseconds=int(allowed / pace))
        full_on = full_at.astimezone(ZoneInfo(zone)).date()
    return Forecast(round(pace * whole), pace * (DAY // timedelta.resolution), full_on)
