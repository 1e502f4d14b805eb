"""Test cases that work for a tenant: two tenants are made once a run, and nothing is ever flushed."""

import io
import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import Client, SimpleTestCase, TestCase
from structlog.stdlib import ProcessorFormatter

from core import clock, tenancy

HOME, OTHER = "alpha", "beta"
BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"


class TenantClient(Client):
    """A browser on one tenant's host; the test's own schema comes back after each request."""

    def __init__(self, tenant: str = HOME, **defaults: Any) -> None:
        super().__init__(**{"HTTP_HOST": f"{tenant}.{settings.BASE_DOMAIN}"} | defaults)

    def request(self, **request: Any) -> Any:
        before = tenancy.in_use()
        try:
            return super().request(**request)
        finally:
            tenancy.use(before)

    def force_login(self, user: Any, backend: str | None = None) -> None:
        """The browser of somebody who signed in just now, with a second factor too, as owners and admins must."""
        super().force_login(user, backend)
        session = self.session
        session["started"] = clock.now().isoformat()
        session["second_factor"] = True
        session.save()


class TenantTestCase(TestCase):
    """Runs in the schema of the tenant `alpha`; `beta` is the stranger's."""

    databases = {"default", "keys"}
    client_class = TenantClient

    @classmethod
    def setUpClass(cls) -> None:
        _enter(HOME)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        tenancy.use(tenancy.Platform())

    def setUp(self) -> None:
        super().setUp()
        _enter(HOME)
        cache.clear()

    @contextmanager
    def in_tenant(self, name: str) -> Iterator[None]:
        """Work in another tenant's schema inside the block."""
        with tenancy.enter(name):
            yield


@pytest.mark.usefixtures("own_databases")
class CommittingTestCase(SimpleTestCase):
    """Runs in `alpha` with real commits, in a copy of the databases of the class's own: for locks, threads and DDL."""

    databases = {"default", "owner", "keys", "keys_owner"}

    def setUp(self) -> None:
        super().setUp()
        _enter(HOME)
        cache.clear()
        self.addCleanup(_leave)


def at_once(*calls: Callable[[], Any], tenant: str = HOME) -> list[Any]:
    """Run the calls in threads of their own, released together; each one's result or exception.

    :raises AssertionError: if one does not end.
    """
    gate = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            with tenancy.enter(tenant):
                connections["default"].ensure_connection()
                gate.wait(30)
                results[place] = call()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "A call did not end."
    return results


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """Every line that is logged in the block, as it would be written."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(
        next(h.formatter for h in logging.root.handlers if isinstance(h.formatter, ProcessorFormatter))
    )
    logging.root.addHandler(handler)
    try:
        yield lines
    finally:
        logging.root.removeHandler(handler)


def wait_for_a_lock() -> None:
    """Until another connection waits for what this one holds; of other tests' locks nothing counts.

    :raises AssertionError: if nobody waits within half a minute: a thread and its connection may begin late.
    """
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(BLOCKED, [connection.connection.info.backend_pid])
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.01)
    raise AssertionError("Nobody waits.")


def while_held(first: Callable[[], Any], second: Callable[[], Any], then: Callable[[], Any] = lambda: None) -> Any:
    """Do `first` in a transaction, `then` once `second`, of another connection, waits for it: what `second` came to.

    :raises AssertionError: if it does not wait.
    """
    with ThreadPoolExecutor(1) as background:
        with transaction.atomic():
            first()
            waiting = background.submit(at_once, second)
            wait_for_a_lock()
            then()
        (result,) = waiting.result(35)
    return result


def _leave() -> None:
    tenancy.use(tenancy.Platform())
    connections.close_all()


def _enter(name: str) -> None:
    tenancy.forget()
    tenancy.use(tenancy.by_schema(name))


class PlatformTestCase(TestCase):
    """Runs in the public schema, entered on purpose."""

    databases = {"default", "keys"}

    def setUp(self) -> None:
        super().setUp()
        tenancy.use(tenancy.Platform())
