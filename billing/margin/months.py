"""UTC months, and how an amount for a time falls into them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise

from billing.money import CENT


def latest(now: datetime, count: int) -> list[datetime]:
    """The starts of the last so many months, the current one among them, and the end of that one."""
    number = now.astimezone(UTC).year * 12 + now.astimezone(UTC).month - 1
    return [_start(number + place) for place in range(1 - count, 2)]


def _start(number: int) -> datetime:
    year, month0 = divmod(number, 12)
    return datetime(year, month0 + 1, 1, tzinfo=UTC)


def place_of(moment: datetime, starts: Sequence[datetime]) -> int | None:
    """The place of the month with this moment; None before and after them."""
    return next((place for place, (start, end) in enumerate(pairwise(starts)) if start <= moment < end), None)


def spread(
    amount_usd: Decimal, since: datetime, until: datetime, starts: Sequence[datetime]
) -> Iterator[tuple[int, Decimal]]:
    """The part of each month in an amount for [since, until), by its microseconds, in whole cents.

    The parts of all months together, of those beyond `starts` too, are the amount to the cent.
    """
    for place, (start, end) in enumerate(pairwise(starts)):
        part = _until(amount_usd, since, until, end) - _until(amount_usd, since, until, start)
        if part:
            yield place, part


def _until(amount_usd: Decimal, since: datetime, until: datetime, moment: datetime) -> Decimal:
    """What of the amount falls before the moment."""
    whole, passed = (until - since) // _STEP, (min(max(moment, since), until) - since) // _STEP
    return (amount_usd * passed / whole).quantize(CENT, ROUND_HALF_EVEN) if passed < whole else amount_usd


_STEP = datetime.resolution
