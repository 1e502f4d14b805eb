"""A folder of interviews with known levels, their rubrics, and changes that must or must not move a level.

The format is that of interviews/data/README.md; `base_interviews.json.gz` and `judge_tests.json` may be missing.
A level of the data is three-fold: low, medium and high are the levels 1, 3 and 5 of a competency.
"""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from interviews.services.evaluation.types import Answer, CompetencyText
from interviews.services.simulation.dataset import LEVELS, BadDataset, Rubric, json_lines, read_rubrics, text_of

LEVEL_OF = dict(zip(LEVELS, (1, 3, 5), strict=True))
DEBASE = "-debase"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Known:
    """An interview with the true level of each of its competencies, by key."""

    name: str
    role: str
    answers: tuple[Answer, ...]
    levels: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Case:
    """A base interview, what is added to it, and what that must do.

    With a `competency` and `level` it must move that one towards the level (or away from it), with a competency alone
    the evaluator must abstain, without either no level may move. `rubric` names the competencies to rate.
    """

    rubric: str
    before: tuple[Answer, ...]
    after: tuple[Answer, ...]
    competency: str = ""
    level: int | None = None
    away: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """role -> interviews, role -> its competencies, suite -> cases."""

    interviews: Mapping[str, tuple[Known, ...]]
    competencies: Mapping[str, tuple[CompetencyText, ...]]
    suites: Mapping[str, tuple[Case, ...]]


