"""The test databases: one template with two tenants, and a clone of it for each worker."""

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

ALIASES = {"default": "candor", "owner": "candor", "keys": "candor_keys", "keys_owner": "candor_keys"}
TENANTS = ("alpha", "beta")


def pytest_configure(config: pytest.Config) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(worker_id: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Give this worker its own copy of the template; the copies are dropped when the run ends."""
    suffix = f"_{worker_id}_{os.getpid()}"
    with django_db_blocker.unblock():
        template = _ensure_template()
        for name in set(ALIASES.values()):
            _admin(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(_id(name + suffix), _id(name + template)))
            _grant(name + suffix)
        _point(suffix)
    yield
    with django_db_blocker.unblock():
        _close()
        for name in set(ALIASES.values()):
            # Not by FORCE: the owner may not end the app role's backends; plain DROP waits for them to leave.
            _admin(sql.SQL("DROP DATABASE IF EXISTS {}").format(_id(name + suffix)))


def _ensure_template() -> str:
    """The suffix of the template databases, made once for these migrations."""
    suffix = f"_template_{_fingerprint()}"
    lock = Path(settings.VAR) / "run" / "template.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if not _exists("candor" + suffix + "_done"):
            _build(suffix)
            _admin(sql.SQL("CREATE DATABASE {}").format(_id("candor" + suffix + "_done")))
    return suffix


def _build(suffix: str) -> None:
    from tenants.services import provisioning, schemas

    for name in set(ALIASES.values()):
        _admin(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(_id(name + suffix)))
        _admin(sql.SQL("CREATE DATABASE {}").format(_id(name + suffix)))
        _grant(name + suffix)
    _point(suffix)
    schemas.migrate_all(lambda line: None)
    for name in TENANTS:
        provisioning.ensure_tenant(
            name=name.title(), subdomain=name, plan_code="starter", contact_email=f"hr@{name}.example"
        )
    _close()


def _fingerprint() -> str:
    """Changes with any migration, and with the key that wrapped the template's keys."""
    digest = hashlib.sha256()
    for path in sorted(Path(settings.ROOT).glob("*/migrations/*.py")) + sorted(
        Path(settings.ROOT).glob("*/*/migrations/*.py")
    ):
        digest.update(path.read_bytes())
    digest.update(Path(settings.KEK_FILE).read_bytes())
    digest.update((Path(settings.ROOT) / "billing/data/plans.json").read_bytes())
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
