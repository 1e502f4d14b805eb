"""What the words of one question do: the remark, and the words that it is about."""

import time
from itertools import pairwise

import pytest

from interviews.services.plan_linter import Severity, plain, reading, wording


def said(text: str, jurisdiction: str = "") -> list[tuple[str, str]]:
    """The codes of the remarks, each with the words that it is about."""
    return [
        (one.code, text[one.start : one.end] if one.start is not None else "")
        for one in wording.remarks(text, jurisdiction=jurisdiction)
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("How did you find the fault, and how did you fix it?", ", and how did you"),
        ("What did you do and why?", "and why?"),
        ("Have you led a shift and do you know our till?", "and do you"),
        ("How and when did you notice?", "How and when"),
        ("Have you managed a budget, and if so, how large was it?", "if so"),
        ("Describe your last till. How do you train new staff?", "How do you train new staff?"),
        ("Describe the software you use. Is it any good?", "Is it any good?"),
        ("Tell me about a conflict. What came first? How did it end?", "What came first?"),
        ("What are your strengths and weaknesses?", "strengths and weaknesses"),
        ("Tell me about a time you led and another time you followed.", "and another time"),
        ("Describe your tools and your colleagues.", "Describe your tools and your"),
        ("How do you plan your day and motivate your team?", "and motivate"),
        ("Describe how you train people and what makes a good manager.", "and what"),
        ("Describe a sale and explain why your boss left.", "and explain why"),
        ("How do you get on with guests and with suppliers?", "with guests and with"),
        ("What went well, what did not?", "What went well, what"),
    ],
)
def test_two_questions_in_one_are_shown_where_the_second_begins(text: str, words: str) -> None:
    assert ("double_barrelled", words) in said(text)


@pytest.mark.parametrize(
    "text",
    [
        "Tell me about a project in research and development.",
        "How do you find and fix a fault?",
        "How do you set up and run a machine?",
        "How do you clean a room and prepare it for the next patient?",
        "Describe a time you were wrong, and how you dealt with it.",
        "Tell me about a decision that you made and why you made it.",
        "Describe a choice you made and why.",
        "Give me an example of a conflict. How did it end?",
        "Tell me about a guest who complained and who left.",
        "How do you split your week between sales and support calls?",
        "Think of a repair that came back. What had been missed?",
        "How do you deal with a guest who shouts? Please give an example.",
        "When two people cannot agree and you are in charge, how do you decide?",
        "Tell me about a shift in which you had the keys and the alarm went off.",
        "What did you look at before and after the repair?",
    ],
)
def test_and_inside_one_question_is_no_second_one(text: str) -> None:
    assert [code for code, _ in said(text) if code == "double_barrelled"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't you think that tests save time?", "Don't"),
        ("Don’t you think that tests save time?", "Don’t"),
        ("You work well under pressure, right?", ", right?"),
        ("Teamwork is important to us. Tell me about your team.", "important"),
        ("Since honesty matters here, how do you treat a mistake?", "matters"),
        ("Tell me about your outstanding work with children.", "your outstanding"),
        ("How much do you enjoy night shifts?", "How much do you enjoy"),
    ],
)
def test_a_leading_question_is_shown_by_the_words_that_lead(text: str, words: str) -> None:
    assert ("leading", words) in said(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("How would you handle a late delivery?", "How would you"),
        ("Imagine that the oven breaks. What comes first?", "Imagine"),
        ("A guest wants a refund. What do you do?", "What do you"),
        ("What would you do differently today?", ""),
        ("How would you describe your part in it?", ""),
        ("Tell me about something you would build differently.", ""),
    ],
)
def test_what_somebody_would_do_is_a_hint(text: str, words: str) -> None:
    found = [(one.code, one.severity) for one in wording.remarks(text) if one.code == "hypothetical"]

    assert found == ([("hypothetical", Severity.HINT)] if words else [])
    assert wording.is_hypothetical(text) is bool(words)
    assert not words or ("hypothetical", words) in said(text)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("Have you ever led a team?", True),
        ("In your last job, were you responsible for the keys?", True),
        ("When a guest returns a shoe, do you give the money back?", True),
        ("Do you prefer to work alone or in a team?", True),
        ("Have you ever led a team.", True),
        ("Could you tell me about a team that you led?", False),
        ("When a load does not fit, how do you choose what stays?", False),
        ("What was wrong with it?", False),
        ("Tell me about a team you led?", False),
    ],
)
def test_a_question_for_yes_or_no_is_closed(text: str, closed: bool) -> None:
    assert [words for code, words in said(text) if code == "closed"] == ([text] if closed else [])


