"""`manage.py reconcile` and the nightly comparison: real commits, snapshots of their own."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.db import DatabaseError, connection

from billing.models import QuotaPeriod, Reconciliation
from billing.reconciling import looks
from billing.services import reconciling
from core import clock, tenancy
from core.ids import uuid7
from core.models import Due
from core.testing import HOME, OTHER, CommittingTestCase, logged
from interviews.tests import make
from llm import usage
from llm.models import UsageGroup
from llm.tests.made import call
from tenants.models import Tenant


def run(*arguments: str) -> tuple[int, str, str]:
    """The exit code and what was printed, on either way."""
    out, err = StringIO(), StringIO()
    try:
        with tenancy.enter_platform():
            call_command("reconcile", *arguments, stdout=out, stderr=err)
        code = 0
    except SystemExit as end:
        code = int(str(end.code))
    return code, out.getvalue(), err.getvalue()


def as_json(*arguments: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = run("--json", *arguments)
    return code, json.loads(out)


def spoil(schema: str) -> QuotaPeriod:
    """One more in the counter than there are places."""
    period = QuotaPeriod.objects.get(subscription__tenant__schema_name=schema)
    QuotaPeriod.objects.filter(pk=period.pk).update(reserved=period.reserved + 1)
    return period


def mend(period: QuotaPeriod) -> None:
    period.save(update_fields=["reserved"])


class CommandTests(CommittingTestCase):
    def test_where_all_agrees_it_says_how_much_was_compared_and_ends_with_0(self) -> None:
        make.submitted()

        code, report = as_json()

        self.assertEqual((code, report["differences"], report["trouble"]), (0, [], {}))
        self.assertEqual((report["compared"]["tenants"], report["compared"]["periods"]), (2, 2))
        self.assertGreaterEqual(report["compared"]["usage_rows"], 2)
        self.assertIn("0 differences (2 tenants, ", run()[1])

    def test_a_difference_is_printed_with_its_tenant_and_ids_and_ends_with_1(self) -> None:
        period = spoil(OTHER)
        self.addCleanup(mend, period)

        code, report = as_json()

        (found,) = report["differences"]
        self.assertEqual(code, 1)
        self.assertEqual(
            found,
            {
                "tenant": OTHER,
                "what": "quota.reserved",
                "expected": str(period.reserved),
                "found": str(period.reserved + 1),
                "ids": [str(period.pk)],
                "count": 1,
            },
        )
        said = f"beta: quota.reserved: expected {period.reserved}, found {period.reserved + 1} [{period.pk}]"
        self.assertIn(said, run()[1])

    def test_a_doctored_sum_of_a_group_is_found(self) -> None:
        now, group = clock.now(), uuid7()
        for hours in (9, 8, 7):
            call(now - timedelta(hours=hours), group_id=group)
        usage.roll_up()
        self.assertEqual(as_json()[0], 0)
        hour = usage.hour_of(now - timedelta(hours=8))
        UsageGroup.objects.filter(hour=hour, group_id=group).update(cost_usd=Decimal("9.99"))
        self.addCleanup(UsageGroup.objects.filter(hour=hour, group_id=group).update, cost_usd=Decimal("0.01"))

        code, out, _ = run()

        self.assertEqual(code, 1)
        key = f"{hour:%Y-%m-%dT%H} {group}"
        self.assertIn(f"alpha: ledger.group.cost_usd: expected 0.01000000, found 9.99000000 [{key}]", out)

    def test_one_tenant_alone(self) -> None:
        self.addCleanup(mend, spoil(OTHER))

        self.assertEqual([as_json("--tenant", name)[0] for name in (HOME, OTHER)], [0, 1])
        self.assertEqual(run("--tenant", "nobody"), (2, "", "No tenant has the schema nobody.\n"))

    def test_a_tenant_that_cannot_be_read_ends_with_2_and_keeps_no_other_from_being_compared(self) -> None:
        self.addCleanup(mend, spoil(OTHER))

        def look(tenant: Tenant, found: Any) -> None:
            if tenant.schema_name == HOME:
                raise DatabaseError("gone")

        with mock.patch.dict(looks._inside_tenants, {"broken": look}):
            code, report = as_json()

        self.assertEqual((code, report["trouble"]), (2, {HOME: "DatabaseError"}))
        self.assertEqual([one["tenant"] for one in report["differences"]], [OTHER])

    def test_a_closed_tenant_is_compared_by_what_is_left_of_it(self) -> None:
        Tenant.objects.filter(schema_name=OTHER).update(status="closed")
        self.addCleanup(Tenant.objects.filter(schema_name=OTHER).update, status="ready")
        with mock.patch.dict(looks._inside_tenants, {"inside": mock.Mock(side_effect=AssertionError)}):
            self.assertEqual(as_json("--tenant", OTHER)[0], 0)
        self.addCleanup(mend, spoil(OTHER))

        self.assertEqual(as_json("--tenant", OTHER)[0], 1)

    def test_a_look_sees_one_instant_and_can_write_nothing(self) -> None:
        seen: list[tuple[Any, ...]] = []

        def look(tenant: Tenant, found: Any) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"
                )
                seen.append(cursor.fetchone())

        with mock.patch.dict(looks._inside_tenants, {"curious": look}):
            looks.of_tenant(tenancy.current())

        self.assertEqual(seen, [("repeatable read", "on")])


class NightlyTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        Reconciliation.objects.all().delete()
        Due.objects.filter(kind=reconciling.KIND).delete()

    def owed(self) -> list[str]:
        return sorted(Due.objects.filter(kind=reconciling.KIND).values_list("tenant", flat=True))

    def figures(self) -> dict[str, float]:
        return {family.name: family.samples[0].value for family in reconciling.figures()}

    def test_every_tenant_is_owed_a_look_within_hours_once_a_day(self) -> None:
        self.assertEqual([reconciling.owe_all(), reconciling.owe_all(), self.owed()], [2, 0, [HOME, OTHER]])
        latest = Due.objects.filter(kind=reconciling.KIND).order_by("due_at").last()
        assert latest is not None
        self.assertLess(latest.due_at, clock.now() + timedelta(hours=4))

        reconciling.reconcile(tenant_id=tenancy.tenant_id())
        self.assertEqual((self.owed(), reconciling.owe_all()), ([OTHER], 0))
        Reconciliation.objects.update(looked_at=clock.now() - timedelta(hours=21))
        self.assertEqual((reconciling.owe_all(), self.owed()), (1, [HOME, OTHER]))

    def test_what_was_found_stands_in_the_metrics_until_it_is_gone(self) -> None:
        period = spoil(HOME)
        reconciling.owe_all()
        reconciling.reconcile(tenant_id=tenancy.tenant_id())

        row = Reconciliation.objects.get(tenant__schema_name=HOME)
        self.assertEqual((row.count, row.differences[0]["what"]), (1, "quota.reserved"))
        self.assertEqual(self.figures()["candor_billing_differences"], 1)

        mend(period)
        self.assertEqual(self.owed(), [OTHER])
        with logged() as lines:
            reconciling.reconcile(tenant_id=tenancy.tenant_id())  # not owed: nothing is looked at
        self.assertEqual((self.figures()["candor_billing_differences"], lines.getvalue()), (1, ""))
        Reconciliation.objects.filter(pk=row.pk).update(looked_at=clock.now() - timedelta(days=2))
        reconciling.owe_all()
        reconciling.reconcile(tenant_id=tenancy.tenant_id())
        self.assertEqual(self.figures()["candor_billing_differences"], 0)

    def test_a_tenant_that_nobody_compares_is_seen_in_the_metrics(self) -> None:
        def age() -> float:
            return self.figures()["candor_billing_compared_seconds"]

        tenants = list(Tenant.objects.filter(schema_name__in=(HOME, OTHER)))
        for tenant in tenants:
            self.addCleanup(Tenant.objects.filter(pk=tenant.pk).update, created_at=tenant.created_at)
        Tenant.objects.update(created_at=clock.now())
        Tenant.objects.filter(pk=tenants[0].pk).update(created_at=clock.now() - timedelta(days=3))
        self.assertAlmostEqual(age(), 3 * 86400, delta=60)

        for tenant in tenants:
            Reconciliation.objects.create(tenant=tenant, looked_at=clock.now() - timedelta(days=1))
        self.assertAlmostEqual(age(), 86400, delta=60)

    def test_the_platforms_own_numbers_are_compared_too(self) -> None:
        with mock.patch.object(looks, "of_platform") as look:
            look.return_value.now, look.return_value.differences, look.return_value.tenant = clock.now(), [], ""
            reconciling.owe_all()
            reconciling.owe_all()

        look.assert_called_once_with()
        self.assertEqual(Reconciliation.objects.get(tenant=None).count, 0)

    def test_another_tenants_look_is_not_done_here(self) -> None:
        reconciling.owe_all()
        other = Tenant.objects.get(schema_name=OTHER)

        reconciling.reconcile(tenant_id=other.pk)

        self.assertEqual((self.owed(), Reconciliation.objects.exclude(tenant=None).count()), ([HOME, OTHER], 0))
