"""The drawing of a period: a line of what was used against what may be, and a bar for each day, in one width."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from billing.models import QuotaPeriod
from billing.selectors.days import Day, Forecast

WIDTH, HEIGHT, BARS_HEIGHT = 720, 180, 48


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in the units of the view box; `y` is its upper end."""

    day: Day
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Heights are distances from above. `line` and `ahead` are points of SVG polylines; "" where there is none."""

    line: str
    area: str
    ahead: str
    bought_y: float
    allowed_y: float | None
    top: int
    bars: list[Bar]
    bar_width: float
    busiest: int
    width: int = WIDTH
    height: int = HEIGHT
    bars_height: int = BARS_HEIGHT

    @property
    def beyond_height(self) -> float:
        """The band of what is allowed beyond what was bought."""
        return 0.0 if self.allowed_y is None else round(self.bought_y - self.allowed_y, 1)


def of(period: QuotaPeriod, days: list[Day], ahead: Forecast | None, *, zone: str, now: datetime) -> Chart:
    """Draw the days of the period; the axis ends a little above whatever is highest in it."""
    allowed = period.bought + period.overage_allowed
    top = round_up(max(allowed, days[-1].so_far if days else 0, ahead.total if ahead else 0, 1))
    wide = WIDTH / _dates(period, zone)
    points = [(0.0, _y(0, top))] + [(_x(number + 1, wide), _y(day.so_far, top)) for number, day in enumerate(days)]
    points[-1] = (_x(len(days) - 1 + _part_of_day(min(now, period.period_end), zone), wide), points[-1][1])
    busiest = max((day.started for day in days), default=0)
    return Chart(
        line=_points(points),
        area=_points([*points, (points[-1][0], HEIGHT), (0.0, HEIGHT)]),
        ahead=_points([points[-1], (WIDTH, _y(ahead.total, top))]) if ahead else "",
        bought_y=_y(period.bought, top),
        allowed_y=_y(allowed, top) if period.overage_allowed else None,
        top=top,
        bars=[_bar(day, number, wide, busiest) for number, day in enumerate(days) if day.started],
        bar_width=round(wide * 0.7, 1),
        busiest=busiest,
    )


def _dates(period: QuotaPeriod, zone: str) -> int:
    """How many dates the period touches."""
    last = period.period_end - timedelta.resolution
    return (last.astimezone(ZoneInfo(zone)).date() - period.period_start.astimezone(ZoneInfo(zone)).date()).days + 1


def _part_of_day(now: datetime, zone: str) -> float:
    local = now.astimezone(ZoneInfo(zone))
    return (local.hour * 60 + local.minute) / (24 * 60)


def round_up(number: int) -> int:
    """The next number that an axis can end with: 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6 or 8 and zeros."""
    tens = 10 ** max(0, len(str(number)) - 1)
    for tenths in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100):
        if (end := -(-tenths * tens // 10)) >= number:
            return end
    return 10 * tens


def _bar(day: Day, number: int, wide: float, busiest: int) -> Bar:
    height = round(BARS_HEIGHT * day.started / busiest, 1)
    return Bar(day, round(number * wide + wide * 0.15, 1), round(BARS_HEIGHT - height, 1), height)


def _x(days: float, wide: float) -> float:
    return round(min(float(WIDTH), days * wide), 1)


def _y(number: int, top: int) -> float:
    return round(HEIGHT - HEIGHT * number / top, 1)


def _points(points: list[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in points)
