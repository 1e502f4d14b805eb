"""Ten providers with limits, killed, stopped and made to fail under load: no limit is passed and no call is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from core import clock
from core.redis import client, platform_key
from core.testing import CommittingTestCase
from llm import budgets, gateway, registry, window_use, writer
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import forget
from tests.faults import asker
from tests.faults.llmock_process import Provider, Terms, mark_of, nursery, one_after_another, verdict
from tests.faults.ten import TERMS, environment, most_at_once, open_breakers, register
from tests.stack import free_ports, wait_until

pytestmark = pytest.mark.prove

PROCESSES, THREADS = 3, 8
UNSTRUCTURED = "Mock response from mock."  # what llmock says unless a schema is asked for
DEAD = {"p8", "p9"}  # for seconds, and with room enough for more
HANGING = {"p7"}  # a call to it takes its whole patience: under load too few may end before it goes on
NEVER_ANSWERED = {"refused", "timeout", "cut"}
LATE_SECONDS = 2.0  # of this machine, after a deadline
HALVES = {"truncated_stream_accepted", "malformed_chunk_ignored", "gave_up"}  # what another server makes good


class TenProviderTests(CommittingTestCase):
    providers: dict[str, Provider]
    show: Callable[[str], None]

    @pytest.fixture(autouse=True)
    def shown(self, show: Callable[[str], None]) -> None:
        self.show = show

    def setUp(self) -> None:
        super().setUp()
        self.began, self.moment = time.monotonic(), clock.now()
        forget()
        self.addCleanup(forget)

    def serve(self, *terms: Terms) -> None:
        """Providers of these terms, registered, about to answer."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        started = self.enterContext(nursery())
        ports = free_ports(len(terms))
        self.providers = {
            one.label: Provider(one, started, folder, port) for one, port in zip(terms, ports, strict=True)
        }
        for provider in self.providers.values():
            provider.start()
        register(self.providers)

    def askers(self, mode: str, processes: int, threads: int) -> subprocess.Popen[str]:
        """Processes whose threads are about to ask; the servers are up too."""
        asking = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.asker", mode, str(processes), str(threads)],
            env=os.environ | environment(),
            cwd=settings.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(asking.wait)
        self.addCleanup(asking.kill)
        assert asking.stdout is not None
        self.assertEqual(asking.stdout.readline(), "ready\n")
        for provider in self.providers.values():
            wait_until(provider.answers, f"{provider.terms.label} did not start", seconds=20)
        return asking

    @staticmethod
    def begin(asking: subprocess.Popen[str]) -> None:
        assert asking.stdin is not None
        asking.stdin.write("go\n")
        asking.stdin.flush()

    @staticmethod
    def told(asking: subprocess.Popen[str]) -> list[dict[str, Any]]:
        """End the asking; what came of each call."""
        found: list[dict[str, Any]] = json.loads(asking.communicate(timeout=30)[0])
        return found

    def test_a_hundred_equal_calls_of_four_processes_make_one_call_to_a_provider(self) -> None:
        self.serve(TERMS[-1])
        asking = self.askers("equal", 4, 25)
        for provider in self.providers.values():
            provider.will({"type": "delay", "seconds": 1.0, "times": None})

        self.begin(asking)
        told = self.told(asking)

        sources = Counter(LlmCall.objects.filter(created_at__gte=self.moment).values_list("source", flat=True))
        self.assertEqual(Counter(one["unavailable"] + one["broke"] for one in told), {"": 100})
        self.assertEqual(len({one["text"] for one in told}), 1)
        self.assertEqual(sum(provider.arrivals().total() for provider in self.providers.values()), 1)
        self.assertEqual((sources["provider"], sources["shared"] + sources["cache"]), (1, 99))
        self.assert_nothing_is_held()
        self.show(f"equal calls: {len(told)} asked at once by 4 processes, 1 call to a provider, {dict(sources)}")

    def test_killed_stopped_limited_and_failing_providers_lose_no_call_and_no_limit_is_passed(self) -> None:
        self.serve(*TERMS)
        asking = self.askers("mixed", PROCESSES, THREADS)

        gateway.warm()
        self.begin(asking)
        opened = self.disturb()
        told = self.told(asking)
        closed = self.recover(opened)
        assert writer.flush()

        rows = list(LlmCall.objects.filter(created_at__gte=self.moment).exclude(source=LlmCall.Source.CACHE))
        self.assert_every_call_ended(told)
        self.assert_no_limit_was_passed(told, rows)
        self.assert_the_ledger_holds_what_was_sent(rows)
        self.assert_resilient(told)
        self.assert_the_budgets_hold_what_was_spent()
        self.assert_nothing_is_held()
        self.assertLessEqual(DEAD | (HANGING & opened), closed)
        self.figures(told, rows, opened, closed)

    def disturb(self) -> set[str]:
        """Half a minute of a bad day in a few seconds; returns whose breakers were seen open."""
        opened: set[str] = set()
        self.pass_by(2, opened)
        self.stop_some_and_cut_others()
        for label in sorted(DEAD):  # chosen last, they are asked too seldom by the others
            wait_until(partial(self.is_open, label), f"the breaker of {label} stays closed")
        self.pass_by(3, opened)
        self.answer_badly()
        self.pass_by(3, opened)
        self.bring_back_all_but_one()
        self.pass_by(3, opened)
        up = [provider for label, provider in self.providers.items() if label != "p2" and provider.answers()]
        for provider in up:
            provider.will({"type": "fail", "status": 503, "times": None})
        self.pass_by(2, opened)
        for provider in up:
            provider.behave()
        self.providers["p2"].start()
        self.pass_by(3, opened)
        return opened

    def pass_by(self, seconds: float, opened: set[str]) -> None:
        """Let the time pass, and add whose breakers are seen open."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            opened.update(open_breakers(self.providers))
            time.sleep(0.1)

    def stop_some_and_cut_others(self) -> None:
        """Two die and one hangs; two have no room, and four break their streams off in every way."""
        every = self.providers
        every["p8"].signal(signal.SIGKILL)
        every["p9"].signal(signal.SIGKILL)
        every["p7"].signal(signal.SIGSTOP)
        every["p10"].will({"type": "fail", "status": 429, "retry_after": 1.0, "times": 4})
        every["p3"].will({"type": "fail", "status": 429, "retry_after": 0.5, "times": 4})
        for kind in ("truncate", "disconnect", "malformed", "stall"):
            for label in ("p4", "p5", "p6", "p10"):
                every[label].will(
                    {"type": "stream_fault", "kind": kind, "after_chunks": 2, "times": 2, "match": {"stream": True}}
                )

    def answer_badly(self) -> None:
        """Errors of the server, of the key and of the request, slow answers, and one of another shape."""
        every = self.providers
        every["p6"].will({"type": "fail", "status": 500, "times": 8})
        every["p1"].will({"type": "fail", "status": 401, "times": 1})
        every["p5"].will(
            {"type": "fail", "status": 400, "code": "context_length_exceeded", "times": 2},
            {"type": "delay", "seconds": 3.0, "times": 3},
            {"type": "slow_first_token", "seconds": 2.0, "times": 3},
        )
        every["p10"].will({"type": "reply", "text": UNSTRUCTURED, "times": 3})

    def bring_back_all_but_one(self) -> None:
        """Who was stopped or dead is up again, and another dies."""
        every = self.providers
        every["p7"].signal(signal.SIGCONT)
        every["p8"].start()
        every["p9"].start()
        every["p2"].signal(signal.SIGKILL)

    def recover(self, opened: set[str]) -> set[str]:
        """Each whose breaker opened is asked alone until it closed (or has no room yet); returns whose closed again."""
        for label in sorted(opened | open_breakers(self.providers)):
            wait_until(partial(self.answers_again, label), f"the breaker of {label} stays open", seconds=25)
        return opened - open_breakers(self.providers)

    def is_open(self, label: str) -> bool:
        return not self.answers_again(label) and label in open_breakers([label])

    def answers_again(self, label: str) -> bool:
        asked = asker.question(asker.mark(), "interview_turn", schema=False, most=50, seconds=3.0)
        try:
            gateway.complete(**asked | {"policy": TenantPolicy(schema="alpha", providers=frozenset({label}))})
        except gateway.Unavailable as failed:
            return failed.kind == "limited"
        return not open_breakers([label])

    # --- what must hold -------------------------------------------------------------------------

    def assert_every_call_ended(self, told: list[dict[str, Any]]) -> None:
        """With a whole answer, or visibly without one, in time."""
        whole: dict[bool, set[str]] = {True: set(), False: set()}
        for one in told:
            self.assertLessEqual(one["seconds"], one["most_seconds"] + LATE_SECONDS, one)
            if one["unavailable"]:
                continue
            self.assertEqual(one["broke"], "", one)
            by_schema = asker.MIXED[one["kind"]][2]
            whole[by_schema].add(one["text"])
            for last in one["heard"]:
                self.assertTrue(one["parsed"]["text"].startswith(last["text"]), one)
        self.assertEqual((len(whole[True]), whole[False]), (1, {UNSTRUCTURED}), whole)

    def assert_no_limit_was_passed(self, told: list[dict[str, Any]], rows: list[LlmCall]) -> None:
        """Each 429 was ordered, and nobody had more requests at once than it takes.

        A stopped server answers later what nobody waits for any more: that is not counted.
        """
        marks = {one["interview"]: one["mark"] for one in told}
        left = {(row.account, marks.get(str(row.interview_id))) for row in rows if row.error_kind in NEVER_ANSWERED}
        for label, provider in self.providers.items():
            records = provider.records()
            limits = {one.fault for one in records if one.status == HTTPStatus.TOO_MANY_REQUESTS}
            self.assertLessEqual(limits, {"scenario:429"}, label)
            if provider.terms.in_flight:
                spans = [
                    (one.started_at, one.ended_at)
                    for one in records
                    if one.status == HTTPStatus.OK and one.completed and (label, mark_of(one)) not in left
                ]
                self.assertLessEqual(most_at_once(spans), provider.terms.in_flight, label)

    def assert_the_ledger_holds_what_was_sent(self, rows: list[LlmCall]) -> None:
        """What a server saw is a row; a row that no server saw says why."""
        self.assertEqual([row.id for row in rows if row.settled_at is None], [])
        for label, provider in self.providers.items():
            kinds = Counter(row.error_kind for row in rows if row.account == label)
            seen, known = provider.arrivals().total(), kinds.total()
            unanswered = sum(kinds[kind] for kind in NEVER_ANSWERED)
            self.assertLessEqual(seen, known - kinds["refused"], (label, kinds))
            self.assertGreaterEqual(seen, known - unanswered, (label, kinds))

    def assert_resilient(self, told: list[dict[str, Any]]) -> None:
        """Each server's verdict, except for what another server made good; and that of all together for this."""
        answered = {one["mark"] for one in told if not one["unavailable"]}
        everything = []
        for provider in self.providers.values():
            records = provider.records()
            everything += [one for one in records if mark_of(one) in answered]
            found = [one for one in verdict(records).errors if one.code not in HALVES]
            self.assertEqual(found, [], provider.terms.label)
        self.assertEqual([one for one in verdict(one_after_another(everything)).findings if one.code in HALVES], [])

    def assert_the_budgets_hold_what_was_spent(self) -> None:
        for ceiling in budgets.applying(TenantPolicy(schema="alpha"), "interview_turn"):
            self.assertEqual(int(client().get(ceiling.key) or 0), budgets.spent_nano(ceiling), ceiling.name)

    def assert_nothing_is_held(self) -> None:
        """No reservation is left, and nobody has a request under way."""
        self.assertEqual(list(client().scan_iter(platform_key("llm", "lease:*"), count=1000)), [])
        for target in registry.targets():
            for window in target.windows:
                used = {name: used for name, used, _ in window_use.use(window, target.time_zone)}
                self.assertEqual(used["at once"], 0, target.name)

    def figures(self, told: list[dict[str, Any]], rows: list[LlmCall], opened: set[str], closed: set[str]) -> None:
        outcomes = Counter(one["unavailable"] for one in told)
        kinds = Counter(row.error_kind or "ok" for row in rows)
        seen = {label: provider.arrivals().total() for label, provider in self.providers.items()}
        spent = sum((row.cost_usd or Decimal(0) for row in rows), Decimal(0))
        slowest = max(one["seconds"] for one in told)
        self.show(
            f"ten providers: {len(told)} calls, {outcomes.pop('')} answered, without an answer "
            f"{dict(outcomes)}; 0 over a limit; slowest {slowest:.1f} s\n"
            f"  {len(rows)} attempts {dict(kinds)}; {sum(seen.values())} reached a server {seen}\n"
            f"  breakers opened: {', '.join(sorted(opened))}; closed again: {', '.join(sorted(closed))}; "
            f"${spent:.6f} spent and counted; {time.monotonic() - self.began:.0f} s"
        )
