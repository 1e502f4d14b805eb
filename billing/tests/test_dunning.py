"""From an unpaid invoice to read-only and back, on the days that were promised."""

from collections.abc import Callable
from datetime import datetime, timedelta

import time_machine
from django.db import connection

from billing.models import BillingNotice, Invoice, QuotaPeriod, Subscription
from billing.services import dunning, invoicing, mail, periods, quota, settling, standing, subscriptions
from billing.tests import invoiced
from billing.tests.invoiced import REASON
from core import clock
from core.ids import uuid7
from core.models import Due
from core.testing import HOME, TenantTestCase
from tenants.models import Tenant
from tenants.tests.supported import staff, trail

DAY = timedelta(days=1)
ACTS: dict[str, Callable[[Due], None]] = {
    "invoicing": lambda row: invoicing.look(subscription_id=row.object_id),
    "invoice_overdue": lambda row: dunning.invoice_overdue(invoice_id=row.object_id),
    "dunning": lambda row: dunning.look(subscription_id=row.object_id),
    "renewal": lambda row: periods.renew(subscription_id=row.object_id),
}


class Case(TenantTestCase):
    """An invoice is issued at `start`; `go_to` lets everything happen that falls due until then, day by day."""

    def setUp(self) -> None:
        super().setUp()
        self.root = staff()
        self.start = clock.now()
        self.go_to(0)
        self.invoice = invoiced.issued()
        self.held = self.invoice.subscription
        Due.objects.exclude(kind="invoice_overdue").delete()
        BillingNotice.objects.all().delete()

    def go_to(self, day: float) -> None:
        """The database's clock stands still meanwhile: due rows are asked by the time that they were owed for."""
        traveller = time_machine.travel(self.start + day * DAY, tick=False)
        traveller.start()
        self.addCleanup(traveller.stop)

    def owed_for(self, kind: str) -> float:
        """In how many days of the time now the work is owed."""
        row = Due.objects.get(kind=kind)
        return round((row.due_at - self.real_now()) / DAY, 2)

    def real_now(self) -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            found: datetime = cursor.fetchone()[0]
        return found

    def look(self) -> None:
        """Everything that is owed is looked at now."""
        for kind in ("invoice_overdue", "dunning"):
            for row in Due.objects.filter(kind=kind, tenant=HOME):
                ACTS[kind](row)

    def status(self) -> str:
        return str(Subscription.objects.get(pk=self.held.pk).status)

    def reads_only(self) -> bool:
        return Tenant.objects.get(schema_name=HOME).read_only_since is not None

    def pay(self, invoice: Invoice | None = None) -> None:
        which = invoice or self.invoice
        settling.mark_paid(invoice_id=which.pk, on=clock.now().date(), reference="TX", by=self.root.pk)


class TimelineTests(Case):
    def test_from_the_due_day_to_read_only(self) -> None:
        self.assertEqual(self.owed_for("invoice_overdue"), 30.0)
        self.go_to(29.9)
        self.look()
        self.assertEqual((self.status(), invoiced.notices()), ("active", []))
        self.assertEqual(self.owed_for("invoice_overdue"), 0.1)

        self.go_to(30)
        self.look()
        self.assertEqual((self.status(), invoiced.notices()), ("past_due", ["overdue"]))
        self.assertEqual(self.owed_for("dunning"), 7.0)
        self.assertEqual(invoiced.owed("invoice_overdue"), [])

        seen = []
        for day in (30.5, 36.9, 37, 37.1, 42.9, 43, 43.5, 43.99):
            self.go_to(day)
            self.look()
            seen.append((day, self.status(), len(invoiced.notices())))
        self.assertEqual([count for _, _, count in seen], [1, 1, 2, 2, 2, 3, 3, 3])
        self.assertEqual({status for _, status, _ in seen}, {"past_due"})
        self.assertEqual(self.owed_for("dunning"), 0.01)
        self.assertFalse(self.reads_only())

        self.go_to(44)
        self.look()
        self.assertEqual((self.status(), self.reads_only()), ("read_only", True))
        self.assertEqual(invoiced.notices(), ["overdue", "reminder", "last_reminder", "read_only"])
        self.assertEqual(invoiced.owed("dunning"), [])
        acts = [row[0] for row in trail(action__in=("subscription.past_due", "subscription.read_only"))]
        self.assertEqual(acts, ["subscription.past_due", "subscription.read_only"])

    def test_looked_at_again_nothing_is_told_twice(self) -> None:
        self.go_to(30)
        for _ in range(3):
            dunning.invoice_overdue(invoice_id=self.invoice.pk)
        self.go_to(44)
        for _ in range(3):
            dunning.look(subscription_id=self.held.pk)

        self.assertEqual(invoiced.notices(), ["overdue", "read_only"])

    def test_paid_in_time_nothing_happens(self) -> None:
        self.go_to(29)
        self.pay()
        self.go_to(30)
        self.look()

        self.assertEqual((self.status(), invoiced.notices(), invoiced.owed("invoice_overdue")), ("active", [], []))

    def test_paid_in_the_grace_everything_goes_on(self) -> None:
        self.go_to(30)
        self.look()
        self.go_to(35)

        self.pay()

        self.assertEqual((self.status(), invoiced.notices()), ("active", ["overdue", "recovered"]))
        held = Subscription.objects.get(pk=self.held.pk)
        self.assertEqual((held.past_due_since, held.grace_ends_at), (None, None))
        self.assertEqual(invoiced.owed("dunning"), [])
        recovered = trail(action="subscription.recovered")
        self.assertEqual(recovered[0][3], {"why": "paid"})

    def test_who_cancelled_still_goes_after_paying(self) -> None:
        self.go_to(30)
        periods.renew(subscription_id=self.held.pk)
        self.look()
        ends = subscriptions.cancel_at_end(subscription_id=self.held.pk).cancels_at

        self.pay()

        self.assertEqual(Subscription.objects.get(pk=self.held.pk).cancels_at, ends)

    def test_it_stays_overdue_until_the_last_overdue_invoice_is_paid(self) -> None:
        second = invoiced.issued("7.00")
        self.go_to(31)
        self.look()
        self.pay()
        self.assertEqual(self.status(), "past_due")

        self.pay(second)

        self.assertEqual(self.status(), "active")
        self.assertEqual(invoiced.notices().count("recovered"), 1)

    def test_an_invoice_that_is_not_due_yet_does_not_keep_it_from_going_on(self) -> None:
        self.go_to(31)
        self.look()
        invoiced.issued("7.00")

        self.pay()

        self.assertEqual(self.status(), "active")

    def test_a_void_or_credited_invoice_ends_it_too(self) -> None:
        acts: tuple[Callable[[], Invoice], ...] = (
            lambda: settling.void(invoice_id=self.invoice.pk, reason=REASON, by=self.root.pk),
            lambda: settling.credit(invoice_id=self.invoice.pk, reason=REASON, by=self.root.pk),
        )
        for place, act in enumerate(acts):
            self.go_to(31 + 40 * place)
            self.look()
            self.assertEqual(self.status(), "past_due")

            act()

            self.assertEqual(self.status(), "active")
            self.invoice = invoiced.issued()

    def test_the_next_failure_begins_anew(self) -> None:
        self.go_to(31)
        self.look()
        self.pay()
        self.go_to(40)
        self.invoice = invoiced.issued()
        self.go_to(71)
        self.look()

        self.assertEqual(self.status(), "past_due")
        held = Subscription.objects.get(pk=self.held.pk)
        self.assertEqual(held.grace_ends_at, self.start + 85 * DAY)
        self.assertEqual(invoiced.notices().count("overdue"), 2)


