"""Keys are rotated while many calls are under way: no call fails, and nobody stops asking the account."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.db import connections
from django.test import override_settings

from core import tenancy
from core.testing import CommittingTestCase
from llm import credentials, gateway, health
from llm.models import LlmCall
from llm.tests.accounts import account
from llm.tests.asking import ask, forget
from llm.tests.managers import running
from tests.faults.keyed import Keyed, keyed
from tests.stack import wait_until

pytestmark = pytest.mark.prove

THREADS = 32
KEYS = [f"sk-key-{number}-CANARY" for number in range(6)]
OVERLAP_SECONDS = 0.2  # in which the provider takes the old key and the new one
CALLS_A_KEY = 3 * THREADS


class RotationTests(CommittingTestCase):
    @pytest.fixture(autouse=True)
    def shown(self, show: Callable[[str], None]) -> None:
        self.show = show

    def setUp(self) -> None:
        super().setUp()
        for clean in (forget, credentials.forget_all):
            clean()
            self.addCleanup(clean)

    def test_of_calls_whose_key_is_rotated_in_a_vault_none_fails(self) -> None:
        with running() as managers, keyed(KEYS[0]) as server:
            path = managers.secrets.setdefault("kv/models/keyed", {"key": KEYS[0]})
            with override_settings(LLM_ENV={"VAULT_ADDR": managers.url, "VAULT_TOKEN": managers.token}):
                self.rotated(server, "vault:kv/models/keyed#key", lambda key: path.update(key=key))

            self.assertLessEqual(managers.asked, 1 + 2 * (len(KEYS) - 1))  # not once for each of the refused calls

    def test_of_calls_whose_key_is_rotated_in_a_file_none_fails(self) -> None:
        with TemporaryDirectory() as folder, keyed(KEYS[0]) as server, override_settings(LLM_ENV={}):
            place, new = Path(folder) / "key", Path(folder) / "new"

            def write(key: str) -> None:
                new.write_text(key)
                new.replace(place)

            write(KEYS[0])
            self.rotated(server, f"file:{place}", write)

    def rotated(self, server: Keyed, source: str, write: Callable[[str], object]) -> None:
        """Ask from all threads while `write` and the server go from key to key."""
        label = f"keyed-{source.partition(':')[0]}"
        account(label, server.url, source)
        over, failed, said = threading.Event(), list[str](), list[str]()

        def ask_on() -> None:
            with tenancy.enter("alpha"):
                while not over.is_set():
                    try:
                        said.append(ask(seconds=20, schema=None).text)
                    except gateway.Unavailable as error:
                        failed.append(error.kind)
            connections.close_all()

        with ThreadPoolExecutor(THREADS) as threads:
            asking = [threads.submit(ask_on) for _ in range(THREADS)]
            try:
                self.rotate(server, write)
            finally:
                over.set()
        for one in asking:
            one.result()

        kinds = Counter(LlmCall.objects.filter(account=label).values_list("error_kind", flat=True))
        figures = {"threads": THREADS, "rotations": len(KEYS) - 1, "calls": len(said), "failed": len(failed)}
        self.show(f"{label}: {json.dumps(figures | {'rows': kinds})}")
        self.assertEqual((failed, set(said)), ([], {"Noted."}))
        self.assertEqual(kinds, {"": len(said), "old_key": server.refused.total()})
        self.assertEqual(set(server.refused), set(KEYS[:-1]))  # each rotation was met in the middle of calls
        health.forget()
        self.assertEqual(dict(health.states()), {})

    def rotate(self, server: Keyed, write: Callable[[str], object]) -> None:
        for old, key in pairwise(KEYS):
            self.wait_for_calls(server, old)
            server.accepted = frozenset({old, key})
            write(key)
            time.sleep(OVERLAP_SECONDS)
            server.accepted = frozenset({key})
        self.wait_for_calls(server, KEYS[-1])

    def wait_for_calls(self, server: Keyed, key: str) -> None:
        wait_until(lambda: server.answered[key] >= CALLS_A_KEY, f"few calls with {key}")
