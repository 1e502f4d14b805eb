"""A quote stands word for word in a candidate's answer, or it is dropped."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interviews.services.evaluation import locate
from interviews.services.evaluation.types import Span
from interviews.tests.rated import answer, turn


def found(quote: str, *texts: str) -> str | None:
    """What of the answers the quote points at."""
    answers = [answer(text, number=number) for number, text in enumerate(texts, start=1)]
    span = locate.find(quote, answers)
    if span is None:
        return None
    return next(item.text[span.start : span.end] for item in answers if item.turn_id == span.turn_id)


@pytest.mark.parametrize(
    ("quote", "text", "expected"),
    [
        ("I measured the water", "Then I measured the water twice.", "I measured the water"),
        ("i MEASURED   the\nwater", "Then I measured the water twice.", "I measured the water"),
        ("I measured the water", "Then I  measured\n the\twater twice.", "I  measured\n the\twater"),
        ("“I don’t guess, I measure”", 'He said "I don\'t guess, I measure".', '"I don\'t guess, I measure"'),
        ("it rose by ½ a litre", "it rose by ½ a litre", "it rose by ½ a litre"),
        ("the ﬁrst batch of ﬂour", "It was the first batch of flour.", "the first batch of flour"),
        ("the first batch of flour", "It was the ﬁrst batch of ﬂour.", "the ﬁrst batch of ﬂour"),
        ("ｆｕｌｌ width letters here", "full width letters here", "full width letters here"),
        ("der Teig im straßenofen", "Der Teig im STRASSENOFEN.", "Der Teig im STRASSENOFEN"),
        ("the cafe\u0301 opened at six", "When the café opened at six,", "the café opened at six"),
        ("the café opened at six", "When the cafe\u0301 opened at six,", "the cafe\u0301 opened at six"),
        ("zero width spaces vanish", "zero\u200b width sp\u200daces vanish", "zero\u200b width sp\u200daces vanish"),
        (
            "私は温度を毎日三回測って記録しました",
            "はい、私は温度を毎日三回測って記録しました。",
            "私は温度を毎日三回測って記録しました",
        ),
        ("각각의 반죽을 기록했다", "나는 각각의 반죽을 기록했다.".encode().decode(), "각각의 반죽을 기록했다"),
    ],
)
def test_it_finds_what_was_said_and_points_at_the_original(quote: str, text: str, expected: str) -> None:
    assert found(quote, text) == expected


def test_the_offsets_are_code_points_of_the_answer_that_holds_it() -> None:
    answers = [answer("Nothing of the kind.", number=1), answer("😀 I measured the water.", number=2)]

    assert locate.find("I measured the water", answers) == Span(turn(2), 2, 22)


@pytest.mark.parametrize(
    "quote",
    [
        *("the", "the water", "I did it", "", "   ", "a b c"),
        *("I measured … the water", "I measured ... water", "I measured the water!", "I weighed the water"),
        *("measured the watermelon", "measured the wate", "easured the water"),
    ],
)
def test_it_drops_what_is_too_short_altered_or_cut(quote: str) -> None:
    assert found(quote, "Then I measured the water twice. I did it. a b c") is None


def test_a_quote_of_the_question_is_no_quote() -> None:
    assert locate.find("fermented enough", [answer("Yes.")]) is None
    assert locate.find("How do you know when a dough has fermented enough?", [answer("By touch.")]) is None


def test_a_quote_does_not_run_from_one_answer_into_the_next() -> None:
    assert found("measured the water and wrote it down", "I measured the water", "and wrote it down") is None


def test_white_space_alone_is_no_quote() -> None:
    assert found("x" * 20, " \n ") is None


@given(st.text(max_size=120), st.integers(0, 120), st.integers(12, 60))
@settings(max_examples=300, deadline=None)
def test_whatever_is_found_reads_like_the_quote(text: str, start: int, length: int) -> None:
    quote = text[start : start + length]
    span = locate.find(quote, [answer(text)])

    if span is not None:
        assert 0 <= span.start < span.end <= len(text)
        assert locate._fold(text[span.start : span.end]).text == locate._fold(quote).text


def test_words_of_any_length_are_searched_within_a_text_whole_words_alone() -> None:
    text = "SQL and NoSQL,\nSql  Server"

    assert [text[a:b] for a, b in locate.within(text)("sql")] == ["SQL", "Sql"]
    assert [text[a:b] for a, b in locate.within(text)("SQL server")] == ["Sql  Server"]
    for nothing in ("", " ", "SQ", "server SQL"):
        assert list(locate.within(text)(nothing)) == []
