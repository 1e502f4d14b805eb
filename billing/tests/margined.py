"""Two tenants in spring 2026, with what they paid and cost, for tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from billing.margin import report
from billing.margin.report import Figures, Line
from billing.models import Invoice, InvoiceLine, Subscription, UsageRecord
from core.ids import uuid7
from core.testing import HOME, OTHER, TenantTestCase
from tenants.models import Tenant

MARCH, APRIL, MAY, JUNE = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5, 6))
NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
USD = Decimal


class MarginTestCase(TenantTestCase):
    """alpha and beta in spring 2026, with nothing of today's."""

    def setUp(self) -> None:
        super().setUp()
        InvoiceLine.objects.all().delete()
        self.alpha, self.beta = (Tenant.objects.get(schema_name=name) for name in (HOME, OTHER))

    def held(self, tenant: Tenant) -> Subscription:
        return Subscription.objects.get(tenant=tenant)

    def line(self, tenant: Tenant, usd: str, since: datetime, **more: Any) -> InvoiceLine:
        values = {"kind": "plan", "text": "Starter", "unit_price_usd": usd, "amount_usd": usd, "key": str(uuid7())}
        times = {"from_at": since, "until_at": since + 31 * DAY}
        return InvoiceLine.objects.create(**{"subscription": self.held(tenant)} | values | times | more)

    def invoice(self, tenant: Tenant, usd: str, *lines: InvoiceLine, **more: Any) -> Invoice:
        """One of ours with these lines; without any, one of Stripe's."""
        pk = uuid7()
        InvoiceLine.objects.filter(pk__in=[line.pk for line in lines]).update(invoice=pk)
        values = {"number": str(pk), "issued_at": MARCH, "subtotal_usd": USD(usd), "total_usd": USD(usd)}
        values |= {} if lines else {"source": "stripe", "stripe_id": str(pk)}
        return Invoice.objects.create(pk=pk, **{"subscription": self.held(tenant)} | values | more)

    def interviews(self, tenant: Tenant, at: datetime, started: int, completed: int = 0) -> None:
        held = self.held(tenant)
        period = held.periods.first()
        for kind, count in (("started", started), ("completed", completed)):
            UsageRecord.objects.bulk_create(
                UsageRecord(
                    subscription=held,
                    period=period,
                    kind=f"interview_{kind}",
                    quantity=1,
                    occurred_at=at,
                    key=f"{kind}:{uuid7()}",
                )
                for _ in range(count)
            )

    def build(self, count: int = 3) -> Figures:
        return report.build(NOW, count)

    def cell(self, place: int, tenant: Tenant | None) -> Line:
        return self.build().cells[place, tenant.pk if tenant else None]
