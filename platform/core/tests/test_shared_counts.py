"""Counts that processes share in a folder: none is lost or doubled when a process ends."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.test import SimpleTestCase

from core import shared_counts

COUNT = """
from core import metrics
metrics.sweeps.inc({0})
metrics.interview_errors.labels('refused').inc({0})
for _ in range({0}): metrics.ai_response_latency.observe(3)
metrics.live_connections.inc({0})
print(1, flush=True)
input()
"""


class SharedCountsTests(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def start(self, count: int) -> subprocess.Popen[str]:
        """A process that has counted, and lives."""
        env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(self.folder), "PYTHONPATH": f"{settings.ROOT}/platform"}
        command = [sys.executable, "-c", COUNT.format(count)]
        process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(end, process)
        assert process.stdout is not None
        self.assertEqual(process.stdout.readline(), "1\n")
        return process

    def figures(self) -> list[float]:
        """Sweeps, refused answers, replies in 3 s, replies in 2.5 s, open streams."""
        samples = {
            (sample.name, *sample.labels.values()): sample.value
            for family in shared_counts.collect(self.folder)
            for sample in family.samples
        }
        return [
            samples["candor_sweeps_total",],
            samples["interview_errors_total", "refused"],
            samples["ai_response_latency_seconds_bucket", "3.0"],
            samples["ai_response_latency_seconds_bucket", "2.5"],
            samples.get(("candor_live_connections",), 0.0),
        ]

    def test_an_ended_process_s_counts_stay_and_its_streams_go(self) -> None:
        living, dying = self.start(1), self.start(20)
        before = self.figures()

        end(dying)

        self.assertEqual(before, [21.0, 21.0, 21.0, 0.0, 21.0])
        self.assertEqual([self.figures(), self.figures()], [[21.0, 21.0, 21.0, 0.0, 1.0]] * 2)
        self.assertEqual(
            sorted(file.name for file in self.folder.glob("*.db")),
            sorted(
                ["counter_0.db", "histogram_0.db"]
                + [f"{kind}_{living.pid}.db" for kind in ("counter", "gauge_livesum", "histogram")]
            ),
        )

    def test_processes_that_end_one_after_the_other_are_added_up(self) -> None:
        for count in (1, 2, 4):
            end(self.start(count))

            self.figures()

        self.assertEqual(self.figures(), [7.0, 7.0, 7.0, 0.0, 0.0])
        self.assertEqual(
            sorted(file.name for file in self.folder.iterdir()), ["counter_0.db", "histogram_0.db", "lock"]
        )


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
