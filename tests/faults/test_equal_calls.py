"""Equal calls at the same time in several processes make one; a leader that fails or is killed makes one more."""

import json
import os
import subprocess
import sys
import time

import pytest
from django.conf import settings

from core.testing import TenantTestCase
from llm.tests import flyer
from llm.tests.keeping import held, key


class EqualCallTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.key = key(shared=True)

    def fly(self, threads: int, crowd: int, act: str = "land", lease: float = 5.0) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "llm.tests.flyer", self.key, str(threads), str(crowd), act, str(lease)]
        env = os.environ | {"REDIS_URL": settings.REDIS_URL, "DJANGO_SETTINGS_MODULE": "config.settings"}
        process = subprocess.Popen(
            command, env=env | {"PYTHONPATH": "platform:."}, cwd=settings.ROOT, stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(process.kill)
        return process

    def texts(self, *processes: subprocess.Popen[str]) -> list[str]:
        return [text for process in processes for text in json.loads(process.communicate(timeout=60)[0])]

    def calls(self) -> int:
        return int(held(flyer.CALLS) or 0)

    @pytest.mark.prove
    def test_a_hundred_threads_of_each_of_four_processes_make_one_call(self) -> None:
        texts = self.texts(*[self.fly(100, 400) for _ in range(4)])

        self.assertEqual((len(texts), len(set(texts)), self.calls()), (400, 1, 1))

    def test_a_failed_call_makes_exactly_one_more_over_all_processes(self) -> None:
        texts = self.texts(*[self.fly(20, 40, "fail") for _ in range(2)])

        self.assertEqual((texts.count("failed"), len(set(texts)), self.calls()), (1, 2, 2))

    @pytest.mark.prove
    def test_a_killed_leader_makes_exactly_one_more_after_its_lease(self) -> None:
        killed = self.fly(1, 1 + 20, "die", lease=1.0)
        while not self.calls() and killed.poll() is None:
            time.sleep(0.02)

        texts = self.texts(self.fly(20, 1 + 20, lease=1.0))

        self.assertEqual(killed.wait(10), -9)
        self.assertEqual((len(texts), len(set(texts)), self.calls()), (20, 1, 2))
