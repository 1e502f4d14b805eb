"""The competency library is complete, asks about nothing private, and its scales are neither copies nor a measure of
length."""

import json
import re
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from typing import Any

from django.test import SimpleTestCase

from interviews.models import Competency
from interviews.services import competency_library as reader
from interviews.services.competency_library import Library, LibraryMalformed, UnknownCompetency, library
from interviews.services.evaluation.text import words
from interviews.services.interviewer import checks, phrases, topics
from interviews.services.interviewer.types import KINDS
from interviews.tests.test_data_files import ILLEGAL_TOPIC

KEY = re.compile(r"[a-z]+(?:_[a-z]+)*")
MATCH = re.compile(r"[a-z][a-z0-9& '-]*[a-z0-9]\*?")
# Two questions in one: a second question word or request after "and" or "or".
BARRELS = re.compile(
    r"\b(?:and|or)(?: \w+)? (?:how|what|why|when|whom?|which|where|did you|tell|describe)\b", re.IGNORECASE
)
TAGS = {
    *("any", "office", "field", "operations", "care", "engineering", "sales", "management", "hospitality"),
    *("education", "finance", "public", "trades"),
}
ALIKE = 0.6  # share of common words from which two texts say the same

Row = dict[str, Any]


def length(text: str) -> int:
    return len(text.split())


def likeness(one: str, other: str) -> float:
    mine, theirs = set(words(one)), set(words(other))
    return len(mine & theirs) / len(mine | theirs)


class LibraryTests(SimpleTestCase):
    def test_there_are_enough_competencies_of_each_dimension_and_their_keys_are_unique(self) -> None:
        found = library().competencies
        dimensions = Counter(competency.dimension for competency in found)

        self.assertGreaterEqual(len(found), 24)
        self.assertGreaterEqual(dimensions["technical"], 8)
        self.assertGreaterEqual(dimensions["communication"], 6)
        self.assertGreaterEqual(dimensions["values"], 4)
        self.assertEqual(len({competency.key for competency in found}), len(found))
        self.assertEqual(len({competency.name for competency in found}), len(found))
        self.assertEqual(set(reader.DIMENSIONS), set(Competency.Dimension.values))

    def test_a_competency_says_what_it_is_and_when_to_take_it(self) -> None:
        for found in library().competencies:
            with self.subTest(found.key):
                self.assertRegex(found.key, rf"\A{KEY.pattern}\Z")
                self.assertLessEqual(len(found.name), 60)
                self.assertTrue(found.definition.endswith("."))
                self.assertIn(length(found.definition), range(8, 45))
                self.assertLessEqual(set(found.tags), TAGS)
                self.assertIn(len(found.matches), range(8, 16))
                self.assertEqual(len(set(found.matches)), len(found.matches))
                for match in found.matches:
                    self.assertRegex(match, rf"\A{MATCH.pattern}\Z")

    def test_each_level_has_its_own_anchor_and_example_of_human_length(self) -> None:
        for found in library().competencies:
            with self.subTest(found.key):
                self.assertEqual(len(set(found.anchors)), 5)
                self.assertEqual(len(set(found.examples)), 5)
                self.assertTrue(all(text.endswith(".") for text in found.anchors))
                self.assertEqual([text for text in found.anchors if length(text) not in range(20, 56)], [])
                self.assertEqual([text for text in found.examples if length(text) not in range(45, 121)], [])

    def test_no_two_anchors_or_examples_say_nearly_the_same(self) -> None:
        for kind in ("anchors", "examples"):
            listed = [text for found in library().competencies for text in getattr(found, kind)]

            alike = [pair for pair in combinations(listed, 2) if likeness(*pair) >= ALIKE]

            self.assertEqual(alike, [])

    def test_anchors_say_what_a_person_does_and_never_speak_of_culture_fit(self) -> None:
        said = " ".join(text for found in library().competencies for text in (found.definition, *found.anchors)).lower()

        self.assertNotRegex(said, r"culture|\bfit in\b|personalit|charisma|passion|talented|gifted")

    def test_a_better_answer_is_not_a_longer_one(self) -> None:
        rows = [[length(text) for text in found.examples] for found in library().competencies]

        longest = sum(row[4] > row[0] for row in rows) / len(rows)
        pairs = [row[high] > row[low] for row in rows for high in (3, 4) for low in (0, 1)]
        longer = sum(pairs) / len(pairs)

        self.assertTrue(0.3 <= longest <= 0.7, longest)
        self.assertTrue(0.4 <= longer <= 0.6, longer)


