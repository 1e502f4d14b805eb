"""Private matters are refused by jurisdiction, and the same words stay usable for the work itself.

The figures are those of sentences written for this test (interviews/tests/corpora), no promise about all language.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interviews.services.interviewer import checks, topics
from interviews.services.interviewer.types import Exchange, Probe, TurnContext, Wanted
from interviews.tests.spoken import CONTEXT

CORPORA = Path(__file__).parent / "corpora"
DATA: dict[str, Any] = json.loads((CORPORA / "private_matters.json").read_text(encoding="utf-8"))
JUDGING: dict[str, Any] = json.loads((CORPORA / "judging.json").read_text(encoding="utf-8"))
TOPICS = frozenset(DATA["known"]["forbidden"])


def listed(part: str) -> tuple[list[str], list[str]]:
    """The forbidden and the harmless sentences of a part."""
    forbidden = [sentence for sentences in DATA[part]["forbidden"].values() for sentence in sentences]
    return forbidden, list(DATA[part]["harmless"])


def is_refused(sentence: str) -> bool:
    """Whether the checks of a follow-up would refuse the sentence for what it asks."""
    return topics.touched(sentence) is not None or (sentence.endswith("?") and not checks.is_open(sentence))


def counted(found: Callable[[str], bool], wanted: list[str], others: list[str]) -> tuple[str, str]:
    """recall and precision as "hits/all", printed for whoever reads the run."""
    hits, wrong = sum(map(found, wanted)), sum(map(found, others))
    return f"{hits}/{len(wanted)}", f"{hits}/{hits + wrong}"


def test_there_is_a_sentence_of_every_topic() -> None:
    forbidden, harmless = listed("known")

    assert topics.forbidden("") == TOPICS
    assert len(forbidden) + len(harmless) == 225


def test_the_phrases_alone_find_all_they_were_written_for_and_little_else() -> None:
    assert counted(lambda text: topics.touched(text) is not None, *listed("known")) == ("130/130", "130/130")
    assert counted(lambda text: topics.touched(text) is not None, *listed("unseen")) == ("9/38", "9/11")


def test_with_the_rule_that_a_follow_up_asks_openly_most_of_what_was_not_foreseen_is_refused_too() -> None:
    assert counted(is_refused, *listed("known")) == ("130/130", "130/130")
    assert counted(is_refused, *listed("unseen")) == ("31/38", "31/33")


def test_judgements_are_refused_and_neutral_transitions_pass() -> None:
    known, unseen = JUDGING["known"], JUDGING["unseen"]

    assert counted(checks.judging, known["judging"], known["neutral"]) == ("50/50", "50/50")
    assert counted(checks.judging, unseen["judging"], unseen["neutral"]) == ("12/12", "12/12")


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("", set()),
        ("XX", set()),
        ("EU", {"finances", "military"}),
        ("UK", {"finances", "military", "pay"}),
        ("US", {"finances", "pay", "politics", "record"}),
        ("US-CA", set()),
        ("US-NY", set()),
        ("US-IL", {"politics"}),
        ("IN", {"age", "finances", "military", "pay", "politics", "record"}),
    ],
)
def test_a_jurisdiction_forbids_its_topics_and_an_unknown_one_all(code: str, allowed: set[str]) -> None:
    assert TOPICS - topics.forbidden(code) == allowed


def refused(probe: str, jurisdiction: str) -> str:
    context = _in(jurisdiction)
    try:
        checks.probe(Probe("evidence", probe), context)
    except checks.Refused as error:
        return error.reason
    return ""


def _in(jurisdiction: str) -> TurnContext:
    told = Exchange("How do you keep allergens apart?", "My current salary did not depend on it.")
    wanted = Wanted(("evidence",), "Dough")
    return replace(CONTEXT, jurisdiction=jurisdiction, wanted=wanted, recent=(*CONTEXT.recent, told))


def test_pay_may_be_asked_only_where_no_rule_forbids_it() -> None:
    question = "What is your current salary?"

    assert [refused(question, code) for code in ("US", "UK")] == ["", ""]
    assert {refused(question, code) for code in ("", "EU", "US-CA", "US-NY", "US-IL")} == {"illegal_topic"}


def test_every_jurisdiction_has_its_sources_and_the_day_of_its_review() -> None:
    data = json.loads((CORPORA.parents[1] / "data" / "illegal_topics.json").read_text(encoding="utf-8"))

    assert list(topics.jurisdictions()) == ["EU", "UK", "US", "US-CA", "US-NY", "US-IL", "IN"]
    for entry in data["jurisdictions"].values():
        assert entry["sources"]
        assert entry["reviewed"] == "2026-11-21"
        assert set(entry["forbids"]) <= TOPICS


@pytest.mark.parametrize(
    ("before", "sentence", "reason"),
    [
        ("Thank you. You described your", " children. Next comes hygiene.", "illegal_topic"),
        ("You mentioned that you are out", "standing at it.", "judgement"),
        ("Thank you for the note on what is your", " score.", "judgement"),
        ("See htt", "ps://attacker.example", "form"),
        ("n" * 390, " and so on.", "length"),
    ],
)
def test_what_spans_two_pieces_is_refused_with_the_second(before: str, sentence: str, reason: str) -> None:
    with pytest.raises(checks.Refused) as error:
        checks.sentence(sentence, before=before, context=CONTEXT)

    assert error.value.reason == reason


def test_each_sentence_of_a_neutral_text_passes_as_it_arrives() -> None:
    before, found = "", []
    for piece in ("Thank you. ", "You described how you test the dough. ", "The next question is about allergens."):
        try:
            checks.sentence(piece, before=before, context=CONTEXT)
        except checks.Refused as error:
            found.append((piece, error.reason))
        before += piece

    assert found == []


@pytest.mark.parametrize("disguised", ["your *age*", "your ａｇｅ", "your\u00a0age", "YOUR _AGE_"])
def test_a_disguise_changes_nothing(disguised: str) -> None:
    assert topics.touched(f"What is {disguised}?") == "age"
