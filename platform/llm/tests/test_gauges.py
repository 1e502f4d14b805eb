"""What the ledger says about today, for Prometheus."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine

from core.testing import TenantTestCase
from llm import gauges
from llm.models import LlmCall

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class CostTodayTests(TenantTestCase):
    def call(self, provider: str, cost: str | None, at: datetime, tenant: str = "alpha") -> None:
        LlmCall.objects.create(
            tenant=tenant,
            feature="turn",
            provider=provider,
            account="ours",
            model="m",
            complexity="simple",
            cost_usd=cost and Decimal(cost),
            created_at=at,
        )

    def test_the_day_s_dollars_by_provider_over_all_tenants_in_one_query_of_the_ledger(self) -> None:
        midnight = NOON.replace(hour=0)
        self.call("groq", "1.25", midnight)
        self.call("groq", "0.50", NOON, tenant="beta")
        self.call("groq", "9.00", midnight - timedelta(microseconds=1))
        self.call("openai", None, NOON)

        with time_machine.travel(NOON), self.assertNumQueries(5):  # search_path, savepoint, limit, sum, release
            [family] = gauges.cost_today()

        self.assertEqual(family.name, "llm_cost_dollars_daily")
        self.assertEqual({s.labels["provider"]: s.value for s in family.samples}, {"groq": 1.75, "openai": 0.0})
