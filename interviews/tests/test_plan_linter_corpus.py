"""How much the rules about wording find, and how often they are wrong: interviews/tests/corpora/plan_questions.json.

The figures are those of sentences written for this test, no promise about all language. Those of the unseen half are
today's: what it found in its first run, before faults that it showed were mended, is in interviews/data/README.md.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from interviews.services.plan_linter import Severity, wording

CORPUS: dict[str, Any] = json.loads((Path(__file__).parent / "corpora/plan_questions.json").read_text("utf-8"))
# rule -> found of all that have the fault, and false alarms
FITTED = {
    "double_barrelled": ("59/60", 0),
    "leading": ("39/39", 0),
    "hypothetical": ("30/30", 2),
    "closed": ("55/55", 0),
    "illegal_topic": ("22/22", 0),
    "jargon": ("16/16", 0),
    "judging": ("18/18", 0),
    "reading_level": ("16/16", 0),
    "too_long": ("3/3", 0),
}
UNSEEN = {
    "double_barrelled": ("9/12", 0),
    "leading": ("7/11", 0),
    "hypothetical": ("8/9", 1),
    "closed": ("13/13", 0),
    "illegal_topic": ("7/7", 1),
    "jargon": ("0/4", 1),
    "judging": ("1/4", 0),
    "reading_level": ("3/3", 0),
    "too_long": ("0/0", 0),
}


def rows(part: str) -> list[tuple[str, frozenset[str]]]:
    """The sentences of a part with the rules that they break."""
    good = [(text, frozenset[str]()) for text in CORPUS[part]["good"]]
    return good + [(row["text"], frozenset(row["rules"])) for row in CORPUS[part]["bad"]]


def measured(part: str) -> dict[str, tuple[str, int]]:
    """rule -> found of all, false alarms; printed for whoever reads the run."""
    found = [({remark.code for remark in wording.remarks(text)}, broken) for text, broken in rows(part)]
    figures = {}
    for rule in FITTED:
        wanted = [rule in codes for codes, broken in found if rule in broken]
        alarms = sum(rule in codes for codes, broken in found if rule not in broken)
        figures[rule] = (f"{sum(wanted)}/{len(wanted)}", alarms)
        sys.stdout.write(f"{part} {rule}: {figures[rule][0]} found, {alarms} false alarms\n")
    return figures


def test_there_are_enough_sentences_of_both_kinds() -> None:
    good = [len(CORPUS[part]["good"]) for part in ("fitted", "unseen")]
    bad = [len(CORPUS[part]["bad"]) for part in ("fitted", "unseen")]
    texts = [text for part in ("fitted", "unseen") for text, _ in rows(part)]

    assert (good, bad) == ([104, 22], [214, 53])
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("part", "figures"), [("fitted", FITTED), ("unseen", UNSEEN)])
def test_each_rule_finds_what_it_did_and_raises_no_more_false_alarms(
    part: str, figures: dict[str, tuple[str, int]]
) -> None:
    assert measured(part) == figures


@pytest.mark.parametrize("part", ["fitted", "unseen"])
def test_a_good_question_gets_no_error_and_no_warning(part: str) -> None:
    remarks = {
        text: [one.code for one in wording.remarks(text) if one.severity is not Severity.HINT]
        for text in CORPUS[part]["good"]
    }

    assert {text: codes for text, codes in remarks.items() if codes} == {}
