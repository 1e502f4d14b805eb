"""Figures about few people are not shown, nor what they could be worked out from."""

from collections.abc import Sequence

FEWEST = 10


def hidden(counts: Sequence[int]) -> list[bool]:
    """Which of these parts of a whole stay hidden, by how many people (or interviews) are behind each.

    Those with 1 to 9; and where all hidden ones together are that few, the smallest of the others too: else the whole
    less what is shown would tell.
    """
    found = [0 < count < FEWEST for count in counts]
    together = sum(count for count, hides in zip(counts, found, strict=True) if hides)
    if 0 < together < FEWEST:
        others = [place for place, count in enumerate(counts) if count >= FEWEST]
        if others:
            found[min(others, key=lambda place: counts[place])] = True
    return found
