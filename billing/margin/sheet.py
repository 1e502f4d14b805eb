"""The same figures for a spreadsheet."""

import csv
import io
from collections.abc import Callable, Sequence
from decimal import Decimal

from billing.margin.report import Figures, Line

BY: dict[str, Callable[[Figures], list[Line]]] = {
    "tenant": Figures.by_tenant,
    "plan": Figures.by_plan,
    "month": Figures.by_month,
}
COLUMNS = (
    *("revenue_usd", "waiting_usd", "model_usd", "infrastructure_usd", "margin_usd", "margin", "started", "completed"),
    *("usd_a_start", "usd_a_completed", "own_key_usd"),
)
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
PLACES = Decimal("0.00000001")


def write(by: str, lines: Sequence[Line]) -> str:
    """A line each, money in dollars with a point; a name that a spreadsheet would run gets a ' before it."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([by, *COLUMNS])
    for line in lines:
        rows.writerow([harmless(line.name), *(_plain(getattr(line, name)) for name in COLUMNS)])
    return out.getvalue()


def harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULAS) else text


def _plain(value: Decimal | int | None) -> str:
    if isinstance(value, Decimal):
        return f"{value.quantize(PLACES).normalize():f}"
    return "" if value is None else str(value)
