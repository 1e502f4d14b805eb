"""Agreement: figures that were worked out by hand."""

import pytest

from interviews.services.assessment import agreement


def test_kappa_counts_a_miss_by_two_labels_four_times_as_much_as_by_one() -> None:
    truth = [1, 1, 3, 3, 5, 5]

    # Two misses by one label: seen 8 / 6; by chance 192 / 36, from the shares of the labels.
    assert agreement.weighted_kappa(truth, [1, 3, 3, 5, 5, 5]) == pytest.approx(0.75)
    assert agreement.weighted_kappa(truth, truth) == 1
    assert agreement.weighted_kappa(truth, [5, 5, 3, 3, 1, 1]) == pytest.approx(-1)


def test_kappa_of_one_label_for_everybody_is_no_better_than_chance() -> None:
    assert agreement.weighted_kappa([1, 3, 5], [3, 3, 3]) == 0
    assert agreement.weighted_kappa([3, 3], [3, 3]) == 1
    assert agreement.weighted_kappa([], []) is None


def test_accuracy_is_the_share_of_equal_labels() -> None:
    assert agreement.accuracy([1, 3, 5, 5], [1, 3, 3, 5]) == 0.75
    assert agreement.accuracy([], []) is None


def test_spearman_is_of_ranks_and_equal_values_share_theirs() -> None:
    assert agreement.spearman([1, 2, 3], [10, 20, 300]) == pytest.approx(1)
    assert agreement.spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: 4.5 / (4.5 * 5) ** 0.5.
    assert agreement.spearman([1, 2, 2, 4], [1, 2, 3, 4]) == pytest.approx(0.9487, abs=1e-4)


def test_spearman_of_what_never_varies_is_nothing() -> None:
    assert agreement.spearman([1, 2], [3, 3]) is None
    assert agreement.spearman([], []) is None


def test_lists_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        agreement.weighted_kappa([1, 3], [1])
