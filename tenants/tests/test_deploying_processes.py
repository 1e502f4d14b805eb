"""Deploys by several processes, and what the command says."""

import io
import multiprocessing
import os
import threading
from multiprocessing.process import BaseProcess
from unittest import mock

import pytest
from django.core.management import CommandError, call_command

from tenants.models import SchemaMigration
from tenants.services import deploying, ledger, schemas
from tenants.tests.fleet import FLEET, FleetCase, fall_behind

pytestmark = pytest.mark.prove  # processes that deploy and are killed


class ProcessesTests(FleetCase):
    def test_several_processes_share_the_schemas(self) -> None:
        fall_behind(*FLEET, "alpha", "beta")
        with mock.patch.object(deploying, "FEW", 1), mock.patch("os.cpu_count", return_value=2):
            outcome = self.deploy()

        self.assertEqual((set(outcome.migrated), outcome.failed), ({*FLEET, "alpha", "beta"}, {}))
        self.assertEqual(schemas.drifted(), [])
        self.assertEqual(len(self.said), 6)

    def test_when_the_processes_die_before_they_begin_this_one_does_the_work(self) -> None:
        fall_behind(*FLEET)
        started: list[BaseProcess] = []

        def dying() -> BaseProcess:
            self.assertLess(len(started), 2, "It starts them again and again.")
            process = multiprocessing.get_context("spawn").Process(target=int)
            started.append(process)
            process.start()
            return process

        with (
            mock.patch.object(deploying, "FEW", 1),
            mock.patch("os.cpu_count", return_value=2),
            mock.patch.object(deploying, "_process", side_effect=dying),
        ):
            outcome = self.deploy()

        self.assertEqual((set(outcome.migrated), len(started)), (set(FLEET), 2))

    def test_while_one_process_goes_on_the_ledger_is_not_asked_without_a_pause(self) -> None:
        told, ended = mock.Mock(), threading.Event()
        sentinel, other_end = os.pipe()
        self.addCleanup(os.close, sentinel)
        done = mock.Mock(**{"is_alive.return_value": False})
        going_on = mock.Mock(sentinel=sentinel, is_alive=lambda: not ended.is_set())

        def end() -> None:
            ended.set()
            os.close(other_end)

        ending = threading.Timer(0.3, end)

        with (
            mock.patch.object(ledger, "owed", side_effect=[6, 0, 0]),
            mock.patch("os.cpu_count", return_value=2),
            mock.patch.object(deploying, "_process", side_effect=[done, going_on]),
        ):
            ending.start()
            deploying._all_others(told)

        self.assertLessEqual(told.the_news.call_count, 2)

    def test_what_a_dead_process_held_has_failed_with_that_reason(self) -> None:
        SchemaMigration.objects.create(schema_name="one", state="running", fingerprint="x")

        ledger.bury_the_dead()

        row = ledger.rows().get(pk="one")
        self.assertEqual((row.state, row.error), ("failed", ledger.PROCESS_ENDED))


class CommandTests(FleetCase):
    def run_command(self, name: str, *arguments: str) -> tuple[str, str]:
        """What it printed, and its error."""
        out = io.StringIO()
        try:
            call_command(name, *arguments, stdout=out)
        except CommandError as error:
            return out.getvalue(), str(error)
        return out.getvalue(), ""

    def test_the_status_names_what_is_behind_and_why(self) -> None:
        self.assertEqual(self.run_command("migrate_tenants", "--status"), ("6 of 6 schemas are up to date.\n", ""))
        fall_behind("two", "three")
        with self.failing("two"):
            self.deploy(canary="two")

        printed, error = self.run_command("migrate_tenants", "--status")

        self.assertEqual(
            printed.splitlines(),
            [
                "4 of 6 schemas are up to date.",
                "two: Failed after 1 attempts ValueError: no",
                "three: Owed after 0 attempts",
            ],
        )
        self.assertEqual(error, "2 schemas are behind: run manage.py migrate_all.")

    def test_a_failure_ends_with_what_to_do_and_migrate_all_too(self) -> None:
        for command in ("migrate_tenants", "migrate_all"):
            fall_behind("one", "two")
            with self.failing("two"):
                printed, error = self.run_command(command, "--canary", "one")

            self.assertIn("migrated schema one\nfailed schema two: ValueError: no", printed)
            self.assertEqual(
                error,
                "1 schemas failed (two), all others are up to date. Mend what the errors name and run this again: it "
                "goes on with these alone.",
            )

    def test_a_canary_that_fails_ends_with_what_to_do(self) -> None:
        fall_behind("one", "two")
        ledger.rows().delete()

        with self.failing("one"):
            _, error = self.run_command("migrate_tenants")

        self.assertIn("The canary one failed, so 1 others were not begun.", error)
        self.assertIn("No tenant has the schema nobody", self.run_command("migrate_all", "--canary", "nobody")[1])