class ReadOnlyTests(Case):
    def setUp(self) -> None:
        super().setUp()
        periods.current()
        self.go_to(30)
        self.look()
        self.go_to(31)  # every month is over by then
        periods.renew(subscription_id=self.held.pk)
        self.go_to(44)
        self.look()
        self.assertEqual(self.status(), "read_only")

    def test_nothing_starts_until_it_is_paid_and_then_at_once(self) -> None:
        with self.assertRaises(quota.QuotaExhausted):
            quota.reserve(interview_id=uuid7())

        self.pay()

        self.assertEqual((self.status(), self.reads_only()), ("active", False))
        quota.reserve(interview_id=uuid7())
        self.assertEqual(invoiced.notices()[-1], "recovered")

    def test_months_in_which_nothing_could_be_used_are_not_charged(self) -> None:
        charged = self.held.lines.count()
        self.go_to(150)
        periods.renew(subscription_id=self.held.pk)
        self.assertEqual(self.held.lines.count(), charged)

        self.pay()

        fresh = self.held.lines.filter(invoice=None).latest("created_at")
        self.assertEqual(self.held.lines.count(), charged + 1)
        self.assertEqual(fresh.from_at, clock.now())
        newest = QuotaPeriod.objects.filter(subscription=self.held).latest("period_start")
        self.assertEqual(newest.period_start, clock.now())
        self.assertEqual(len(invoiced.owed("renewal", self.held.pk)), 1)

    def test_in_the_month_that_was_paid_for_nothing_is_charged_again(self) -> None:
        charged = self.held.lines.count()
        self.go_to(50)

        self.pay()

        self.assertEqual(self.held.lines.count(), charged)

    def test_overdue_only_after_the_end_nothing_begins_anew_before_it_is_paid(self) -> None:
        standing.cancel(self.held)
        self.go_to(31)
        self.look()

        self.held.refresh_from_db()
        self.assertEqual((self.status(), self.held.past_due_since is not None), ("cancelled", True))
        with self.assertRaises(subscriptions.NotNow):
            subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)
        settling.mark_paid(invoice_id=self.invoice.pk, on=clock.now().date(), reference="Transfer 7", by=self.root.pk)
        self.held.refresh_from_db()
        self.assertIsNone(self.held.past_due_since)

    def test_a_notice_that_was_given_up_is_sent_again(self) -> None:
        mail.tell(self.held, mail.Kind.REMINDER, key="reminder:test")
        row = BillingNotice.objects.get(key="reminder:test")
        BillingNotice.objects.filter(pk=row.pk).update(status="failed")

        mail.retry(mail_id=row.pk)

        row.refresh_from_db()
        self.assertEqual((row.status, row.attempts), ("owed", 0))

    def test_cancelled_meanwhile_it_stays_so_and_may_begin_again_once_paid(self) -> None:
        held = subscriptions.locked(self.held.pk)
        standing.cancel(held)

        self.pay()

        self.assertEqual(self.status(), "cancelled")
        self.assertNotIn("recovered", invoiced.notices())
        again = subscriptions.activate(subscription_id=held.pk, collection=Subscription.Collection.INVOICE)
        self.assertEqual(again.status, "active")
