"""Warnings before the interviews come to their end: one mail a mark to each whom it concerns."""

from datetime import timedelta
from typing import Any

from django.core import mail as outbox
from django.test import override_settings

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import person
from billing.models import BillingNotice, QuotaPeriod
from billing.services import granting, mail, periods, plan_changes, quota, warnings
from billing.tests import bought
from core import clock, tenancy
from core.claims import AlreadyClaimed
from core.ids import uuid7
from core.models import Due
from core.testing import OTHER, TenantTestCase
from tenants.tests.supported import trail

BILLING, RECRUITER = ["adam@alpha.example", "olga@alpha.example"], "rita@alpha.example"


class WarningCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        for email, role in (
            ("olga", Role.OWNER),
            ("adam", Role.ADMIN),
            ("rita", Role.RECRUITER),
            ("max", Role.REVIEWER),
        ):
            person(f"{email}@alpha.example", role=role)
        person("gone@alpha.example", role=Role.OWNER, is_active=False)

    def start(self, number: int = 1) -> None:
        for _ in range(number):
            quota.reserve(interview_id=uuid7())

    def warn(self) -> list[str]:
        """Do what is owed, and send it: who got a mail, in order."""
        outbox.outbox = []
        for due in Due.objects.filter(kind="quota_warning"):
            warnings.warn(period_id=due.object_id)
        for row in BillingNotice.objects.filter(status="owed"):
            mail.send(mail_id=row.pk)
        return sorted(message.to[0] for message in outbox.outbox)


