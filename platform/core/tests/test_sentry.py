"""Error reports reach Sentry, and hold nothing that a person typed."""

import gzip
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from django.conf import settings
from django.test import SimpleTestCase

TYPED = "CANARY-she-told-me-about-her-illness"
PROCESS = """
import logging, sys
import django
django.setup()
import sentry_sdk, structlog
from celery import shared_task
from django.conf import settings
from django.test import Client
from django.urls import path
from config import urls_public

typed = sys.argv[1]

def page(request):
    answer = request.POST["answer"]
    raise ValueError("Cannot read " + answer)

@shared_task(name="tests.breaks")
def breaks(answer):
    raise ValueError("Cannot read " + answer)

urls_public.urlpatterns.append(path("answer/", page))
client = Client(HTTP_HOST=settings.BASE_DOMAIN, raise_request_exception=False, HTTP_USER_AGENT=typed)
client.cookies["typed"] = typed
response = client.post("/answer/?q=" + typed, {"answer": typed})
assert response.status_code == 500, response.status_code
logging.getLogger("candor.test").error("Cannot read %s", typed)
breaks.apply(kwargs={"answer": typed})
try:
    raise ValueError(typed)
except ValueError:
    structlog.get_logger("candor.test").error("it_failed", exc_info=True)
sentry_sdk.flush(10)
"""


class Sentry(BaseHTTPRequestHandler):
    """Takes envelopes as Sentry does."""

    received: list[bytes]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


class SentryTests(SimpleTestCase):
    envelopes: list[bytes]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.envelopes = []
        server = HTTPServer(("127.0.0.1", 0), type("OneSentry", (Sentry,), {"received": cls.envelopes}))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            cls._break_down(server.server_port)
        finally:
            server.shutdown()
            server.server_close()

    @classmethod
    def _break_down(cls, port: int) -> None:
        """Run a process in which a page, a task and two log lines fail over what was typed."""
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": os.pathsep.join((str(settings.ROOT), f"{settings.ROOT}/platform")),
            "SENTRY_DSN": f"http://public@127.0.0.1:{port}/1",
        }
        command = [sys.executable, "-c", PROCESS, TYPED]
        done = subprocess.run(
            command, cwd=settings.ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr

    def events(self) -> list[dict[str, Any]]:
        found = [json.loads(line) for envelope in self.envelopes for line in envelope.splitlines() if line]
        return [item for item in found if "event_id" in item and "level" in item]

    def test_each_failure_is_reported_with_its_type_and_its_place(self) -> None:
        kinds = [error["type"] for event in self.events() for error in event.get("exception", {}).get("values", [])]
        frames = [
            frame["function"]
            for event in self.events()
            for error in event.get("exception", {}).get("values", [])
            for frame in error["stacktrace"]["frames"]
        ]

        self.assertGreaterEqual(kinds.count("ValueError"), 3)
        self.assertIn("page", frames)
        self.assertIn("breaks", frames)

    def test_nothing_of_what_was_typed_is_in_any_report(self) -> None:
        self.assertTrue(self.events())
        for envelope in self.envelopes:
            self.assertNotIn(TYPED.encode(), envelope)
            self.assertNotIn(b"CANARY", envelope)

    def test_no_report_has_a_request_a_person_locals_breadcrumbs_or_messages(self) -> None:
        for event in self.events():
            self.assertEqual(event.keys() & {"request", "user", "extra", "breadcrumbs"}, set())
            for error in event.get("exception", {}).get("values", []):
                self.assertEqual(error["value"], "")
                for frame in error["stacktrace"]["frames"]:
                    self.assertNotIn("vars", frame)
