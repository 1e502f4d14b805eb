"""Processes that start, answer, submit, give back, withdraw and credit, killed at any instant: nothing is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from billing.models import InvoiceLine, QuotaPeriod, UsageRecord
from billing.reconciling import looks
from billing.services import periods
from core import tenancy
from core.testing import CommittingTestCase
from interviews.models import Interview
from tests.money import acts, crews

pytestmark = pytest.mark.prove

WORKERS, ATTEMPTS, QUOTA, OVERAGE = 8, 1500, 150, 40
KILLS, LEAST_INSIDE = 40, 15
LONGEST_PAUSE = 1.5  # seconds between two kills
INSIDE = """
    SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND xact_start IS NOT NULL
       AND (state LIKE 'idle in transaction%%' OR state = 'active')"""


@dataclass(slots=True)
class Killer:
    """Kills a worker and starts another in its place; `inside` counts those that held a transaction."""

    crew: dict[int, crews.Worker]  # a backend's number -> its worker
    kills: int = 0
    inside: int = 0
    looks: int = 0
    found: list[Any] = field(default_factory=list)

    def kill(self) -> None:
        backend, worker = random.choice(list(self.crew.items()))
        assert worker.process.pid is not None
        os.kill(worker.process.pid, signal.SIGSTOP)  # it is killed where it stands, and we know where
        self.inside += self._holds(backend)
        worker.kill()
        self.kills += 1
        del self.crew[backend]

    def compare(self) -> None:
        """In the middle of it all: no look may cry wolf."""
        self.looks += 1
        self.found += looks.of_tenant(tenancy.current()).differences

    def _holds(self, backend: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute(INSIDE, [backend])
            return int(cursor.fetchone()[0])


class KilledBetweenTests(CommittingTestCase):
    @pytest.fixture(autouse=True)
    def _show(self, show: Callable[[str], None]) -> None:
        self.show = show

    def test_after_forty_kills_nothing_differs_and_all_that_was_bought_is_granted(self) -> None:
        period = self.bought()
        crews.attempts(ATTEMPTS)
        began = time.monotonic()

        with lively() as killer:
            while killer.kills < KILLS:
                time.sleep(random.uniform(0, LONGEST_PAUSE))
                killer.kill()
                join(killer.crew)
                if killer.kills % 2:
                    killer.compare()
        seconds = time.monotonic() - began
        lived = figures(period)
        wait_until_nobody_writes()
        code, after = reconcile()
        rest = crews.start_all(4, 100)  # more than what is left

        self.show(json.dumps({"seconds": round(seconds, 1), "kills": killer.kills, "inside": killer.inside}))
        self.show(json.dumps({"looks": killer.looks} | lived | {"compared": after["compared"]}))
        self.assertEqual((killer.found, after["differences"], after["trouble"], code), ([], [], {}, 0))
        self.assertGreaterEqual(killer.inside, LEAST_INSIDE)
        self.assertEqual(set(lived["acts"]), {"completed", "overage", "started"})
        self.assertEqual(set(rest.outcomes) - {"granted", "refused", "CannotStart"}, set())
        self.all_is_granted(period)
        self.assertEqual(reconcile()[0], 0)

    def bought(self) -> QuotaPeriod:
        found = periods.current()
        QuotaPeriod.objects.filter(pk=found.pk).update(included=QUOTA, overage_allowed=OVERAGE)
        return found

    def all_is_granted(self, period: QuotaPeriod) -> None:
        """Every interview that was included, credited or allowed beyond is used, and not one more."""
        period.refresh_from_db()
        used = period.reserved + period.consumed
        self.assertEqual(used, period.included + period.credited + period.overage_allowed)
        self.assertEqual((period.included, period.overage_allowed), (QUOTA, OVERAGE))
        self.assertGreater(period.credited, 0)


@contextmanager
def lively() -> Iterator[Killer]:
    """A crew at work, and whoever kills it; in the end all are killed in the middle of what they do."""
    killer = Killer({})
    try:
        join(killer.crew)
        yield killer
    finally:
        while killer.crew:
            _, worker = killer.crew.popitem()
            worker.kill()


def join(crew: dict[int, crews.Worker]) -> None:
    """As many workers as there should be."""
    while len(crew) < WORKERS:
        worker = crews.begin(acts.live, acts.here())
        crew[worker.hear()] = worker


def wait_until_nobody_writes() -> None:
    """The server ends the transactions of the dead as soon as it sees that they are gone."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND state <> 'idle'"
            )
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.1)
    raise AssertionError("Somebody still writes.")


def figures(period: QuotaPeriod) -> dict[str, Any]:
    period.refresh_from_db()
    kinds = UsageRecord.objects.filter(period=period).values_list("kind", flat=True)
    return {
        "started": Interview.objects.filter(started_at__isnull=False).count(),
        "reserved": period.reserved,
        "consumed": period.consumed,
        "credited": period.credited,
        "lines": InvoiceLine.objects.filter(period=period).count(),
        "acts": sorted({kind.removeprefix("interview_") for kind in kinds}),
    }


def reconcile() -> tuple[int, dict[str, Any]]:
    """The command itself, on the test's databases: its exit code and what it prints."""
    place = acts.here()
    names = {"DATABASE_URL": place.database, "DATABASE_OWNER_URL": place.database, "KEYS_DATABASE_URL": place.keys}
    env = os.environ | {name: urlsplit(os.environ[name])._replace(path=f"/{to}").geturl() for name, to in names.items()}
    command = [sys.executable, "manage.py", "reconcile", "--json"]
    ended = subprocess.run(command, cwd=Path(settings.ROOT), env=env, capture_output=True, timeout=120, check=False)
    return ended.returncode, json.loads(ended.stdout)
