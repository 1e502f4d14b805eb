"""How much the rules about wording find, and how often they are wrong: interviews/tests/corpora/plan_questions.json.

The figures are those of sentences written for this test, no promise about all language. What rests on the form of a
question (two in one, yes or no, what somebody would do) was found in new sentences too; word lists (jargon, judging
words, private matters) find what they hold.
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
    "double_barrelled": ("45/47", 0),
    "leading": ("29/29", 0),
    "hypothetical": ("23/23", 1),
    "closed": ("41/41", 0),
    "illegal_topic": ("14/16", 0),
    "jargon": ("12/12", 0),
    "judging": ("14/14", 0),
    "reading_level": ("13/13", 0),
    "too_long": ("3/3", 0),
}
UNSEEN = {
    "double_barrelled": ("11/13", 0),
    "leading": ("4/10", 0),
    "hypothetical": ("7/7", 1),
    "closed": ("14/14", 1),
    "illegal_topic": ("3/6", 0),
    "jargon": ("1/4", 0),
    "judging": ("0/4", 0),
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

    assert (good, bad) == ([80, 24], [162, 52])
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
