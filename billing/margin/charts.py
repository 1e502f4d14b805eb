"""Charts as the templates draw them: numbers in the units of a view box, no markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.margin.report import Line

WIDTH, HEIGHT = 560, 200
MOST_NAMES = 12  # beside each other below the columns


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a column; `kind` says what it shows."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """A month: what came in beside what went out, and where its name stands."""

    line: Line
    bars: list[Bar]
    middle: float
    is_named: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across, with its amount."""

    y: float
    usd: Decimal


@dataclass(frozen=True, slots=True)
class Chart:
    columns: list[Column]
    marks: list[Mark]
    width: int = WIDTH
    outer: int = WIDTH + 80  # with the amounts beside it


def margin(lines: Sequence[Line]) -> Chart:
    """Each month's revenue, with what waits on top, beside its cost: models, and servers on top."""
    highest = (max(line.revenue_usd + line.waiting_usd, line.cost_usd) for line in lines)
    top = _round_up(max(highest, default=Decimal(0)))
    step, columns = WIDTH / max(1, len(lines)), []
    wide = step * 0.32
    for place, line in enumerate(lines):
        left = place * step + step * 0.16
        paid, model = _high(line.revenue_usd, top), _high(line.model_usd, top)
        bars = [
            _bar("revenue", left, 0, paid, wide),
            _bar("waiting", left, paid, _high(line.waiting_usd, top), wide),
            _bar("model", left + wide + 2, 0, model, wide),
            _bar("servers", left + wide + 2, model, _high(line.infrastructure_usd, top), wide),
        ]
        named = _is_named(place, lines)
        columns.append(Column(line, [bar for bar in bars if bar.height > 0], round(left + wide + 1, 1), named))
    return Chart(columns, _marks(top))


def a_start(lines: Sequence[Line]) -> Chart:
    """What an interview that began cost, each month."""
    costs = [line.usd_a_start or Decimal(0) for line in lines]
    top = _round_up(max(costs, default=Decimal(0)))
    step, columns = WIDTH / max(1, len(lines)), []
    for place, (line, cost) in enumerate(zip(lines, costs, strict=True)):
        left, wide = place * step + step * 0.3, step * 0.4
        bars = [_bar("model", left, 0, _high(cost, top), wide)] if cost > 0 else []
        columns.append(Column(line, bars, round(left + wide / 2, 1), _is_named(place, lines)))
    return Chart(columns, _marks(top))


def _is_named(place: int, lines: Sequence[Line]) -> bool:
    """Of many months every other one, the newest among them."""
    return len(lines) <= MOST_NAMES or (len(lines) - place) % 2 == 1


def _bar(kind: str, x: float, base: float, height: float, width: float) -> Bar:
    return Bar(kind, round(x, 1), round(HEIGHT - base - height, 1), round(width, 1), round(height, 1))


def _high(usd: Decimal, top: Decimal) -> float:
    """A minus has no height: its figure stands in the table."""
    return float(max(Decimal(0), usd) / top) * HEIGHT if top else 0.0


def _marks(top: Decimal) -> list[Mark]:
    """Nothing, half and all; without any amount, the ground alone."""
    if not top:
        return [Mark(HEIGHT, top)]
    return [Mark(round(HEIGHT * (1 - part), 1), top * Decimal(str(part))) for part in (0, 0.5, 1)]


def _round_up(usd: Decimal) -> Decimal:
    """The next 1, 2, 4, 5 or 10 of its power of ten, so that the marks are round."""
    if usd <= 0:
        return Decimal(0)
    power = Decimal(10) ** usd.adjusted()
    return next(step * power for step in (1, 2, 4, 5, 10) if usd <= step * power)
