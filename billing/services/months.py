"""The months of a subscription, in its own clock."""

import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

SHORTEST = timedelta(days=15)
OTHERS = ("Etc/", "SystemV/", "US/", "localtime", "Factory", "posix")  # spellings of before, or signs the wrong way


def zones() -> list[str]:
    """The time zones that may be chosen, by name: UTC and those of places."""
    found = (name for name in available_timezones() if "/" in name and not name.startswith(OTHERS))
    return ["UTC", *sorted(found)]


def end_after(anchor: datetime, start: datetime, zone: str = "UTC") -> datetime:
    """Where the month that begins at `start` ends. After a change of zone it is longer or shorter by as much.

    Nobody pays a month for the hours by which the new zone's month begins later.
    """
    end = month_of(anchor, start, zone)[1]
    return end if end - start >= SHORTEST else month_of(anchor, end, zone)[1]


def month_of(anchor: datetime, instant: datetime, zone: str = "UTC") -> tuple[datetime, datetime]:
    """The month counted from `anchor` that contains `instant`: [start, end), UTC.

    Months are counted on the zone's wall clock: an anchor on the 31st falls on the last day of shorter months and
    returns to the 31st after them; a wall time that a clock change skips comes as much later as the clock jumps, and of
    one that comes twice the first counts.
    """
    local = instant.astimezone(ZoneInfo(zone))
    wall = anchor.astimezone(ZoneInfo(zone))
    months = (local.year - wall.year) * 12 + local.month - wall.month
    while _shift(wall, months) > instant:
        months -= 1
    while _shift(wall, months + 1) <= instant:
        months += 1
    return _shift(wall, months), _shift(wall, months + 1)


def _shift(wall: datetime, months: int) -> datetime:
    """So many months after this wall time, in UTC."""
    year, month0 = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    day = min(wall.day, calendar.monthrange(year, month0 + 1)[1])
    moved = wall.replace(year=year, month=month0 + 1, day=day, fold=wall.fold if months == 0 else 0)
    return moved.astimezone(UTC)
