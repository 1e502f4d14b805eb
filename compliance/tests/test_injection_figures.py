"""How much the detector finds, and how often it is wrong, on the fifth of the corpus that no rule was written from."""

from compliance.injection.rules import rules
from compliance.tests.injection_corpus import DATA, attacks, benign, measure


def test_it_finds_most_attacks_of_the_held_out_fifth() -> None:
    figures = measure()["recall, held out"]

    assert figures.share >= 0.95, str(figures)


def test_it_flags_hardly_an_honest_answer_of_the_held_out_fifth() -> None:
    figures = measure()["false positives, held out"]

    assert figures.share <= 0.02, str(figures)


def test_no_family_is_missed() -> None:
    recall = measure()["recall, held out"]

    assert recall.lines.keys() == {line["family"] for line in attacks()}
    for family, lines in recall.lines.items():
        assert recall.flagged[family] >= 0.8 * lines, family


def test_no_phrase_flags_alone() -> None:
    phrases = {phrase.rule for listed in rules().beginning.values() for phrase in listed}
    gathered = {together.rule for listed in rules().together.values() for together in listed}

    assert all(rule.weight < 1 for rule in phrases | gathered)


def test_the_readme_states_the_figures() -> None:
    said = (DATA.parent / "README.md").read_text(encoding="utf-8")
    found = measure()

    assert f"| {len(attacks())} attacks in 12 families" in said
    assert f"| {len(benign())} honest answers" in said
    for part, name in (("fitted", "fitted four fifths"), ("held out", "held-out fifth")):
        recall, wrong = found[f"recall, {part}"], found[f"false positives, {part}"]
        assert f"| {name} | {recall.flagged.total()} of {recall.lines.total()}" in said
        assert f"| {wrong.flagged.total()} of {wrong.lines.total()}" in said
