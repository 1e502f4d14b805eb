"""A backup brings everything back: rows, rights, triggers, what was owed; a bad one changes nothing."""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock
from uuid import uuid4

from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings
from psycopg import sql

from core import backups, tenancy
from core.backups import BackupError, NotAfterRestore, databases, making, programs, restoring
from core.models import Due
from core.testing import HOME, OTHER, CommittingTestCase
from interviews.models import Turn
from interviews.services import turns
from interviews.tests import make
from keys import kek, ring

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
        return [row[0] for row in self._maintain("SELECT datname FROM pg_database WHERE datname LIKE %s", like)]

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


class RoundTripTests(BackupCase):
    def answered(self, schema: str) -> Turn:
        with tenancy.enter(schema):
            return make.answered(make.started(make.invited(f"{uuid4()}@example.org")), ANSWER)

    def test_two_tenants_come_back_into_empty_databases_with_rows_rights_and_triggers(self) -> None:
        owed = {schema: self.answered(schema) for schema in (HOME, OTHER)}
        self.main("INSERT INTO alpha.django_session VALUES ('ended-since', '', now()) RETURNING 1")
        before = self.everything()
        making.make(self.folder, with_secrets=False)
        (self.place / "mailbox" / "one.eml").unlink()
        self.destroy()

        done = restoring.restore(self.folder)

        self.assertEqual(self.main("SELECT count(*) FROM alpha.django_session"), [(0,)])
        self.main("INSERT INTO alpha.django_session VALUES ('ended-since', '', now()) RETURNING 1")
        self.assertEqual(self.everything(), before)
        self.assertEqual((done.kept, done.files), ([], 1))
        self.assertEqual((self.place / "mailbox" / "one.eml").read_text(), "Dear Ada")
        self.goes_on(owed)

    def goes_on(self, owed: dict[str, Turn]) -> None:
        """Answers are read under the keys that came back, and the work that was owed is done."""
        ring.forget()
        tenancy.forget()
        for schema, turn in owed.items():
            with self.subTest(schema), tenancy.enter(schema):
                self.assertEqual(Turn.objects.get(pk=turn.pk).answer, ANSWER)
                self.assertEqual(Due.objects.filter(tenant=schema, kind="turn", object_id=turn.pk).count(), 1)
                turns.write_reply(turn_id=turn.pk)
                self.assertEqual(Turn.objects.get(pk=turn.pk).status, Turn.Status.REPLIED)

    def test_what_is_there_is_replaced_when_asked_and_kept_under_another_name(self) -> None:
        making.make(self.folder, with_secrets=False)
        turn = self.answered(HOME)

        self.refuses(lambda: restoring.restore(self.folder), "is not empty: give --replace")
        done = restoring.restore(self.folder, replace=True)

        self.assertEqual(self.main("SELECT 1 FROM alpha.interviews_turn WHERE id = %s", turn.pk), [])
        with databases.address("main").at(done.kept[0]).connect() as old:
            self.assertEqual(databases.one(old, "SELECT count(*) FROM alpha.interviews_turn WHERE id = %s", turn.pk), 1)
        self.assertEqual(len(done.kept), 2)

    def test_the_keys_may_come_from_a_later_backup(self) -> None:
        making.make(self.folder, with_secrets=False)
        with tenancy.enter(HOME):
            ring.create_subject_key(tenancy.tenant_id(), uuid4())
        keys = self.rows("keys", "SELECT count(*) FROM keys_subjectkey")
        making.make(self.place / "later", with_secrets=False)

        restoring.restore(self.folder, keys_from=self.place / "later", replace=True)

        self.assertEqual(self.rows("keys", "SELECT count(*) FROM keys_subjectkey"), keys)

    def test_what_must_follow_and_fails_is_said_after_everything_else_was_done(self) -> None:
        making.make(self.folder, with_secrets=False)
        broken = backups.Concern(after=mock.Mock(side_effect=RuntimeError("ledger away")))

        with (
            mock.patch.dict(backups._concerns, {"ledger": broken}),
            self.assertRaisesRegex(NotAfterRestore, r"do not start Candor yet. Not done: ledger \(ledger away\)\."),
        ):
            restoring.restore(self.folder, replace=True)


