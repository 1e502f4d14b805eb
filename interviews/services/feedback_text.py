"""The text of a feedback letter: from an evaluation's verified ratings and the job's own words, with nobody asked.

It says what the answers showed, where they left room, what nobody could tell and what is left to people. It holds no
level and no number of an evaluation, nothing about how an application goes on, and no word that judges a person;
nothing that a model wrote is in it. The only words that are not Candor's or the job's are the candidate's own, and
they stand in quotes.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import translation

from core import tenancy
from interviews.models import Competency, CompetencyRating, Evaluation, Interview, Quote
from interviews.services.interviewer import phrases

WORDS, JUDGING = "feedback_words", "judging_words"
STRENGTH_FROM = 4
MOST_QUOTES = 2
BLANKS = re.compile(r"\n{3,}")
TEMPLATE = "interviews/candidate/feedback_letter.txt"

Answers = Mapping[UUID, str]  # a turn's id -> its answer


@dataclass(frozen=True, slots=True)
class Point:
    """A competency, what its scale says about it, and the candidate's words; `next_step` is "" for a strength."""

    name: str
    about: str
    quotes: tuple[str, ...]
    next_step: str = ""
    left_open: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """What a letter says. `unknown` are the competencies that nobody could tell from the answers.

    `for_people` are those that the evaluator withheld, for whatever reason: of them a letter says nothing else.
    """

    strengths: tuple[Point, ...]
    growth: tuple[Point, ...]
    unknown: tuple[str, ...]
    for_people: tuple[str, ...] = ()


def content(evaluation: Evaluation, answers: Answers) -> Content:
    """What a letter on this evaluation says. Needs `ratings__competency` and `ratings__quotes` prefetched.

    A quote counts if its span stands in an answer that counts; a rating without one is not spoken of as evidence.
    """
    counted = {turn_id: text for turn_id, text in answers.items() if str(turn_id) not in evaluation.without}
    strengths, growth, unknown, for_people = [], [], [], []
    for rating in evaluation.ratings.all():
        name = sayable(rating.competency.name)
        quotes = tuple(islice(_quotes(rating, counted), MOST_QUOTES))
        if not name:
            continue
        if rating.withheld:
            for_people.append(name)
        elif rating.level is None or not any(_is_in(quote, counted) for quote in rating.quotes.all()):
            unknown.append(name)
        elif rating.level >= STRENGTH_FROM:
            strengths.append(Point(name, sayable(rating.competency.definition), quotes))
        else:
            growth.append(_growth(rating, name, quotes))
    return Content(tuple(strengths), tuple(growth), tuple(unknown), tuple(for_people))


def write(interview: Interview, said: Content) -> str:
    """The letter as plain text, in the interview's language."""
    context = {
        "company": tenancy.current().name,
        "job_title": interview.application.job.title,
        "ended_at": interview.completed_at or interview.last_activity_at,
        "content": said,
    }
    with translation.override(interview.language):
        return BLANKS.sub("\n\n", render_to_string(TEMPLATE, context)).strip() + "\n"


def sayable(text: str) -> str:
    """The job's words on one line, or "" where a letter may not say them."""
    line = _one_line(text)
    plain = phrases.plain(line)
    refused = ((WORDS, "never"), (JUDGING, "anywhere"))
    return "" if any(phrases.pattern(*where).search(plain) for where in refused) else line


def _growth(rating: CompetencyRating, name: str, quotes: tuple[str, ...]) -> Point:
    step = next_step(rating.competency, rating.level or 1)
    return Point(name, sayable(rating.competency.definition), quotes, step, left_open=bool(rating.not_covered))


def next_step(competency: Competency, level: int) -> str:
    """The behaviour of the next anchor that there is and that may be said, or ""."""
    following = (sayable(anchor) for anchor in competency.anchors[level:] if anchor.strip())
    return next(filter(None, following), "")


def _quotes(rating: CompetencyRating, answers: Answers) -> Iterator[str]:
    """The words that the rating rests on, word for word, on one line each; never those that would read as a verdict."""
    for quote in rating.quotes.all():
        if quote.kind != Quote.Kind.SUPPORTS or not _is_in(quote, answers):
            continue
        line = _one_line(answers[quote.turn_id][quote.start : quote.end])
        if line and not phrases.pattern(WORDS, "not_quoted").search(phrases.plain(line)):
            yield line


def _is_in(quote: Quote, answers: Answers) -> bool:
    text = answers.get(quote.turn_id, "")
    return 0 <= quote.start < quote.end <= len(text) and bool(text[quote.start : quote.end].strip())


def _one_line(text: str) -> str:
    """Without line ends and characters that are not seen: nobody's words can look like another part of the letter."""
    seen = "".join(" " if char.isspace() else char for char in text)
    kept = "".join(char for char in seen if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join(kept.split())
