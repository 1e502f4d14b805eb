"""GET /api/optimization_stats: the platform's staff reads all, a tenant's owner and admin their own, others nothing."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from accounts.roles import Role
from accounts.tests.people import person, platform_admin
from core import clock, tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from llm import stats
from llm.tests.made import call

URL = "/api/optimization_stats"


class StatsApiTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        stats.forget()
        now = clock.now() - timedelta(minutes=1)
        call(now)
        call(now, source="cache", cost="0", saved_usd=Decimal("0.5"))
        call(now - timedelta(days=40))
        for _ in range(3):
            call(now, tenant=OTHER, source="template", cost="0", saved_usd=Decimal("70"))

    def staff(self, host: str) -> TenantClient:
        client = TenantClient(host)
        with tenancy.enter_platform():
            client.force_login(platform_admin(f"{host}@candor.example"))
        return client

    def of_tenant(self, role: Role, tenant: str = "alpha") -> TenantClient:
        client = TenantClient(tenant)
        with tenancy.enter(tenant):
            client.force_login(person(f"{role}@{tenant}.example", role=role))
        return client

    def read(self, client: TenantClient, **query: str) -> Any:
        response = client.get(URL, query)
        self.assertEqual(response.status_code, 200, response.content)
        return response.json()

    def test_the_platform_s_staff_reads_all_tenants_of_the_last_thirty_days(self) -> None:
        for host in ("admin", "api"):
            with self.subTest(host):
                self.assertEqual(
                    self.read(self.staff(host)),
                    {
                        "total_requests": 5,
                        "cache_hits": 1,
                        "template_hits": 3,
                        "deduplicated": 0,
                        "api_calls": 1,
                        "cache_hit_rate": 0.2,
                        "template_hit_rate": 0.6,
                        "api_call_rate": 0.2,
                        "total_savings": 4,
                        "savings_usd": 210.5,
                    },
                )

    def test_they_may_ask_for_one_tenant_and_for_another_time(self) -> None:
        client = self.staff("admin")
        long_ago, long_since = ((clock.now() - timedelta(days=days)).isoformat() for days in (41, 39))

        self.assertEqual(self.read(client, tenant=OTHER)["total_requests"], 3)
        self.assertEqual(self.read(client, since=long_ago)["total_requests"], 6)
        self.assertEqual(self.read(client, since=long_ago, until=long_since)["total_requests"], 1)

    def test_a_tenant_s_owner_and_admin_read_their_own_whatever_tenant_they_name(self) -> None:
        for role in (Role.OWNER, Role.ADMIN):
            with self.subTest(role):
                client = self.of_tenant(role)

                found = self.read(client, tenant=OTHER)

                self.assertEqual((found["total_requests"], found["savings_usd"]), (2, 0.5))
        self.assertEqual(self.read(self.of_tenant(Role.OWNER, OTHER))["total_requests"], 3)

    def test_everybody_else_is_refused(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            with self.subTest(role):
                self.assertEqual(self.of_tenant(role).get(URL).status_code, 403)
        for host in ("alpha", "admin", "api"):
            with self.subTest(host):
                response = TenantClient(host).get(URL)
                self.assertEqual((response.status_code, response["Content-Type"]), (401, "application/problem+json"))
                self.assertNotIn("total_requests", response.content.decode())
        self.assertEqual(TenantClient("nobody").get(URL).status_code, 404)

    def test_a_session_of_one_tenant_is_none_in_another_or_on_the_platform_s_hosts(self) -> None:
        cookies = self.of_tenant(Role.OWNER).cookies
        for host in (OTHER, "api", "admin"):
            client = TenantClient(host)
            client.cookies = cookies
            with self.subTest(host):
                self.assertEqual(client.get(URL).status_code, 401)

    def test_a_time_that_is_none_is_refused(self) -> None:
        client = self.staff("admin")
        for query in ({"since": "yesterday"}, {"since": "2026-02-02T00:00Z", "until": "2026-02-01T00:00Z"}):
            with self.subTest(str(query)):
                self.assertEqual(client.get(URL, query).status_code, 400)
        self.assertEqual(client.get(URL, {"tenant": "a'; DROP"}).status_code, 400)

    def test_it_stands_in_the_description_of_the_api(self) -> None:
        for host in ("alpha", "api"):
            response = TenantClient(host).get("/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"})
            operation = response.json()["paths"][URL]["get"]
            self.assertEqual({row["name"] for row in operation["parameters"]}, {"since", "until", "tenant"})