class QuestionTests(SimpleTestCase):
    def test_there_are_two_questions_and_a_follow_up_of_each_kind(self) -> None:
        for found in library().competencies:
            with self.subTest(found.key):
                self.assertEqual(len(found.questions), 2)
                for question in found.questions:
                    self.assertEqual(tuple(question.follow_ups), KINDS)

    def test_no_question_is_there_twice(self) -> None:
        listed = [text for question in questions() for text in (question.text, *question.follow_ups.values())]

        core = [question.text for question in questions()]

        self.assertEqual(len(set(core)), len(core))
        self.assertEqual([pair for pair in combinations(core, 2) if likeness(*pair) >= ALIKE], [])
        self.assertTrue(all(len(set(one.follow_ups.values())) == len(KINDS) for one in questions()))
        self.assertEqual(len(listed), 5 * len(core))

    def test_a_question_asks_one_thing_openly_and_nothing_private(self) -> None:
        for question in questions():
            with self.subTest(question.text):
                self.assertRegex(question.text, r"\A(?:Tell me about|Describe|Walk me through|How did|What)\b.*[.?]\Z")
                self.assertLessEqual(len(question.text), 200)
                self.assertNotRegex(question.text, BARRELS)
                self.assertIsNone(topics.touched(question.text))
                self.assertIsNone(ILLEGAL_TOPIC.search(question.text))

    def test_a_follow_up_is_one_open_question_without_judgement(self) -> None:
        judging = phrases.pattern("judging_words", "anywhere")
        for text in (text for question in questions() for text in question.follow_ups.values()):
            with self.subTest(text):
                self.assertEqual((text.count("?"), text[-1]), (1, "?"))
                self.assertLessEqual(len(text), checks.LONGEST_PROBE)
                self.assertNotRegex(text, BARRELS)
                self.assertTrue(checks.is_open(text))
                self.assertIsNone(judging.search(phrases.plain(text)))
                self.assertIsNone(topics.touched(text))
                self.assertIsNone(ILLEGAL_TOPIC.search(text))


class ReaderTests(SimpleTestCase):
    def test_a_competency_is_found_by_its_key(self) -> None:
        found = library().by_key("listening")

        self.assertEqual((found.name, found.dimension), ("Listening", "communication"))
        self.assertRegex(library().version, r"\A\d+\.\d+\.\d+\Z")
        self.assertIs(library(), library())

    def test_an_unknown_key_is_refused(self) -> None:
        with self.assertRaises(UnknownCompetency):
            library().by_key("culture_fit")

    def test_a_malformed_file_is_refused(self) -> None:
        broken: dict[str, Callable[[Row], object]] = {
            "no definition": lambda row: row.pop("definition"),
            "an empty name": lambda row: row.update(name=" "),
            "a number for a name": lambda row: row.update(name=7),
            "four anchors": lambda row: row["anchors"].pop(),
            "an anchor twice": lambda row: row["anchors"].__setitem__(0, row["anchors"][1]),
            "an empty example": lambda row: row["examples"].__setitem__(0, ""),
            "examples in one text": lambda row: row.update(examples="five of them"),
            "another dimension": lambda row: row.update(dimension="culture"),
            "no question": lambda row: row.update(questions=[]),
            "a follow-up missing": lambda row: row["questions"][0]["follow_ups"].pop("result"),
            "a follow-up of another kind": lambda row: row["questions"][0]["follow_ups"].update(praise="Why?"),
            "no list of questions": lambda row: row.update(questions=None),
            "no matches": lambda row: row.update(matches=[]),
        }
        for name, breaks in broken.items():
            with self.subTest(name):
                data = _data()
                breaks(data["competencies"][0])

                self.assertRaises(LibraryMalformed, reader.parsed, data)

    def test_a_key_that_is_there_twice_no_version_and_no_object_are_refused(self) -> None:
        twice = _data()
        twice["competencies"].append(twice["competencies"][0])
        unnamed = {"competencies": _data()["competencies"]}

        empty: Row = {"version": "1.0.0", "competencies": []}
        refused: list[Any] = [twice, unnamed, empty, [], None, "1.0.0"]
        for data in refused:
            self.assertRaises(LibraryMalformed, reader.parsed, data)

    def test_the_whole_file_is_read(self) -> None:
        self.assertIsInstance(reader.parsed(_data()), Library)
        self.assertEqual(len(reader.parsed(_data()).competencies), len(_data()["competencies"]))


def questions() -> list[reader.LibraryQuestion]:
    return [question for found in library().competencies for question in found.questions]


def _data() -> Row:
    data: Row = json.loads(reader.DATA.read_text(encoding="utf-8"))
    return data
