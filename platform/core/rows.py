"""Inserts and guarded updates of plain values, composed once for each table and set of columns.

By hand, because every answer takes several of them, and building a statement anew costs more than the database takes
for it (docs/capacity.md). Values pass through their fields as in `save()` and `update()`; no signal is sent.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias, cast

from django.db import connection, models, transaction
from psycopg import sql

Field: TypeAlias = "models.Field[Any, Any]"


def execute(statement: str, values: Sequence[Any]) -> int:
    """Run a statement that writes; an error marks the transaction as broken, whoever catches it.

    :returns: how many rows it wrote.
    """
    with transaction.mark_for_rollback_on_error(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def insert(row: models.Model) -> None:
    """Store a new row of the default database."""
    statement, fields = _inserting(type(row))
    execute(statement, [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields])
    row._state.adding, row._state.db = False, connection.alias


def update(model: type[models.Model], changes: Mapping[str, Any], *, where: Mapping[str, Any]) -> int:
    """Set `changes` where every column of `where` has its value; a list means any of its values, None means null.

    :returns: how many rows changed.
    """
    how = tuple((name, _comparison(value)) for name, value in where.items())
    given = [_prepared(_field(model, name), value) for name, value in changes.items()]
    wanted = [
        value if isinstance(value, list) else _prepared(_field(model, name), value)
        for name, value in where.items()
        if value is not None
    ]
    return execute(_updating(model, tuple(changes), how), given + wanted)


def _field(model: type[models.Model], name: str) -> Field:
    return cast("Field", model._meta.get_field(name))


def _prepared(field: Field, value: Any) -> Any:
    return field.get_db_prep_save(value.pk if isinstance(value, models.Model) else value, connection)


def _comparison(value: Any) -> str:
    if value is None:
        return "IS NULL"
    return "= ANY(%s)" if isinstance(value, list) else "= %s"


@cache
def _inserting(model: type[models.Model]) -> tuple[str, tuple[Field, ...]]:
    fields = model._meta.local_concrete_fields
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join([sql.Identifier(str(field.column)) for field in fields]),
        sql.SQL(", ").join(sql.Placeholder() for _ in fields),
    )
    return statement.as_string(), tuple(fields)


@cache
def _updating(model: type[models.Model], names: tuple[str, ...], where: tuple[tuple[str, str], ...]) -> str:
    def column(name: str) -> sql.Identifier:
        return sql.Identifier(str(_field(model, name).column))

    statement = sql.SQL("UPDATE {} SET {} WHERE {}").format(
        sql.Identifier(model._meta.db_table),
        sql.SQL(", ").join(sql.SQL("{} = %s").format(column(name)) for name in names),
        sql.SQL(" AND ").join(sql.SQL("{} ").format(column(name)) + sql.SQL(how) for name, how in where),
    )
    return statement.as_string()
