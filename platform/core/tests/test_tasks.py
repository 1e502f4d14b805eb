"""Tasks are sent after the commit, carry ids and their tenant, and run inside it."""

import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.test import SimpleTestCase
from prometheus_client import REGISTRY

from core import audit, due, slots, tasks, tenancy
from core.due import Owed
from core.ids import uuid7
from core.redis import client
from core.tasks import WrongKeywords, enqueue
from core.testing import OTHER, CommittingTestCase, TenantTestCase
from core.tests import notes, rows

QUEUE = "candor:broker:default"
BROKER_AWAY = """
import sys, time, django
django.setup()
from core import tasks
started = time.monotonic()
tasks.send("core.sweep_due", {})
print(round(time.monotonic() - started, 2))
"""


def sent() -> list[dict[str, Any]]:
    """The messages in the broker, the oldest first: each one's task and keywords."""
    found: Any = client().lrange(QUEUE, 0, -1)
    messages = [json.loads(raw) for raw in reversed(found)]
    return [
        {"task": message["headers"]["task"]} | json.loads(base64.b64decode(message["body"]))[1] for message in messages
    ]


def finished(outcome: str) -> float:
    return REGISTRY.get_sample_value("candor_tasks_total", {"task": "core.tests.note", "outcome": outcome}) or 0.0


class EnqueueTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.letter_id = uuid7()
        client().delete(QUEUE)

    def test_the_message_goes_out_after_the_commit_with_its_tenant_and_the_request_s_id(self) -> None:
        request = structlog.contextvars.bound_contextvars(request_id="req-12345678")
        with request, self.captureOnCommitCallbacks(execute=True):
            enqueue("core.tests.note", letter_id=self.letter_id)
            self.assertEqual(sent(), [])

        self.assertEqual(
            sent(),
            [
                {
                    "task": "core.tests.note",
                    "letter_id": str(self.letter_id),
                    "tenant": "alpha",
                    "request_id": "req-12345678",
                }
            ],
        )

    def test_nothing_goes_out_when_the_transaction_rolls_back(self) -> None:
        commit = self.captureOnCommitCallbacks(execute=True)
        with commit, self.assertRaises(ZeroDivisionError), transaction.atomic():
            enqueue("core.tests.note", letter_id=self.letter_id)
            raise ZeroDivisionError

        self.assertEqual(sent(), [])

    def test_the_tenant_is_that_of_the_call_and_not_that_of_the_commit(self) -> None:
        with self.captureOnCommitCallbacks(execute=True), self.in_tenant(OTHER):
            enqueue("core.tests.note", letter_id=self.letter_id)

        self.assertEqual([message["tenant"] for message in sent()], ["beta"])

    def test_keywords_that_the_task_does_not_take_are_refused_before_anything_is_sent(self) -> None:
        wrong: list[dict[str, Any]] = [{}, {"turn_id": self.letter_id}, {"letter_id": self.letter_id, "more": 1}]
        for keywords in wrong:
            with self.subTest(keywords=list(keywords)), self.captureOnCommitCallbacks(execute=True) as callbacks:
                with self.assertRaises(WrongKeywords):
                    enqueue("core.tests.note", **keywords)
                self.assertEqual(callbacks, [])

    def test_a_task_that_does_not_exist_is_refused(self) -> None:
        with self.assertRaises(WrongKeywords):
            enqueue("core.tests.nothing", letter_id=self.letter_id)

    def test_without_a_tenant_nothing_is_sent(self) -> None:
        tenancy.use(tenancy.Platform())

        with self.captureOnCommitCallbacks(execute=True) as callbacks, self.assertRaises(tenancy.NoTenant):
            enqueue("core.tests.note", letter_id=self.letter_id)

        self.assertEqual(callbacks, [])


class RunTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.letter_id = uuid7()
        notes.seen.clear()
        tenancy.use(tenancy.Platform())

    def run_task(self, **message: Any) -> None:
        current_app.tasks["core.tests.note"](**message)

    def test_it_runs_inside_its_tenant_as_the_system_and_leaves_it_afterwards(self) -> None:
        before = finished("done")

        self.run_task(tenant="beta", letter_id=str(self.letter_id), text="hello")

        self.assertEqual(notes.seen, [("beta", self.letter_id, "hello", audit.SYSTEM)])
        self.assertIsInstance(notes.seen[0][1], UUID)
        self.assertEqual(tenancy.in_use(), tenancy.Platform())
        self.assertEqual(finished("done"), before + 1)

    def test_it_leaves_the_tenant_and_its_log_context_after_an_exception_too(self) -> None:
        before = finished("failed")

        with self.assertRaises(ZeroDivisionError):
            self.run_task(tenant="beta", letter_id=str(self.letter_id), text="break")

        self.assertEqual(tenancy.in_use(), tenancy.Platform())
        self.assertEqual(structlog.contextvars.get_contextvars().keys() & {"tenant", "task"}, set())
        self.assertEqual(finished("failed"), before + 1)

    def test_without_a_tenant_it_refuses_to_run(self) -> None:
        for nobody in ({}, {"tenant": ""}):
            with self.assertRaises(tenancy.NoTenant):
                self.run_task(letter_id=str(self.letter_id), **nobody)

        self.assertEqual(notes.seen, [])

    def test_a_tenant_that_is_no_more_is_counted_and_dropped(self) -> None:
        before = finished("no_tenant")

        self.run_task(tenant="gamma", letter_id=str(self.letter_id))

        self.assertEqual((notes.seen, finished("no_tenant")), ([], before + 1))
        self.assertEqual(tenancy.in_use(), tenancy.Platform())

    def test_a_second_delivery_is_counted_and_no_failure(self) -> None:
        before = finished("duplicate")

        self.run_task(tenant="beta", letter_id=str(self.letter_id), text="claimed")

        self.assertEqual(finished("duplicate"), before + 1)


