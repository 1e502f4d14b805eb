"""Rows as a file that a spreadsheet opens."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MARK = "\ufeff"  # without it Excel takes the file for another encoding


def csv_text(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A CSV file; no text in it is a formula to a spreadsheet."""
    file = io.StringIO(MARK)
    file.seek(0, io.SEEK_END)
    writer = csv.writer(file)
    writer.writerow([_cell(one) for one in head])
    writer.writerows([_cell(one) for one in row] for row in rows)
    return file.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
