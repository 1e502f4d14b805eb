"""Async code and tenants do not meet: pages are plain functions on threads, and the event route touches no database."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connections
from django.test import SimpleTestCase
from django.urls import URLPattern, get_resolver

from core.testing import TenantTestCase

URLCONFS = ("config.urls_public", "config.urls_tenant", "config.urls_admin", "config.urls_api")
EVENT_ROUTE = ("live.route", "live.hub", "live.tickets", "live.closing")
FORBIDDEN = ("django.db", "django.core.cache", "core.tenancy", "core.models", "keys.models", "live.models")


def patterns(resolver: Any) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from patterns(one)


def is_async(view: Any) -> bool:
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    handlers = [getattr(view_class, name, None) for name in ("dispatch", "get", "post")] if view_class else []
    return any(inspect.iscoroutinefunction(inspect.unwrap(one)) for one in (view, *handlers) if one is not None)


def imported(module: str) -> set[str]:
    """What a module's own lines import, at the top and within functions."""
    source = import_module(module).__file__
    assert source is not None
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(source).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


class AsyncTests(SimpleTestCase):
    def test_no_view_is_async(self) -> None:
        views = [(urls, one.callback) for urls in URLCONFS for one in patterns(get_resolver(urls))]

        self.assertGreater(len(views), 50)
        self.assertEqual([view for view in views if is_async(view[1])], [])

    def test_an_async_view_would_be_seen(self) -> None:
        async def page() -> None: ...

        self.assertTrue(is_async(page))
        self.assertTrue(is_async(type("Page", (), {"view_class": type("V", (), {"get": page})})))

    def test_the_event_route_reads_no_table_no_cache_and_no_tenant(self) -> None:
        for module in EVENT_ROUTE:
            found = {name for name in imported(module) if name.startswith(FORBIDDEN)}

            self.assertEqual(found, set(), module)


class ContentTypeTests(TenantTestCase):
    databases = {"default", "owner", "keys"}

    def test_content_types_are_in_public_alone(self) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT schemaname FROM pg_tables"
                " WHERE tablename IN ('django_content_type', 'auth_permission', 'django_admin_log')"
            )
            found = {row[0] for row in cursor.fetchall()}

        self.assertEqual(found, {"public"})
