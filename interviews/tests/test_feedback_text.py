"""What a feedback letter says: the candidate's own words and the job's, and never a result, a rank or a verdict."""

import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest import mock
from uuid import UUID

from django.test import SimpleTestCase
from hypothesis import given, settings
from hypothesis import strategies as st

from core import tenancy
from interviews.models import Competency, CompetencyRating, Evaluation, Quote
from interviews.services import feedback_text
from interviews.services.feedback_text import Content, Point

TURN = UUID(int=1)
ANSWER = "I measured the query first. Then I moved the table in four steps. We lost no order that night."
ANCHORS = ("Guesses.", "Names a tool.", "Measures first.", "Compares two ways.", "Explains the trade-off.")
FORBIDDEN = re.compile(
    r"\b(hir(?:e|ed|ing)|no[-_ ]hire|recommend\w*|reject\w*|deci(?:de|ded|sion)\w*|scor(?:e|ed|es|ing)"
    r"|rat(?:ed|ing|ings)|level|overall|rank\w*|percentile|maybe|advance\w*|pass(?:ed)?|fail(?:ed)?|confidence|excellent|impressive"
    r"|talented|strong|weak|better than|compared|other candidates|\d(?:\.\d)? ?(?:of|/) ?5|\d+ ?%)\b",
    re.IGNORECASE,
)
HOSTILE = (
    *(
        "Strong hire.",
        "Level 5: explains the trade-off.",
        "Score 5/5",
        "Better than other candidates.",
        "We recommend her.",
    ),
    *(
        "An excellent engineer.",
        "Rejected.",
        "4 of 5",
        "You're hired!",
        "Passed the bar",
        "Ranked first\nDECISION: hire",
    ),
)
WORDS = st.one_of(
    st.sampled_from([*ANCHORS, *HOSTILE, "", "SQL", "Listening"]), st.text(alphabet="abc \n.é", max_size=20)
)
LETTER = (
    "Data Engineer · Alpha\n"
    "Feedback on your interview of 2 March 2026\n"
    "\n"
    "This letter is about your answers, and about nothing else. It is put together from what you said and from "
    "the description of the role. How your application goes on is not in it.\n"
    "\n"
    "WHAT YOUR ANSWERS SHOWED\n"
    "\n"
    "* SQL\n"
    "  Works on large tables safely.\n"
    "  In your words:\n"
    "  “I measured the query first.”\n"
    "\n"
    "WHERE YOUR ANSWERS LEFT ROOM\n"
    "\n"
    "* Care\n"
    "  Works on large tables safely.\n"
    "  You said:\n"
    "  “Then I moved the table in four steps”\n"
    "  The role describes a next step like this: Measures first.\n"
    "  Part of this was not touched on in your answers.\n"
    "\n"
    "WHAT WE COULD NOT TELL\n"
    "\n"
    "Here we had too little to go on. That says nothing about what you can do.\n"
    "\n"
    "* Candour\n"
    "\n"
    "LEFT TO PEOPLE\n"
    "\n"
    "People look at these points themselves. This letter says nothing about them, and nothing follows from "
    "that.\n"
    "\n"
    "* Listening\n"
    "\n"
    "You can contest a question, or write to us, from the page of your interview.\n"
    "Alpha\n"
)


def rating(level: int | None, *spans: tuple[int, int], **named: Any) -> CompetencyRating:
    """A rating by the usual anchors, with quotes of ANSWER."""
    words = {"name": "SQL", "definition": "Works on large tables safely."} | named
    anchors = dict(zip((f"anchor_{n}" for n in range(1, 6)), words.pop("anchors", ANCHORS), strict=True))
    not_covered, turn = words.pop("not_covered", ""), words.pop("turn", TURN)
    withheld = words.pop("withheld", "")
    row = CompetencyRating(level=level, competency=Competency(**words, **anchors), subject_id=UUID(int=9))
    row.not_covered, row.withheld = not_covered, withheld
    quotes = [Quote(turn_id=turn, start=start, end=end, kind="supports") for start, end in spans]
    row._prefetched_objects_cache = {"quotes": quotes}  # type: ignore[attr-defined]
    return row


def of(*ratings: CompetencyRating, without: tuple[str, ...] = ()) -> Content:
    evaluation = Evaluation(without=list(without))
    evaluation._prefetched_objects_cache = {"ratings": list(ratings)}  # type: ignore[attr-defined]
    return feedback_text.content(evaluation, {TURN: ANSWER})


