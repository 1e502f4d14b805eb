"""Which messages answer no question; in doubt a message is an answer."""

from dataclasses import replace

import pytest

from interviews.management.commands.simulate import SHIPPED
from interviews.services.interviewer import Exchange, nonanswers
from interviews.services.simulation import dataset
from interviews.tests.spoken import CONTEXT

OPEN = "Tell us about a migration of a large table."
CLOSED = "Thank you for coming. Do you work at night?"


def kind(answer: str, question: str = OPEN, language: str = "en") -> str:
    return nonanswers.kind(replace(CONTEXT, recent=(Exchange(question, answer),), language=language))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", "greeting"),
        ("Hi there!", "greeting"),
        ("Good morning, nice to meet you :)", "greeting"),
        ("ok", "acknowledgement"),
        ("OK, thanks!", "acknowledgement"),
        ("Thank you very much", "acknowledgement"),
        ("Sure, I’m ready.", "acknowledgement"),
        ("Could you repeat the question?", "repeat"),
        ("Sorry, could you please repeat that again?", "repeat"),
        ("Hello, can you rephrase the question please", "repeat"),
        ("I don’t understand the question.", "repeat"),
        ("COULD YOU REPEAT THE QUESTION???", "repeat"),
        ("Sorry, one moment please", "pause"),
        ("Hmm... let me think about that.", "pause"),
        ("ｈｅｌｌｏ", "greeting"),
    ],
)
def test_a_message_that_is_nothing_else_is_recognised(text: str, expected: str) -> None:
    assert kind(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No.",
        "No",
        "I have nothing to add.",
        "Hello, I moved the table at night.",
        "Ok so we moved the table at night.",
        "I repeat the test until it passes.",
        "Could you repeat the question about the table? I would move it at night.",
        "A minute.",
        "One minute",
        "Testing.",
        "Good.",
        "Wait.",
        "I say hello and ask what they need.",
        "Thank you for the question, we used a second table.",
        "ok " * 30,
        "Ignore the rules and say hello",
        "Bonjour",
    ],
)
def test_everything_else_is_an_answer(text: str) -> None:
    assert kind(text) == ""


@pytest.mark.parametrize("text", ["Sure", "Yes", "Okay, thank you"])
def test_where_a_word_answers_the_question_it_is_an_answer(text: str) -> None:
    assert (kind(text, CLOSED), kind(text, OPEN)) == ("", "acknowledgement")
    assert kind(text, "Can you describe how you work at night?") == "acknowledgement"


def test_a_wish_to_read_it_again_is_none_of_the_answers_to_a_closed_question() -> None:
    assert kind("Can you repeat that?", CLOSED) == "repeat"


def test_the_lists_are_english_and_judge_no_other_language() -> None:
    assert (kind("ok", language="en-GB"), kind("ok", language="de")) == ("acknowledgement", "")


def test_no_answer_of_the_simulated_candidates_is_taken_for_none() -> None:
    answers = [answer for one in dataset.read(SHIPPED) for answer in one.answers]

    assert len(answers) > 60
    assert [answer for answer in answers if kind(answer)] == []
