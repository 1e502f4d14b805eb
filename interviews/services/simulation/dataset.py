"""Reading a data set of simulated interviews and the rubrics beside it (formats: interviews/data/README.md)."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

LEVELS = ("low", "medium", "high")
RUBRICS_NAME = "rubrics.json"
MAX_BYTES = 64 * 1024 * 1024  # unpacked; a data set is a few megabytes, anything above is a mistake


class BadDataset(ValueError):
    """The data set cannot be used; the message names the file, the line and the reason."""


@dataclass(frozen=True, slots=True)
class SimulatedInterview:
    name: str
    role: str
    answers: tuple[str, ...]


Rubric = dict[str, dict[str, str]]  # dimension -> level -> anchor


@dataclass(frozen=True, slots=True)
class Source:
    """Interviews to play, and role -> rubric for those whose job is to be made."""

    interviews: tuple[SimulatedInterview, ...]
    rubrics: dict[str, Rubric]


def load(path: Path, *, with_rubrics: bool) -> Source:
    """The data set, with a rubric for each of its roles when jobs are to be made from them.

    :raises BadDataset: for a bad file, or a role without a rubric.
    """
    interviews = read(path)
    rubrics = read_rubrics(path) if with_rubrics else {}
    missing = sorted({one.role for one in interviews} - set(rubrics))
    if with_rubrics and missing:
        raise BadDataset(f"{path.parent / RUBRICS_NAME}: no rubric for {', '.join(missing)}.")
    return Source(interviews, rubrics)


def read(path: Path) -> tuple[SimulatedInterview, ...]:
    """Every interview of a .jsonl or .jsonl.gz file, in its order.

    :raises BadDataset: for a missing, unreadable or empty file and for a line that is not an interview.
    """
    interviews = tuple(_parse(f"{path}, line {number}", row) for number, row in json_lines(path))
    if not interviews:
        raise BadDataset(f"{path}: no interviews in it.")
    return interviews


def read_rubrics(dataset: Path) -> dict[str, Rubric]:
    """role -> rubric, from the rubrics.json beside the data set.

    :raises BadDataset: if it is missing, is not JSON or lacks an anchor.
    """
    path = dataset.parent / RUBRICS_NAME
    try:
        rubrics = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadDataset(f"{path}: {_reason(error)}") from error
    if not isinstance(rubrics, dict) or not rubrics:
        raise BadDataset(f"{path}: an object of roles is expected.")
    return {str(role): _rubric(path, str(role), rubric) for role, rubric in rubrics.items()}


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    size = 0
    try:
        with _open(path) as file:
            for number, line in enumerate(file, start=1):
                size += len(line)
                if size > MAX_BYTES:
                    raise BadDataset(f"{path}: more than {MAX_BYTES // 1024 // 1024} MB.")
                yield number, line
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadDataset(f"{path}: {_reason(error)}") from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a .jsonl or .jsonl.gz file, each with the number of its line.

    :raises BadDataset: for a file that cannot be read, and for a line that is no object.
    """
    for number, line in _lines(path):
        if line.strip():
            yield number, _object(f"{path}, line {number}", line)


def _object(where: str, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadDataset(f"{where}: {_reason(error)}") from error
    if not isinstance(row, dict):
        raise BadDataset(f"{where}: an object is expected.")
    return row


def _parse(where: str, row: dict[str, Any]) -> SimulatedInterview:
    answers = tuple(_answers(where, row.get("turns")))
    if not answers:
        raise BadDataset(f"{where}: no message of an applicant.")
    return SimulatedInterview(text_of(where, row, "interview"), text_of(where, row, "role"), answers)


def _answers(where: str, turns: Any) -> Iterator[str]:
    if not isinstance(turns, list):
        raise BadDataset(f"{where}: 'turns' must be a list.")
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in ("interviewer", "applicant"):
            raise BadDataset(f"{where}: a turn needs the role 'interviewer' or 'applicant'.")
        message = text_of(where, turn, "message")
        if turn["role"] == "applicant":
            yield message


def _rubric(path: Path, role: str, rubric: Any) -> Rubric:
    if not isinstance(rubric, dict) or not rubric:
        raise BadDataset(f"{path}: {role!r} has no dimensions.")
    for dimension, anchors in rubric.items():
        complete = isinstance(anchors, dict) and all(str(anchors.get(level) or "").strip() for level in LEVELS)
        if not complete:
            raise BadDataset(f"{path}: {role!r}, {dimension!r} needs a text for each of {', '.join(LEVELS)}.")
    return rubric


def text_of(where: str, row: dict[str, Any], key: str) -> str:
    """The text of this key as an answer is stored.

    :raises BadDataset: if there is none.
    """
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadDataset(f"{where}: {key!r} must be a text.")
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON ({error.msg} at character {error.pos + 1})."
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8 text."
    if isinstance(error, FileNotFoundError):
        return "there is no such file."
    return f"cannot be read ({error})."
