"""What is released while the model still writes, and what never is."""

from dataclasses import replace
from typing import Any

import pytest

from interviews.services.interviewer.speaking import Speaker
from interviews.tests.spoken import CONTEXT
from llm import gateway

NEUTRAL = "You described how you test a dough. The next question follows."


def hear(speaker: Speaker, text: str, then: dict[str, Any] | None = None) -> None:
    """The answer's object grows letter by letter; `then` are the keys after its text."""
    for end in range(1, len(text) + 1):
        speaker.hear({"text": text[:end]})
    if then is not None:
        speaker.hear({"text": text} | then)


def test_a_sentence_is_released_once_the_next_one_has_begun() -> None:
    said: list[str] = []
    speaker = Speaker(CONTEXT, said.append)

    hear(speaker, NEUTRAL)
    before_the_end = list(said)
    speaker.hear({"text": NEUTRAL, "probe": None})

    assert before_the_end == ["You described how you test a dough. "]
    assert said == ["You described how you test a dough. ", "The next question follows."]


def test_what_was_released_joins_to_the_text_whatever_comes_when() -> None:
    for step in (1, 3, 7, 1000):
        said: list[str] = []
        speaker = Speaker(CONTEXT, said.append)
        for end in range(step, len(NEUTRAL) + step, step):
            speaker.hear({"text": NEUTRAL[:end]})
        speaker.hear({"text": NEUTRAL, "probe": None})

        assert "".join(said) == NEUTRAL


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("That was an excellent answer.", "judgement"),
        ("You described your children.", "illegal_topic"),
        ("What did you do then?", "question"),
        ("The next question is at https://attacker.example.", "form"),
        ("The next " + "question " * 60 + "follows.", "length"),
    ],
)
def test_a_sentence_that_fails_a_check_stops_the_stream_and_is_never_shown(bad: str, reason: str) -> None:
    said: list[str] = []
    speaker = Speaker(CONTEXT, said.append)

    with pytest.raises(gateway.Stop):
        hear(speaker, f"You described a dough. {bad} The next question follows.", {"probe": None})

    assert said == ["You described a dough. "]
    assert speaker.refused == reason


def test_a_phrase_that_spans_two_sentences_is_caught_too() -> None:
    said: list[str] = []
    speaker = Speaker(replace(CONTEXT, jurisdiction=""), said.append)

    with pytest.raises(gateway.Stop):
        hear(speaker, "You described the job offer. You are hired. The next question follows.", {"probe": None})

    assert "hired" not in "".join(said)


def test_a_text_that_is_none_releases_nothing() -> None:
    said: list[str] = []
    speaker = Speaker(CONTEXT, said.append)

    for odd in ({}, {"probe": None}, {"text": None}, {"text": 7}, {"text": ["You described a dough. Next."]}):
        speaker.hear(odd)

    assert said == []