class ContentTests(SimpleTestCase):
    def test_a_strength_is_the_scale_and_the_candidates_words(self) -> None:
        self.assertEqual(
            of(rating(4, (0, 27))),
            Content((Point("SQL", "Works on large tables safely.", ("I measured the query first.",)),), (), ()),
        )

    def test_where_room_was_left_the_next_anchor_says_what_one_would_do(self) -> None:
        for level, step in ((1, "Names a tool."), (2, "Measures first."), (3, "Compares two ways.")):
            point = Point("SQL", "Works on large tables safely.", ("I measured the query first.",), step)
            self.assertEqual(of(rating(level, (0, 27))), Content((), (point,), ()))

    def test_of_a_scale_with_three_anchors_the_next_that_there_is(self) -> None:
        three = ("Guesses.", "", "Measures first.", "", "Explains the trade-off.")

        steps = [of(rating(level, (0, 27), anchors=three)).growth[0].next_step for level in (1, 2, 3)]

        self.assertEqual(steps, ["Measures first.", "Measures first.", "Explains the trade-off."])
        self.assertEqual(of(rating(2, (0, 27), anchors=("",) * 5)).growth[0].next_step, "")

    def test_without_a_level_or_a_located_quote_nobody_could_tell(self) -> None:
        for one in (rating(None), rating(5), rating(2, (90, 200)), rating(4, (0, 27), turn=UUID(int=2))):
            self.assertEqual(of(one), Content((), (), ("SQL",)))

    def test_what_was_withheld_for_a_person_is_left_to_people_and_not_laid_at_the_answers(self) -> None:
        for why in CompetencyRating.Withheld.values:
            for one in (rating(None, withheld=why), rating(None, (0, 27), withheld=why)):
                self.assertEqual(of(one), Content((), (), (), ("SQL",)))

    def test_words_of_an_answer_that_does_not_count_are_not_quoted(self) -> None:
        self.assertEqual(of(rating(4, (0, 27)), without=(str(TURN),)), Content((), (), ("SQL",)))

    def test_what_a_model_wrote_is_not_in_it(self) -> None:
        one = rating(2, (0, 27), not_covered="Nothing about backups: no hire.")
        one.rationale = "A weak answer."

        (point,) = of(one).growth

        self.assertTrue(point.left_open)
        self.assertNotIn("backups", str(point))
        self.assertNotIn("weak", str(point))

    def test_a_verdict_in_the_jobs_words_or_in_a_quote_is_left_out(self) -> None:
        for hostile in HOSTILE:
            self.assertEqual(feedback_text.sayable(hostile), "", hostile)
        anchors = ("Guesses.", "Level 2.", "Strong hire.", "Compares two ways.", "Excellent.")
        self.assertEqual(of(rating(1, (0, 27), anchors=anchors)).growth[0].next_step, "Compares two ways.")

        answer = "I moved it in steps. You're hired, welcome to the team."
        evaluation = Evaluation(without=[])
        evaluation._prefetched_objects_cache = {"ratings": [rating(4, (0, 20), (21, 54))]}  # type: ignore[attr-defined]
        said = feedback_text.content(evaluation, {TURN: answer})
        self.assertEqual(said.strengths[0].quotes, ("I moved it in steps.",))

    def test_a_quote_stays_on_its_line_whatever_is_in_it(self) -> None:
        answer = "I did it.\n\nWHAT WE COULD NOT TELL\r\n* You\u2028are\u202e\x00 next."
        evaluation = Evaluation(without=[])
        evaluation._prefetched_objects_cache = {"ratings": [rating(4, (0, len(answer)))]}  # type: ignore[attr-defined]

        (point,) = feedback_text.content(evaluation, {TURN: answer}).strengths

        self.assertEqual(point.quotes, ("I did it. WHAT WE COULD NOT TELL * You are next.",))


def written(said: Content) -> str:
    """The letter to somebody who applied at Alpha."""
    job, ended = SimpleNamespace(title="Data Engineer"), datetime(2026, 3, 2, 12, tzinfo=UTC)
    interview: Any = SimpleNamespace(application=SimpleNamespace(job=job), completed_at=ended, language="en")
    with mock.patch.object(tenancy, "current", return_value=SimpleNamespace(name="Alpha")):
        return feedback_text.write(interview, said)


class TextTests(SimpleTestCase):
    maxDiff = None

    def test_a_whole_letter(self) -> None:
        unsaid = rating(None, name="Candour"), rating(None, name="Listening", withheld="spread")
        said = of(rating(4, (0, 27)), rating(2, (28, 64), name="Care", not_covered="x"), *unsaid)

        self.assertEqual(written(said), LETTER)

    def test_with_nothing_to_say_it_says_so(self) -> None:
        self.assertNotIn("\n\n\n", written(Content((), (), ())))

    def test_the_forbidden_words_would_be_found(self) -> None:
        for hostile in HOSTILE[:10]:
            self.assertIsNotNone(FORBIDDEN.search(hostile), hostile)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([None, 1, 2, 3, 4, 5]),
            st.tuples(st.integers(0, 120), st.integers(0, 120)),
            *(WORDS,) * 8,
        ),
        max_size=6,
    )
)
@settings(max_examples=300, deadline=None)
def test_no_letter_holds_a_recommendation_a_number_of_the_evaluation_or_a_verdict(rows: Any) -> None:
    ratings = [
        rating(level, span, name=name, definition=about, not_covered=missing, anchors=tuple(anchors))
        for level, span, name, about, missing, *anchors in rows
    ]

    text = written(of(*ratings))

    assert FORBIDDEN.search(text) is None
    assert "\n\n\n" not in text


WHY_NOT = st.sampled_from(["", *CompetencyRating.Withheld.values])
BLAMING = re.compile(r"\byour answers? (?:gave|were|was|did|had)\b|\byou (?:did not|gave|failed)\b", re.IGNORECASE)


@given(st.lists(st.tuples(WHY_NOT, st.sampled_from([None, 1, 3, 5]), st.integers(0, 60)), max_size=6))
@settings(max_examples=200, deadline=None)
def test_no_letter_lays_what_was_withheld_at_the_candidate(rows: Any) -> None:
    names = [f"Topic {chr(65 + place)}" for place in range(len(rows))]
    ratings = [
        rating(None if why else level, (0, end), name=name, withheld=why)
        for name, (why, level, end) in zip(names, rows, strict=True)
    ]

    before, found, left = written(of(*ratings)).partition("\nLEFT TO PEOPLE\n")

    withheld = {name for name, (why, _level, _end) in zip(names, rows, strict=True) if why}
    assert bool(found) == bool(withheld)
    assert set(re.findall("Topic .", left)) == withheld
    assert not set(re.findall("Topic .", before)) & withheld
    assert BLAMING.search(before + left) is None
