"""The margin and the nightly comparison in the platform's admin."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import time_machine
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person, platform_admin
from billing.models import InvoiceLine, Reconciliation, Subscription
from core import clock, tenancy
from core.ids import uuid7
from core.testing import HOME, OTHER, TenantClient, TenantTestCase
from llm.tests.made import call
from tenants.models import Tenant

MAY = datetime(2026, 5, 1, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:billing_{name}", args=args, urlconf="config.urls_admin")


class MarginAdminTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        InvoiceLine.objects.all().delete()
        self.alpha = Tenant.objects.get(schema_name=HOME)
        Tenant.objects.filter(schema_name=OTHER).update(name="=Beta & <Sons>")
        traveller = time_machine.travel(NOW, tick=True)
        traveller.start()
        self.addCleanup(traveller.stop)
        self.client = TenantClient("admin")
        with tenancy.enter_platform():
            self.client.force_login(platform_admin())

    def wait(self, schema: str, usd: str) -> None:
        """A line for all of May that is on no invoice."""
        InvoiceLine.objects.create(
            subscription=Subscription.objects.get(tenant__schema_name=schema),
            kind="plan",
            text="Starter",
            unit_price_usd=usd,
            amount_usd=usd,
            key=str(uuid7()),
            from_at=MAY,
            until_at=JUNE,
        )

    def test_the_page_shows_revenue_cost_and_margin_and_the_chart_says_it_in_words(self) -> None:
        self.wait(HOME, "99")
        call(MAY, cost="4.5")
        call(MAY, tenant=OTHER, cost="1200")

        response: Any = self.client.get(url("margin_changelist"))

        text = response.content.decode()
        self.assertEqual(response.status_code, 200)
        for words in ("$99.00", "$1,204.50", "-$1,204.50", "Not invoiced yet", "=Beta &amp; &lt;Sons&gt;", "Alpha"):
            self.assertIn(words, text)
        self.assertIn("<title>2026-05: revenue $0.00, not invoiced $99.00, models $1,204.50, servers –</title>", text)
        self.assertIn('role="img" aria-label="Revenue and cost by month', text)
        self.assertNotIn("<Sons>", text)
        self.assertEqual([line.name for line in response.context_data["by_month"]][:2], ["2026-06 so far", "2026-05"])

    def test_without_a_share_the_servers_are_not_set_and_the_margin_is_at_most_so_much(self) -> None:
        InvoiceLine.objects.all().delete()
        self.wait(HOME, "99")

        found = " ".join(self.client.get(url("margin_changelist")).content.decode().split())

        self.assertIn("Gross margin, at most", found)
        self.assertIn("not set", found)
        self.assertIn("nobody knows what the servers cost", found)
        self.assertIn(reverse("admin:billing_infrastructureshare_changelist", urlconf="config.urls_admin"), found)

    def test_other_months_and_nonsense(self) -> None:
        for asked, shown in (("3", 3), ("24", 24), ("7", 6), ("x", 6)):
            response: Any = self.client.get(url("margin_changelist") + f"?months={asked}")
            self.assertEqual(len(response.context_data["by_month"]), shown)

    def test_a_tenants_own_months(self) -> None:
        call(MAY, cost="4.5")
        call(MAY, tenant=OTHER, cost="1200")

        response: Any = self.client.get(url("margin_tenant", self.alpha.pk))

        self.assertContains(response, "$4.50")
        self.assertNotContains(response, "$1,200")
        self.assertEqual(self.client.get(url("margin_tenant", uuid7())).status_code, 404)

    def test_the_csv_has_every_line_and_no_formula(self) -> None:
        self.wait(HOME, "99")
        call(MAY, tenant=OTHER, cost="1200")

        response = self.client.get(url("margin_csv") + "?by=tenant&months=3")

        rows = response.content.decode().splitlines()
        self.assertEqual((response["Content-Type"], len(rows)), ("text/csv; charset=utf-8", 3))
        self.assertIn('attachment; filename="margin-by-tenant-3-months.csv"', response["Content-Disposition"])
        self.assertEqual(rows[1], "'=Beta & <Sons>,0,0,1200,,True,-1200,,0,0,,,0")
        self.assertEqual(rows[2], "Alpha,0,99,0,,True,0,,0,0,,,0")
        self.assertEqual(self.client.get(url("margin_csv") + "?by=interview").status_code, 404)

    def test_strangers_and_people_of_a_tenant_see_none_of_it(self) -> None:
        owner = TenantClient("admin")
        owner.force_login(person(role=Role.OWNER))
        paths = (url("margin_changelist"), url("margin_csv") + "?by=plan", url("margin_tenant", self.alpha.pk))
        for client in (TenantClient("admin"), owner):
            for path in (*paths, url("reconciliation_changelist")):
                self.assertEqual(client.get(path).status_code, 302, path)

        at_home = TenantClient()
        at_home.force_login(User.objects.get())
        self.assertEqual(at_home.get(paths[0]).status_code, 404)

    def test_nothing_is_added_changed_or_deleted_here(self) -> None:
        self.wait(HOME, "99")
        row = InvoiceLine.objects.get()
        for path in (url("margin_add"), url("margin_delete", row.pk)):
            self.assertEqual(self.client.post(path, {"post": "yes"}).status_code, 403)

        self.assertEqual(InvoiceLine.objects.get().amount_usd, Decimal(99))

    def test_what_last_nights_comparison_found_stands_first(self) -> None:
        now = clock.now()
        difference = {"what": "quota.reserved", "expected": "1", "found": "2", "ids": ["x"], "tenant": HOME, "count": 1}
        row = Reconciliation.objects.create(tenant=self.alpha, looked_at=now, count=1, differences=[difference])
        Reconciliation.objects.create(tenant=None, looked_at=now)

        page = self.client.get(url("reconciliation_changelist"))

        self.assertContains(page, "Alpha")
        self.assertContains(page, "The platform")
        self.assertContains(self.client.get(url("reconciliation_change", row.pk)), "quota.reserved")
        self.assertEqual(self.client.post(url("reconciliation_change", row.pk), {"count": "0"}).status_code, 403)
