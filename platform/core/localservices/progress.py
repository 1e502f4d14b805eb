"""The numbered steps of `make run`, each with what it says and how long it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TOTAL = 7


@contextmanager
def step(number: int, label: str) -> Iterator[Callable[[str], None]]:
    """Print `[2/7] services`, then what the block notes (one indented line each), then its seconds."""
    started, notes = time.monotonic(), 0

    def note(text: str) -> None:
        nonlocal notes
        sys.stdout.write(("" if notes else "\n") + f"      {text}\n")
        sys.stdout.flush()
        notes += 1

    sys.stdout.write(f"[{number}/{TOTAL}] {label:<12} ")
    sys.stdout.flush()
    yield note
    sys.stdout.write(("      " if notes else "") + f"{time.monotonic() - started:.1f} s\n")
    sys.stdout.flush()
