from django.core.cache import cache

from core import redis, tenancy
from core.tenancy import NoTenant, Platform
from core.testing import OTHER, TenantTestCase


class KeyTests(TenantTestCase):
    def test_a_key_carries_its_tenant(self) -> None:
        self.assertEqual(redis.key("draft", "turn", 7), "candor:alpha:draft:turn:7")
        self.assertEqual(redis.cache_key("page", "", 1), "candor:alpha:cache::1:page")

    def test_two_tenants_never_have_the_same_key(self) -> None:
        mine = redis.key("draft"), redis.cache_key("draft", "", 1)
        with self.in_tenant(OTHER):
            theirs = redis.key("draft"), redis.cache_key("draft", "", 1)

        self.assertEqual(set(mine) & set(theirs), set())

    def test_the_platform_s_own_keys_need_no_tenant_and_are_nobody_else_s(self) -> None:
        tenancy.use(Platform())

        self.assertEqual(redis.key("draft"), "candor:public:draft")
        self.assertEqual(redis.platform_key("worker", "alive"), "candor:worker:alive")

    def test_without_a_tenant_there_is_no_key(self) -> None:
        tenancy.connection.set_schema_to_public()

        with self.assertRaises(NoTenant):
            redis.key("draft")
        with self.assertRaises(NoTenant):
            redis.cache_key("draft", "", 1)

    def test_without_a_tenant_the_cache_neither_stores_nor_reads(self) -> None:
        tenancy.connection.set_schema_to_public()

        with self.assertRaises(NoTenant):
            cache.set("colour", "red")
        with self.assertRaises(NoTenant):
            cache.get("colour")
        self.assertEqual(list(redis.client().scan_iter("*colour*")), [])

    def test_what_one_tenant_cached_is_nothing_to_another(self) -> None:
        cache.set("colour", "red")

        with self.in_tenant(OTHER):
            self.assertIsNone(cache.get("colour"))
        self.assertEqual(cache.get("colour"), "red")

    def test_a_pseudonym_is_stable_and_holds_nothing_of_the_address(self) -> None:
        self.assertEqual(redis.pseudonym("ada@example.org"), redis.pseudonym("ada@example.org"))
        self.assertNotEqual(redis.pseudonym("ada@example.org"), redis.pseudonym("ada@example.com"))
        self.assertRegex(redis.pseudonym("ada@example.org"), r"\A[0-9a-f]{32}\Z")
