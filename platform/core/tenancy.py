"""Which tenant this code works for. The middleware or the task wrapper enters a schema; nobody else does."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection as django_connection
from django.db import connections
from django_tenants.utils import get_public_schema_name, get_tenant_domain_model, get_tenant_model

CACHE_SECONDS = 5.0
CLOSED = "closed"  # such a tenant is none any more: it has no schema, and search_path would lead to public's tables
MOST_REMEMBERED = 10_000
REPLICA = "replica"  # the alias of core.replica
connection: Any = django_connection  # django-tenants adds tenant, schema_name and set_tenant to it


class NoTenant(RuntimeError):
    """This code needs a tenant, and none was entered."""


class UnknownTenant(LookupError):
    """No tenant has this schema or host."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The public schema, entered on purpose (the public site, the admin host)."""

    schema_name: str = "public"


_cache: dict[tuple[str, str], tuple[float, Any]] = {}
_lock = threading.Lock()


def current() -> Any:
    """The tenant row that was entered.

    :raises NoTenant: in the public schema.
    """
    tenant = connection.tenant
    if tenant is None or tenant.schema_name == get_public_schema_name() or not hasattr(tenant, "pk"):
        raise NoTenant("Enter a tenant first: this code works for one tenant at a time.")
    return tenant


def schema() -> str:
    """The schema name of the tenant that was entered."""
    return str(current().schema_name)


def tenant_id() -> UUID:
    """The id of the tenant that was entered."""
    return UUID(str(current().pk))


def reads_only() -> bool:
    """Whether what works here is a tenant whose people may read and change nothing: it is not paid for."""
    return getattr(connection.tenant, "read_only_since", None) is not None


def scope() -> str:
    """The schema that keys of caches and limits carry; `public` only where it was entered on purpose.

    :raises NoTenant: if neither a tenant nor the platform was entered.
    """
    return connection.tenant.schema_name if isinstance(connection.tenant, Platform) else schema()


def by_schema(name: str) -> Any:
    """The tenant with this schema, remembered for seconds.

    :raises UnknownTenant: if there is none.
    """
    tenants = get_tenant_model().objects.exclude(status=CLOSED)
    return _remember(("schema", name), lambda: tenants.filter(schema_name=name).first())


def by_host(host: str) -> Any:
    """The tenant that answers on this exact host, remembered for seconds.

    :raises UnknownTenant: if there is none.
    """

    def find() -> Any:
        domains = get_tenant_domain_model().objects.select_related("tenant").exclude(tenant__status=CLOSED)
        domain = domains.filter(domain=host).first()
        return domain and domain.tenant

    return _remember(("host", host), find)


def _remember(key: tuple[str, str], find: Any) -> Any:
    now = time.monotonic()
    found = _cache.get(key)
    if found is None or found[0] < now:
        with enter_platform():
            found = (now + CACHE_SECONDS, find())  # outside the lock: it may wait for a connection
        with _lock:
            if len(_cache) > MOST_REMEMBERED:  # unknown hosts are remembered too: an attacker must not fill memory
                _cache.clear()
            _cache[key] = found
    if found[1] is None:
        raise UnknownTenant(f"No tenant has the {key[0]} {key[1]!r}.")
    return found[1]


def forget() -> None:
    """Drop what is remembered: a tenant or a domain changed."""
    with _lock:
        _cache.clear()


def use(tenant: Any) -> None:
    """Stay in this tenant's schema (or the Platform's) until somebody enters another: the middleware, and tests."""
    _go_to(tenant)


def _go_to(tenant: Any) -> None:
    """Both where this thread writes and where it may read."""
    connection.set_tenant(tenant)
    if REPLICA in connections:
        other: Any = connections[REPLICA]
        other.set_tenant(tenant)


def in_use() -> Any:
    """What was entered last: a tenant row, a Platform, or django-tenants' own stand-in."""
    return connection.tenant


@contextmanager
def enter(name: str) -> Iterator[Any]:
    """Work for the tenant with schema `name`, and leave its schema afterwards whatever happens.

    :raises UnknownTenant: if there is none.
    """
    before = connection.tenant
    tenant = by_schema(name)
    _go_to(tenant)
    try:
        yield tenant
    finally:
        _go_to(before)


@contextmanager
def enter_row(tenant: Any) -> Iterator[None]:
    """Work for this very tenant row, though it may be closed: for its removal, while its schema is there."""
    before = connection.tenant
    _go_to(tenant)
    try:
        yield
    finally:
        _go_to(before)


@contextmanager
def enter_platform() -> Iterator[None]:
    """Work in the public schema on purpose."""
    before = connection.tenant
    _go_to(Platform())
    try:
        yield
    finally:
        _go_to(before)
