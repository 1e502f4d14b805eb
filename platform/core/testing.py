"""Test cases that work for a tenant: two tenants are made once a run, and nothing is ever flushed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.test import Client, TestCase

from core import tenancy

HOME, OTHER = "alpha", "beta"


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


def _enter(name: str) -> None:
    tenancy.forget()
    tenancy.use(tenancy.by_schema(name))


class PlatformTestCase(TestCase):
    """Runs in the public schema, entered on purpose."""

    databases = {"default", "keys"}

    def setUp(self) -> None:
        super().setUp()
        tenancy.use(tenancy.Platform())
