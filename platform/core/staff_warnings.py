"""What the platform's staff must see to before anything goes on: said on the admin's first page until it is done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Urgent:
    """A sentence, and the page of the admin (the name of its address) on which it is put right."""

    text: str
    page: str


Look = Callable[[], Iterable[Urgent]]
_looks: list[Look] = []


def register(look: Look) -> None:
    """Say who knows of something (called in AppConfig.ready)."""
    _looks.append(look)


def now() -> list[Urgent]:
    return [urgent for look in _looks for urgent in look()]
