"""The platform's admin: what models are used for, the calls behind it, and budgets."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from django.urls import reverse

from accounts.roles import Role
from accounts.tests.people import person, platform_admin
from core import clock, tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from llm import health, stats
from llm.models import Budget, LlmCall
from llm.tests.made import call


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:llm_{name}", args=args, urlconf="config.urls_admin")


class UseAdminTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        stats.forget()
        self.now = clock.now()
        self.client = TenantClient("admin")
        with tenancy.enter_platform():
            self.client.force_login(platform_admin())

    def page(self, path: str) -> str:
        response = self.client.get(path)
        self.assertEqual(response.status_code, 200)
        return str(response.content.decode())

    def test_the_page_shows_requests_accounts_spend_and_budgets(self) -> None:
        call(self.now, cost="1.2345", latency_ms=120)
        call(self.now, cost="0", error_kind="timeout", latency_ms=900)
        call(
            self.now, tenant=OTHER, feature="evaluation", source="cache", account="", cost="0", saved_usd=Decimal("3.5")
        )
        Budget.objects.create(tenant=OTHER, limit_usd=10)

        response: Any = self.client.get(url("usagehour_changelist"))

        found, text = response.context_data, response.content.decode()
        self.assertEqual((found["stats"].total_requests, found["stats"].cache_hits), (3, 1))
        [line] = found["accounts"]
        self.assertEqual((line.cost.calls, line.cost.failures, line.p50_ms, line.p95_ms), (2, 1, 120, 900))
        self.assertEqual([line.key for line in found["tenants"]], ["alpha", OTHER])
        for words in ("groq-1", "$1.23", "$3.50", "900 ms", "beta everything a day", "33.3%"):
            self.assertIn(words, text)

    def test_without_any_call_it_says_so(self) -> None:
        text = self.page(url("usagehour_changelist") + "?days=nonsense")

        self.assertIn("No calls in this time.", text)

    def test_each_chart_has_a_bar_a_day_as_high_as_its_dollars_or_requests(self) -> None:
        call(self.now, cost="4")
        call(self.now - timedelta(days=1), cost="1")
        call(self.now - timedelta(days=8), cost="100")

        response: Any = self.client.get(url("usagehour_changelist") + "?days=7")

        spending, requests = response.context_data["spending"], response.context_data["requests"]
        self.assertEqual([bar.height for bar in spending.bars], [0, 0, 0, 0, 0, 0, 40, 160])
        self.assertEqual([bar.y for bar in spending.bars][-2:], [120, 0])
        self.assertEqual([bar.height for bar in requests.bars], [0, 0, 0, 0, 0, 0, 160, 160])
        self.assertEqual((spending.most, requests.most), (4, 1))
        self.assertContains(response.render(), "The dearest day: $4.00")
        self.assertContains(response, "The busiest day: 1")

    def test_the_calls_are_listed_newest_first_and_chosen_by_what_they_are(self) -> None:
        call(self.now, reason="cheapest healthy")
        call(self.now - timedelta(minutes=1), tenant=OTHER, error_kind="timeout", model="slow-one")

        every = self.page(url("usagehour_calls"))
        chosen = self.page(url("usagehour_calls") + f"?tenant={OTHER}&before=nonsense")

        self.assertLess(every.index("cheapest healthy"), every.index("slow-one"))
        self.assertIn("slow-one", chosen)
        self.assertNotIn("cheapest healthy", chosen)

    def test_older_calls_are_a_page_further(self) -> None:
        LlmCall.objects.bulk_create(
            [made(self.now - timedelta(seconds=place), f"model-{place}") for place in range(102)]
        )

        first: Any = self.client.get(url("usagehour_calls") + "?tenant=alpha")
        older: Any = self.client.get(url("usagehour_calls"), {"tenant": "alpha", "before": first.context_data["older"]})

        self.assertEqual([row.model for row in older.context_data["calls"]], ["model-100", "model-101"])
        self.assertEqual(older.context_data["older"], "")

    def test_the_health_of_providers_is_shown_as_it_is_told(self) -> None:
        used = [{"name": "requests a day", "scope": "groq-1", "used": 1200, "limit": 14400}]
        told = [{"account": "groq-1", "model": "m", "quality": 3, "state": "half-open", "used": used}]
        with mock.patch.object(health, "overview", return_value=told):
            text = self.page(url("usagehour_changelist"))

        for words in ("Providers</h2>", "Strong", "half-open", "1,200 of 14,400 requests a day"):
            self.assertIn(words, text)

    def test_a_budget_names_a_tenant_and_a_feature_that_exist(self) -> None:
        fields = {"period": "day", "limit_usd": "5", "warn_percent": "80", "is_hard": "on", "is_enabled": "on"}
        for wrong in ({"tenant": "nobody"}, {"feature": "poetry"}, {"limit_usd": "-1"}, {"warn_percent": "101"}):
            response = self.client.post(url("budget_add"), fields | wrong)
            with self.subTest(str(wrong)):
                self.assertEqual(list(response.context["adminform"].form.errors), list(wrong))
        self.assertFalse(Budget.objects.exists())

        self.client.post(url("budget_add"), fields | {"tenant": OTHER, "feature": "evaluation"})

        self.assertEqual(str(Budget.objects.get()), "beta evaluation a day")

    def test_nobody_adds_changes_or_deletes_sums(self) -> None:
        self.assertEqual(self.client.post(url("usagehour_add"), {}).status_code, 403)

    def test_strangers_and_people_of_a_tenant_see_none_of_it(self) -> None:
        call(self.now, model="secret-model")
        owner = TenantClient()
        owner.force_login(person(role=Role.OWNER))
        visitor = TenantClient("admin")
        visitor.cookies = owner.cookies
        for path in (url("usagehour_changelist"), url("usagehour_calls"), url("budget_changelist")):
            for client in (TenantClient("admin"), visitor):
                self.assertRedirects(client.get(path), f"/login/?next={path}", fetch_redirect_response=False)
            self.assertEqual(owner.get(path).status_code, 404)


def made(at: Any, model: str) -> LlmCall:
    return LlmCall(
        tenant="alpha",
        feature="report",
        provider="p",
        account="a",
        model=model,
        complexity="simple",
        created_at=at,
        latency_ms=1,
        settled_at=at,
    )
