"""The mails before a trial ends: three days before and on its day, unless a plan was chosen meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.core import mail as outbox

from accounts.roles import Role
from accounts.tests.people import person
from billing.models import BillingNotice, Subscription
from billing.services import granting, mail, periods, subscriptions, trials
from billing.tests import bought
from billing.tests.bought import held
from billing.tests.plans import NOON
from billing.tests.test_subscriptions import trial
from core import clock, tenancy
from core.claims import AlreadyClaimed
from core.models import Due
from core.testing import OTHER, TenantTestCase

DAY = timedelta(days=1)
ENDS = NOON + 14 * DAY  # 24 November 2026, 12:00 UTC
REASON = "Ticket 4711: they were on holiday."


class TrialMailTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        person("olga@alpha.example", role=Role.OWNER)
        person("rita@alpha.example", role=Role.RECRUITER)
        self.held = trial()

    def owed(self) -> datetime | None:
        row = Due.objects.filter(kind="trial_ends", object_id=self.held.pk).first()
        return row.due_at if row else None

    def days_from(self, now: datetime) -> float:
        owed = self.owed()
        assert owed is not None
        return round((owed - now) / DAY, 2)

    def at(self, now: datetime) -> list[Any]:
        """Do what is owed by now, and send it: the mails that went."""
        outbox.outbox = []
        with time_machine.travel(now, tick=False):
            trials.look(subscription_id=self.held.pk)
            for row in BillingNotice.objects.filter(status="owed"):
                mail.send(mail_id=row.pk)
        return list(outbox.outbox)

    def test_three_days_before_and_on_the_morning_of_the_day(self) -> None:
        self.assertEqual(len(self.at(ENDS - 4 * DAY)), 0)
        (first,) = self.at(ENDS - 3 * DAY)
        self.assertEqual(self.at(ENDS - 2 * DAY), [])
        (second,) = self.at(ENDS.replace(hour=8))
        self.assertEqual(self.at(ENDS - timedelta(minutes=1)), [])

        self.assertEqual((first.to, first.subject), (["olga@alpha.example"], "Alpha: your trial ends on 24 November"))
        self.assertEqual(second.subject, first.subject)
        for words in ("ends on 24 November 2026, 12:00 UTC", "choose a plan", "/billing/plan/", "nothing is charged"):
            self.assertIn(words, first.body)
        self.assertIsNone(self.owed())

    def test_it_is_owed_with_the_trial_and_each_look_owes_the_next(self) -> None:
        now, ends = clock.now(), clock.now() + 10 * DAY
        held().periods.update(period_end=ends)
        bought.trying(days=10)
        periods.owe_renewal(held())
        self.assertEqual(self.days_from(now), 7.0)

        trials.look(subscription_id=self.held.pk)
        self.assertEqual((self.days_from(now), BillingNotice.objects.count()), (7.0, 0))

        Subscription.objects.filter(pk=self.held.pk).update(trial_ends_at=ends - 8 * DAY)
        trials.look(subscription_id=self.held.pk)
        self.assertEqual(BillingNotice.objects.get().kind, "trial_ends")
        self.assertTrue(1.0 < self.days_from(now) < 2.0)

    def test_whoever_chose_a_plan_hears_nothing(self) -> None:
        with time_machine.travel(ENDS - 5 * DAY, tick=False):
            subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)

        self.assertEqual(self.at(ENDS - 3 * DAY), [])
        self.assertEqual((BillingNotice.objects.filter(kind="trial_ends").count(), self.owed()), (0, None))

    def test_a_mail_that_waited_while_a_plan_was_chosen_is_not_sent(self) -> None:
        with time_machine.travel(ENDS - 3 * DAY, tick=False):
            trials.look(subscription_id=self.held.pk)
            subscriptions.activate(subscription_id=self.held.pk, collection=Subscription.Collection.INVOICE)
            mail.send(mail_id=BillingNotice.objects.get(kind="trial_ends").pk)

        self.assertEqual(len(outbox.outbox), 0)
        self.assertEqual(BillingNotice.objects.get(kind="trial_ends").error, "no longer wanted")

    def test_a_longer_trial_is_told_of_its_new_end(self) -> None:
        self.at(ENDS - 3 * DAY)
        with time_machine.travel(ENDS - 2 * DAY, tick=False):
            granting.extend_trial(subscription_id=held().pk, days=7, reason=REASON)

        self.assertEqual(self.at(ENDS), [])
        (told,) = self.at(ENDS + 4 * DAY)
        self.assertEqual(told.subject, "Alpha: your trial ends on 1 December")

    def test_a_mail_of_the_old_end_that_waited_is_not_sent(self) -> None:
        with time_machine.travel(ENDS - 3 * DAY, tick=False):
            trials.look(subscription_id=self.held.pk)
            granting.extend_trial(subscription_id=held().pk, days=7, reason=REASON)
            mail.send(mail_id=BillingNotice.objects.get().pk)

        self.assertEqual(len(outbox.outbox), 0)

    def test_a_sweep_that_comes_late_tells_once_and_after_the_end_nobody(self) -> None:
        self.assertEqual(len(self.at(ENDS - timedelta(hours=1))), 1)
        self.assertIsNone(self.owed())
        self.assertEqual(self.at(ENDS + DAY), [])

    def test_the_hour_is_that_of_the_tenants_clock(self) -> None:
        Subscription.objects.filter(pk=self.held.pk).update(zone="America/New_York")

        (told,) = self.at(ENDS - 3 * DAY)

        self.assertIn("24 November 2026, 07:00 EST", told.body)

    def test_the_last_morning_is_before_an_early_end(self) -> None:
        early = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
        self.assertEqual(trials.last_morning(early, "UTC"), early - timedelta(hours=2))
        self.assertEqual(trials.last_morning(ENDS, "Europe/Lisbon"), ENDS.replace(hour=8))

    def test_another_tenants_worker_sends_none_of_it(self) -> None:
        with time_machine.travel(ENDS - 3 * DAY, tick=False):
            trials.look(subscription_id=self.held.pk)
            with tenancy.enter(OTHER), self.assertRaises(AlreadyClaimed):
                mail.send(mail_id=BillingNotice.objects.get().pk)

        self.assertEqual(len(outbox.outbox), 0)