class RefusedRestoreTests(BackupCase):
    def setUp(self) -> None:
        super().setUp()
        making.make(self.folder, with_secrets=False)

    def restore(self) -> None:
        restoring.restore(self.folder, replace=True)

    def tell(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Rewrite the manifest."""
        path = self.folder / "manifest.json"
        told = json.loads(path.read_text())
        change(told)
        path.write_text(json.dumps(told))

    def test_a_file_with_one_other_byte_or_none_at_all(self) -> None:
        path = self.folder / "main" / "main.dump"
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        self.refuses(self.restore, r"main/main\.dump was changed\. Nothing was restored")

        path.unlink()
        self.refuses(self.restore, r"main/main\.dump is missing")

    def test_a_dump_that_holds_other_rows_than_its_manifest_tells(self) -> None:
        self.tell(lambda told: told["databases"]["main"]["tables"].update({"alpha.audit_event": 10**6}))

        self.refuses(self.restore, "not what its manifest tells: alpha.audit_event differ")

    def test_no_manifest_and_one_that_is_none(self) -> None:
        self.refuses(lambda: restoring.restore(self.place), "is no backup")
        (self.folder / "manifest.json").write_text("{}")
        self.refuses(self.restore, "can't be read as a manifest")

    def test_a_newer_release_and_other_roles(self) -> None:
        self.tell(lambda told: told["databases"]["main"]["migrations"].append("interviews.9999_later"))
        self.refuses(self.restore, "newer release, which has interviews.9999_later")

        self.tell(lambda told: told["databases"]["main"].update(app="somebody"))
        self.refuses(self.restore, "was made for the roles candor_owner and somebody")

    def test_another_key_encryption_key(self) -> None:
        other = self.place / "other.key"
        other.write_text(secrets.token_hex(32))
        self.addCleanup(kek._kek.cache_clear)
        with override_settings(KEK_FILE=other):
            kek._kek.cache_clear()

            self.refuses(self.restore, r"put the file of that time \(.*\) there\.")

    def test_somebody_who_uses_the_database(self) -> None:
        with databases.address("main").connect():
            self.refuses(self.restore, "has 1 connections: stop web, worker and beat")

    def test_the_command_says_it_in_a_sentence(self) -> None:
        self.refuses(lambda: call_command("restore", self.place), "is no backup", CommandError)


class MakingTests(BackupCase):
    def test_files_are_private_and_hold_secrets_only_when_asked(self) -> None:
        without = making.make(self.folder, with_secrets=False)
        making.make(self.place / "all", with_secrets=True)

        self.assertEqual(
            [one.path for one in without.files], ["files/mailbox/one.eml", "keys/keys.dump", "main/main.dump"]
        )
        modes = {stat.S_IMODE(path.stat().st_mode) for path in self.folder.rglob("*") if path.is_file()}
        folders = {stat.S_IMODE(path.stat().st_mode) for path in (self.folder, *self.folder.glob("*")) if path.is_dir()}
        self.assertEqual((modes, folders), ({0o600}, {0o700}))
        self.assertEqual((self.place / "all/secrets/kek.key").read_bytes(), Path(settings.KEK_FILE).read_bytes())
        kek_text = Path(settings.KEK_FILE).read_text().strip().encode()
        self.assertFalse(any(kek_text in path.read_bytes() for path in self.folder.rglob("*") if path.is_file()))

    def test_a_folder_that_exists_is_left_alone(self) -> None:
        self.folder.mkdir()
        (self.folder / "mine").touch()

        self.refuses(lambda: making.make(self.folder, with_secrets=False), "exists already")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["mine"])

    def test_a_dump_that_fails_leaves_nothing_behind(self) -> None:
        with mock.patch.object(programs, "find", side_effect=BackupError("no pg_dump of that version")):
            self.refuses(lambda: making.make(self.folder, with_secrets=False), "no pg_dump of that version")

        self.assertEqual(sorted(path.name for path in self.place.iterdir()), ["mailbox"])

    def test_a_wrong_password_is_said_without_it(self) -> None:
        wrong = "not-the-password"  # pragma: allowlist secret
        with (
            mock.patch.dict(connections["owner"].settings_dict, {"PASSWORD": wrong}),
            self.assertRaises(BackupError) as caught,
        ):
            making.make(self.folder, with_secrets=False)

        self.assertIn("can't be reached as candor_owner", str(caught.exception))
        self.assertIn("password authentication failed", str(caught.exception))
        self.assertNotIn(wrong, str(caught.exception))
        self.assertEqual(sorted(path.name for path in self.place.iterdir()), ["mailbox"])

    def test_programs_of_another_version_are_refused_by_name(self) -> None:
        with (
            databases.address("main").connect() as connection,
            mock.patch.object(programs, "_major_of", return_value=12),
        ):
            major = connection.info.server_version // 10000
            with self.assertRaisesRegex(BackupError, rf"PostgreSQL {major} .* is 12.*postgresql-client-{major}"):
                programs.find("pg_dump", connection)

    def test_the_password_is_in_the_program_s_environment_and_not_on_its_command_line(self) -> None:
        program = self.place / "pg_dump"
        program.write_text('#!/bin/sh\necho "$@"; echo "$PGPASSWORD $PGDATABASE"\n')
        program.chmod(0o700)
        where = databases.address("main")

        line, told = programs.run(program, where, "--format=custom").splitlines()

        self.assertEqual(line, "--no-password --format=custom")
        self.assertEqual(told, f"{where.parameters['password']} {where.name}")
