"""How often Python looks for cycles of dead objects: by its defaults far too often for a process of many threads."""

import gc

YOUNG = 20_000  # new containers between two looks at the young ones (Python's default: 700)


def settle() -> None:
    """Call when all is loaded: that lives as long as the process, so nobody looks at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
