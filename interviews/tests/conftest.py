"""Databases of their own: for tests that need real commits, and a Valkey database for each worker."""

import os
import re
from collections.abc import Iterator

import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import caches
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

import conftest as root
from core import ratelimit


@pytest.fixture(scope="session", autouse=True)
def own_valkey(worker_id: str) -> None:
    """A test case clears its cache by emptying the database, and must not empty another worker's counters."""
    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    url = re.sub(r"/\d*$", f"/{number}", settings.REDIS_URL)
    settings.REDIS_URL = settings.CACHES["default"]["LOCATION"] = current_app.conf.broker_url = url
    ratelimit._limiter.cache_clear()
    if caches.all(initialized_only=True):
        del caches["default"]


@pytest.fixture(scope="class")
def own_databases(django_db_setup: None, django_db_blocker: DjangoDbBlocker, worker_id: str) -> Iterator[None]:
    """A clone of the template for one class, which commits, and is dropped after it."""
    suffix, shared = f"_{worker_id}_{os.getpid()}_own", settings.DATABASES["default"]["NAME"].removeprefix("candor")
    with django_db_blocker.unblock():
        template = root._ensure_template()
        for name in set(root.ALIASES.values()):
            root._admin(_create(name + suffix, name + template))
            root._grant(name + suffix)
        root._point(suffix)
        yield
        root._point(shared)
        for name in set(root.ALIASES.values()):
            root._admin(_drop(name + suffix))


def _create(name: str, template: str) -> sql.Composed:
    return sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))


def _drop(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
