"""Prompts: text files in interviews/prompts/, named by id and version."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "prompts"


@cache
def load(version: str) -> str:
    """The text of a prompt such as "turn.v1"; a changed text is a new version."""
    return (FOLDER / f"{version}.txt").read_text().strip()
