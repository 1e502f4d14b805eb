"""What identifies a person never leaves; ordinary numbers and words do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.redaction import redact
from llm import filters
from tests.cpu import cheapest

KNOWN = ("Anna de Vries", "anna.devries@mail.example", "José Núñez")


def text(said: str) -> str:
    return redact(said, KNOWN).text


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Write to a.b+c@mail.example.", "Write to [EMAIL_1]."),
        ("ANNA.DEVRIES@MAIL.EXAMPLE", "[EMAIL_1]"),
        ("müller@bücher.example", "[EMAIL_1]"),
        ("Call +31 6 12345678 or 06-12345678", "Call [PHONE_1] or [PHONE_2]"),
        ("(020) 123 4567, 555-123-4567, +1 (555) 123-4567", "[PHONE_1], [PHONE_2], [PHONE_3]"),
        ("0612345678 400 ms", "[PHONE_1] 400 ms"),
        ("card 4111 1111 1111 1111", "card [CARD_1]"),
        ("5500-0055-5555-5559", "[CARD_1]"),
        ("NL91ABNA0417164300 and then", "[IBAN_1] and then"),
        ("NL91 ABNA 0417 1643 00 gb82 west 1234 5698 7654 32 bad", "[IBAN_1] [IBAN_2] bad"),
        ("my number is 123-45-6789", "my number is [ID_1]"),
        ("I am Anna de Vries, Anna to friends", "I am [NAME_1], [NAME_2] to friends"),
        ("ANNA said", "[NAME_1] said"),
        ("anna's plan", "[NAME_1]'s plan"),
        ("Anna  de\nVries", "[NAME_1]"),
        ("Josè no, Jose and JOSÉ yes, Nunez", "Josè no, [NAME_1] and [NAME_2] yes, [NAME_3]"),
    ],
)
def test_it_takes_out(said: str, left: str) -> None:
    assert text(said) == left


@pytest.mark.parametrize(
    "said",
    [
        "40 ms at p95, 350 ms at p99, 99.95%",
        "from 2019 to 2023, on 2023-11-21 and 01-02-2023",
        "1 000 000 rows, 10,000.50 euros, 12 345 678",
        "0.000000123 and 0.125 0.250 0.375",
        "host 192.168.100.200, port 5432, ISO 27001",
        "order 123456789, epoch 1700000000000",
        "2020 2021 2022 2023 2024",
        "4111 1111 1111 1112",
        "NL92ABNA0417164300",
        "Annabel and Johann drank devriesian tea",
        "an email, a phone and a card: [EMAIL], name@, @name, a@b",
        "v1234567890 and abc0612345678",
        "two hedges, 3 to 5 of them, 7/8 done",
    ],
)
def test_it_leaves_ordinary_words_and_numbers(said: str) -> None:
    assert redact(said, KNOWN).replaced == {}
    assert text(said) == said


def test_a_name_misspelt_by_one_letter_is_taken_out_where_it_is_long_and_capitalised() -> None:
    def left(said: str) -> str:
        return redact(said, ("Priscilla Maarsen",)).text

    assert left("Maarssen, Marsen, Masrsen, Maartens") == "[NAME_1], [NAME_2], [NAME_3], Maartens"
    assert left("a marsen is a thing") == "a marsen is a thing"


def test_a_name_that_is_an_everyday_word_is_taken_out_where_it_is_a_name() -> None:
    assert redact("Will did it. I will do it.", ("Will Hunt",)).text == "[NAME_1] did it. I will do it."


def test_short_parts_of_a_name_stay() -> None:
    assert redact("Bo Li went, li bo", ("Bo Li",)).text == "[NAME_1] went, li bo"


def test_the_same_value_has_the_same_placeholder() -> None:
    assert text("a@b.example, c@d.example, A@B.example") == "[EMAIL_1], [EMAIL_2], [EMAIL_1]"


def test_a_placeholder_that_a_person_typed_is_never_given_to_a_value() -> None:
    redacted = redact("[EMAIL_1] and a@b.example", ())

    assert redacted.text == "[EMAIL_1] and [EMAIL_2]"
    assert redacted.replaced == {"[EMAIL_2]": "a@b.example"}


def test_originals_come_back_in_texts_lists_and_objects() -> None:
    redacted = redact("Anna de Vries, a@b.example", KNOWN)

    assert filters.restore({"quotes": [redacted.text]}, redacted.replaced) == {"quotes": ["Anna de Vries, a@b.example"]}


def test_placeholders_are_counted_over_all_messages_of_a_call() -> None:
    messages = [{"role": "system", "content": "a@b.example"}, {"role": "user", "content": "c@d.example a@b.example"}]

    sent, replaced = filters.redact(messages, ())

    assert [message["content"] for message in sent] == ["[EMAIL_1]", "[EMAIL_2] [EMAIL_1]"]
    assert replaced == {"[EMAIL_1]": "a@b.example", "[EMAIL_2]": "c@d.example"}


@given(st.text(st.sampled_from("aA 0123456789+-().@/\n[]_éAnnaVries"), max_size=200))
@settings(max_examples=300, deadline=None)
def test_what_was_taken_out_can_always_be_put_back(said: str) -> None:
    redacted = redact(said, KNOWN)
    back = filters.restore(redacted.text, redacted.replaced)

    assert back.casefold() == said.casefold()  # all spellings of a value share a placeholder


@pytest.mark.parametrize(
    "piece",
    [
        "a@",
        "a.",
        "a.b@c.",
        "1 ",
        "9",
        "+",
        "(",
        "1-",
        "(0",
        "0123456789 ",
        "NL91",
        "AA11 ",
        "[NAME_1]",
        "Anna de ",
        "Maarsez ",
        " ",
    ],
)
def test_a_hundred_kilobytes_of_anything_take_no_time(piece: str) -> None:
    said = piece * (100_000 // len(piece))

    assert cheapest(lambda: redact(said, KNOWN)) < 2.0
