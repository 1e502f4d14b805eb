"""The countries of the world: ISO 3166 codes and their names, as the tz database lists them."""

from functools import cache
from pathlib import Path

NAMES = Path(__file__).resolve().parent / "data" / "countries.txt"


@cache
def choices() -> list[tuple[str, str]]:
    """Code and name of every country, by name."""
    return [(line[:2], line[3:]) for line in NAMES.read_text(encoding="utf-8").splitlines()]


@cache
def name_of(code: str) -> str:
    """The country's name; the code itself where there is none."""
    return dict(choices()).get(code, code)
