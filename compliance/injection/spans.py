"""From where a rule matched to what to leave out: the whole sentence or line."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from compliance.injection.normalising import Plain
from compliance.injection.words import SENTENCE_END

Span = tuple[int, int]


def boundaries(plain: Plain) -> list[int]:
    """Where in the original a sentence or a line ends, in order."""
    return [plain.places[match.end() - 1] + 1 for match in SENTENCE_END.finditer(plain.text)]


def sentences(spans: Iterable[Span], ends: list[int], length: int) -> tuple[Span, ...]:
    """The sentences that hold the spans, those that touch as one."""
    merged: list[Span] = []
    for start, end in sorted(_whole(span, ends, length) for span in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _whole(span: Span, ends: list[int], length: int) -> Span:
    before = bisect_right(ends, span[0])
    after = bisect_left(ends, span[1])
    return (ends[before - 1] if before else 0), (ends[after] if after < len(ends) else length)
