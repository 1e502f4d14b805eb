"""Tables of plain text, for terminals."""

from collections.abc import Sequence


def cell(value: float | None) -> str:
    return "-" if value is None else str(value)


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The rows with their columns under each other."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
