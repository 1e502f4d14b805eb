"""The ledger's pen: in order, together, and nothing is lost while the database is away for a moment."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from unittest.mock import patch

import pytest
from django.db import IntegrityError, InternalError, OperationalError, connection, transaction

from core import tenancy
from core.testing import CommittingTestCase
from llm import writer
from llm.models import Budget
from llm.writer import NotWritten


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(writer, "PAUSE_SECONDS", 0.01)
    yield
    assert writer.flush()


def wait_for(gate: threading.Event) -> None:
    gate.wait(5)


def budget(name: str) -> None:
    Budget.objects.create(tenant=name, limit_usd=1)


class WriterTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.clear)

    def clear(self) -> None:
        with tenancy.enter_platform():
            Budget.objects.all().delete()

    def stored(self) -> list[str]:
        with tenancy.enter_platform():
            return list(Budget.objects.order_by("id").values_list("tenant", flat=True))

    def test_what_is_waited_for_is_committed_first_and_the_rest_follows_in_its_order(self) -> None:
        with patch.multiple(writer, GATHER_SECONDS=5.0, LONGEST_GATHER_SECONDS=10.0):
            writer.later(lambda: budget("two"))
            writer.later(lambda: budget("three"))
            writer.now(lambda: budget("one"))

            self.assertEqual(self.stored(), ["one"])

            self.assertTrue(writer.flush())
        self.assertEqual(self.stored(), ["one", "two", "three"])

    def test_the_rest_is_written_by_itself_even_while_others_wait_again_and_again(self) -> None:
        with patch.object(writer, "LONGEST_GATHER_SECONDS", 0.1):
            writer.later(lambda: budget("rest"))
            begun = time.monotonic()
            while not self.stored() and time.monotonic() - begun < 5.0:
                writer.now(lambda: None)

        self.assertEqual(self.stored(), ["rest"])

    def test_one_that_fails_takes_nobody_along(self) -> None:
        gate = threading.Event()
        writer.later(partial(wait_for, gate))
        writer.later(lambda: budget("one"))
        writer.later(lambda: budget("one"))  # there is such a budget already
        writer.later(lambda: budget("two"))
        gate.set()

        self.assertTrue(writer.flush())
        self.assertEqual(self.stored(), ["one", "two"])

    def test_whoever_waits_is_told_that_it_was_not_written(self) -> None:
        writer.now(lambda: budget("one"))

        with pytest.raises(NotWritten) as caught:
            writer.now(lambda: budget("one"))

        self.assertIsInstance(caught.value.__cause__, IntegrityError)
        self.assertEqual(self.stored(), ["one"])

    def test_while_the_database_is_away_what_nobody_waits_for_is_tried_again(self) -> None:
        tries: list[int] = []

        def away() -> None:
            tries.append(1)
            if len(tries) < 4:
                connection.close()
                raise OperationalError("the server closed the connection")
            budget("late")

        writer.later(away)

        self.assertTrue(writer.flush())
        self.assertEqual((len(tries), self.stored()), (4, ["late"]))

    def test_whoever_waits_is_served_when_the_line_broke_for_a_moment(self) -> None:
        tries: list[int] = []

        def broken_once() -> None:
            tries.append(1)
            if len(tries) == 1:
                raise OperationalError("the connection is lost")
            budget("waited for")

        writer.now(broken_once)

        self.assertEqual((len(tries), self.stored()), (2, ["waited for"]))

    def test_what_was_committed_without_being_acknowledged_is_written_once_and_counts_as_written(self) -> None:
        tries: list[int] = []

        def cut_after_the_commit() -> None:
            tries.append(1)
            budget("one")
            raise OperationalError("the connection is lost")

        writer.now(cut_after_the_commit)

        self.assertEqual((len(tries), self.stored()), (2, ["one"]))

    def test_whoever_waits_for_a_database_that_stays_away_is_told_in_time(self) -> None:
        def away() -> None:
            raise OperationalError("nobody listens")

        with patch.object(writer, "WAIT_SECONDS", 0.05), pytest.raises(NotWritten):
            writer.now(away)

        self.assertEqual(self.stored(), [])

    def test_what_is_refused_for_another_reason_after_the_line_broke_does_not_count_as_written(self) -> None:
        tries: list[int] = []

        def read_only_since() -> None:
            tries.append(1)
            if len(tries) == 1:
                raise OperationalError("the connection is lost")
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
                budget("one")

        with pytest.raises(NotWritten) as caught:
            writer.now(read_only_since)

        self.assertEqual((len(tries), type(caught.value.__cause__)), (2, InternalError))

    def test_what_somebody_no_longer_waits_for_is_not_written_behind_their_back(self) -> None:
        gate, holding = threading.Event(), threading.Event()

        def hold() -> None:
            holding.set()
            wait_for(gate)

        writer.later(hold)
        self.assertTrue(holding.wait(5))
        with patch.object(writer, "WAIT_SECONDS", 0.05), pytest.raises(NotWritten):
            writer.now(lambda: budget("too late"))

        gate.set()

        self.assertTrue(writer.flush())
        self.assertEqual(self.stored(), [])
