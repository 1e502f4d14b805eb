"""Somebody else's Stripe in a process of its own, made once below var/ and never a dependency (GPL, and an sdist).

It speaks an older Stripe: plans instead of prices, no `period` of an invoice item, no credit notes, neither checkout
nor portal. `Edge` stands before it, tells it what is new in its own words, and keeps its webhooks as signed.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from core.localservices.procfile import die_with_parent
from core.localservices.server import free_port
from tests.payments.shop import Asked, Raw, Shop
from tests.stack import ROOT

VERSION = "1.15.10"
PLACE = ROOT / "var" / f"localstripe-{VERSION}"
READY = PLACE / "ready"
SECONDS = 300
# As its command does, but on loopback alone and without its file in /tmp.
PROGRAM = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


def python() -> Path | None:
    """Its interpreter; None where it cannot be installed here."""
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    with PLACE.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two workers of a test run would remove what the other installs
        if not READY.exists() and not _installed():
            return None
    return PLACE / "bin" / "python"


def _installed() -> bool:
    shutil.rmtree(PLACE, ignore_errors=True)
    made = [sys.executable, "-m", "venv", str(PLACE)]
    # By pip, as .venv itself: uv does not read where pip is told to look.
    pip = [str(PLACE / "bin" / "python"), "-m", "pip", "install", "-q", f"localstripe=={VERSION}"]
    try:
        for command in (made, pip):
            subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError):
        return False
    READY.touch()
    return True


@contextmanager
def running(interpreter: Path) -> Iterator[str]:
    """Its address, while it runs."""
    port = free_port()
    process = subprocess.Popen(
        [str(interpreter), "-c", PROGRAM, str(port)],
        env={"PATH": os.environ.get("PATH", "")},
        cwd=PLACE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=partial(die_with_parent, signal.SIGKILL, os.getpid()),
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address)
        yield address
    finally:
        process.kill()
        process.wait()


def _wait(address: str) -> None:
    for _ in range(200):
        try:
            urlopen(address, timeout=2).close()
        except HTTPError:
            return  # it asks for a key
        except URLError:
            time.sleep(0.1)
    raise AssertionError("localstripe did not start.")


class Edge(Shop):
    """A shop whose customers, subscriptions and invoices are localstripe's.

    `kept`: bodies and signatures of what came to `hook`, a path of each test's own: localstripe tells late.
    """

    def __init__(self, behind: str) -> None:
        super().__init__()
        self.behind = behind
        self.kept: list[tuple[bytes, str]] = []
        self.hook = ""

    def _answer(self, asked: Asked) -> tuple[int, Raw]:
        path = asked.path.removeprefix("/v1/")
        if asked.path.startswith("/hook/"):
            if asked.path == self.hook:
                self.kept.append((asked.body, asked.headers["stripe-signature"]))
            return 200, {}
        if path.startswith(("checkout", "billing_portal", "credit_notes")):
            return super()._answer(asked)
        return self.ask(asked.method, asked.path, _older(asked.form))

    def ask(self, method: str, path: str, form: dict[str, Any] | None = None) -> tuple[int, Raw]:
        """What localstripe answers."""
        text = urlencode(form or {})
        query = f"?{text}" if text and method == "GET" else ""
        request = Request(self.behind + path + query, text.encode() if method != "GET" else None, method=method)
        request.add_header("Authorization", "Bearer sk_test_behind")
        try:
            with urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def post(self, path: str, form: dict[str, Any]) -> Raw:
        """What somebody else does there; it must succeed."""
        status, told = self.ask("POST", f"/v1/{path}", form)
        assert status == 200, (path, told)
        return told


def _older(form: dict[str, str]) -> dict[str, str]:
    new = ("proration_behavior", "proration_date", "payment_behavior", "period[", "expand[")
    kept = {name: value for name, value in form.items() if not name.startswith(new)}
    return {name.replace("[price]", "[plan]"): value for name, value in kept.items()}
