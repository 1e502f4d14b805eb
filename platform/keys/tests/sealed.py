"""Rows with encrypted fields, for tests of keys, which imports no app: models are found by name."""

from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, models
from psycopg import sql

from core import tenancy
from core.ids import uuid7
from keys import ring

NAME = "Ada Lovelace of Ockham Park"
Candidate: Any = apps.get_model("interviews.Candidate")


def candidate(name: str = NAME, *, pk: UUID | None = None) -> Any:
    """A candidate of the current tenant with a key of her own."""
    pk = pk or uuid7()
    ring.create_subject_key(tenancy.tenant_id(), pk)
    return Candidate.objects.create(pk=pk, name=name, email=f"{pk}@example.org", email_index=uuid7().hex)


def raw(row: models.Model, column: str = "name") -> bytes:
    """What the database itself holds."""
    statement = sql.SQL("SELECT {} FROM {} WHERE id = %s").format(
        sql.Identifier(column), sql.Identifier(row._meta.db_table)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [row.pk])
        return bytes(cursor.fetchone()[0])


def put(row: models.Model, value: bytes, column: str = "name") -> None:
    """Write a ciphertext past the field, as somebody with the database could."""
    statement = sql.SQL("UPDATE {} SET {} = %s WHERE id = %s").format(
        sql.Identifier(row._meta.db_table), sql.Identifier(column)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [value, row.pk])
