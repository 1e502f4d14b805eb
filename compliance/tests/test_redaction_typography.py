"""Ordinary typography hides nobody: dashes, spaces and digits of every kind, invisible characters, joined names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.redaction import redact
from compliance.typography import fold
from llm import filters
from tests.cpu import cheapest

KNOWN = ("Ada Lovelace", "ada.lovelace@example.org")
TAKEN = [
    ("+49‑176‑1234567", "[PHONE_1]"),
    ("+49\u2009176\u20091234567", "[PHONE_1]"),
    ("+49\u202f176\u00a01234567 and \u202a+49 176 7654321\u202c", "[PHONE_1] and \u202a[PHONE_2]\u202c"),
    ("+49−176–1234567", "[PHONE_1]"),
    ("call ０１７６ １２３４ ５６７８", "call [PHONE_1]"),
    ("call ٠١٧٦ ١٢٣٤ ٥٦٧٨", "call [PHONE_1]"),
    ("call ۰۱۷۶ ۱۲۳۴ ۵۶۷۸ now", "call [PHONE_1] now"),
    ("０３ー１２３４ー５６７８", "[PHONE_1]"),
    ("555·123·4567", "[PHONE_1]"),
    ("4111‑1111‑1111‑1111", "[CARD_1]"),
    ("４１１１\u3000１１１１\u3000１１１１\u3000１１１１", "[CARD_1]"),
    ("NL91\u00a0ABNA\u00a00417\u00a01643\u00a000", "[IBAN_1]"),
    ("I am Love\u200blace", "I am [NAME_1]"),
    ("Love\u00adlace, Ada\u2060Lovelace", "[NAME_1], [NAME_2]"),
    ("Ａｄａ Ｌｏｖｅｌａｃｅ", "[NAME_1]"),
    ("Ada\u2003Lovelace", "[NAME_1]"),
    ("Lovelace™", "[NAME_1]™"),
    ("A d a  L o v e l a c e", "[NAME_1]"),
    ("I am A d a L o v e l a c e, hello", "I am [NAME_1], hello"),
    ("a.d.a and L-o-v-e-l-a-c-e", "[NAME_1] and [NAME_2]"),
    ("adalovelace", "[NAME_1]"),
    ("linkedin.com/in/adalovelace", "linkedin.com/in/[NAME_1]"),
    ("AdaLovelace, lovelaceada", "[NAME_1], [NAME_2]"),
    ("@iamadalovelace1815", "@iam[NAME_1]1815"),
    ("github.com/alovelace", "github.com/[NAME_1]"),
    ("ada.lovelace@example。org", "[EMAIL_1]"),
    ("ada.lovelace＠example.org now", "[EMAIL_1] now"),
    ("x‑y＠mail。example", "[EMAIL_1]"),
    ("ｘ.ｙ＠ｍａｉｌ．ｅｘａｍｐｌｅ", "[EMAIL_1]"),
    ("写信给 x@mail.example。谢谢", "写信给 [EMAIL_1]。谢谢"),
    ("5551234567", "[PHONE_1]"),
    ("It is 2125550142, or 1 2125550143.", "It is [PHONE_1], or [PHONE_2]."),
    ("(555)1234567", "[PHONE_1]"),
    ("Call me on 176 1234567 today", "Call me on [PHONE_1] today"),
    ("my mobile number is 601 234 567", "my mobile number is [PHONE_1]"),
    ("Phone: 555-1234. Mobile:\n1761234567", "Phone: [PHONE_1]. Mobile:\n[PHONE_2]"),
    ("tel:+491761234567, wa.me/4917612345678", "tel:[PHONE_1], wa.me/[PHONE_2]"),
    ("call 5551234567 40 ms", "call [PHONE_1] 40 ms"),
]


@pytest.mark.parametrize(("said", "left"), TAKEN)
def test_it_takes_out(said: str, left: str) -> None:
    assert redact(said, KNOWN).text == left


@pytest.mark.parametrize("said", [said for said, _ in TAKEN])
def test_it_puts_back_what_was_written(said: str) -> None:
    redacted = redact(said, KNOWN)

    assert filters.restore(redacted.text, redacted.replaced) == said


def test_a_name_in_two_typographies_comes_back_in_each() -> None:
    said = "Lovelace, Love\u200blace, Ｌｏｖｅｌａｃｅ, Lovelace"
    redacted = redact(said, KNOWN)

    assert redacted.text == "[NAME_1], [NAME_2], [NAME_3], [NAME_1]"
    assert filters.restore(redacted.text, redacted.replaced) == said


@pytest.mark.parametrize(
    "said",
    [
        "from 2019–2023, 2012–2016 2016–2020, 10–20 ms, 3−1",
        "10\u2009000\u2009000 rows, 1\u00a0000\u00a0000 €, ２０２３年, ½ of 99.95 %",
        "2019–11–21 and 01‑02‑2023, version 10.15.7‑rc1",
        "2147483647, 4294967295, 1700000000, 1234567890, 5000000000",
        "order 5552345678, ticket no. 5552345678, id=5552345678, $5552345678, #5552345678",
        "2345678901 rows, 2345678901 bytes, 5552345678%, 5552345678.25, v5552345678",
        "example.com/5552345678",
        "call 12345678 times, call 1000000 endpoints, call 10.20.30.40, call 3.14159265",
        "mobile (2019–2023), phone: 24/7 2019, call on 2023-11-21, call 40 20 10",
        "on call 10 000 000 times, a phone with 12000000 sold, call us in 2024",
        "I love lace, and ad hoc lovelies; Adalbert and Canada adapt",
        "a b c d e, x-y-z, U.S.A., e.g. i.e. p.m.",
        "an ellipsis… then 1… and a．b",
    ],
)
def test_it_leaves_ordinary_typography(said: str) -> None:
    assert redact(said, KNOWN).text == said


def test_ada_the_language_is_taken_for_the_name_only_where_it_is_known() -> None:
    assert redact("I write Ada and C++", KNOWN).text == "I write [NAME_1] and C++"
    assert redact("I write Ada and C++", ("Grace Hopper",)).text == "I write Ada and C++"


def test_an_everyday_name_spaced_out_stays_where_it_is_no_name() -> None:
    assert redact("w i l l and W i l l", ("Will Hunt",)).text == "w i l l and [NAME_1]"


def test_a_name_with_an_apostrophe_is_found_however_it_is_written() -> None:
    said = "Pat O’Brien, Pat O'Brien, obrien, patobrien"

    assert redact(said, ("Pat O'Brien",)).text == "[NAME_1], [NAME_2], [NAME_3], [NAME_4]"
    assert redact(said, ("Pat O’Brien",)).text == "[NAME_1], [NAME_2], [NAME_3], [NAME_4]"


def test_half_of_an_accented_name_is_no_name() -> None:
    assert redact("A desire, Desirée", ("Desirée Muller",)).text == "A desire, [NAME_1]"


def test_what_overlaps_goes_as_one() -> None:
    assert redact("06 12345678@mail.example", ()).text == "[PHONE_1]"


def test_no_name_is_found_over_two_messages() -> None:
    messages = [{"role": "user", "content": said} for said in ("Ada", "Lovelace", "\u0301A", "d a")]

    sent, _ = filters.redact(messages, KNOWN)

    assert [message["content"] for message in sent] == ["[NAME_1]", "[NAME_2]", "\u0301A", "d a"]


def test_folding_knows_where_each_character_stood() -> None:
    folded = fold("e\u0301\u200b‑ﬁ٣")

    assert folded.text == "é-fi3"
    assert [folded.original(place, place + 1) for place in range(5)] == [(0, 2), (3, 4), (4, 5), (4, 5), (5, 6)]


@given(st.text(st.sampled_from("aAdL 01５٣9+-‑–().＠@。/\n\x1e[]_é\u0301\u200b\u2009ﬁ™ー·1Ada"), max_size=200))
@settings(max_examples=300, deadline=None)
def test_what_was_taken_out_can_always_be_put_back(said: str) -> None:
    redacted = redact(said, KNOWN)
    back = filters.restore(redacted.text, redacted.replaced)

    assert back.casefold() == said.casefold()  # all spellings of a value share a placeholder
    assert redacted.text.count("\x1e") == said.count("\x1e")


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "A d a ",
        "adalovelac",
        "call me at it's ",
        "call 5551234567 ",
        "order order 5552345678, ",
        "1\u2009",
        "·1",
        "ー1",
        "。a",
        "０１７６ ",
        "‑",
        "＠a",
        "e\u0301\u0316",
        "\u0301\u0316",
        "\u200b",
        "\ufdfa",
        "ﬃ",
        "ß",
        "\u1100\u1161\u11a8",
        "Ada\u2009",
    ],
)
def test_eight_thousand_characters_of_anything_take_no_time(piece: str) -> None:
    said = "é" + piece * (8_000 // len(piece))  # never plain ASCII
    known = (*KNOWN, "Aaa Aaaa Aaaaa Aaaaaa Aaab", "Anna Maria de la Vries Santos Oliveira")

    assert cheapest(lambda: redact(said, known)) < 0.3
