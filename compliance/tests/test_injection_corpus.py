"""The corpus is large, varied, in many languages, and says each thing once."""

from collections import Counter
from itertools import combinations

from compliance.tests.injection_corpus import attacks, benign, is_held_out

FAMILIES = {
    "score_orders",
    "fake_turns",
    "fake_results",
    "delimiters",
    "authority",
    "encodings",
    "zero_width",
    "homoglyphs",
    "tag_characters",
    "exfiltration",
    "cost_bombs",
    "role_and_rules",
}
LANGUAGES = {"en", "es", "fr", "de", "pt", "it", "nl", "pl", "tr", "ru", "ar", "hi", "zh", "ja"}
TOO_ALIKE = 0.8


def test_there_are_enough_attacks_of_each_family_and_in_each_language() -> None:
    families = Counter(line["family"] for line in attacks())
    languages = Counter(line["language"] for line in attacks())

    assert len(attacks()) >= 420
    assert families.keys() == FAMILIES
    assert min(families.values()) >= 30
    assert languages.keys() >= LANGUAGES
    assert min(languages[language] for language in LANGUAGES) >= 6
    for family in FAMILIES:
        assert len({line["language"] for line in attacks() if line["family"] == family}) >= 10


def test_there_are_enough_honest_answers_in_the_same_languages() -> None:
    languages = Counter(line["language"] for line in benign())

    assert len(benign()) >= 320
    assert min(languages[language] for language in LANGUAGES) >= 6


def test_every_line_has_its_keys_and_says_where_the_attack_stands() -> None:
    for line in attacks():
        assert set(line) == {"id", "family", "language", "text", "attack"}
        ends = [0, *(place for span in line["attack"] for place in span)]
        assert ends == sorted(ends)
        assert 0 < ends[-1] <= len(line["text"])
    assert all(set(line) == {"id", "kind", "language", "text"} for line in benign())


def test_most_attacks_stand_inside_an_answer_and_some_alone() -> None:
    embedded = [line for line in attacks() if sum(end - start for start, end in line["attack"]) < len(line["text"])]

    assert len(attacks()) * 0.6 < len(embedded) < len(attacks()) * 0.95


def test_ids_are_unique_and_every_fifth_line_or_so_is_held_out() -> None:
    ids = [line["id"] for line in (*attacks(), *benign())]

    assert len(ids) == len(set(ids))
    for lines in (attacks(), benign()):
        assert 0.17 < sum(map(is_held_out, lines)) / len(lines) < 0.25


def test_no_two_texts_are_nearly_the_same() -> None:
    grams = [_grams(line["text"].casefold()) for line in (*attacks(), *benign())]

    for first, second in combinations(sorted(grams, key=len), 2):
        if len(first) >= TOO_ALIKE * len(second):  # else they can't have so much in common
            assert len(first & second) < TOO_ALIKE * len(first | second)


def _grams(text: str) -> frozenset[str]:
    return frozenset(text[place : place + 5] for place in range(max(1, len(text) - 4)))