def evenly(rows: Sequence[Row], limit: int) -> tuple[Row, ...]:
    """So many of them, spread over all, in their order; all where `limit` is 0 or there are no more."""
    if not limit or limit >= len(rows):
        return tuple(rows)
    return tuple(rows[place * len(rows) // limit] for place in range(limit))


def limited(found: Dataset, limit: int) -> Dataset:
    """At most so many interviews of each role and cases of each suite; 0 = all."""
    return Dataset(
        {role: evenly(rows, limit) for role, rows in found.interviews.items()},
        found.competencies,
        {suite: evenly(cases, limit) for suite, cases in found.suites.items()},
    )


def load(folder: Path, *, roles: tuple[str, ...] = ()) -> Dataset:
    """The folder's interviews of these roles, of all when none is named, and all its suites.

    :raises BadDataset: if a file is missing or malformed, or has no interview of a role that was named.
    """
    rubrics = read_rubrics(folder / "any")
    competencies = {role: _competencies(rubric) for role, rubric in rubrics.items()}
    known = [_known(where, row, rubrics) for where, row in _rows(folder) if not roles or row.get("role") in roles]
    found = {role: tuple(one for one in known if one.role == role) for role in sorted({one.role for one in known})}
    missing = sorted(set(roles) - set(found))
    if missing or not found:
        raise BadDataset(f"{folder}: no interview of {', '.join(missing) or 'any role'}.")
    wanted = {role: interviews for role, interviews in found.items() if not roles or role in roles}
    return Dataset(wanted, competencies, _suites(folder, competencies))


def _rows(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]):
        for number, row in json_lines(path):
            yield f"{path}, line {number}", row


def _competencies(rubric: Rubric) -> tuple[CompetencyText, ...]:
    """The anchors of three levels as those of 1, 3 and 5; what is between has no text."""
    return tuple(
        CompetencyText(
            key=key,
            name=key.replace("_", " ").capitalize(),
            definition="",
            anchors=(anchors["low"], "", anchors["medium"], "", anchors["high"]),
            dimension="technical",
            weight=Decimal(1),
        )
        for key, anchors in rubric.items()
    )


def _known(where: str, row: dict[str, Any], rubrics: Mapping[str, Rubric]) -> Known:
    role, levels = text_of(where, row, "role"), row.get("levels")
    if role not in rubrics:
        raise BadDataset(f"{where}: no rubric for {role!r}.")
    if not isinstance(levels, dict) or not set(levels) <= set(rubrics[role]):
        raise BadDataset(f"{where}: 'levels' must name competencies of the rubric of {role!r}.")
    if not all(isinstance(level, str) and level in LEVEL_OF for level in levels.values()):
        raise BadDataset(f"{where}: a level is one of {', '.join(LEVELS)}.")
    answers = _answers(where, row.get("turns"))
    named = {key: LEVEL_OF[level] for key, level in levels.items()}
    return Known(text_of(where, row, "interview"), role, answers, named)


def _answers(where: str, turns: Any) -> tuple[Answer, ...]:
    """Each message of the applicant as the answer to the interviewer's words before it."""
    if not isinstance(turns, list) or not turns:
        raise BadDataset(f"{where}: 'turns' must be a list.")
    answers: list[Answer] = []
    asked: list[str] = []
    for turn in turns:
        if not isinstance(turn, dict) or turn.get("role") not in ("interviewer", "applicant"):
            raise BadDataset(f"{where}: a turn needs the role 'interviewer' or 'applicant'.")
        if turn["role"] == "interviewer":
            asked.append(text_of(where, turn, "message"))
        else:
            unanswered = isinstance(turn.get("message"), str) and not turn["message"].strip()
            said = "" if unanswered else text_of(where, turn, "message")
            answers.append(_answer(len(answers), "\n".join(asked), said))
            asked = []
    return tuple(answers)


def _answer(place: int, question: str, text: str) -> Answer:
    return Answer(uuid5(NAMESPACE_URL, f"answer-{place}"), question, text, ())


# --- suites -------------------------------------------------------------------------------------


def _suites(folder: Path, competencies: Mapping[str, tuple[CompetencyText, ...]]) -> dict[str, tuple[Case, ...]]:
    tests, bases = _read(folder / "judge_tests.json"), _read(folder / "base_interviews.json.gz")
    if tests is None or bases is None:
        return {}
    where = str(folder / "judge_tests.json")
    said = {name: _answers(f"{folder / 'base_interviews.json.gz'}, {name}", turns) for name, turns in bases.items()}
    try:
        return {
            suite: tuple(_case(suite, name, tests, said, competencies) for name in content["tests"])
            for suite, content in tests.items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise BadDataset(f"{where}: {error} is missing or malformed.") from error


def _case(
    suite: str,
    name: str,
    tests: dict[str, Any],
    said: Mapping[str, tuple[Answer, ...]],
    competencies: Mapping[str, tuple[CompetencyText, ...]],
) -> Case:
    test, before = tests[suite]["tests"][name], said[name]
    if "rubric" in test:
        return Case(_known_role(test["rubric"], competencies), before, before, test["dimension"])
    role = _known_role(name.rpartition("_")[0], competencies)
    supported = tests.get(suite.removesuffix(DEBASE), {}).get("tests", {}) if suite.endswith(DEBASE) else {}
    if name in supported:  # what is debased was said first
        before = _with(before, supported[name])
    after, aim = _with(before, test), test.get("belief_update")
    if not aim:
        return Case(role, before, after)
    if aim["dimension"] not in {one.key for one in competencies[role]} or aim["direction"] not in ("up", "down"):
        raise BadDataset(f"judge_tests.json: {suite}, {name}: a dimension of the rubric, up or down is expected.")
    return Case(role, before, after, aim["dimension"], LEVEL_OF[aim["level"]], aim["direction"] == "down")


def _with(answers: tuple[Answer, ...], exchange: dict[str, str]) -> tuple[Answer, ...]:
    return (*answers, _answer(len(answers), exchange["interviewer_turn"], exchange["applicant_turn"]))


def _known_role(role: str, competencies: Mapping[str, Any]) -> str:
    if role not in competencies:
        raise BadDataset(f"judge_tests.json: no rubric for {role!r}.")
    return role


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        content = json.loads(raw)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise BadDataset(f"{path}: cannot be read ({error}).") from error
    if not isinstance(content, dict):
        raise BadDataset(f"{path}: an object is expected.")
    return content
