"""Prompts: text files in interviews/prompts/, named by id and version."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "prompts"


@cache
def load(version: str) -> str:
    """The text of a prompt such as "turn.v1"; a changed text is a new version."""
    return (FOLDER / f"{version}.txt").read_text().strip()


def wordings(version: str) -> tuple[str, ...]:
    """The texts of a prompt that is worded more than once: "evaluation.v3", then "evaluation.v3.b" and so on."""
    others = sorted(path.stem for path in FOLDER.glob(f"{version}.?.txt"))
    return tuple(load(name) for name in (version, *others))


def has(kind: str, version: str) -> bool:
    """Whether there is such a prompt of this kind ("turn", "evaluation")."""
    return version in {path.stem for path in FOLDER.glob(f"{kind}.v*.txt") if path.stem.count(".") == 1}
