"""What was ended after a backup was made and must not work again when the backup is restored."""

from django.db import connections
from psycopg import sql


def in_every_schema(table: str, statement: str) -> int:
    """Run `statement`, which names the table as {}, in each schema that has the table; says how many rows it changed.

    Plain SQL: what was restored may be of an older release, before its migrations.
    """
    changed = 0
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT schemaname FROM pg_tables WHERE tablename = %s", [table])
        for (schema,) in cursor.fetchall():
            cursor.execute(sql.SQL(statement).format(sql.Identifier(schema, table)))
            changed += cursor.rowcount
    return changed
