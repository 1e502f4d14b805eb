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


class _Zlib:
    """Stands where pdfminer has the module zlib."""

    error = zlib.error

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def decompress(self, data: bytes) -> bytes:
        """:raises Refusal: if it is broken or breaks off: pdfminer would go on with what is there, or with nothing."""
        if not data.strip():
            return b""
        for inflater, packed in ((zlib.decompressobj(), data), (zlib.decompressobj(-15), data[2:])):
            try:
                out = inflater.decompress(packed, self._budget.left + 1)
            except zlib.error:
                continue  # without its checksum, which some programs get wrong
            if len(out) > self._budget.left or inflater.eof:
                self._budget.take(len(out))
                return out
        raise Refusal("malformed")


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
