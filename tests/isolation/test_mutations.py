"""Without any one control the check of its channel turns red: a suite that cannot fail proves nothing."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.cache import caches
from django.db import connections, models

from accounts.services import passwords
from core import metrics, tenancy
from core.middleware import RequestContext
from core.testing import HOME
from interviews.services import links
from llm import cache as model_cache
from tenants.models import ApiKey, CustomDomain, EmailDomain, Logo, SupportGrant, TenantExport
from tenants.services import api_keys
from tests.isolation.channels import CHANNELS, ChannelChecks, PoolChecks, ReplicaChecks
from tests.isolation.walk import ALPHA
from tests.test_replica import configured

Removal = Callable[[], AbstractContextManager[Any]]


@contextmanager
def entered_for_good(name: str) -> Iterator[Any]:
    """tenancy.enter without its `finally`."""
    tenancy.use(tenancy.by_schema(name))
    yield


@contextmanager
def sessions_of_alpha() -> Iterator[None]:
    """Sessions are looked up in one schema for everybody."""
    from accounts.sessions import SessionStore

    real = SessionStore.load

    def load(self: Any) -> Any:
        with tenancy.enter(HOME):
            return real(self)

    with mock.patch.object(SessionStore, "load", load):
        yield


@contextmanager
def labels_of_paths() -> Iterator[None]:
    """Requests are counted by their path; the labels are taken back, for they outlast a test."""

    def count(self: Any, request: Any, response: Any, seconds: float) -> None:
        metrics.requests.labels(request.path, request.method, response.status_code).inc()

    with mock.patch.object(RequestContext, "_count", count):
        try:
            yield
        finally:
            metrics.requests.clear()


real_admit = api_keys.admit


def admitted_anywhere(**asked: Any) -> Any:
    return real_admit(**asked | {"host_tenant": None})


def by_id_alone(model: type[models.Model]) -> Removal:
    """Rows of this model are looked up for whichever tenant."""
    real = models.QuerySet._filter_or_exclude  # type: ignore[attr-defined]

    def looked_up(self: Any, negate: bool, args: Any, only: dict[str, Any]) -> Any:
        if self.model is model:
            only = {name: value for name, value in only.items() if name not in ("tenant", "tenant_id")}
        return real(self, negate, args, only)

    return lambda: mock.patch.object(models.QuerySet, "_filter_or_exclude", looked_up)


def any_host(host: str) -> Any:
    return tenancy.by_schema(HOME)


REMOVALS: dict[str, tuple[str, Removal]] = {
    "the tenant in the cache's keys": (
        "cache_keys",
        lambda: mock.patch.object(caches["default"], "key_func", lambda key, prefix, version: key),
    ),
    "the tenant in the keys of Valkey": (
        "cache_keys",
        lambda: mock.patch("core.redis.tenancy.scope", lambda: HOME),
    ),
    "the schema that a task enters": ("celery", lambda: mock.patch("core.tasks.tenancy.enter", nullcontext)),
    "the tenant of a logo": (
        "files",
        lambda: mock.patch.object(type(Logo.objects), "filter", lambda self, **only: self.all()),
    ),
    "a table of sessions in each schema": ("sessions", sessions_of_alpha),
    "the tenant in the salt of cookies": ("links", lambda: mock.patch.object(links, "_salt", lambda: "candidate")),
    "the schema in the salt of reset links": (
        "reset_tokens",
        lambda: mock.patch.object(passwords._Tokens, "key_salt", "accounts.password-reset"),
    ),
    "the host that a key must fit": ("api_keys", lambda: mock.patch.object(api_keys, "admit", admitted_anywhere)),
    "the schema that a key's caller enters": (
        "api_keys",
        lambda: mock.patch("tenants.middleware.tenancy.use", lambda tenant: tenancy._go_to(tenancy.by_schema(HOME))),
    ),
    "the tenant's own address in mail": (
        "mail",
        lambda: mock.patch("accounts.services.mail.site_url", lambda: f"http://{ALPHA.host}"),
    ),
    "whose archive it is": ("exports", by_id_alone(TenantExport)),
    "whose key it is": ("public_rows", by_id_alone(ApiKey)),
    "whose support access it is": ("public_rows", by_id_alone(SupportGrant)),
    "whose host it is": ("public_rows", by_id_alone(CustomDomain)),
    "whose mail domain it is": ("public_rows", by_id_alone(EmailDomain)),
    "leaving a schema after an error": ("errors", lambda: mock.patch.object(tenancy, "enter", entered_for_good)),
    "the tenant in the names of channels": (
        "events",
        lambda: mock.patch("live.channels.redis_key", lambda name, part: f"candor:{HOME}:{name}:{part}"),
    ),
    "a key of each tenant's own": (
        "events",
        lambda: mock.patch("keys.ring.subject_key", lambda tenant, who: bytes(32)),
    ),
    "staff in the public schema alone": (
        "admin",
        lambda: mock.patch("accounts.models.people.get_public_schema_name", lambda: tenancy.scope()),
    ),
    "the exact table of hosts": ("hosts", lambda: mock.patch.object(tenancy, "by_host", any_host)),
    "the tenant in the counts of throttles": (
        "throttles",
        lambda: mock.patch("core.ratelimit.tenancy.scope", lambda: "all"),
    ),
    "the tenant in the counts of lockouts": (
        "lockouts",
        lambda: mock.patch.object(caches["default"], "key_func", lambda key, prefix, version: key),
    ),
    "the tenant in the keys of answers": (
        "model_cache",
        lambda: mock.patch("llm.cache.tenant_key", lambda *parts: ":".join(("candor", HOME, *parts))),
    ),
    "whose answer it is": ("model_cache", lambda: mock.patch.object(model_cache, "require_own", lambda key: None)),
    "errors without their words": ("logs", lambda: mock.patch("config.logging.describe", str)),
    "the scrubbing of lines": ("logs", lambda: mock.patch("config.logging.scrub", str)),
    "routes instead of paths in labels": (
        "metrics",
        labels_of_paths,
    ),
}


class MutationTests(ChannelChecks):
    def test_without_any_one_control_the_check_of_its_channel_turns_red(self) -> None:
        green = []
        for control, (channel, removed) in REMOVALS.items():
            with self.subTest(control):
                try:
                    with removed():
                        self.isolated(channel)
                except AssertionError:
                    continue
                green.append(control)

        self.assertEqual(green, [])

    def test_every_channel_has_a_control_that_is_taken_away(self) -> None:
        self.assertEqual(sorted({channel for channel, _ in REMOVALS.values()}), CHANNELS)


class ReplicaMutationTests(ReplicaChecks):
    def test_a_replica_that_stays_in_its_schema_shows_another_tenant(self) -> None:
        with configured(int(settings.DATABASES["default"]["PORT"])):
            tenancy.use(tenancy.by_schema(HOME))
            with mock.patch.object(connections[tenancy.REPLICA], "set_tenant"), self.assertRaises(AssertionError):
                self.check_replica()


class PoolMutationTests(PoolChecks):
    def test_a_connection_that_is_not_reset_shows_its_tenant(self) -> None:
        wrapper: Any = connections["default"]
        wrapper.ensure_connection()

        with mock.patch.object(wrapper.pool, "_reset", None), self.assertRaises(AssertionError):
            self.check_pool()
