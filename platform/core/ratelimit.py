"""Rate limits on what strangers can do often: link exchange, answers, sign-in, invitations."""

import ipaddress
from functools import cache

import structlog
from django.conf import settings
from django.http import HttpRequest
from limits import parse
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from core import metrics, tenancy
from core.redis import pseudonym

log = structlog.get_logger()


def client_of(request: HttpRequest) -> str:
    """The client's address for counting; of IPv6 its /64, since one household or server has all of that."""
    given = request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given
    if address.version == 4:
        return given
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


class TooMany(Exception):
    """Too many requests; `retry_after` is in seconds."""

    def __init__(self, scope: str, retry_after: int) -> None:
        super().__init__(scope)
        self.scope, self.retry_after = scope, retry_after


@cache
def _limiter() -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(
        RedisStorage(settings.REDIS_URL, key_prefix="candor:limit", socket_timeout=2, socket_connect_timeout=2)
    )


def check(scope: str, who: str, rate: str) -> None:
    """Count nothing, but refuse whoever has used up what `hit` counts.

    :raises TooMany: at the rate.
    """
    limit = parse(rate)
    try:
        left = _limiter().test(limit, tenancy.scope(), scope, pseudonym(who))
    except Exception:
        metrics.ratelimit_unavailable.inc()
        log.warning("ratelimit_unavailable", scope=scope)
        return
    if not left:
        raise TooMany(scope, max(1, limit.get_expiry() // max(1, limit.amount)))


def hit(scope: str, who: str, rate: str) -> None:
    """Count one act of `who` (an address or an id, stored as a keyed hash) in the current tenant.

    `rate` is such as "30/minute". When Redis is away the act is allowed: an interview must not
    stop for a counter, and the failure is counted.

    :raises TooMany: above the rate.
    """
    limit = parse(rate)
    identity = (tenancy.scope(), scope, pseudonym(who))
    try:
        allowed = _limiter().hit(limit, *identity)
    except Exception:
        metrics.ratelimit_unavailable.inc()
        log.warning("ratelimit_unavailable", scope=scope)
        return
    if not allowed:
        raise TooMany(scope, max(1, limit.get_expiry() // max(1, limit.amount)))
