"""An interview belongs to the month in which it began: in the list of receipts, by its share, in the margin."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from unittest import mock

import time_machine

from accounts.roles import Role
from billing.margin import counts
from billing.models import InfrastructureShare, QuotaUse, UsageRecord
from billing.selectors import receipts
from core import clock, months
from core.testing import TenantTestCase
from interviews.models import Interview
from interviews.selectors import costs
from interviews.services import lifecycle, opening
from interviews.tests import make

SECOND = timedelta(seconds=1)


class MonthOfAStartTests(TenantTestCase):
    """One begins in the last second of a month, is given back, and is taken up in the next."""

    def setUp(self) -> None:
        super().setUp()
        self.month = months.this()
        self.edge = months.span(self.month)[1]
        self.interview = self.begun_at(self.edge - SECOND)
        with time_machine.travel(self.edge + SECOND, tick=False):
            lifecycle.release_quota(interview_id=self.interview.pk)
            make.answered(self.interview)
        changes = (self.month, self.edge.date())
        self.shares = [(day, Decimal(number)) for number, day in enumerate(changes, 1)]

    def begun_at(self, at: datetime) -> Interview:
        with time_machine.travel(at, tick=False):
            return make.started()

    def shown(self) -> tuple[list[date], Decimal | None]:
        """The months whose list has it, and its share: $1 in its own month, $2 in the next."""
        admin, pk = make.staff(Role.ADMIN), self.interview.pk
        listed = [month for month in (self.month, self.edge.date()) if costs.begun(admin, month).filter(pk=pk)]
        newest_first = mock.Mock(values_list=lambda *names: self.shares[::-1])
        with mock.patch.object(InfrastructureShare, "objects", newest_first):
            return listed, receipts.infrastructure_usd([pk])[pk]

    def test_receipts_and_the_margin_say_the_same(self) -> None:
        self.assertGreater(QuotaUse.objects.get(pk=self.interview.pk).reserved_at, self.edge)

        self.assertEqual(self.shown(), ([self.month], Decimal(1)))
        with mock.patch.object(counts, "shares", return_value=self.shares):
            found = counts.by_month([*(months.span(self.month)), months.span(self.edge.date())[1]])
        theirs = {place: (one.started, one.infrastructure_usd) for (place, _), one in found.items()}
        self.assertEqual(theirs, {0: (1, Decimal(1))})

    def test_what_is_recorded_is_the_instant_of_the_start(self) -> None:
        began = UsageRecord.objects.get(kind="interview_started", interview_id=self.interview.pk).occurred_at

        self.assertEqual(began, self.interview.started_at)
        self.assertLess(began, self.edge)

    def test_a_clock_that_goes_on_while_it_starts_changes_nothing(self) -> None:
        before, after = self.edge - timedelta(milliseconds=1), self.edge + timedelta(milliseconds=1)
        one = make.consented(make.invited("grace@example.org"))
        ticks = iter([before])
        with mock.patch.object(clock, "now", side_effect=lambda: next(ticks, after)):
            opening._start(one)

        one.refresh_from_db()
        record = UsageRecord.objects.get(kind="interview_started", interview_id=one.pk)
        self.assertEqual((one.started_at, record.occurred_at), (before, before))
