"""How much the detector finds, and how often it is wrong, on the fifth of the corpus that no rule was written from."""

from compliance.tests.injection_corpus import attacks, measure


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
