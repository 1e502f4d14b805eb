"""Calendar months in UTC, named by their first day."""

from datetime import UTC, date, datetime

from core import clock

EARLIEST = date(2020, 1, 1)


class NoSuchMonth(ValueError):
    """It is no month, or none that has begun."""


def this() -> date:
    """The month that runs."""
    return clock.now().astimezone(UTC).date().replace(day=1)


def parsed(text: str) -> date:
    """ "2026-11" as its first day.

    :raises NoSuchMonth: for anything else, and for a month that has not begun.
    """
    try:
        found = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise NoSuchMonth(text) from error
    if len(text) != len("2026-11") or not EARLIEST <= found <= this():
        raise NoSuchMonth(text)
    return found


def after(month: date) -> date:
    """The next one."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def before(month: date, count: int = 1) -> date:
    """The one so many months earlier."""
    years, month0 = divmod(month.year * 12 + month.month - 1 - count, 12)
    return date(years, month0 + 1, 1)


def span(month: date) -> tuple[datetime, datetime]:
    """[its first instant, that of the next one)."""
    return _midnight(month), _midnight(after(month))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