@pytest.mark.parametrize(
    ("text", "jurisdiction", "words"),
    [
        ("What is your current salary?", "", "your current salary"),
        ("What is your  current   salary?", "EU", "your  current   salary"),
        ("What is your current salary?", "US", None),
        ("Wie ist Ihre Religion? What religion are you?", "UK", "What religion"),
        ("How do you calm a group of children?", "", None),
        ("How do you manage two small children and shifts?", "", "do you manage two small children"),
        ("How much do you enjoy working with children?", "", None),
        ("Do you have children?", "", "Do you have children"),
        ("Ｈｏｗ ｏｌｄ are you?", "", "Ｈｏｗ ｏｌｄ are you"),
    ],
)
def test_private_matters_are_errors_by_jurisdiction(text: str, jurisdiction: str, words: str | None) -> None:
    found = [one for one in wording.remarks(text, jurisdiction=jurisdiction) if one.code == "illegal_topic"]

    assert [one.severity for one in found] == ([Severity.ERROR] if words else [])
    assert [text[one.start : one.end] for one in found] == ([words] if words else [])


def test_the_remark_says_which_matter_and_whose_rules() -> None:
    (named,) = wording.remarks("How old were you when you began to weld?", jurisdiction="UK", question=3)
    (unnamed,) = wording.remarks("How old were you when you began to weld?")

    assert named.message == (
        "Ask about the work itself: this touches a private matter, age, and the rules of this jurisdiction forbid it: "
        "United Kingdom."
    )
    assert named.question == 3
    assert unnamed.message.endswith("age, and at least one jurisdiction forbids it, and this plan names none.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("empty", Severity.ERROR)]),
        (" ?!\n", [("empty", Severity.ERROR)]),
        ("\u200b", [("empty", Severity.ERROR)]),
        ("And why?", [("too_short", Severity.WARNING)]),
        ("Tell me about " + "the yard and " * 25 + "the gate.", [("too_long", Severity.WARNING)]),
        ("Tell me about it. " * 60, [("too_long", Severity.ERROR)]),
        ("Vertel over een dag waarop je het werk hebt stilgelegd.", [("not_english", Severity.HINT)]),
        ("Erzählen Sie von einem Projekt, das nicht gelungen ist.", [("not_english", Severity.HINT)]),
        ("Расскажите о случае, когда вы остановили работу.", [("not_english", Severity.HINT)]),
        ("仕事を止めた時のことを教えてください。", [("not_english", Severity.HINT)]),
    ],
)
def test_no_words_too_few_too_many_and_other_languages(text: str, expected: list[tuple[str, Severity]]) -> None:
    found = {(one.code, one.severity) for one in wording.remarks(text)}

    assert set(expected) <= found
    assert "not_english" not in dict(expected) or len(found) == 1


def test_private_matters_are_looked_for_in_every_language_that_has_an_english_word_for_them() -> None:
    assert ("illegal_topic", "your age") in said("Vertel ons over een dag en het werk, en your age.")


@pytest.mark.parametrize(
    ("word", "count"),
    [
        *(("cat", 1), ("table", 2), ("planned", 1), ("wanted", 2), ("people", 2), ("experience", 4), ("going", 2)),
        *(("changes", 2), ("boxes", 2), ("nation", 2), ("organisation", 5), ("colleague", 2), ("client", 2), ("s", 1)),
    ],
)
def test_syllables_are_counted_by_vowels(word: str, count: int) -> None:
    assert reading.syllables(word) == count


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("", 0.0),
        ("12 34", 0.0),
        ("The cat sat on the mat.", 0.0),  # 0.39 x 6 + 11.8 x 1 - 15.59 = -1.45
        ("Describe a risk that you noticed.", 2.5),  # 6 words, 8 syllables: 2.34 + 15.73 - 15.59
        ("Describe a risk. Tell me about it.", 0.9),  # 2 sentences of 3.5 words, 9 syllables of 7
    ],
)
def test_the_grade_is_flesch_and_kincaids(text: str, grade: float) -> None:
    assert reading.grade(text) == grade


def test_plain_text_keeps_its_places() -> None:
    text = "Das *ﬁnal* „Don’t“ x"
    read = plain.plain(text, start=4)

    assert read.text == "das  final  „don't„ x".replace("„ x", "“ x")
    assert [text[place - 4] for place in read.places[:6]] == ["D", "a", "s", " ", "*", "ﬁ"]
    assert all(first <= second for first, second in pairwise(read.places))


HOSTILE = {
    "letters": "a" * 100_000,
    "how do you": "how do you " * 9_000,
    "and": "and " * 25_000,
    "clauses": "tell me about a time and how " * 3_500,
    "commas": "do you" + ", " * 50_000 + "x",
    "marks": "?" * 100_000,
    "occasions": "a time " * 14_000,
    "your": "tell me about your " * 5_000,
    "with": "with x " * 14_000,
    "spaces": "how" + " " * 99_990 + "x",
    "and why": "what did you do and why" + " " * 99_000 + "x?",
    "lines": "\n" * 100_000,
    "ifs": "if a b " * 14_000,
    "tasks": "how do you plan x and " * 4_700,
    "tags": ", do you" * 12_000 + " " * 9,
    "emphasis": "*_" * 50_000,
    "accents": "é" * 100_000,
    "half pairs": "\ud800" * 100_000,
    "children": "how do you " + "a " * 50_000,
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_no_text_of_100_kb_takes_long(name: str) -> None:
    began = time.process_time()
    wording.remarks(HOSTILE[name])

    assert time.process_time() - began < 2
