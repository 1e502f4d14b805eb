"""pdfminer unpacks streams whole; here they share one budget, so that a few kilobytes never become gigabytes."""

import zlib
from typing import Any

from pdfminer import pdftypes

from . import bounds
from .refusal import Refusal


class Budget:
    """What may still be unpacked of this file, in bytes."""

    def __init__(self, packed: int) -> None:
        self.left = bounds.MAX_UNPACKED
        self.packed = max(packed, bounds.RATIO_COUNTS_FROM // 8)
        self.used = 0

    def take(self, amount: int) -> None:
        """:raises Refusal: if that is more than there is."""
        self.left -= amount
        self.used += amount
        if self.left < 0:
            raise Refusal("unpacks_too_large")
        if self.used > self.packed * bounds.MAX_RATIO:
            raise Refusal("unpacks_too_large")


class _Inflater:
    """A zlib decompressor that stops where the budget ends."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self._inner = budget, zlib.decompressobj()

    def decompress(self, data: bytes) -> bytes:
        out = self._inner.decompress(data, self._budget.left + 1)
        self._budget.take(len(out))
        return out

    @property
    def eof(self) -> bool:
        return self._inner.eof


class _Zlib:
    """Stands where pdfminer has the module zlib."""

    error = zlib.error

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def decompressobj(self) -> _Inflater:
        return _Inflater(self._budget)

    def decompress(self, data: bytes) -> bytes:
        inflater = _Inflater(self._budget)
        out = inflater.decompress(data)
        if not inflater.eof:
            raise zlib.error("incomplete")
        return out


def bound(packed: int) -> Budget:
    """Put this process's pdfminer under a budget for a file of that size."""
    budget = Budget(packed)
    inside: Any = pdftypes
    inside.zlib = _Zlib(budget)
    for name in ("lzwdecode", "rldecode", "ccittfaxdecode", "apply_png_predictor"):
        setattr(inside, name, _counted(getattr(inside, name), budget))
    return budget


def _counted(decode: Any, budget: Budget) -> Any:
    def counted(*arguments: Any) -> Any:
        data = decode(*arguments)
        budget.take(len(data))
        return data

    return counted
