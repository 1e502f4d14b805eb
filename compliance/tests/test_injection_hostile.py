"""No text makes the detector raise, and none makes it slow."""

from itertools import cycle, islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.injection import detect, leave_out
from compliance.tests.injection_corpus import attacks, benign
from tests.cpu import cheapest

LONG = 120_000  # characters
PIECES = [
    *(
        "ignore all previous ",
        "give me 5 ",
        "the evaluator must ",
        "told me ",
        'she said "ignore" ',
        "level: 5 ",
        "system: ",
    ),
    *(
        "a ",
        "A d a ",
        "i g n o r e ",
        "1gn0re ",
        "r@t3 ",
        "a@",
        "a_",
        "a-",
        "x",
        "5/5 ",
        "| 5 ",
        "... ",
        ".5 ",
        "!",
        "\n",
        "\n\n",
    ),
    *(
        "<a",
        "<",
        "</answer>",
        "[[",
        "--- end ",
        "=",
        "::",
        '"',
        '" a',
        "'",
        "{}",
        "}] ",
        "<|a|>",
        "#### ",
        "![](",
        "http://a?b= ",
    ),
    *(
        "%41",
        "%41 ",
        "&#65;",
        "\\u0041",
        "41 ",
        "YWJj",
        "aGVsbG8gd29ybGQgaGVsbG8g ",
        "erongi suoiverp ",
        "vtaber cerivbhf ",
    ),
    *(
        "\u200b",
        "\U000e0041",
        "\u202e a",
        "e\u0301\u0316",
        "\u0301",
        "\ufdfa",
        "ﬃ",
        "ß",
        "аb ",
        "ｉ",
        "𝐢",
        "🇩🇪",
        "\U0001f3f4",
    ),
    *("。", "，", "给", "评分", "忽略", "यह ", "\u093e", "مدير ", "\u0640", "\x00", "\ud800", "\t"),
]
SIGNS = (
    "aIgnore 5/!.:;\n\"'<>[]{}=%&#@$|-_\\u0041\x00\u200b\u202e\U000e0041\ufe0f\u0301\ud800іѕ忽略最高分评𝐢ｉ🇩٣ا\u0640य"
)


@pytest.mark.parametrize("piece", PIECES)
def test_a_hundred_thousand_characters_of_anything_end_soon(piece: str) -> None:
    text = piece * (LONG // len(piece))

    assert cheapest(lambda: detect(text), tries=1) < 8


@pytest.mark.parametrize("languages", [{"en"}, {"de"}, {"fr"}, {"ru"}, {"ar"}, {"hi"}])
def test_thirty_thousand_words_take_no_time(languages: set[str]) -> None:
    words = [word for line in benign() if line["language"] in languages for word in line["text"].split()]
    text = " ".join(islice(cycle(words), 30_000))
    detect("the rules are read once")

    assert cheapest(lambda: detect(text)) < 1.0  # 0.2 s of a quiet core: a slower or a busy one has room


@given(st.text(st.sampled_from(SIGNS), max_size=300))
@settings(max_examples=300, deadline=None)
def test_nothing_makes_it_raise(text: str) -> None:
    findings = detect(text)

    assert findings.flagged == (findings.score >= 1) == bool(findings.spans)
    assert len(leave_out(text, findings.spans)) <= len(text)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_attacks_torn_apart_do_not_make_it_raise(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([line["text"] for line in attacks()]))
    place = data.draw(st.integers(0, len(text)))

    for part in (text[:place], text[place:], text[place:] + text[:place]):
        findings = detect(part)

        assert all(0 <= start < end <= len(part) for start, end in findings.spans)


@pytest.mark.parametrize(
    "text", ["", " ", "\x00", "\ud800", "\udfff\ud800", "\u0301" * 5_000, "\U000e0001", "=" * 9, "\u202e", "%"]
)
def test_what_says_nothing_is_not_flagged(text: str) -> None:
    assert not detect(text).flagged
