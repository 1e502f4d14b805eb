"""Prompts are files with an id and a version in their names; every result names the version it was made with."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def text(version: str) -> str:
    """The wording of a prompt, such as "turn.v1"."""
    return (FOLDER / f"{version}.txt").read_text(encoding="utf-8").strip()
