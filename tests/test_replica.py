"""Reads that may lag come from a real streaming replica, in the tenant's own schema; nothing is ever written there."""

from __future__ import annotations

import copy
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import psycopg
import pytest
from django.conf import settings
from django.db import ProgrammingError, connections, transaction
from django.db.utils import InternalError
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core import replica, tenancy
from core.localservices import service
from core.localservices.postgres import SUPERUSER, Postgres
from core.localservices.server import free_port
from core.testing import HOME, OTHER, CommittingTestCase
from llm import stats
from tests.stack import wait_until

pytestmark = pytest.mark.prove


@contextmanager
def streaming_replica() -> Iterator[tuple[int, psutil.Process]]:
    """A second server that follows the tests' own; its port and its process."""
    primary, _ = service._servers(service.home(settings.VAR))
    address = settings.DATABASES["default"]
    place, port = primary.data.with_name("replica"), free_port()
    shutil.rmtree(place, ignore_errors=True)
    follower = Postgres(primary.data.parent, primary.runner, primary.bundle, primary.passwords, relaxed=True)
    follower.data = place
    url = primary.url(int(address["PORT"]), SUPERUSER, "postgres")
    copied = primary.runner.run(
        [primary.bundle.program("pg_basebackup"), "-D", place, "-d", url, "-R", "-X", "stream", "-c", "fast"]
    )
    assert copied.returncode == 0, copied.stderr
    pid = primary.runner.start(follower.command(port), primary.data.with_name("replica.log"))
    process = psutil.Process(pid)
    try:
        wait_until(lambda: follower.answers(port), "the replica did not start")
        yield port, process
    finally:
        if process.is_running():
            process.send_signal(signal.SIGQUIT)
            psutil.wait_procs([process], 20)
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def configured(port: int) -> Iterator[None]:
    """What DATABASE_REPLICA_URL does in the settings."""
    own = copy.deepcopy(connections.settings["default"])
    own["PORT"] = port
    own["OPTIONS"]["options"] += " -c default_transaction_read_only=on"
    connections.settings[tenancy.REPLICA] = own
    replica._avoided["until"] = 0.0
    try:
        yield
    finally:
        wrapper: Any = connections[tenancy.REPLICA]
        wrapper.close()
        wrapper.close_pool()
        del connections[tenancy.REPLICA]
        del connections.settings[tenancy.REPLICA]


class ReplicaTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        port, self.process = self.enterContext(streaming_replica())
        self.enterContext(configured(port))
        for name in (HOME, OTHER):
            with tenancy.enter(name):
                User.objects.create_user(f"ada@{name}.example", None, name=f"Ada of {name}")

    def caught_up(self) -> bool:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
            [written] = cursor.fetchone()
        with connections[tenancy.REPLICA].cursor() as cursor:
            cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written])
            return bool(cursor.fetchone()[0])

    def names(self) -> list[str]:
        found = User.objects.using(replica.may_lag()).filter(email__startswith="ada@")
        return sorted(found.values_list("name", flat=True))

    def test_reads_that_may_lag_go_there_and_nothing_else_does(self) -> None:
        wait_until(self.caught_up, "the replica does not follow", seconds=20)

        self.assert_reads_follow_the_tenant()
        self.assert_the_use_of_models_is_read_there()
        self.assert_what_was_read_there_is_written_here()
        self.assert_nothing_is_written_there()
        self.assert_it_comes_back_without_its_tenant()
        self.assert_the_database_stands_in_when_it_is_away()

    def assert_reads_follow_the_tenant(self) -> None:
        self.assertEqual((replica.may_lag(), self.names()), ("replica", ["Ada of alpha"]))
        lazy = User.objects.using(replica.may_lag()).filter(email__startswith="ada@")
        with tenancy.enter(OTHER):
            self.assertEqual(self.names(), ["Ada of beta"])
            self.assertEqual([user.name for user in lazy.all()], ["Ada of beta"])  # as on the database itself
        self.assertEqual(self.names(), ["Ada of alpha"])
        self.assertEqual(User.objects.all().db, "default")
        with transaction.atomic():
            self.assertEqual(replica.may_lag(), "default")

    def assert_the_use_of_models_is_read_there(self) -> None:
        hour = datetime(2026, 11, 2, 12, tzinfo=UTC)
        stats.forget()
        with (
            CaptureQueriesContext(connections[tenancy.REPLICA]) as there,
            CaptureQueriesContext(connections["default"]) as here,
        ):
            found = stats.optimization_stats(hour - timedelta(days=3), hour, "alpha")

        self.assertEqual(found.total_requests, 0)
        tables = [name for name in ("llm_call", "llm_usage_hour") if name in str(there.captured_queries)]
        self.assertEqual((tables, list(here.captured_queries)), (["llm_call", "llm_usage_hour"], []))

    def assert_what_was_read_there_is_written_here(self) -> None:
        user = User.objects.using(replica.may_lag()).get(email="ada@alpha.example")
        user.name = "Ada Lovelace"
        user.save()

        self.assertEqual(User.objects.using("default").get(pk=user.pk).name, "Ada Lovelace")

    def assert_nothing_is_written_there(self) -> None:
        with self.assertRaises((InternalError, ProgrammingError)) as caught:
            User.objects.using(tenancy.REPLICA).update(name="x")

        self.assertIsInstance(caught.exception.__cause__, psycopg.errors.ReadOnlySqlTransaction)

    def assert_it_comes_back_without_its_tenant(self) -> None:
        wrapper: Any = connections[tenancy.REPLICA]
        with tenancy.enter(OTHER):
            self.names()
            wrapper.close()
        with wrapper.pool.connection(timeout=5) as bare:
            self.assertNotIn(OTHER, bare.execute("SHOW search_path").fetchone()[0])

    def assert_the_database_stands_in_when_it_is_away(self) -> None:
        connections[tenancy.REPLICA].close()
        self.process.send_signal(signal.SIGQUIT)
        psutil.wait_procs([self.process], 20)
        wrapper: Any = connections[tenancy.REPLICA]
        wrapper.close_pool()
        wrapper.settings_dict["OPTIONS"]["pool"]["timeout"] = 1

        self.assertEqual((replica.may_lag(), self.names()), ("default", ["Ada Lovelace"]))
        self.assertGreater(replica._avoided["until"], 0)
        replica._avoided["until"] = 0.0
