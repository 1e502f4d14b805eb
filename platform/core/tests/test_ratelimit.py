import socket

from django.test import override_settings
from prometheus_client import REGISTRY

from core import ratelimit, tenancy
from core.ratelimit import TooMany
from core.redis import client
from core.testing import OTHER, TenantTestCase

RATE = "10/minute"


def hits(count: int, who: str = "192.0.2.1", scope: str = "sign-in") -> None:
    for _ in range(count):
        ratelimit.hit(scope, who, RATE)


def allowed_because_away() -> float:
    return REGISTRY.get_sample_value("candor_ratelimit_unavailable_total") or 0.0


class RateTests(TenantTestCase):
    def test_the_eleventh_of_ten_a_minute_is_refused_and_told_when_to_come_back(self) -> None:
        hits(10)

        with self.assertRaises(TooMany) as caught:
            hits(1)

        self.assertEqual((caught.exception.scope, caught.exception.retry_after), ("sign-in", 6))

    def test_another_person_another_act_and_another_tenant_are_not_affected(self) -> None:
        uncounted = allowed_because_away()
        hits(10)

        hits(10, who="192.0.2.2")
        hits(10, scope="link")
        with self.in_tenant(OTHER):
            hits(10)
        with tenancy.enter_platform():
            hits(10)

        self.assertEqual(allowed_because_away(), uncounted)
        self.assertRaises(TooMany, hits, 1)

    def test_the_counter_holds_no_address(self) -> None:
        hits(1, who="ada@example.org")

        keys = [key.decode() for key in client().scan_iter("candor:limit*")]
        self.assertTrue(keys)
        self.assertEqual([key for key in keys if "ada" in key or "example" in key], [])

    def test_without_a_tenant_it_refuses_to_count(self) -> None:
        tenancy.connection.set_schema_to_public()

        with self.assertRaises(tenancy.NoTenant):
            hits(1)


class AwayTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(ratelimit._limiter.cache_clear)
        nobody = socket.socket()
        nobody.bind(("127.0.0.1", 0))
        self.addCleanup(nobody.close)
        self.url = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"

    def test_while_redis_is_away_every_act_is_allowed_and_counted(self) -> None:
        before = allowed_because_away()

        with override_settings(REDIS_URL=self.url):
            ratelimit._limiter.cache_clear()
            hits(12)

        self.assertEqual(allowed_because_away(), before + 12)
