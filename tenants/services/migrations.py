"""Which migrations the code knows, and which a tenant schema must have."""

import hashlib
import sys
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader

Node = tuple[str, str]
OWNER = "owner"


def wanted(*, public: bool) -> frozenset[Node]:
    """(app, name) of every migration that such a schema must have recorded."""
    listed = settings.SHARED_APPS if public else settings.TENANT_APPS
    return frozenset(node for node in _on_disk() if apps.get_app_config(node[0]).name in listed and node[0] != "keys")


def heads() -> dict[str, str]:
    """App -> the newest migration that a tenant schema has of it."""
    return dict(sorted(wanted(public=False)))


def fingerprint() -> str:
    """Changes with what a tenant schema is made from: its migrations, word for word, the server, the serving role.

    Migrations of public's apps change it by their names: they are recorded in a tenant's schema, where they do nothing.
    """
    major = str(connections[OWNER].pg_version // 10000)  # type: ignore[attr-defined]
    return hashlib.sha256(f"{_content()} {major} {settings.DATABASES['default']['USER']}".encode()).hexdigest()


@cache
def _on_disk() -> dict[Node, str]:
    """(app, name) -> the module that holds the migration. They do not change while a process runs."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return {node: type(migration).__module__ for node, migration in (loader.disk_migrations or {}).items()}


@cache
def _content() -> str:
    digest = hashlib.sha256(repr(sorted(_on_disk())).encode())
    for node in sorted(wanted(public=False)):
        path = sys.modules[_on_disk()[node]].__file__
        if path is not None:
            digest.update(Path(path).read_bytes())
    return digest.hexdigest()
