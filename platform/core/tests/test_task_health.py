"""The admin's first page says what is owed, who works and what failed last."""

import time
from datetime import timedelta
from unittest.mock import patch

from django.contrib.auth import get_user_model
from django.urls import reverse
from redis import ConnectionError as Unreachable

from core import due, task_health, tenancy, workers
from core.ids import uuid7
from core.redis import client, platform_key
from core.testing import OTHER, TenantClient, TenantTestCase

BEATS, SWEPT = platform_key("worker", "beats"), platform_key("sweep", "done")

due.register("test.health", task="core.sweep_due", keyword="object_id")


class TaskHealthTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        client().delete(BEATS, SWEPT)
        self.addCleanup(client().delete, BEATS, SWEPT)
        with tenancy.enter_platform():
            admin = get_user_model().objects.create_superuser("root@candor.example", None, name="Root")
            self.client = TenantClient("admin")
            self.client.force_login(admin)

    def index(self) -> str:
        return str(self.client.get("/").content.decode())

    def test_each_kind_says_how_much_is_due_how_long_and_how_much_failed(self) -> None:
        due.owe("test.health", uuid7(), after=timedelta(minutes=-5))
        due.owe("test.health", uuid7(), after=timedelta(hours=1))
        with self.in_tenant(OTHER):
            failed = uuid7()
            due.owe("test.health", failed)
            due.fail("test.health", failed, "OutOfPaper")

        shown = self.client.get("/").context

        (row,) = (row for row in shown["kinds"] if row.kind == "test.health")
        (failure,) = shown["failures"]

        self.assertEqual((row.due, row.later, row.failed, row.is_late), (1, 1, 1, True))
        assert row.oldest_seconds is not None
        self.assertAlmostEqual(row.oldest_seconds, 300, delta=5)
        self.assertEqual((failure.tenant, failure.error), (OTHER, "OutOfPaper"))
        page = self.index()
        self.assertIn("OutOfPaper", page)
        for url in (row.failed_url, failure.url):
            self.assertIn(url.replace("&", "&amp;"), page)
            self.assertContains(self.client.get(url), str(failed))

    def test_workers_sign_for_themselves_and_one_that_ended_fades(self) -> None:
        client().zadd(BEATS, {"gone:1": time.time() - workers.ALIVE_SECONDS - 1})

        workers._sign()
        workers.swept()

        signs = task_health.signs()
        self.assertEqual([age for _, age in signs.workers], [0])
        self.assertEqual(client().zcard(BEATS), 1)
        self.assertIn(signs.swept_seconds, (0, 1))

    def test_no_sign_of_life_is_said(self) -> None:
        page = self.index()

        self.assertIn("None gave a sign of life for 30 seconds.", page)
        self.assertIn("None for a minute: beat or every worker is away.", page)

    def test_an_unreachable_valkey_is_said_and_the_page_answers(self) -> None:
        with patch("redis.client.Pipeline.execute", side_effect=Unreachable):
            self.assertIn("Valkey does not answer", self.index())

    def test_a_stranger_sees_nothing_of_it(self) -> None:
        response = TenantClient("admin").get("/")

        self.assertEqual(response.status_code, 302)
        self.assertEqual(TenantClient().get(reverse("admin:index", urlconf="config.urls_admin")).status_code, 302)
