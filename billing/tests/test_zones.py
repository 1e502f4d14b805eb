"""In whose clock a subscription's months and days are counted, and who sets it."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
import time_machine

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.models import QuotaPeriod, Subscription
from billing.services import months, periods
from billing.tests import bought
from billing.tests.bought import held
from billing.tests.plans import lines, on
from billing.tests.test_staff_acts import ActCase, page
from core.testing import OTHER, TenantTestCase
from tenants.tests.supported import trail


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "zone", "end"),
    [
        ("2026-07-10T12:00", "UTC", "2026-08-10T12:00"),
        # an hour later on the wall clock of summer: the month that runs there ends in a month
        ("2026-07-10T12:00", "Europe/Lisbon", "2026-08-10T11:00"),
        # the month of before still runs there for an hour: it is no month of its own
        ("2026-07-10T11:00", "UTC", "2026-08-10T12:00"),
    ],
)
def test_a_month_after_a_change_of_zone_is_about_a_month(start: str, zone: str, end: str) -> None:
    assert months.end_after(utc("2026-01-10T12:00"), utc(start), zone) == utc(end)


class ZoneOfPeriodsTests(TenantTestCase):
    def test_the_period_that_runs_stays_and_the_next_is_counted_in_the_new_zone(self) -> None:
        one = on("starter", at=utc("2026-01-10T12:00"), zone="Europe/Lisbon")
        with time_machine.travel(utc("2026-07-01T00:00"), tick=False):
            running = periods.current()
            Subscription.objects.filter(pk=one.pk).update(zone="UTC")
        with time_machine.travel(utc("2026-07-20T00:00"), tick=False):
            following = periods.current()

        self.assertEqual(running.period_end, utc("2026-07-10T11:00"))
        self.assertEqual((following.period_start, following.period_end), (running.period_end, utc("2026-08-10T12:00")))
        self.assertEqual(QuotaPeriod.objects.filter(subscription=held()).count(), 2)
        self.assertEqual(lines(), [("plan", "Starter", "99.00")] * 2)

    def test_places_may_be_chosen_and_signs_the_wrong_way_may_not(self) -> None:
        found = months.zones()

        self.assertEqual(found[0], "UTC")
        self.assertLessEqual({"Europe/Lisbon", "America/New_York", "Asia/Tokyo"}, set(found))
        self.assertFalse([name for name in found if name.startswith("Etc/")])


class ActTests(ActCase):
    def test_the_staff_sets_it_and_the_tenant_s_trail_says_so(self) -> None:
        before = periods.current().period_end
        self.assertContains(self.client.get(page("act", self.held.pk, "zone")), '<option value="Asia/Tokyo">')

        found = self.done("zone", zone="Asia/Tokyo")

        self.assertEqual((found.zone, periods.current().period_end), ("Asia/Tokyo", before))
        self.assertEqual(
            [row[3] for row in trail(action="subscription.zone_changed")], [{"before": "UTC", "zone": "Asia/Tokyo"}]
        )
        self.refused("zone", "error", zone="Mars/Olympus")
        self.assertEqual(Subscription.objects.get(tenant__schema_name=OTHER).zone, "UTC")

    def test_where_stripe_counts_it_stays(self) -> None:
        Subscription.objects.filter(pk=self.held.pk).update(collection="stripe", stripe_subscription="sub_1")

        self.refused("zone", "It is paid by card", zone="Asia/Tokyo")

        self.assertNotContains(self.client.get(page("change", self.held.pk)), page("act", self.held.pk, "zone"))
        self.assertEqual(bought.held().zone, "UTC")

    def test_pages_tell_their_dates_in_it(self) -> None:
        ends = utc("2026-12-10T20:00")
        with time_machine.travel(ends - timedelta(days=10)):
            bought.on("starter")
            QuotaPeriod.objects.filter(subscription=self.held).update(period_end=ends, consumed=90)
            Subscription.objects.filter(pk=self.held.pk).update(zone="Asia/Tokyo")
            owner = signed_in(person("olga@alpha.example", role=Role.OWNER))

            self.assertContains(owner.get("/billing/"), "Renews on 11 December 2026, 05:00")
            self.assertContains(owner.get("/billing/cancel/"), "as usual until 11 December 2026, 05:00")
            self.assertContains(owner.get("/billing/plan/professional/"), "11 December 2026")
            self.assertContains(owner.get("/jobs/"), "10 are left until 11 December.")


class PermissionTests(ActCase):
    def test_acts_need_the_right_to_change_subscriptions(self) -> None:
        def may_not(by: User, perm: str, obj: object = None) -> bool:
            return perm != "billing.change_subscription"

        with mock.patch.object(User, "has_perm", may_not):
            self.assertEqual(self.client.get(page("act", self.held.pk, "credit")).status_code, 403)
            self.assertEqual(self.act("credit", interviews="25").status_code, 403)
            shown = self.client.get(page("change", self.held.pk))

        self.assertEqual(shown.status_code, 200)
        self.assertNotContains(shown, page("act", self.held.pk, "credit"))
        self.assertEqual((periods.current().credited, trail(action="subscription.staff_acted")), (0, []))
