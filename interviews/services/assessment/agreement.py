"""Agreement between what an evaluator said and what is true."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from statistics import fmean


def accuracy(truth: Sequence[int], said: Sequence[int]) -> float | None:
    """The share of equal labels; None of nothing."""
    return fmean(map(int.__eq__, truth, said)) if truth else None


def weighted_kappa(truth: Sequence[int], said: Sequence[int]) -> float | None:
    """Cohen's kappa with quadratic weights (Cohen 1968): 1 = equal, 0 = as good as chance; None of nothing.

    Where truth and said never differ and never vary there is nothing that chance could have got wrong: 1.
    """
    if not truth:
        return None
    seen = sum((true - label) ** 2 for true, label in zip(truth, said, strict=True)) / len(truth)
    by_chance = (
        sum(
            here * there * (true - label) ** 2
            for true, here in Counter(truth).items()
            for label, there in Counter(said).items()
        )
        / len(truth) ** 2
    )
    return 1 - seen / by_chance if by_chance else 1.0


def spearman(truth: Sequence[float], said: Sequence[float]) -> float | None:
    """The correlation of the ranks, equal values sharing the mean of theirs; None where either never varies."""
    ours, theirs = _ranks(truth), _ranks(said)
    middle = fmean(ours) if ours else 0.0
    spread = sum((rank - middle) ** 2 for rank in ours) * sum((rank - middle) ** 2 for rank in theirs)
    if not spread:
        return None
    together = sum((one - middle) * (other - middle) for one, other in zip(ours, theirs, strict=True))
    return float(together / spread**0.5)


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(range(len(values)), key=values.__getitem__)
    ranks, before = [0.0] * len(values), 0
    for _value, group in groupby(ordered, key=values.__getitem__):
        places = list(group)
        for place in places:
            ranks[place] = before + (len(places) + 1) / 2
        before += len(places)
    return ranks
