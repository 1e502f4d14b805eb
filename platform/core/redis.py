"""Valkey or Redis, through keys that always carry their tenant."""

import hashlib
import hmac
from functools import cache

import redis
from django.conf import settings

from core import tenancy

PREFIX = "candor"


@cache
def client() -> redis.Redis:
    """One client a process, with short timeouts: Redis is a hint, never the truth."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, health_check_interval=15
    )


def key(name: str, *parts: object) -> str:
    """A key of the current tenant: `candor:<schema>:<name>:<parts>`.

    :raises core.tenancy.NoTenant: if no tenant was entered.
    """
    return ":".join((PREFIX, tenancy.scope(), name, *map(str, parts)))


def platform_key(name: str, *parts: object) -> str:
    """A key of the platform itself, on purpose without a tenant (a worker's heartbeat)."""
    return ":".join((PREFIX, name, *map(str, parts)))


def cache_key(name: str, prefix: str, version: int) -> str:
    """KEY_FUNCTION of Django's cache.

    :raises core.tenancy.NoTenant: if neither a tenant nor the platform was entered.
    """
    return ":".join((PREFIX, tenancy.scope(), "cache", prefix, str(version), name))


def pseudonym(value: str) -> str:
    """A keyed hash of an address or a name, for keys and counters that must not hold the thing itself."""
    return hmac.new(settings.SECRET_KEY.encode(), value.encode(), hashlib.sha256).hexdigest()[:32]
