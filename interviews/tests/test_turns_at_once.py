"""Two tabs, two clicks, two workers in the same instant: real connections, real commits."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import SimpleTestCase

from core import tenancy
from core.testing import HOME
from interviews.models import Turn
from interviews.services import turns
from interviews.tests import make


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads of their own, released together; each one's result or exception."""
    gate, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            with tenancy.enter(HOME):
                connections["default"].ensure_connection()
                gate.wait(10)
                results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.usefixtures("own_databases")
class AtOnceTests(SimpleTestCase):
    databases = {"default", "keys"}

    def setUp(self) -> None:
        super().setUp()
        tenancy.forget()
        tenancy.use(tenancy.by_schema(HOME))
        self.addCleanup(connections.close_all)

    def test_race(self) -> None:
        for n in range(10):
            interview = make.started(make.invited(f"a{n}@example.org"))
            turn = make.open_turn(interview)

            def click(text: str, key: Any) -> Any:
                return lambda: turns.submit_answer(
                    interview=interview, answer=text, idempotency_key=key, turn_id=turn.pk
                )

            results = at_once(click("first", uuid4()), click("second", uuid4()))
            row = Turn.objects.get(pk=turn.pk)
            print([type(r).__name__ if isinstance(r, Exception) else r.answer for r in results], row.answer)
