"""A tenant that closes begins no interview any more, and no month of them either."""

from datetime import timedelta

import time_machine

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import QuotaPeriod
from billing.services import periods
from billing.tests.bought import held
from billing.tests.plans import lines, on
from core import audit, clock, tenancy
from core.models import Due
from core.testing import TenantTestCase
from tenants.services import closing
from tenants.tests.supported import staff


class ClosingTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        on("professional", at=clock.now() - timedelta(days=20))
        self.first = periods.current()
        closing.request_closing(tenant_id=held().tenant_id, by=audit.Actor("platform", staff().pk))
        traveller = time_machine.travel(self.first.period_end + timedelta(hours=3), tick=False)
        traveller.start()
        self.addCleanup(traveller.stop)
        tenancy.forget()
        tenancy.use(tenancy.by_schema("alpha"))

    def test_no_month_is_charged_in_which_nothing_can_begin(self) -> None:
        periods.renew(subscription_id=held().pk)

        self.assertEqual(lines(), [("plan", "Professional", "499.00")])
        self.assertEqual((held().status, QuotaPeriod.objects.filter(subscription=held()).count()), ("active", 1))
        self.assertEqual(Due.objects.filter(kind="renewal", object_id=held().pk).count(), 1)

    def test_its_pages_stay(self) -> None:
        periods.renew(subscription_id=held().pk)
        owner = signed_in(person("olga@alpha.example", role=Role.OWNER))

        for page in ("/billing/", "/billing/plan/", "/billing/plan/starter/", "/billing/plan/enterprise/", "/jobs/"):
            self.assertEqual(owner.get(page).status_code, 200, page)
        self.assertContains(owner.get("/billing/plan/enterprise/"), "so no further month begins")
        for code, when, status in (("enterprise", "now", 409), ("starter", "renewal", 303)):
            form = {"when": when, "shown": "professional"}
            self.assertEqual(owner.post(f"/billing/plan/{code}/", form).status_code, status)
        self.assertEqual((held().plan_id, held().next_plan_id), ("professional", "starter"))
        self.assertEqual(lines(), [("plan", "Professional", "499.00")])
        self.assertEqual(owner.post("/billing/beyond/", {"limit": "5"}).status_code, 303)

    def test_who_stays_after_all_goes_on(self) -> None:
        periods.renew(subscription_id=held().pk)
        closing.cancel(tenant_id=held().tenant_id)

        periods.renew(subscription_id=held().pk)

        self.assertEqual(lines(), [("plan", "Professional", "499.00")] * 2)
        self.assertEqual(periods.current().period_start, self.first.period_end)
