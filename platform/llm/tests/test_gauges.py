"""What the ledger says about today, for Prometheus."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine

from core.testing import TenantTestCase
from llm import gauges
from llm.models import LlmCall
from llm.tests.asking import using
from llm.tests.test_modes import opened
from tests.mock_model import MockModel

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


class StandingTests(TenantTestCase):
    def standing(self) -> dict[str, float]:
        return {value: s.value for family in gauges.standing() for s in family.samples for value in s.labels.values()}

    def test_breakers_are_counted_by_state_and_one_mode_is_on(self) -> None:
        with MockModel() as mock, using(mock):
            closed = self.standing()
            opened("own-server")
            shut = self.standing()
            opened("own-server", seconds=-1)
            trying = self.standing()

        self.assertEqual(closed, {"closed": 1, "half-open": 0, "open": 0, "full": 1, "degraded": 0, "off": 0})
        self.assertEqual(shut, {"closed": 0, "half-open": 0, "open": 1, "full": 0, "degraded": 0, "off": 1})
        self.assertEqual(trying, {"closed": 0, "half-open": 1, "open": 0, "full": 0, "degraded": 1, "off": 0})
