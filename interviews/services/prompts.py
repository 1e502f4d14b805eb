"""Prompts: text files in interviews/prompts/, named by id and version."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "prompts"


@cache
def load(version: str) -> str:
    """The text of a prompt such as "turn.v1"; a changed text is a new version."""
    return (FOLDER / f"{version}.txt").read_text().strip()


def has(kind: str, version: str) -> bool:
    """Whether there is such a prompt of this kind ("turn", "evaluation")."""
    return version in {path.stem for path in FOLDER.glob(f"{kind}.v*.txt")}
