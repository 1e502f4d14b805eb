"""A backup brings everything back: rows, rights, triggers, what was owed; a bad one changes nothing."""

from __future__ import annotations

import stat
from pathlib import Path
from unittest import mock
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections

from core import backups, tenancy
from core.backups import BackupError, NotAfterRestore, databases, making, programs, restoring
from core.models import Due
from core.testing import HOME, OTHER
from interviews.models import Turn
from interviews.services import turns
from interviews.tests import make
from keys import ring
from tests.backed_up import ANSWER, SESSION, BackupCase

pytestmark = pytest.mark.prove  # dumps, and servers made of them


class RoundTripTests(BackupCase):
    def answered(self, schema: str) -> Turn:
        with tenancy.enter(schema):
            return make.answered(make.started(make.invited(f"{uuid4()}@example.org")), ANSWER)

    def test_two_tenants_come_back_into_empty_databases_with_rows_rights_and_triggers(self) -> None:
        owed = {schema: self.answered(schema) for schema in (HOME, OTHER)}
        self.main(SESSION)
        before = self.everything()
        making.make(self.folder, with_secrets=False)
        (self.place / "mailbox" / "one.eml").unlink()
        self.destroy()

        done = restoring.restore(self.folder)

        self.assertEqual(self.main("SELECT count(*) FROM alpha.staff_session"), [(0,)])
        self.main(SESSION)
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
