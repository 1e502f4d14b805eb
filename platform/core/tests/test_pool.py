"""A pooled connection brings nothing of its last tenant, and is given back before a network call."""

from contextlib import ExitStack
from typing import Any

from django.db import connection, connections, transaction
from django.test import TestCase

from core import pool, tenancy
from core.pool import HeldDuringCall
from core.testing import OTHER, CommittingTestCase

FRESH = "public"


def search_path(alias: str = "default") -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute("SHOW search_path")
        return str(cursor.fetchone()[0])


def at_rest() -> dict[int, str]:
    """Every connection that rests in the pool: its server process -> its search_path."""
    wrapper: Any = connections["default"]
    found: dict[int, str] = {}
    with ExitStack() as taken:
        # The pool may grow meanwhile: a connection that is still being reset is not there for who asks first.
        while len(found) < wrapper.pool.get_stats()["pool_size"]:
            bare = taken.enter_context(wrapper.pool.connection(timeout=5))
            found[bare.info.backend_pid] = bare.execute("SHOW search_path").fetchone()[0]
    return found


class GiveBackTests(CommittingTestCase):
    def test_nothing_is_held_afterwards(self) -> None:
        connection.ensure_connection()
        backend = connection.connection.info.backend_pid

        pool.give_back()

        self.assertIsNone(connection.connection)
        self.assertIn(backend, at_rest())

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

    def test_a_connection_comes_back_without_its_last_tenant(self) -> None:
        with tenancy.enter(OTHER):
            self.assertEqual(search_path(), "beta, public")
            backend = connection.connection.info.backend_pid
            pool.give_back()

        self.assertEqual(at_rest()[backend], FRESH)

    def test_a_connection_whose_transaction_broke_comes_back_clean_too(self) -> None:
        with self.assertRaises(ZeroDivisionError), transaction.atomic(), tenancy.enter(OTHER):
            search_path()
            backend = connection.connection.info.backend_pid
            raise ZeroDivisionError
        pool.give_back()

        self.assertEqual(at_rest()[backend], FRESH)


class TestCaseTests(TestCase):
    databases = {"default"}

    def test_a_test_case_s_own_transaction_is_no_reason_to_refuse(self) -> None:
        pool.give_back()

        self.assertTrue(connection.in_atomic_block)

    def test_a_transaction_inside_it_is(self) -> None:
        with transaction.atomic(), self.assertRaises(HeldDuringCall):
            pool.give_back()
