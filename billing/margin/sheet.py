"""The same figures for a spreadsheet."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from billing.margin.report import Figures, Line
from core import spreadsheets

BY: dict[str, Callable[[Figures], list[Line]]] = {
    "tenant": Figures.by_tenant,
    "plan": Figures.by_plan,
    "month": Figures.by_month,
}
COLUMNS = (
    *("revenue_usd", "waiting_usd", "model_usd", "servers_usd", "servers_unknown", "margin_usd", "margin"),
    *("started", "completed", "usd_a_start", "usd_a_completed", "own_key_usd"),
)
PLACES = Decimal("0.00000001")


def write(by: str, lines: Sequence[Line]) -> str:
    """A line each, money in dollars with a point; nothing where what servers cost is not known at all."""
    rows = ([line.name, *(_rounded(getattr(line, name)) for name in COLUMNS)] for line in lines)
    return spreadsheets.csv_text([by, *COLUMNS], rows)


def _rounded(value: Decimal | int | None) -> Decimal | int | None:
    return value.quantize(PLACES).normalize() if isinstance(value, Decimal) else value
