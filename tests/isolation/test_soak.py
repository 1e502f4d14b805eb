"""Two tenants, sixteen threads, 20,000 requests of every kind against real processes: no word goes astray."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from urllib.request import urlopen

import pytest

from tests.isolation import soak
from tests.stack import ROOT, Stack, stack, wait_until

pytestmark = pytest.mark.prove

VISITORS, REQUESTS = 16, 20_000
OWED = "SELECT count(*) FROM due WHERE kind = 'turn' AND failed_at IS NULL"
WORDS = ("canaryofsoakone", "canaryofsoaktwo")
TOLD = {"home", "jobs", "candidates", "interviews", "interview", "branding", "live"}  # first parts of paths


def fill(made: Stack) -> list[soak.Tenant]:
    command = [sys.executable, "-m", "tests.load.within_django", "tests.isolation.fill"]
    done = subprocess.run(command, cwd=ROOT, env=made.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return [soak.signed_in(made.url, made.env["PORT"], told) for told in json.loads(done.stdout)]


def elsewhere(made: Stack) -> list[str]:
    """Where a word of either tenant stands that should hold none: logs, metrics, keys and names of files."""
    found = []
    for name in ("web", "worker", "beat"):
        text = made.output(name).read_text(encoding="utf-8", errors="replace")
        found += [f"log of {name}: {word}" for word in WORDS if word in text]
    with urlopen(f"http://127.0.0.1:{made.env['INTERNAL_PORT']}/metrics", timeout=10) as answer:
        scraped = answer.read().decode()
    found += [f"metrics: {word}" for word in WORDS if word in scraped]
    keys = [key.decode("utf-8", "replace") for key in made.redis.scan_iter(count=1000)]
    found += [f"key {key}" for key in keys if any(word in key for word in WORDS)]
    return found + [f"file {path}" for path in made.var.rglob("*") if any(word in str(path) for word in WORDS)]


def test_no_word_of_a_tenant_reaches_the_other(show: Callable[[str], None]) -> None:
    with stack("isolation") as made:
        tenants = fill(made)
        began = time.monotonic()

        seen = soak.visit(made.url, tenants, visitors=VISITORS, requests=REQUESTS)

        took = time.monotonic() - began
        wait_until(lambda: made.value(OWED) == 0, "answers are still owed a reply")
        replied = {
            word: made.value(f"SELECT count(*) FROM {name}.interviews_turn WHERE status = 'replied'")
            for name, word in zip(("soakone", "soaktwo"), WORDS, strict=True)
        }
        found = elsewhere(made)
    show(f"isolation soak: {sum(seen.kinds.values())} requests in {took:.0f} s, {dict(seen.kinds)}")
    show(f"isolation soak: statuses {dict(seen.statuses)}, own words on {dict(seen.own)}, replies {replied}")

    assert seen.foreign == []
    assert seen.broken == []
    assert found == []
    assert sum(seen.kinds.values()) == REQUESTS
    assert set(seen.kinds) == set(soak.KINDS)
    assert min(replied.values()) > 20
    assert sum(seen.own.values()) > REQUESTS / 3
    # Each kind told its own tenant's words: what says nothing could not have said the other's.
    assert set(seen.own) >= TOLD, seen.own
