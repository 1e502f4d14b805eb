"""Malformed outputs and fabricated quotes from a model: never a number, and never shown."""

import json
from collections.abc import Callable, Iterator

import pytest

from core import tenancy
from interviews.services.evaluation.types import Result, Span
from interviews.tests.malformed_ratings import FIRST, HARMLESS, REFUSED, TEXT, quoting
from interviews.tests.rated import BREAD, CONCRETE, answer, turn
from interviews.tests.scripted import Asked, found, rated_by

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(autouse=True)
def in_alpha() -> Iterator[None]:
    with tenancy.enter("alpha"):
        yield


def said(text: str) -> Result:
    """Of a model that says this in every pass, without what the brief ones are not asked for."""

    def says(asked: Asked) -> object:
        whole = text if asked.wording == 0 else json.loads(text)
        return whole if isinstance(whole, str) else {name: whole[name] for name in ("quotes", "level", "confidence")}

    return rated_by(says, [answer(CONCRETE, "dough")], (BREAD,))


def said_briefly(text: str) -> Result:
    """Of a model that says this in its second pass alone."""

    def says(asked: Asked) -> object:
        return text if asked.wording == 1 else found(asked, 5)

    return rated_by(says, [answer(CONCRETE, "dough")], (BREAD,))


def test_the_sound_output_of_the_corpus_is_a_level() -> None:
    result = said(TEXT)

    assert (result.mode, result.ratings[0].level) == ("model", 5)
    assert result.ratings[0].quotes == (Span(turn(1), 0, len(FIRST) + 1),)


def test_there_are_more_than_eighty_cases(show: Callable[[str], None]) -> None:
    show(f"malformed outputs: {len(REFUSED)} refused, {len(HARMLESS)} without a quote that stands")

    assert len(REFUSED) >= 80
    assert len(HARMLESS) >= 20
    assert TEXT not in {**REFUSED, **HARMLESS}.values()


@pytest.mark.parametrize("name", REFUSED)
def test_what_breaks_the_schema_leaves_a_provisional_result(name: str) -> None:
    result = said(REFUSED[name])

    assert (result.mode, result.outputs, result.versions["model"]) == ("basic", (), "")
    assert result.trouble == "schema"


@pytest.mark.parametrize(
    "name", ["prose", "no level", "unknown key", "level NaN", "confidence 1e400", "a quote of a number"]
)
def test_nor_does_it_in_a_brief_pass(name: str) -> None:
    result = said_briefly(REFUSED[name])

    assert (result.mode, result.outputs, result.trouble) == ("basic", (), "schema")


def test_a_brief_pass_that_tells_more_than_it_is_asked_for_is_refused() -> None:
    assert (said_briefly(TEXT).mode, said_briefly(TEXT).trouble) == ("basic", "schema")


@pytest.mark.parametrize("name", HARMLESS)
def test_without_a_quote_that_stands_there_is_no_level(name: str) -> None:
    result = said(HARMLESS[name])

    [rating] = result.ratings
    assert (result.mode, rating.level, rating.value, rating.quotes, rating.counter) == ("model", None, None, (), ())
    assert (result.scores.overall, result.scores.recommendation, result.strengths) == (None, "", ())


def test_invented_quotes_among_sound_ones_are_not_shown(show: Callable[[str], None]) -> None:
    invented = [{"answer": "A1", "text": f"I saved {number} percent of all the costs"} for number in range(10, 17)]
    text = quoting({"answer": "A1", "text": FIRST}, *invented)

    [rating] = said(text).ratings

    show(f"fabricated quotes: {3 * len(invented)} said, {len(rating.quotes) - 1} shown")
    assert (rating.level, rating.quotes) == (5, (Span(turn(1), 0, len(FIRST) + 1),))


def test_one_broken_pass_leaves_no_mixed_result() -> None:
    def says(asked: Asked) -> object:
        return "I can't rate this." if asked.wording == 2 else found(asked, 4)

    result = rated_by(says, [answer(CONCRETE, "dough")], (BREAD,))

    assert (result.mode, result.outputs) == ("basic", ())
