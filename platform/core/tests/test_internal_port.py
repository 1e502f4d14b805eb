"""The internal port: health and metrics for the machines that run Candor."""

import errno
import json
import os
import re
import socket
import subprocess
import sys
from tempfile import TemporaryDirectory
from unittest import mock
from urllib.error import HTTPError
from urllib.request import urlopen

from django.conf import settings
from django.test import SimpleTestCase, override_settings

from core import exposition, internal, metrics
from core.redis import client
from core.testing import CommittingTestCase

COUNT = "from core import metrics; metrics.sweeps.inc({}); metrics.swept.labels('turn').inc()"


class PortTests(CommittingTestCase):
    """The server of a web process, on a free port."""

    server: internal.Server

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        with override_settings(INTERNAL_PORT=0):
            cls.server = internal.start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def get(self, path: str) -> tuple[int, str, str]:
        """Status, content type and body."""
        try:
            with urlopen(f"http://127.0.0.1:{self.server.server_port}{path}", timeout=10) as response:
                return response.status, response.headers["Content-Type"], response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read().decode()

    def test_it_listens_on_this_machine_alone(self) -> None:
        self.assertEqual(settings.INTERNAL_HOST, "127.0.0.1")
        self.assertEqual(self.server.server_address[0], "127.0.0.1")

    def test_a_process_that_answers_lives(self) -> None:
        self.assertEqual(self.get("/health/live"), (200, "application/json", '{"status": "ok"}'))

    def test_it_is_ready_when_everything_it_needs_answers(self) -> None:
        status, kind, body = self.get("/health/ready")

        self.assertEqual((status, kind), (200, "application/json"))
        self.assertEqual(json.loads(body), {"database": "ok", "keys": "ok", "redis": "ok"})

    def test_without_redis_it_lives_and_is_not_ready(self) -> None:
        self.addCleanup(client.cache_clear)
        with socket.socket() as nobody, override_settings(REDIS_URL=_url_of(nobody)):
            client.cache_clear()

            self.assertEqual(self.get("/health/live")[0], 200)
            status, _, body = self.get("/health/ready")

        self.assertEqual(status, 503)
        self.assertEqual(json.loads(body), {"database": "ok", "keys": "ok", "redis": "away"})

    def test_nothing_else_is_there(self) -> None:
        for path in ("/", "/health", "/metrics/", "/../etc/passwd", "/sign-in/"):
            self.assertEqual(self.get(path)[0], 404)

    def test_a_taken_port_is_explained(self) -> None:
        with override_settings(INTERNAL_PORT=self.server.server_port), self.assertRaises(OSError) as caught:
            internal.start()

        self.assertEqual(caught.exception.errno, errno.EADDRINUSE)
        with override_settings(INTERNAL_PORT=9000):
            self.assertEqual(
                internal.explain(caught.exception), "The internal port 9000 is taken; set INTERNAL_PORT to a free one."
            )

    def test_metrics_are_in_the_text_format(self) -> None:
        metrics.sweeps.inc()

        status, kind, body = self.get("/metrics")

        self.assertEqual((status, kind), (200, "text/plain; version=0.0.4"))
        self.assertRegex(body, r"(?m)^candor_sweeps_total \d+\.0$")
        self.assertIn("# TYPE candor_request_seconds histogram", body)


class AcrossProcessesTests(SimpleTestCase):
    def test_what_two_processes_counted_is_summed(self) -> None:
        folder = self.enterContext(TemporaryDirectory())
        env = os.environ | {"PROMETHEUS_MULTIPROC_DIR": folder, "PYTHONPATH": f"{settings.ROOT}/platform"}
        for count in (2, 40):
            subprocess.run([sys.executable, "-c", COUNT.format(count)], env=env, check=True, timeout=30)

        with mock.patch.dict(os.environ, PROMETHEUS_MULTIPROC_DIR=folder):
            text = exposition.text().decode()

        found = dict(re.findall(r"(?m)^(candor_\S+) (\S+)$", text))
        self.assertEqual(found["candor_sweeps_total"], "42.0")
        self.assertEqual(found['candor_swept_total{kind="turn"}'], "2.0")


def _url_of(nobody: socket.socket) -> str:
    nobody.bind(("127.0.0.1", 0))
    return f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
