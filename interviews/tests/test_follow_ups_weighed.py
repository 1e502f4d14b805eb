"""What an answer takes back, and what it puts right, about the answer before."""

from dataclasses import replace
from decimal import Decimal

import pytest

from interviews.services.evaluation import basic, features, fits, follow_ups, relevance, weighing
from interviews.services.evaluation.types import Answer
from interviews.tests.rated import CONCRETE, DOUGH_QUESTION, JOB, VAGUE, answer, turn

TAKEN_BACK = "Not always. It was mostly set up by others, and I inherited the record from the night shift."
PUT_RIGHT = "I meant one bad day. I worded it poorly, that was a quick remark about one oven."
MILD = "I usually test the dough with a finger during fermentation and write the temperature down if it seems off."
ASKED_BACK = "You said that you write the rise of each batch in the record. How consistent is that?"


def value(*answers: Answer) -> Decimal | None:
    """Where the dough competency stands."""
    return {rating.competency_key: rating.value for rating in basic.rate(JOB, answers)}["dough"]


def after(first: str, second: str, question: str = ASKED_BACK) -> Decimal | None:
    return value(answer(first, "dough"), answer(second, "dough", number=2, question=question))


def test_an_answer_that_takes_back_lowers_what_was_said_before() -> None:
    alone = value(answer(CONCRETE, "dough"))
    taken = after(CONCRETE, TAKEN_BACK)

    assert alone is not None and taken is not None
    assert taken <= alone - Decimal("0.1")


def test_an_answer_that_puts_right_is_no_evidence_of_its_own_and_lifts_what_was_low() -> None:
    low, high = value(answer(MILD, "dough")), value(answer(CONCRETE, "dough"))
    lifted = after(MILD, PUT_RIGHT)

    assert low is not None and lifted is not None
    assert low < Decimal(3)
    assert lifted > low
    assert after(CONCRETE, PUT_RIGHT) == high


THIN = "Mostly when there is time for it."


def test_who_has_less_to_tell_when_asked_leaves_a_good_answer_less_sure() -> None:
    alone, asked = value(answer(CONCRETE, "dough")), after(CONCRETE, THIN)

    assert alone is not None and asked is not None
    assert alone - Decimal("0.1") < asked < alone


def test_and_a_bad_answer_too() -> None:
    said = [answer(VAGUE, "dough"), answer(THIN, "dough", number=2, question=ASKED_BACK)]
    evidence, scale = features.read(said), relevance.scales(JOB)["dough"]
    weight = weighing.weigh(evidence, follow_ups.looking_back(evidence), "dough", scale)

    assert weight is not None and 0.9 < weight.sure < 1
    sure = weighing.score(replace(weight, sure=1.0), scale, fits.product())
    assert sure < weighing.score(weight, scale, fits.product()) < fits.product().middle


def test_a_thin_answer_to_a_question_of_its_own_changes_nothing() -> None:
    assert after(CONCRETE, THIN, question="Tell us about a colleague.") == value(answer(CONCRETE, "dough"))


@pytest.mark.parametrize(
    ("question", "looks_back"),
    [
        ("You said that you measure it. Always?", True),
        ("What does “the rise of each batch” mean here?", True),
        ("And the temperature of the flour, in that record?", True),
        ("How do you keep allergens apart?", False),
        ("Tell us about a colleague.", False),
    ],
)
def test_a_question_refers_back_by_saying_so_by_a_quote_or_by_the_words_before(question: str, looks_back: bool) -> None:
    evidence = features.read([answer(CONCRETE, "dough"), answer(TAKEN_BACK, "dough", number=2, question=question)])

    assert bool(follow_ups.looking_back(evidence)) is looks_back


def test_what_is_said_of_a_question_of_its_own_takes_nothing_back() -> None:
    evidence = features.read([Answer(turn(1), DOUGH_QUESTION, TAKEN_BACK, ("dough",))])

    assert follow_ups.looking_back(evidence) == []
