"""Gauges that are looked up for a scrape: they never fail it, and never hold it up."""

import socket
import threading
import time
from collections.abc import Iterator
from unittest import mock

from celery import current_app
from django.conf import settings
from django.db import OperationalError, connection
from django.db.models.functions import Now
from django.test import SimpleTestCase, override_settings
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric

from core import due, exposition, gauges, looks
from core.ids import uuid7
from core.models import Due
from core.redis import client
from core.testing import TenantTestCase


class SourceTests(SimpleTestCase):
    """Sources of a test's own, beside nothing else."""

    def setUp(self) -> None:
        self.enterContext(mock.patch.object(gauges, "_sources", {}))
        self.asked = 0

    def look(self) -> Iterator[Metric]:
        self.asked += 1
        yield GaugeMetricFamily("looked_up", "A test's", value=self.asked)

    def values(self) -> list[float]:
        return [sample.value for family in gauges.families() for sample in family.samples]

    def errors(self, source: str) -> float | None:
        return REGISTRY.get_sample_value("candor_scrape_errors_total", {"source": source})

    def test_a_second_scrape_within_seconds_asks_nobody(self) -> None:
        gauges.register("kept", self.look, keep=60)

        self.assertEqual([self.values(), self.values()], [[1.0], [1.0]])

    def test_an_old_answer_is_asked_for_again(self) -> None:
        gauges.register("old", self.look, keep=0)

        self.assertEqual([self.values(), self.values()], [[1.0], [2.0]])

    def test_a_source_that_fails_has_no_series_and_is_counted_while_others_answer(self) -> None:
        gauges.register("broken", mock.Mock(side_effect=OperationalError("away")))
        gauges.register("well", self.look)

        self.assertEqual(self.values(), [1.0])
        self.assertEqual(self.errors("broken"), 1.0)
        self.assertEqual(self.errors("well"), 0.0)

    def test_a_failure_is_not_kept(self) -> None:
        look = mock.Mock(side_effect=[OperationalError("away"), [GaugeMetricFamily("looked_up", "", value=7)]])
        gauges.register("again", look, keep=60)

        self.assertEqual([self.values(), self.values()], [[], [7.0]])

    def test_a_late_source_is_left_out_asked_once_and_counted_each_time(self) -> None:
        gate = threading.Event()
        look = mock.Mock(side_effect=lambda: gate.wait(10) and [])
        gauges.register("late", look)

        with mock.patch.object(gauges, "LIMIT", 0.05):
            began = time.monotonic()
            found = [self.values(), self.values()]
            took = time.monotonic() - began
        gate.set()

        self.assertEqual(found, [[], []])
        self.assertLess(took, 1)
        self.assertEqual(look.call_count, 1)
        self.assertEqual(self.errors("late"), 2.0)

    def test_the_error_is_in_the_scrape_that_met_it(self) -> None:
        gauges.register("sudden", mock.Mock(side_effect=OperationalError("away")))

        self.assertIn(b'candor_scrape_errors_total{source="sudden"} 1.0\n', exposition.text())


class LookTests(TenantTestCase):
    def owe(self, *, kind: str = "turn", tenant: str = "alpha", **changes: object) -> None:
        Due.objects.create(**{"tenant": tenant, "kind": kind, "object_id": uuid7(), "due_at": Now()} | changes)

    def samples(self, look: Iterator[Metric]) -> dict[str, dict[str, float]]:
        return {
            family.name: {",".join(sample.labels.values()): sample.value for sample in family.samples}
            for family in look
        }

    def test_what_is_due_and_what_failed_are_counted_by_kind_over_all_tenants(self) -> None:
        self.owe()
        self.owe(tenant="beta")
        self.owe(kind="mail")
        self.owe(kind="mail", failed_at=Now())
        self.owe(kind="evaluation", due_at=Now() + due.LONGEST_PAUSE)

        with self.assertNumQueries(6):  # search_path, savepoint, its limit, two counts, release
            found = self.samples(looks.due())

        self.assertEqual(found, {"candor_due_backlog": {"mail": 1.0, "turn": 2.0}, "candor_due_failed": {"mail": 1.0}})

    def test_a_look_s_statements_have_a_time_limit(self) -> None:
        with gauges.quick_look(), connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")

            self.assertEqual(cursor.fetchone(), ("1500ms",))

    def test_every_queue_of_the_application_has_its_length(self) -> None:
        key = f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}batch"
        self.addCleanup(client().delete, key)
        client().rpush(key, "one", "two")

        found = self.samples(looks.redis())

        self.assertEqual(set(found["redis_queue_length"]), {queue.name for queue in current_app.conf.task_queues})
        self.assertEqual(found["redis_queue_length"]["batch"], 2.0)

    def test_a_worker_lives_while_its_heartbeat_is_young(self) -> None:
        self.addCleanup(client().delete, "candor:worker:alive")
        client().delete("candor:worker:alive")
        before = self.samples(looks.redis())["candor_worker_alive"]

        client().set("candor:worker:alive", 1, ex=30)

        self.assertEqual((before, self.samples(looks.redis())["candor_worker_alive"]), ({"": 0.0}, {"": 1.0}))

    def test_with_valkey_away_the_scrape_answers_without_its_gauges(self) -> None:
        self.addCleanup(client.cache_clear)
        nobody = self.enterContext(socket.socket())
        nobody.bind(("127.0.0.1", 0))
        self.enterContext(override_settings(REDIS_URL=f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"))
        client.cache_clear()
        self.enterContext(mock.patch.object(gauges, "_sources", {}))
        gauges.register("redis", looks.redis)

        text = exposition.text().decode()

        self.assertNotIn("redis_queue_length", text)
        self.assertIn("candor_sweeps_total", text)
