"""The test databases: one template with two tenants, and a clone of it for each worker."""

import fcntl
import gc
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from celery import current_app
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

ALIASES = {"default": "candor", "owner": "candor", "keys": "candor_keys", "keys_owner": "candor_keys"}
TENANTS = ("alpha", "beta")
# How long an example takes is the machine's matter: beside another worker one may wait for a second.
hypothesis_settings.register_profile("candor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("candor")

EVER = datetime(2026, 1, 1, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True  # or every test client would read every static file's headers first


def pytest_collection_finish() -> None:
    """What was imported stays for the whole run: the collector of garbage need not walk it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line of figures past pytest's capture: a proof shows what it measured."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", flush=True)  # noqa: T201

    return line


@pytest.fixture(scope="session")
def django_db_setup(worker_id: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give this worker its own copy of the template; the copies are dropped when the run ends."""
    suffix = f"_{worker_id}_{os.getpid()}"
    with django_db_blocker.unblock():
        _copy(suffix)
        _point(suffix)
    yield
    with django_db_blocker.unblock():
        _close()
        _drop(suffix)


@pytest.fixture(scope="class")
def own_databases(django_db_setup: None, django_db_blocker: DjangoDbBlocker, worker_id: str) -> Iterator[None]:
    """One more copy for a class that commits (core.testing.CommittingTestCase), dropped after it."""
    suffix, shared = f"_{worker_id}_{os.getpid()}_own", settings.DATABASES["default"]["NAME"].removeprefix("candor")
    with django_db_blocker.unblock():
        _copy(suffix)
        with _room_for_threads():
            _point(suffix)
            yield
            _point(shared)
        _drop(suffix)


@pytest.fixture(scope="session", autouse=True)
def own_valkey(worker_id: str) -> None:
    """A test case clears its cache by emptying the database, and must not empty another worker's counters."""
    from core import ratelimit
    from core.redis import client

    number = int(worker_id.removeprefix("gw")) + 1 if worker_id.startswith("gw") else 0
    url = re.sub(r"/\d*$", f"/{number}", settings.REDIS_URL)
    settings.REDIS_URL = settings.CACHES["default"]["LOCATION"] = current_app.conf.broker_url = url
    ratelimit._limiter.cache_clear()
    client.cache_clear()
    if caches.all(initialized_only=True):
        del caches["default"]


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """What a process keeps for seconds is read anew in each test: it neither ends in the middle nor is another's.

    Nor is any of it left behind: the next class's setUpTestData runs before this fixture does.
    """
    from billing import selectors
    from llm import budgets, experiments, own_alerts, own_budgets, own_keys, registry

    kept = (
        *(registry.forget, budgets.forget, experiments.forget, own_alerts.forget),
        *(selectors._remembered.clear, own_keys._cache.clear, own_budgets._cache.clear),
    )
    for forget in kept:
        forget()
    yield
    for forget in kept:
        forget()


def _copy(suffix: str) -> None:
    template = _ensure_template()
    for name in set(ALIASES.values()):
        _admin(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(_id(name + suffix), _id(name + template)))
        _grant(name + suffix)


def _drop(suffix: str) -> None:
    for name in set(ALIASES.values()):
        # Not by FORCE: the owner may not end the app role's backends; plain DROP waits for them to leave.
        _admin(sql.SQL("DROP DATABASE IF EXISTS {}").format(_id(name + suffix)))


@contextmanager
def _room_for_threads() -> Iterator[None]:
    """A connection for each of twenty threads: in a smaller pool they would wait for each other. More may wait long."""
    pools = [settings.DATABASES[alias]["OPTIONS"]["pool"] for alias in ("default", "keys")]
    before = [dict(pool) for pool in pools]
    for pool in pools:
        pool.update(max_size=20, timeout=60)
    try:
        yield
    finally:
        for pool, kept in zip(pools, before, strict=True):
            pool.clear()
            pool.update(kept)


def _ensure_template() -> str:
    """The suffix of the template databases, made once for these migrations."""
    suffix = f"_template_{_fingerprint()}"
    lock = Path(settings.VAR) / "run" / "template.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not _exists("candor" + suffix + "_done"):
            _drop_templates()
            _build(suffix)
            _admin(sql.SQL("CREATE DATABASE {}").format(_id("candor" + suffix + "_done")))
    return suffix


def _drop_templates() -> None:
    """Those of before: of other migrations, or another week."""
    with psycopg.connect(**_url("postgres"), autocommit=True) as connection:
        for (name,) in connection.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^candor\w*_template_'"):
            _admin(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(_id(name)))


def _build(suffix: str) -> None:
    from tenants.services import deploying, provisioning

    for name in set(ALIASES.values()):
        _admin(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(_id(name + suffix)))
        _admin(sql.SQL("CREATE DATABASE {}").format(_id(name + suffix)))
        _grant(name + suffix)
    _point(suffix)
    deploying.migrate_all(lambda line: None)
    for name in TENANTS:
        provisioning.ensure_tenant(
            name=name.title(), subdomain=name, plan_code="starter", contact_email=f"hr@{name}.example"
        )
    _include_everything()
    _close()


def _include_everything() -> None:
    """The two tenants' contract: as many interviews as Starter, and every feature. Tests of plans choose another."""
    from billing.models import Plan, QuotaPeriod, Subscription
    from core.models import Due

    terms = {
        "price_usd": 99,
        "interviews_a_month": 100,
        "sso": True,
        "scim": True,
        "custom_domain": True,
        "own_keys": True,
    }
    plan = Plan.objects.create(code="tests", family="tests", name="Starter", withdrawn_at=EVER, **terms)
    Subscription.objects.update(plan=plan)
    QuotaPeriod.objects.update(plan=plan)
    Due.objects.all().delete()  # their renewal, a month ahead: a test counts what it owes itself


def _fingerprint() -> str:
    """Changes with any migration, with the key that wrapped the template's keys, and every week."""
    digest = hashlib.sha256()
    for path in sorted(Path(settings.ROOT).glob("*/migrations/*.py")) + sorted(
        Path(settings.ROOT).glob("*/*/migrations/*.py")
    ):
        digest.update(path.read_bytes())
    digest.update(Path(settings.KEK_FILE).read_bytes())
    digest.update(f"{datetime.now(UTC):%G-%V}".encode())  # the tenants' month and trial grow old
    for data in ("billing/data/plans.json", "platform/llm/data/providers.json", "conftest.py"):
        digest.update((Path(settings.ROOT) / data).read_bytes())
    return digest.hexdigest()[:12]


def _url(database: str) -> dict[str, Any]:
    owner = settings.DATABASES["owner"]
    return {
        "host": owner["HOST"],
        "port": owner["PORT"],
        "user": owner["USER"],
        "password": owner["PASSWORD"],
        "dbname": database,
    }


def _admin(statement: sql.Composed) -> None:
    with psycopg.connect(**_url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def _exists(database: str) -> bool:
    with psycopg.connect(**_url("postgres"), autocommit=True) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone() is not None


def _grant(database: str) -> None:
    from core.localservices.roles import apply_grants

    with psycopg.connect(**_url(database), autocommit=True) as connection:
        apply_grants(connection, owner=settings.DATABASES["owner"]["USER"], app=settings.DATABASES["default"]["USER"])


def _point(suffix: str) -> None:
    """Aim every alias at the databases with this suffix."""
    _close()
    for alias, name in ALIASES.items():
        settings.DATABASES[alias]["NAME"] = connections[alias].settings_dict["NAME"] = name + suffix


def _close() -> None:
    aliases: Any = connections.all()
    for connection in aliases:
        connection.close()
        if connection.pool:
            _wait_for_returns(connection.pool)
            connection.close_pool()


def _wait_for_returns(pool: Any) -> None:
    """A pool that closes forgets, open as it is, a connection that was given back this instant."""
    for _ in range(200):
        stats = pool.get_stats()
        if pool.closed or stats["pool_available"] >= stats["pool_size"]:
            return
        time.sleep(0.01)


def _id(name: str) -> sql.Identifier:
    return sql.Identifier(name)
