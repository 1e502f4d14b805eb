"""A pooled connection brings nothing of its last tenant, and is given back before a network call."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from django.db import connection, connections, transaction
from django.test import TestCase

from core import pool, tenancy
from core.pool import HeldDuringCall
from core.testing import OTHER, CommittingTestCase


def search_path(alias: str = "default") -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute("SHOW search_path")
        return str(cursor.fetchone()[0])


def wrappers(taken: ExitStack) -> Iterator[Any]:
    """As many fresh wrappers, in nobody's schema, as the pool has connections; each holds one."""
    for _ in range(connections["default"].pool.get_stats()["pool_size"]):  # type: ignore[attr-defined]
        wrapper = connections.create_connection("default")
        taken.callback(wrapper.close)
        yield wrapper


class GiveBackTests(CommittingTestCase):
    def test_nothing_is_held_afterwards(self) -> None:
        connection.ensure_connection()
        backend = connection.connection.info.backend_pid

        pool.give_back()

        self.assertIsNone(connection.connection)
        with ExitStack() as taken:
            lent = [wrapper.ensure_connection() or wrapper.connection for wrapper in wrappers(taken)]
        self.assertIn(backend, [bare.info.backend_pid for bare in lent])

    def test_inside_a_transaction_it_refuses_and_the_transaction_goes_on(self) -> None:
        with transaction.atomic():
            with self.assertRaises(HeldDuringCall) as caught:
                pool.give_back()
            self.assertEqual(search_path(), "alpha, public")

        self.assertEqual(str(caught.exception), "default")

    def test_a_transaction_on_another_alias_counts_too(self) -> None:
        with transaction.atomic("keys"), self.assertRaises(HeldDuringCall):
            pool.give_back()

    def test_the_same_tenant_is_used_when_the_work_goes_on(self) -> None:
        pool.give_back()

        self.assertEqual((tenancy.schema(), search_path()), ("alpha", "alpha, public"))

    def test_whoever_takes_a_connection_next_has_nothing_of_its_last_tenant(self) -> None:
        with tenancy.enter(OTHER):
            search_path()
            backend = connection.connection.info.backend_pid
        pool.give_back()

        seen = {}
        with ExitStack() as taken:
            for wrapper in wrappers(taken):
                with wrapper.cursor() as cursor:
                    cursor.execute("SHOW search_path")
                    seen[wrapper.connection.info.backend_pid] = cursor.fetchone()[0]

        self.assertEqual(seen[backend], "public")

    def test_a_server_side_cursor_is_no_way_around(self) -> None:
        with tenancy.enter(OTHER):
            search_path()
        pool.give_back()

        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute("SELECT current_setting('search_path')")
            self.assertEqual(cursor.fetchone()[0], "alpha, public")

    def test_a_connection_whose_transaction_broke_brings_nothing_either(self) -> None:
        with self.assertRaises(ZeroDivisionError), transaction.atomic(), tenancy.enter(OTHER):
            search_path()
            raise ZeroDivisionError
        pool.give_back()

        self.assertEqual(search_path(), "alpha, public")


class TestCaseTests(TestCase):
    databases = {"default"}

    def test_a_test_case_s_own_transaction_is_no_reason_to_refuse(self) -> None:
        pool.give_back()

        self.assertTrue(connection.in_atomic_block)

    def test_a_transaction_inside_it_is(self) -> None:
        with transaction.atomic(), self.assertRaises(HeldDuringCall):
            pool.give_back()
