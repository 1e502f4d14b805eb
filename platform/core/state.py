"""States move by one guarded UPDATE: zero rows means that someone else won."""

from typing import Any

from django.db import models
from django.db.models.expressions import Combinable

from core import rows


class TransitionNotAllowed(Exception):
    """The row was not in a state that may go there."""


def sources(model: type[models.Model], to: str) -> list[str]:
    """The states from which `model` may move to `to`."""
    transitions: dict[str, set[str]] = model.TRANSITIONS  # type: ignore[attr-defined]
    return [source for source, targets in transitions.items() if to in targets]


def move(
    row: models.Model,
    to: str,
    *,
    source: str = "",
    field: str = "status",
    where: models.Q | None = None,
    **changes: Any,
) -> None:
    """Set `field` to `to` in one UPDATE guarded by the row's allowed source states and `where`.

    Name the `source` wherever `to` can be reached from several states and only one of them is meant.

    :raises TransitionNotAllowed: if no row matched, so nothing changed.
    :raises ValueError: if `where` looks at another table: PostgreSQL re-checks only this row after waiting for a lock.
    """
    allowed = [name for name in sources(type(row), to) if source in ("", name)]
    values = {field: to, **sealed(row, changes)}
    if where is None and not any(isinstance(value, Combinable) for value in values.values()):
        moved = rows.update(type(row), values, where={"id": row.pk, field: allowed})
    else:
        moved = _guarded(row, where or models.Q(), {f"{field}__in": allowed}).update(**values)
    if moved != 1:
        raise TransitionNotAllowed(f"{type(row).__name__} {row.pk} -> {to}")
    for name, value in {field: to, **changes}.items():
        setattr(row, name, value)


def _guarded(row: models.Model, where: models.Q, allowed: dict[str, list[str]]) -> "models.QuerySet[models.Model]":
    found = type(row)._default_manager.filter(where, pk=row.pk, **allowed)
    if len(found.query.alias_map) > 1:
        raise ValueError("A guard may look at the row's own columns only.")
    return found


def sealed(row: models.Model, changes: dict[str, Any]) -> dict[str, Any]:
    """`changes` as the database takes them: an encrypted field seals its value for this very row."""
    prepared = dict(changes)
    for name, value in changes.items():
        seal = getattr(row._meta.get_field(name), "seal_for", None)
        if seal is not None:
            prepared[name] = seal(row, value)
    return prepared