class HeldTests(CommittingTestCase):
    """A worker's thread holds no connection between two tasks."""

    def test_every_connection_is_given_back_whatever_became_of_the_task(self) -> None:
        for text in ("hello", "break", "claimed"):
            connection.ensure_connection()
            with contextlib.suppress(ZeroDivisionError):
                current_app.tasks["core.tests.note"](tenant="beta", letter_id=str(uuid7()), text=text)

            self.assertIsNone(connection.connection, text)

    def test_the_sweep_gives_it_back_too(self) -> None:
        connection.ensure_connection()

        current_app.tasks["core.sweep_due"]()

        self.assertIsNone(connection.connection)


class SweepTaskTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.letter_id = uuid7()
        client().delete(QUEUE)
        due.register("test.note", task="core.tests.note", keyword="letter_id")

    def test_what_is_owed_is_sent_with_its_tenant_and_its_keyword(self) -> None:
        due.owe("test.note", self.letter_id)
        rows.model("core.Due").objects.update(due_at="2020-01-01T00:00:00Z")

        current_app.tasks["core.sweep_due"]()

        self.assertEqual(sent(), [{"task": "core.tests.note", "letter_id": str(self.letter_id), "tenant": "alpha"}])
        self.assertEqual(tenancy.schema(), "alpha")

    def test_work_that_waits_for_a_slot_gets_no_hint_while_somebody_will_call_it(self) -> None:
        due.register("test.slotted", task="core.tests.note", keyword="letter_id", slots="notes")
        self.addCleanup(due._kinds.pop, "test.slotted")
        due.owe("test.slotted", self.letter_id)

        with self.hold(uuid7()):
            with self.assertRaises(slots.NoSlot), self.hold(self.letter_id):
                pass
            self.sweep_all()
            while_held = sent()
        self.sweep_all()

        self.assertEqual(while_held, [])
        self.assertEqual([message["letter_id"] for message in sent()], [str(self.letter_id)])

    def test_a_tenant_that_nobody_knows_holds_up_no_other_though_its_work_needs_slots(self) -> None:
        due.register("test.slotted", task="core.tests.note", keyword="letter_id", slots="notes")
        self.addCleanup(due._kinds.pop, "test.slotted")

        for tenant in ("of_tomorrow", "alpha"):
            tasks._send_owed(Owed(tenant, "test.slotted", self.letter_id, 1))

        self.assertEqual([message["tenant"] for message in sent()], ["of_tomorrow", "alpha"])

    def test_where_many_messages_wait_few_hints_are_sent_and_for_other_kinds_as_ever(self) -> None:
        due.register("test.slotted", task="core.tests.note", keyword="letter_id", slots="notes")
        self.addCleanup(due._kinds.pop, "test.slotted")
        for kind in ("test.slotted", "test.note"):
            for _ in range(25):
                due.owe(kind, uuid7())
        crowded = f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}notes.07"
        client().lpush(crowded, *["message"] * 600)
        self.addCleanup(client().delete, crowded)

        self.sweep_all()
        beside_many = len(sent())
        client().delete(crowded)
        self.sweep_all()

        self.assertEqual((beside_many, len(sent())), (20 + 25, 50))

    def hold(self, object_id: UUID) -> contextlib.AbstractContextManager[None]:
        return slots.hold("notes", object_id, most=1, wake=lambda _: None)

    def sweep_all(self) -> None:
        rows.model("core.Due").objects.update(due_at="2020-01-01T00:00:00Z")
        client().delete(QUEUE)
        current_app.tasks["core.sweep_due"]()

    def test_a_kind_that_only_a_newer_release_knows_holds_up_no_other(self) -> None:
        tasks._send_owed(Owed("alpha", "test.of-tomorrow", self.letter_id, 1))
        tasks._send_owed(Owed("alpha", "test.note", self.letter_id, 1))

        self.assertEqual([message["letter_id"] for message in sent()], [str(self.letter_id)])


class BrokerAwayTests(SimpleTestCase):
    def test_a_broker_that_is_away_raises_nothing_and_costs_less_than_three_seconds(self) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            env = os.environ | {"REDIS_URL": f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"}
            env |= {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": f"{settings.ROOT}/platform"}
            started = time.monotonic()
            done = subprocess.run(
                [sys.executable, "-c", BROKER_AWAY],
                cwd=settings.ROOT,
                env=env,
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )

        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertLess(float(done.stdout), 3, f"of {time.monotonic() - started:.1f} s in all")
        self.assertIn("broker_unavailable", done.stderr)
