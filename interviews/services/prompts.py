"""Prompts: text files in interviews/prompts/, named by id and version."""

import secrets
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "prompts"
LETTERS = "bcdfghjkmnpqrstvwxz"


@cache
def load(version: str) -> str:
    """The text of a prompt such as "turn.v1"; a changed text is a new version."""
    return (FOLDER / f"{version}.txt").read_text().strip()


def has(kind: str, version: str) -> bool:
    """Whether there is such a prompt of this kind ("turn", "evaluation")."""
    return version in {path.stem for path in FOLDER.glob(f"{kind}.v*.txt")}


def nonce() -> str:
    """A word that nobody could have typed beforehand: it bounds the data of one call."""
    return "".join(secrets.choice(LETTERS) for _ in range(12))
