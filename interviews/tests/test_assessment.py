"""The measuring of an evaluator: on small data whose figures are known, and on the candidates that ship with Candor."""

import gzip
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from interviews.services import assessment
from interviews.services.assessment import dataset, measuring, suites
from interviews.services.assessment.dataset import Case, Dataset
from interviews.services.evaluation.types import Answer, CompetencyText, Rating, Span
from interviews.services.simulation.dataset import BadDataset

SHIPPED = Path(__file__).resolve().parents[1] / "data"
RUBRICS = {"baker": {key: dict.fromkeys(("low", "medium", "high"), "Checks the dough.") for key in ("dough", "oven")}}
FIGURES = {"interviews", "accuracy", "qwk", "qwk_mixed", "spearman", "length_qwk", "abstained", "quotes_valid"}


def said(*messages: str) -> list[dict[str, str]]:
    """Turns: the interviewer and the applicant by turns."""
    roles = ("interviewer", "applicant")
    return [{"role": roles[place % 2], "message": message} for place, message in enumerate(messages)]


def interview(name: str, dough: str, oven: str, answer: str) -> dict[str, Any]:
    levels = {"dough": dough, "oven": oven}
    return {"interview": name, "role": "baker", "levels": levels, "turns": said("How do you bake?", answer)}


def folder(path: Path, rows: Sequence[Any], **files: Any) -> Path:
    (path / "rubrics.json").write_text(json.dumps(files.get("rubrics", RUBRICS)))
    lines = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    (path / "bakers.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    if "tests" in files:
        (path / "judge_tests.json").write_text(json.dumps(files["tests"]))
        (path / "base_interviews.json.gz").write_bytes(gzip.compress(json.dumps(files["bases"]).encode()))
    return path


@dataclass(frozen=True)
class Told:
    """An evaluator that rates by a word in the answers: "level-4" is level 4 of everything, "half" a value between."""

    value_of: Callable[[Sequence[Answer]], float | None]
    quote: Span | None = None

    def rate(self, competencies: Sequence[CompetencyText], answers: Sequence[Answer]) -> Sequence[Rating]:
        value = self.value_of(answers)
        quotes = (self.quote,) if self.quote else ()
        level = None if value is None else int(value + 0.5)
        exact = None if value is None else Decimal(str(value))
        return [Rating(one.key, level, Decimal(0), "", "", quotes, exact) for one in competencies]

    def by_length(self, words: int) -> int:
        return 1 if words < 3 else 5


def by_last_word(answers: Sequence[Answer]) -> float | None:
    """The number that the last answer ends with, if it is one."""
    word = answers[-1].text.split()[-1]
    return float(word) if word.replace(".", "").isdigit() else None


# --- measures -----------------------------------------------------------------------------------


def test_the_figures_of_two_interviews_are_as_worked_out(tmp_path: Path) -> None:
    rows = [interview("one", "low", "low", "Not much 2"), interview("two", "low", "high", "A lot of things 5")]
    data = dataset.load(folder(tmp_path, rows))

    rated = [measuring.rate(one, data.competencies["baker"], Told(by_last_word)) for one in data.interviews["baker"]]

    # True labels 1 1 1 5, ours 1 1 5 5, by length (3 and 5 words) 5 5 5 5.
    assert measuring.measures(rated).as_json() == {
        "interviews": 2,
        "accuracy": 0.75,
        "qwk": 0.5,
        "qwk_mixed": 0.0,
        "spearman": 1.0,
        "length_qwk": 0.0,
        "abstained": 0.0,
        "quotes_valid": None,
    }


def test_an_abstention_counts_as_the_middle_level(tmp_path: Path) -> None:
    data = dataset.load(folder(tmp_path, [interview("one", "medium", "high", "nothing")]))

    rated = [measuring.rate(data.interviews["baker"][0], data.competencies["baker"], Told(by_last_word))]

    assert (measuring.measures(rated).accuracy, measuring.measures(rated).abstained) == (0.5, 1.0)


def test_a_quote_that_stands_in_no_answer_is_counted(tmp_path: Path) -> None:
    data = dataset.load(folder(tmp_path, [interview("one", "low", "low", "I bake at night and in the morning 4")]))
    known = data.interviews["baker"][0]
    turn = known.answers[0].turn_id

    for span, valid in ((Span(turn, 0, 15), 1.0), (Span(turn, 0, 3), 0.0), (Span(turn, 200, 300), 0.0)):
        rated = measuring.rate(known, data.competencies["baker"], Told(by_last_word, span))
        assert measuring.measures([rated]).quotes_valid == valid


def test_words_of_the_interviewer_alone_are_a_question_and_never_an_answer(tmp_path: Path) -> None:
    row = interview("one", "low", "high", "x") | {"turns": said("Hello.", "Hi.", "How do you bake?", "Slowly 2")}
    row["turns"].insert(2, {"role": "interviewer", "message": "Good."})

    [known] = dataset.load(folder(tmp_path, [row])).interviews["baker"]

    assert [(one.question, one.text) for one in known.answers] == [
        ("Hello.", "Hi."),
        ("Good.\nHow do you bake?", "Slowly 2"),
    ]


# --- suites -------------------------------------------------------------------------------------


TESTS = {
    "irrelevance": {"tests": {"baker_0": {"interviewer_turn": "Cake?", "applicant_turn": "Yes 3"}}},
    "high-evidence": {
        "tests": {
            "baker_0": {
                "interviewer_turn": "How?",
                "applicant_turn": "With care 5",
                "belief_update": {"dimension": "dough", "level": "high", "direction": "up"},
            }
        }
    },
    "high-evidence-debase": {
        "tests": {
            "baker_0": {
                "interviewer_turn": "Really?",
                "applicant_turn": "Not I 2",
                "belief_update": {"dimension": "dough", "level": "high", "direction": "down"},
            }
        }
    },
    "uniform-prior": {"tests": {"baker_0": {"rubric": "baker", "dimension": "oven"}}},
}
BASES = {"baker_0": said("How do you bake?", "Like this 3")}


def test_a_suite_says_how_many_of_its_cases_behaved(tmp_path: Path) -> None:
    data = dataset.load(folder(tmp_path, [interview("one", "low", "low", "x")], tests=TESTS, bases=BASES))

    assert suites.expected(data, Told(by_last_word)) == {
        "irrelevance": {"cases": 1, "expected": 1.0},
        "high-evidence": {"cases": 1, "expected": 1.0},
        "high-evidence-debase": {"cases": 1, "expected": 1.0},
        "uniform-prior": {"cases": 1, "expected": 0.0},
    }


def test_what_is_debased_was_said_before(tmp_path: Path) -> None:
    data = dataset.load(folder(tmp_path, [interview("one", "low", "low", "x")], tests=TESTS, bases=BASES))

    [case] = data.suites["high-evidence-debase"]

    assert [one.text for one in case.before] == ["Like this 3", "With care 5"]
    assert [one.text for one in case.after] == ["Like this 3", "With care 5", "Not I 2"]
    assert case.away


def answer(text: str) -> Answer:
    return dataset._answer(0, "", text)


@pytest.mark.parametrize(
    ("before", "after", "level", "away", "expected"),
    [
        ("nothing", "4.5", 5, False, True),
        ("nothing", "2", 5, False, False),
        ("nothing", "3", 3, False, True),
        ("nothing", "1", 3, False, False),
        ("4", "5", 5, False, True),
        ("5", "5", 5, False, False),
        ("5", "3", 5, True, True),
        ("3", "1.5", 3, True, True),
        ("1", "1", 1, True, False),
        ("1.5", "2.5", 1, True, True),
        ("1.5", "nothing", 1, True, True),
    ],
)
def test_evidence_moves_the_belief_in_its_level(
    before: str, after: str, level: int, away: bool, expected: bool
) -> None:
    case = Case("baker", (answer(before),), (answer(after),), "dough", level, away)

    assert suites.is_expected(case, small(), Told(by_last_word)) is expected


@pytest.mark.parametrize(("before", "after", "expected"), [("3", "3.4", True), ("3", "4", False), ("x", "3", False)])
def test_what_must_not_move_is_looked_at_in_levels_and_abstentions(before: str, after: str, expected: bool) -> None:
    case = Case("baker", (answer(before),), (answer(after),))

    assert suites.is_expected(case, small(), Told(by_last_word)) is expected


def small() -> Dataset:
    """No interviews, one rubric."""
    scale = CompetencyText("dough", "Dough", "", ("a", "", "b", "", "c"), "technical", Decimal(1))
    return Dataset({}, {"baker": (scale,)}, {})


# --- the command --------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    printed = io.StringIO()
    call_command("assess_evaluator", *arguments, stdout=printed)
    return printed.getvalue()


def test_the_command_prints_one_line_of_json_and_twice_the_same() -> None:
    first, second = (run("--dataset", str(SHIPPED), "--json") for _ in range(2))
    report = json.loads(first)

    assert first == second and first.count("\n") == 1
    assert set(report) == {"evaluator", "version", "roles", "overall", "suites"}
    assert (report["evaluator"], report["version"]) == ("basic", "basic.3")
    assert set(report["roles"]) == {"dental_hygienist", "payroll_accountant", "site_electrician"}
    assert all(set(one) == FIGURES for one in [*report["roles"].values(), report["overall"]])
    assert (report["overall"]["interviews"], report["overall"]["quotes_valid"], report["suites"]) == (14, 1.0, {})
    assert report["overall"]["qwk"] >= 0.45  # occupations that nothing was fitted on, and rubrics of a few lines


def test_only_the_roles_that_were_named_are_measured_and_people_get_a_table() -> None:
    text = run("--dataset", str(SHIPPED), "--roles", "payroll_accountant")

    assert [line.split()[:2] for line in text.splitlines()[2:]] == [["payroll_accountant", "4"], ["overall", "4"]]


@pytest.mark.parametrize(
    ("rows", "files", "reason"),
    [
        ([], {}, "no interview of any role"),
        (["{"], {}, "line 1: not JSON"),
        (["[]"], {}, "line 1: an object is expected"),
        ([interview("one", "low", "low", "x") | {"role": "cook"}], {}, "no rubric for 'cook'"),
        ([interview("one", "poor", "low", "x")], {}, "a level is one of low, medium, high"),
        ([interview("one", "low", "low", "x") | {"levels": {"salt": "low"}}], {}, "must name competencies"),
        ([interview("one", "low", "low", "x") | {"turns": []}], {}, "'turns' must be a list"),
        ([interview("one", "low", "low", "x") | {"turns": [{"role": "dog", "message": "x"}]}], {}, "needs the role"),
        ([interview("one", "low", "low", "x")], {"rubrics": {"baker": {"dough": {"low": "x"}}}}, "needs a text for"),
        ([interview("one", "low", "low", "x")], {"tests": {"a": {}}, "bases": BASES}, "missing or malformed"),
        ([interview("one", "low", "low", "x")], {"tests": [], "bases": BASES}, "an object is expected"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, rows: list[Any], files: dict[str, Any], reason: str
) -> None:
    with pytest.raises(CommandError, match=reason):
        run("--dataset", str(folder(tmp_path, rows, **files)))


def test_a_folder_that_is_not_there_and_a_role_that_is_not_in_it_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no such file"):
        run("--dataset", str(tmp_path / "nowhere"))
    with pytest.raises(BadDataset, match="no interview of cook"):
        assessment.assess(SHIPPED, roles=("cook",))
