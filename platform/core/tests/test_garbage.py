"""What is loaded is looked at no more, and cycles still go."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from core import garbage


class Node:
    other: "Node"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_was_loaded_is_set_aside() -> None:
    garbage.settle()

    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold() == (20_000, 20, 20)


def test_a_cycle_that_comes_later_is_still_found() -> None:
    garbage.settle()
    node = Node()
    node.other = node
    gone = weakref.ref(node)

    del node
    gc.collect()

    assert gone() is None
