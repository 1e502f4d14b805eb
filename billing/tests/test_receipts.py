"""What an interview costs in servers counts from its day on and stays; who sees receipts is the platform's to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pgtrigger
import time_machine
from django.db import DatabaseError, transaction
from django.urls import reverse

from accounts.roles import Role
from accounts.tests.people import person, platform_admin, signed_in
from billing.models import InfrastructureShare, ReceiptPolicy
from billing.selectors import receipts as selectors
from billing.services import periods, quota, receipts
from billing.tests.plans import on
from core import audit, clock, tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantClient, TenantTestCase
from llm.tests.made import call
from tenants.tests.supported import trail

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def share(usd: str, days: int) -> InfrastructureShare:
    """Of so many days ago; nobody could set it so late."""
    with pgtrigger.ignore("billing.InfrastructureShare:infrastructure_share_stays_once_it_counts"):
        from_date = clock.now().date() - timedelta(days=days)
        return InfrastructureShare.objects.create(from_date=from_date, usd_an_interview=Decimal(usd))


def began(days: int) -> UUID:
    """An interview that began so many days ago."""
    interview_id = uuid7()
    quota.reserve(interview_id=interview_id, at=clock.now() - timedelta(days=days))
    return interview_id


@contextmanager
def audited() -> Iterator[list[tuple[str, str]]]:
    """(schema, action) of what the block tells the trails of tenants."""
    told: list[tuple[str, str]] = []

    def hear(event: audit.Event, **_more: Any) -> None:
        told.append((tenancy.schema(), event.action))

    audit.recorded.connect(hear)
    try:
        yield told
    finally:
        audit.recorded.disconnect(hear)


class InfrastructureShareTests(TenantTestCase):
    def test_an_interview_bears_the_share_of_the_day_on_which_it_began(self) -> None:
        share("0.02000001", 30)
        share("0.03", 10)
        ids = [began(days) for days in (31, 30, 11, 10, 0)]

        with self.assertNumQueries(2):
            found = selectors.infrastructure_usd([*ids, uuid7()])

        early, late = Decimal("0.02000001"), Decimal("0.03")
        self.assertEqual([found[one] for one in ids], [None, early, early, late, late])
        self.assertEqual(len(found), 5)

    def test_a_day_that_has_begun_keeps_its_share_whoever_writes(self) -> None:
        row = share("0.02", 5)
        rows = InfrastructureShare.objects.filter(pk=row.pk)
        today = clock.now().date()
        for write in (
            lambda: rows.update(usd_an_interview=1),
            lambda: rows.update(from_date=today + timedelta(days=9)),
            lambda: rows._raw_delete(rows.db),
            lambda: InfrastructureShare.objects.create(from_date=today, usd_an_interview=1),
        ):
            with self.assertRaises(DatabaseError), transaction.atomic():
                write()

        self.assertEqual([(one.from_date, one.usd_an_interview) for one in rows], [(row.from_date, Decimal("0.02"))])

    def test_a_later_day_s_can_be_set_changed_and_taken_back(self) -> None:
        row = InfrastructureShare.objects.create(
            from_date=clock.now().date() + timedelta(days=1), usd_an_interview=Decimal("0.02")
        )
        InfrastructureShare.objects.filter(pk=row.pk).update(usd_an_interview=Decimal("0.03"))

        self.assertEqual(selectors.infrastructure_usd([one := began(0)]), {one: None})
        self.assertEqual(row.delete()[0], 1)


class WhoSeesReceiptsTests(TenantTestCase):
    def test_a_tenant_sees_them_until_the_platform_says_otherwise(self) -> None:
        self.assertTrue(selectors.shows_receipts())

        with audited() as told:
            receipts.show(tenant_id=tenancy.tenant_id(), shown=False)

        self.assertFalse(selectors.shows_receipts())
        with self.in_tenant(OTHER):
            self.assertTrue(selectors.shows_receipts())
        with audited() as told_again:
            receipts.show(tenant_id=tenancy.tenant_id(), shown=True)
        self.assertTrue(selectors.shows_receipts())
        self.assertEqual(told + told_again, [("alpha", "cost_receipts.hidden"), ("alpha", "cost_receipts.shown")])


class PaidTests(TenantTestCase):
    def test_what_is_paid_falls_into_the_months_that_it_is_for_and_before_it_nothing_is_known(self) -> None:
        held = on("starter", at=NOON)
        for at in (NOON, NOON + timedelta(days=40)):
            with time_machine.travel(at, tick=False):
                periods.renew(subscription_id=held.pk)  # from 2 March to 2 April and on to 2 May, each at noon

        months = [date(2026, month, 1) for month in (2, 3, 4, 5)]

        found = selectors.paid_usd(months)
        wanted = [None, *map(Decimal, ("94.21", "98.84", "4.95"))]
        self.assertEqual([found[month] for month in months], wanted)
        self.assertEqual(sum(usd for usd in found.values() if usd), 2 * Decimal("99.00"))
        with self.in_tenant(OTHER):
            self.assertEqual(selectors.paid_usd([months[1]]), {months[1]: None})


class AdminTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = TenantClient("admin")
        with tenancy.enter_platform():
            self.client.force_login(platform_admin())

    def url(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{name}", args=args, urlconf="config.urls_admin")

    def test_on_a_fresh_installation_the_menu_and_the_list_of_shares_lead_to_it(self) -> None:
        receipt = self.url("billing_interviewreceipt_changelist")

        self.assertContains(self.client.get(self.url("index")), f'href="{receipt}"')
        shares = self.client.get(self.url("billing_infrastructureshare_changelist"))
        self.assertContains(shares, f'href="{receipt}"')
        self.assertContains(self.client.get(receipt), 'name="interview"')

    def test_the_receipt_of_an_interview_of_any_tenant(self) -> None:
        share("0.02", 10)
        one = began(3)
        call(NOON, interview_id=one, cost="0.00012345", tokens_in=1234)
        call(NOON, interview_id=one, cost="0.5", own_key=True, tenant=OTHER)
        call(NOON, interview_id=one, cost=None, model="unpriced")

        response: Any = self.client.get(self.url("billing_interviewreceipt_changelist"), {"interview": str(one)})

        self.assertEqual(response.status_code, 200)
        shown = response.context_data
        self.assertEqual((shown["infrastructure_usd"], shown["total_usd"]), (Decimal("0.02"), Decimal("0.02012345")))
        text = response.content.decode()
        for words in (
            "$0.00012345",
            "$0.50012345",
            "$0.02012345",
            "1,234",
            "unknown",
            "beta",
            "The actual cost may be higher",
        ):
            self.assertIn(words, text)

    def test_an_id_of_nothing_and_one_that_is_none(self) -> None:
        nothing = self.client.get(self.url("billing_interviewreceipt_changelist"), {"interview": str(uuid7())})
        wrong = self.client.get(self.url("billing_interviewreceipt_changelist"), {"interview": "1 OR 1=1"})
        empty = self.client.get(self.url("billing_interviewreceipt_changelist"))

        self.assertContains(nothing, "No interview with this id is known")
        self.assertEqual((wrong.status_code, empty.status_code), (400, 200))

    def test_it_is_linked_from_the_list_of_calls(self) -> None:
        one = began(0)
        call(NOON, interview_id=one)
        call(NOON, interview_id=uuid7(), model="another-one")

        page = self.client.get(self.url("llm_usagehour_calls"), {"interview_id": str(one)})
        wrong = self.client.get(self.url("llm_usagehour_calls"), {"interview_id": "x"})

        self.assertContains(page, f"{self.url('billing_interviewreceipt_changelist')}?interview={one}")
        self.assertNotContains(page, "another-one")
        self.assertContains(wrong, "No calls.")

    def test_nobody_but_the_staff_reads_it(self) -> None:
        with tenancy.enter_platform():
            stranger = signed_in(person("nobody@candor.example"), "admin")
        owner = signed_in(person(role=Role.OWNER), "admin")
        for client in (TenantClient("admin"), stranger, owner):
            response = client.get(self.url("billing_interviewreceipt_changelist"), {"interview": str(began(0))})
            self.assertEqual(response.status_code, 302)
            self.assertIn("/login/", response["Location"])

    def test_a_share_is_set_from_tomorrow_on(self) -> None:
        url, tomorrow = self.url("billing_infrastructureshare_add"), clock.now().date() + timedelta(days=1)
        late = self.client.post(url, {"from_date": str(clock.now().date()), "usd_an_interview": "0.02"})
        negative = self.client.post(url, {"from_date": str(tomorrow), "usd_an_interview": "-1"})
        done = self.client.post(url, {"from_date": str(tomorrow), "usd_an_interview": "0.02"})

        self.assertEqual([late.status_code, negative.status_code, done.status_code], [200, 200, 302])
        with tenancy.enter_platform():
            detail = {"since": str(tomorrow), "usd_an_interview": "0.02", "note": ""}
            self.assertEqual([row[3] for row in trail(action="infrastructure_share.set")], [detail])
        self.assertEqual(trail(action__startswith="infrastructure_share."), [])
        [row] = InfrastructureShare.objects.all()
        self.assertEqual((row.from_date, row.usd_an_interview), (tomorrow, Decimal("0.02")))
        self.client.post(self.url("billing_infrastructureshare_delete", row.pk), {"post": "yes"})
        with tenancy.enter_platform():
            self.assertEqual([row[3] for row in trail(action="infrastructure_share.removed")], [detail])

    def test_one_that_counts_can_be_read_alone(self) -> None:
        row = share("0.02", 1)

        page = self.client.get(self.url("billing_infrastructureshare_change", row.pk))
        changed = self.client.post(
            self.url("billing_infrastructureshare_change", row.pk),
            {"from_date": str(row.from_date), "usd_an_interview": "1"},
        )
        removed = self.client.post(self.url("billing_infrastructureshare_delete", row.pk), {"post": "yes"})

        self.assertEqual([page.status_code, changed.status_code, removed.status_code], [200, 403, 403])
        self.assertEqual(InfrastructureShare.objects.get().usd_an_interview, Decimal("0.02"))

    def test_the_switch_of_a_tenant_is_told_to_its_trail(self) -> None:
        url = self.url("billing_receiptpolicy_add")

        with audited() as told:
            self.client.post(url, {"tenant": str(tenancy.tenant_id())})

        self.assertFalse(ReceiptPolicy.objects.get().is_shown)
        self.assertEqual(told, [("alpha", "cost_receipts.hidden")])
        self.assertEqual(trail(action="cost_receipts.hidden")[0][1], "platform")  # not somebody of the tenant's team
