"""States move by one guarded UPDATE: zero rows means that someone else won."""

from typing import Any

from django.db import models


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
    rows = type(row)._default_manager.filter(where or models.Q(), pk=row.pk, **{f"{field}__in": allowed})
    if len(rows.query.alias_map) > 1:
        raise ValueError("A guard may look at the row's own columns only.")
    if rows.update(**{field: to}, **sealed(row, changes)) != 1:
        raise TransitionNotAllowed(f"{type(row).__name__} {row.pk} -> {to}")
    for name, value in {field: to, **changes}.items():
        setattr(row, name, value)


def sealed(row: models.Model, changes: dict[str, Any]) -> dict[str, Any]:
    """`changes` as the database takes them: an encrypted field seals its value for this very row."""
    prepared = dict(changes)
    for name, value in changes.items():
        seal = getattr(row._meta.get_field(name), "seal_for", None)
        if seal is not None:
            prepared[name] = seal(row, value)
    return prepared