class MarksTests(WarningCase):
    def test_at_80_95_and_100_percent_each_once(self) -> None:
        bought.used(79)
        self.start()
        self.assertEqual(self.warn(), BILLING)
        self.assertIn("80% of your interviews are used", outbox.outbox[0].subject)
        self.start(14)
        self.assertEqual(self.warn(), [])
        self.start()
        self.assertEqual(self.warn(), BILLING)
        self.start(4)
        self.assertEqual(self.warn(), [])
        self.start()
        self.assertEqual(self.warn(), [*BILLING, RECRUITER])
        self.assertEqual([row[3]["percent"] for row in trail(action="quota.warned")], [80, 95, 100])

    def test_after_a_trial_s_last_interview_nobody_is_promised_the_day_it_ends(self) -> None:
        bought.trying()
        bought.used(9)
        self.start()

        self.assertEqual(self.warn(), [*BILLING, RECRUITER])

        (said,) = [str(message.body) for message in outbox.outbox if message.to == [RECRUITER]]
        self.assertIn("New candidates cannot start until somebody makes room.", said)
        self.assertNotIn("before", said)
        self.assertNotIn("plan", said)

    def test_the_same_mark_reached_again_is_told_once(self) -> None:
        bought.used(79)
        for _ in range(2):
            interview = uuid7()
            quota.reserve(interview_id=interview)
            warnings.warn(period_id=periods.current().pk)
            quota.release(interview_id=interview)

        self.assertEqual(BillingNotice.objects.count(), 2)

    def test_who_invites_reads_nothing_of_money_and_who_pays_reads_what_to_do(self) -> None:
        bought.used(99)
        self.start()

        self.warn()

        texts = {message.to[0]: str(message.body) for message in outbox.outbox}
        self.assertIn("has used 100 of its 100 interviews", texts[BILLING[0]])
        self.assertIn("/billing/", texts[BILLING[0]])
        self.assertIn("/waiting/", texts[RECRUITER])
        for word in ("$", "billing", "pay", "plan"):
            self.assertNotIn(word, texts[RECRUITER])

    def test_with_an_overage_the_end_of_the_included_is_told_to_who_pays_and_its_own_end_to_all(self) -> None:
        bought.on("professional", overage_limit=2)
        bought.used(999, overage_allowed=2)
        self.start()
        self.assertEqual(self.warn(), BILLING)
        self.assertIn("2 more can start in this period, at $0.75 each", str(outbox.outbox[0].body))
        self.start(2)
        self.assertEqual(self.warn(), [*BILLING, RECRUITER])
        said = {message.to[0]: message.subject for message in outbox.outbox}
        self.assertIn("no more interviews can start", said[BILLING[0]])

    def told(self, email: str) -> str:
        """The text of the mail that this person got, with single spaces."""
        (said,) = [str(message.body) for message in outbox.outbox if message.to == [email]]
        return " ".join(said.split())

    def at_80(self, code: str, *, extra: int = 0, **stands: Any) -> str:
        """What who pays reads at 80 percent of this plan, with so many extra interviews allowed."""
        bought.used(0, reserved=0, warned_percent=0, overage_allowed=0)
        bought.on(code, overage_limit=extra, **stands)
        bought.used(bought.used(0, overage_allowed=extra).included * 8 // 10 - 1)
        self.start()
        self.assertEqual(self.warn(), BILLING)
        return self.told(BILLING[0])

    def test_overdue_it_offers_nothing_that_is_refused(self) -> None:
        now = clock.now()
        overdue: dict[str, Any] = {
            "status": "past_due",
            "past_due_since": now,
            "grace_ends_at": now + timedelta(days=14),
        }

        said = self.at_80("professional", **overdue)

        self.assertIn("A payment is overdue. You can make room once it has arrived:", said)
        self.assertNotIn("larger plan", said)

    def test_before_the_end_of_the_included_it_says_whether_extra_interviews_follow(self) -> None:
        left, later = "200 interviews are left. Once they are used, ", "new candidates are asked to come back later."
        self.assertIn(left + later, self.at_80("professional"))

        said = self.at_80("professional", extra=2)

        self.assertIn(left + "extra interviews are charged at $0.75 each.", said)
        self.assertNotIn(later, said)

    def test_more_is_offered_only_where_the_plan_has_more(self) -> None:
        both, one = (
            "To make room, allow extra interviews or choose a larger plan:",
            "To make room, choose a larger plan:",
        )

        self.assertIn(both, self.at_80("professional"))
        self.assertIn(both, self.at_80("professional", extra=499))
        self.assertIn(one, self.at_80("professional", extra=500))
        self.assertIn(one, self.at_80("starter"))

    def test_a_plan_that_ends_promises_no_next_month(self) -> None:
        ends = periods.current().period_end
        bought.on("professional", cancels_at=ends)
        bought.used(999)
        self.start()

        self.assertEqual(self.warn(), [*BILLING, RECRUITER])

        said = self.told(RECRUITER)
        self.assertIn("can start only if your company makes room before, or keeps the plan.", said)
        self.assertNotIn("cannot start before", said)

    def test_after_more_was_bought_the_marks_count_anew(self) -> None:
        bought.on("starter")
        bought.used(99)
        self.start()
        self.warn()

        plan_changes.change_now(subscription_id=bought.held().pk, code="professional", shown="starter")

        period = periods.current()
        self.assertEqual((period.warned_percent, period.included), (0, 700))
        bought.used(558)
        self.start()
        self.assertEqual(self.warn(), BILLING)

    def test_a_credit_that_leaves_a_mark_behind_lets_it_come_again(self) -> None:
        bought.used(99)
        self.start()
        self.warn()

        granting.credit(subscription_id=bought.held().pk, interviews=10, reason="Ticket 4711: sorry.", by=uuid7())

        self.assertEqual(periods.current().warned_percent, 80)


class SendingTests(WarningCase):
    def setUp(self) -> None:
        super().setUp()
        bought.used(79)
        self.start()
        warnings.warn(period_id=periods.current().pk)
        self.row = BillingNotice.objects.order_by("pk")[0]

    def test_a_mail_goes_once(self) -> None:
        mail.send(mail_id=self.row.pk)
        with self.assertRaises(AlreadyClaimed):
            mail.send(mail_id=self.row.pk)

        self.assertEqual(len(outbox.outbox), 1)
        self.assertFalse(Due.objects.filter(kind="billing_mail", object_id=self.row.pk).exists())

    def test_while_the_mail_server_is_away_it_stays_owed(self) -> None:
        with override_settings(EMAIL_BACKEND="nowhere.Backend"):
            mail.send(mail_id=self.row.pk)

        self.row.refresh_from_db()
        self.assertEqual((self.row.status, len(outbox.outbox)), ("owed", 0))
        self.assertTrue(Due.objects.filter(kind="billing_mail", object_id=self.row.pk).exists())

    def test_what_is_no_longer_so_and_who_left_are_not_told(self) -> None:
        left, other = BillingNotice.objects.order_by("pk")
        User.objects.filter(pk__in=[left.person_id]).update(is_active=False)
        mail.send(mail_id=left.pk)
        QuotaPeriod.objects.filter(pk=periods.current().pk).update(consumed=0, reserved=0)
        mail.send(mail_id=other.pk)

        self.assertEqual(len(outbox.outbox), 0)
        self.assertEqual(set(BillingNotice.objects.values_list("status", "error")), {("sent", "no longer wanted")})

    def test_another_tenants_worker_sends_none_of_it(self) -> None:
        with tenancy.enter(OTHER), self.assertRaises(AlreadyClaimed):
            mail.send(mail_id=self.row.pk)

        self.assertEqual(len(outbox.outbox), 0)
