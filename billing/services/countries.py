"""Countries by their two letters (ISO 3166)."""

import json
from pathlib import Path

COUNTRIES: dict[str, str] = json.loads((Path(__file__).resolve().parents[1] / "data" / "countries.json").read_text())


def choices() -> list[tuple[str, str]]:
    """Code and name of every country, by name."""
    return sorted(COUNTRIES.items(), key=lambda pair: pair[1])


def name_of(code: str) -> str:
    """The country's English name, as the post wants it; an unknown code stays as it is."""
    return COUNTRIES.get(code, code)
