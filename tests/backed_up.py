"""A Candor of two tenants with answers in it, to be backed up and restored."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.test import override_settings
from psycopg import sql

from core.backups import BackupError, databases
from core.testing import HOME, OTHER, CommittingTestCase

ANSWER = "I led the migration with four people, and nobody waited."
OURS = "n.nspname !~ '^(pg_|information_schema$)'"
RIGHTS = f"""
    SELECT 'table', nspname || '.' || relname, relacl::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'S') AND {OURS}
    UNION ALL SELECT 'schema', nspname, nspacl::text FROM pg_namespace n WHERE {OURS}
    UNION ALL SELECT 'default', defaclobjtype::text, defaclacl::text FROM pg_default_acl
    UNION ALL SELECT 'trigger', tgrelid::regclass::text || tgname, tgenabled::text FROM pg_trigger
     WHERE NOT tgisinternal
    UNION ALL SELECT 'function', oid::regprocedure::text, proacl::text FROM pg_proc
     WHERE pronamespace::regnamespace::text !~ '^(pg_|information_schema$)'
    UNION ALL SELECT 'database', '', datacl::text FROM pg_database WHERE datname = current_database()
     ORDER BY 1, 2, 3"""

SESSION = (
    "INSERT INTO alpha.staff_session (session_key, session_data, expire_date, method, device, started_at, seen_at)"
    " VALUES ('ended-since', '', now(), '', '', now(), now()) RETURNING 1"
)


class BackupCase(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.place = Path(self.enterContext(TemporaryDirectory()))
        self.folder = self.place / "backup"
        self.enterContext(
            override_settings(MAILBOX_DIR=self.place / "mailbox", EMAIL_BACKEND="core.mailbox.MailboxBackend")
        )
        (self.place / "mailbox").mkdir()
        (self.place / "mailbox" / "one.eml").write_text("Dear Ada")
        self.addCleanup(self._drop_what_was_kept)

    def main(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self.rows("main", statement, *values)

    def rows(self, kind: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with databases.address(kind).connect() as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def everything(self) -> dict[str, Any]:
        """Rights, triggers, row counts, and the audit trail of both databases."""
        found: dict[str, Any] = {}
        for kind in databases.ALIASES:
            with databases.address(kind).connect() as connection:
                found[kind] = (databases.row_counts(connection), connection.execute(RIGHTS.encode()).fetchall())
        trail = "SELECT id, action, detail::text FROM {}.audit_event ORDER BY id"
        return found | {schema: self.main(trail.format(schema)) for schema in (HOME, OTHER, "public")}

    def names(self) -> list[str]:
        """The databases that belong to this class's, drafts and kept ones among them."""
        like = databases.address("main").name.replace("candor", "candor%", 1) + "%"
        return [
            row[0] for row in self._maintain("SELECT datname FROM pg_database WHERE datname LIKE %s ORDER BY 1", like)
        ]

    def destroy(self) -> None:
        """Both databases are gone, and new ones hold nothing and give nobody a right."""
        databases.leave()
        for kind in databases.ALIASES:
            name = sql.Identifier(databases.address(kind).name)
            with databases.address(kind).at("postgres").connect() as connection:
                connection.execute(sql.SQL("DROP DATABASE {}").format(name))
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))

    def refuses(self, call: Callable[[], Any], sentence: str, error: type[Exception] = BackupError) -> None:
        """The call says this, and both databases are as they were, with no other beside them."""
        before, names = self.everything(), self.names()

        with self.assertRaisesRegex(error, sentence):
            call()

        self.assertEqual(self.everything(), before)
        self.assertEqual(self.names(), names)

    def _maintain(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with databases.address("main").at("postgres").connect() as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def _drop_what_was_kept(self) -> None:
        databases.leave()
        with databases.address("main").at("postgres").connect() as connection:
            for name in self.names():
                if "_before_" in name:
                    connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
