"""A text that arrives in pieces is cut into sentences: nothing lost, nothing added, wherever the pieces end."""

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interviews.services.interviewer.sentences import split

TRICKY = st.text(alphabet="aB1 .!?…。！\n\"')”」,:-Dr", max_size=60)
WORDS = st.lists(
    st.sampled_from(
        ["Dr. ", "3.5 ", "U.S. ", "e.g. ", "No. 5 ", "Noted. ", "you ", "“Yes.” ", "Wait... ", "你好。", "A"]
    ),
    max_size=15,
).map("".join)
TEXTS = st.one_of(st.text(max_size=80), TRICKY, WORDS)


def streamed(pieces: list[str]) -> list[str]:
    """What a reader gets who splits whenever a piece arrives."""
    found: list[str] = []
    rest = ""
    for piece in pieces:
        complete, rest = split(rest + piece, final=False)
        found += complete
    return found + split(rest, final=True)[0]


@given(TEXTS, st.booleans())
@example("U.S. 3.5", True)
def test_the_pieces_join_to_exactly_the_text(text: str, final: bool) -> None:
    complete, rest = split(text, final=final)

    assert "".join(complete) + rest == text
    assert all(complete)
    assert not (final and rest)


@given(TEXTS, st.lists(st.integers(0, 80), max_size=6))
def test_the_cuts_do_not_depend_on_how_the_text_arrived(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(edges)]

    assert streamed(pieces) == split(text, final=True)[0]
    assert streamed(list(text)) == split(text, final=True)[0]


@given(TEXTS)
def test_no_number_is_cut(text: str) -> None:
    complete, _ = split(text, final=True)

    for left, right in itertools.pairwise(complete):
        assert re.search(r"\d[.,。．]?$", left) is None or re.match(r"\d", right) is None


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Thank you. The next question follows.", ["Thank you. ", "The next question follows."]),
        ("Dr. Li measured 3.5 mm. Noted.", ["Dr. Li measured 3.5 mm. ", "Noted."]),
        ("You work in the U.S. market. Noted.", ["You work in the U.S. market. ", "Noted."]),
        ("See No. 5 of e.g. the list. Next.", ["See No. 5 of e.g. the list. ", "Next."]),
        ("The answer was no. Next.", ["The answer was no. ", "Next."]),
        ("Well... you said so... The log was full.", ["Well... you said so... ", "The log was full."]),
        ("You said: “It broke.” Then came the call.", ["You said: “It broke.” ", "Then came the call."]),
        ("You said “Stop!” and left. Noted.", ["You said “Stop!” and left. ", "Noted."]),
        ("(It was late.) Noted.", ["(It was late.) ", "Noted."]),
        ("谢谢。下一个问题。", ["谢谢。", "下一个问题。"]),
        ("「はい。」次です。", ["「はい。」", "次です。"]),
        ("एक। दो।", ["एक। ", "दो।"]),
        ("One\nTwo", ["One\n", "Two"]),
        ("Really?! Yes.", ["Really?! ", "Yes."]),
        ("no capitals. none here.", ["no capitals. none here."]),
        ("", []),
        (" ", [" "]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert split(text, final=True) == (sentences, "")


@pytest.mark.parametrize("text", ["Noted.", "Noted. ", "It took 3.", "谢谢。", "You said “No."])
def test_a_sentence_waits_until_the_next_one_has_begun(text: str) -> None:
    assert split(text, final=False) == ([], text)


def test_a_long_text_takes_no_time_to_speak_of() -> None:
    assert len(split("A. b... " * 20_000, final=True)[0]) > 0
