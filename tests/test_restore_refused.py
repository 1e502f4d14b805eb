"""A restore that must not be: of a bad backup, over somebody's head, of half of two servers. Nothing changes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from core import backups
from core.backups import BackupError, databases, making, restoring
from keys import kek
from tests.backed_up import BackupCase

pytestmark = pytest.mark.prove  # dumps, and servers made of them


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

    @mock.patch.object(databases.Address, "same_server", lambda *_: False)
    def test_of_two_servers_somebody_who_came_meanwhile_leaves_both_as_they_were(self) -> None:
        """A monitor, or a process that was started again, while the dumps were restored."""
        for kind in databases.ALIASES:
            with self.subTest(kind), self._came_meanwhile(kind):
                self.refuses(self.restore, "has 1 connections: stop web, worker and beat")

    @mock.patch.object(databases.Address, "same_server", lambda *_: False)
    def test_of_two_servers_the_first_is_swapped_back_when_the_second_fails(self) -> None:
        rename = restoring._rename

        def failing(connection: Any, name: str, to: str) -> None:
            if name == databases.address("main").name + restoring.DRAFT:
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            rename(connection, name, to)

        with mock.patch.object(restoring, "_rename", failing):
            self.refuses(self.restore, "everything is as it was: server closed the connection unexpectedly")

    @mock.patch.object(databases.Address, "same_server", lambda *_: False)
    def test_of_two_servers_where_the_first_can_not_be_swapped_back_the_names_are_said(self) -> None:
        keys, main = databases.address("keys").name, databases.address("main").name
        rename = restoring._rename
        swapped: list[str] = []

        def failing(connection: Any, name: str, to: str) -> None:
            if name == main or swapped == [keys, keys + restoring.DRAFT]:
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            rename(connection, name, to)
            swapped.append(name)

        with (
            mock.patch.object(restoring, "_rename", failing),
            self.assertRaises(restoring.HalfSwapped) as caught,
        ):
            self.restore()

        (old,) = (name for name in self.names() if name.startswith(f"{keys}_before_"))
        self.assertEqual(
            str(caught.exception),
            "The restore stopped half way (server closed the connection unexpectedly), and swapping back failed too"
            f" (server closed the connection unexpectedly). {main} is as it was. {keys} is the backup's now."
            f" Start nothing before you drop {keys} and rename {old} (if it is there) to {keys}.",
        )

    @mock.patch.object(databases.Address, "same_server", lambda *_: False)
    def test_of_two_servers_both_are_swapped_when_all_is_well(self) -> None:
        done = restoring.restore(self.folder, replace=True)

        kept = sorted(name.partition("_before_")[0] for name in done.kept)
        self.assertEqual(kept, sorted(databases.address(kind).name for kind in databases.ALIASES))

    def test_an_old_database_that_can_not_be_looked_at_is_kept_and_what_must_follow_is_done(self) -> None:
        with mock.patch.object(databases, "is_empty", side_effect=BackupError("can't be reached")):
            done = restoring.restore(self.folder, replace=True)

        follow = [name for name, concern in backups.concerns().items() if concern.after]
        self.assertEqual((len(done.kept), [line.partition(":")[0] for line in done.followed]), (2, follow))

    @contextmanager
    def _came_meanwhile(self, kind: str) -> Iterator[None]:
        """Somebody connects once the last dump was restored."""
        fill, came = restoring._fill, []

        def then(part: restoring.Part) -> None:
            fill(part)
            if part.kind == "keys":
                came.append(databases.address(kind).connect())

        try:
            with mock.patch.object(restoring, "_fill", then):
                yield
        finally:
            for connection in came:
                connection.close()

    def test_the_command_says_it_in_a_sentence(self) -> None:
        self.refuses(lambda: call_command("restore", self.place), "is no backup", CommandError)
