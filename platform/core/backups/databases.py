"""The two databases as a backup sees them: addresses, snapshots, what is in them, who uses them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg
from django.db import connections
from psycopg import sql

from core.backups import BackupError

ALIASES = {"main": ("owner", "default"), "keys": ("keys_owner", "keys")}  # who dumps and restores, who serves
PASSED_ON = ("sslmode", "sslrootcert", "sslcert", "sslkey")
TABLES_A_QUERY = 50
LEAVING_SECONDS = 1.0
Connection = psycopg.Connection[tuple[Any, ...]]
TABLES = (
    "SELECT nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r'"
    " AND n.nspname !~ '^(pg_|information_schema$)' ORDER BY 1, 2"
)
TRIGGERS = (
    "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_namespace n ON n.oid = relnamespace"
    " WHERE NOT tgisinternal AND tgenabled <> 'D' AND n.nspname !~ '^(pg_|information_schema$)'"
)


class Address(NamedTuple):
    """How the owner reaches a database; `app` is the role that serves it."""

    parameters: dict[str, str]
    app: str

    @property
    def name(self) -> str:
        return self.parameters["dbname"]

    @property
    def owner(self) -> str:
        return self.parameters["user"]

    def at(self, name: str) -> "Address":
        """The same server and role, another database."""
        return Address(self.parameters | {"dbname": name}, self.app)

    def same_server(self, other: "Address") -> bool:
        return all(self.parameters.get(key) == other.parameters.get(key) for key in ("host", "port"))

    def environment(self) -> dict[str, str]:
        """What libpq reads: a password on a command line could be read by everybody on the machine."""
        return {f"PG{'DATABASE' if key == 'dbname' else key.upper()}": value for key, value in self.parameters.items()}

    def connect(self) -> Connection:
        """:raises BackupError: with the server's words."""
        try:
            return psycopg.connect(**self.parameters, autocommit=True, connect_timeout=5)  # type: ignore[arg-type]
        except psycopg.OperationalError as error:
            words = str(error).strip().splitlines()
            raise BackupError(f"The database {self.name} can't be reached as {self.owner}: {words[0]}") from error


def address(kind: str) -> Address:
    """Of "main" or "keys", as the owner role."""
    owner, app = ALIASES[kind]
    found = connections[owner].settings_dict
    names = {"dbname": "NAME"} | {key: key.upper() for key in ("host", "port", "user", "password")}
    parameters = {key: str(found[name]) for key, name in names.items() if found.get(name)}
    parameters |= {key: str(found["OPTIONS"][key]) for key in PASSED_ON if key in found.get("OPTIONS", {})}
    return Address(parameters, str(connections[app].settings_dict["USER"]))


@contextmanager
def snapshot(where: Address) -> Iterator[tuple[Connection, str]]:
    """A read-only transaction that sees one instant, and the name by which pg_dump sees the same."""
    with where.connect() as connection:
        connection.execute("SET idle_in_transaction_session_timeout = 0")  # it waits for the whole dump
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield connection, str(one(connection, "SELECT pg_export_snapshot()"))


def one(connection: Connection, statement: str, *values: object) -> Any:
    """The first column of the one row."""
    row = connection.execute(statement.encode(), values).fetchone()
    return row[0] if row else None


def server_version(connection: Connection) -> str:
    return connection.info.parameter_status("server_version") or ""


def row_counts(connection: Connection) -> dict[str, int]:
    """`schema.table` -> rows, exactly, of every table that is not PostgreSQL's own."""
    found = connection.execute(TABLES.encode()).fetchall()
    counts: dict[str, int] = {}
    for start in range(0, len(found), TABLES_A_QUERY):
        parts = [
            sql.SQL("SELECT {}, count(*) FROM {}").format(sql.Literal(".".join(table)), sql.Identifier(*table))
            for table in found[start : start + TABLES_A_QUERY]
        ]
        counts |= dict(connection.execute(sql.SQL(" UNION ALL ").join(parts)).fetchall())
    return counts


def trigger_count(connection: Connection) -> int:
    """Triggers that are on."""
    return int(one(connection, TRIGGERS))


def recorded_migrations(connection: Connection, tables: dict[str, int]) -> list[str]:
    """`app.name` of every migration that some schema recorded."""
    schemas = [table.removesuffix(".django_migrations") for table in tables if table.endswith(".django_migrations")]
    found: set[str] = set()
    for schema in schemas:
        query = sql.SQL("SELECT app || '.' || name FROM {}").format(sql.Identifier(schema, "django_migrations"))
        found |= {row[0] for row in connection.execute(query).fetchall()}
    return sorted(found)


def is_there(maintenance: Connection, name: str) -> bool:
    return one(maintenance, "SELECT 1 FROM pg_database WHERE datname = %s", name) is not None


def is_empty(where: Address) -> bool:
    with where.connect() as connection:
        return not row_counts(connection)


def users_of(maintenance: Connection, name: str) -> int:
    """How many connections there are to this database; what just left is waited for."""
    deadline = time.monotonic() + LEAVING_SECONDS
    while count := int(one(maintenance, "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", name)):
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return count


def leave() -> None:
    """Close every connection of this process: nobody may be in a database that gets another name."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if getattr(connection, "pool", None):
            connection.close_pool()  # type: ignore[attr-defined]
