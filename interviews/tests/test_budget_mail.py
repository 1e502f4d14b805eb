"""Mail about a budget: once a budget, period and level, to those who see billing, with what stops in words."""

from functools import partial
from smtplib import SMTPException
from unittest import mock as mocking
from uuid import UUID

from django.core import mail
from django.core.mail import EmailMessage

from accounts.models import User
from accounts.roles import Role
from core import clock
from core.claims import AlreadyClaimed
from core.testing import OTHER, CommittingTestCase, TenantTestCase, at_once
from interviews import tasks
from interviews.selectors import stopping
from interviews.services import budget_notices
from interviews.tests import make
from llm import own_alerts, own_budgets
from llm.models import OwnBudgetNotice
from llm.own_budgets import TELL
from llm.tests.made import call
from llm.tests.owned import own


def noticed(limit: str = "1.00", *, group_id: UUID | None = None, spent: str = "1.00", is_hard: bool = True) -> UUID:
    """A notice of a budget that came to a level."""
    row = own(limit, group_id=group_id, is_hard=is_hard)
    call(clock.now(), cost=spent, group_id=group_id)
    own_alerts.look(budget_id=row.pk)
    return OwnBudgetNotice.objects.get(budget=row).pk


class MailTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        for role in Role.values:
            make.staff(role)
        make.staff(Role.OWNER, email="left@staff.example")
        User.objects.filter(email="left@staff.example").update(is_active=False)

    def tell(self, notice_id: UUID) -> EmailMessage:
        budget_notices.tell(notice_id=notice_id)
        return mail.outbox[-1]

    def test_owners_and_admins_get_one_with_all_that_stops_and_goes_on(self) -> None:
        told = self.tell(noticed())

        self.assertEqual(told.to, ["admin@staff.example", "owner@staff.example"])
        self.assertEqual(told.subject, "Alpha: the daily budget is used up, and AI models stop")
        for one in stopping.FEATURES.values():
            self.assertIn(f"- {one.name}: {one.words}", str(told.body))
        self.assertIn("Alpha has used $1.00 of $1.00 from the daily budget", str(told.body))
        self.assertIn("http://alpha.candor.localhost", str(told.body))
        self.assertIn("/billing/budgets/", str(told.body))

    def test_a_warning_of_a_job_names_it_and_a_soft_budget_says_that_nothing_stops(self) -> None:
        warned = self.tell(noticed("10.00", group_id=make.job().pk, spent="8.50"))
        soft = self.tell(noticed(is_hard=False))

        self.assertEqual(warned.subject, "Alpha: more than 80% of the budget for the job Data Engineer is spent")
        self.assertIn("Nothing stops yet. Once the budget is used up,", str(warned.body))
        self.assertEqual(soft.subject, "Alpha: the daily budget is used up; nothing stops")
        self.assertNotIn("Evaluations", str(soft.body))

    def test_told_twice_it_goes_once_and_nothing_is_owed_any_more(self) -> None:
        notice_id = noticed()
        self.tell(notice_id)

        with self.assertRaises(AlreadyClaimed):
            self.tell(notice_id)

        self.assertEqual((len(mail.outbox), make.owed(TELL)), (1, []))
        self.assertEqual(make.actions("budget.told"), ["budget.told"])

    def test_a_mail_server_that_is_away_is_asked_again(self) -> None:
        notice_id = noticed()
        with mocking.patch.object(EmailMessage, "send", side_effect=SMTPException):
            budget_notices.tell(notice_id=notice_id)
        owed = make.owed(TELL)

        self.tell(notice_id)

        self.assertEqual((owed, make.owed(TELL), len(mail.outbox)), ([notice_id], [], 1))

    def test_a_removed_budget_s_is_not_sent_nor_one_by_another_tenant(self) -> None:
        notice_id = noticed()
        with self.in_tenant(OTHER), self.assertRaises(AlreadyClaimed):
            self.tell(notice_id)
        own_budgets.remove(period="day", group_id=None, seen=1)

        with self.assertRaises(AlreadyClaimed):
            self.tell(notice_id)

        self.assertEqual((mail.outbox, make.owed(TELL)), ([], []))

    def test_the_sweeper_s_task_tells(self) -> None:
        tasks.tell_of_budget(tenant="alpha", notice_id=str(noticed()))

        self.assertEqual(len(mail.outbox), 1)


class AtOnceTests(CommittingTestCase):
    def test_of_eight_workers_at_once_one_sends_it(self) -> None:
        make.staff(Role.OWNER)
        self.addCleanup(own_budgets.forget_tenant, "alpha")
        notice_id = noticed()

        results = at_once(*[partial(budget_notices.tell, notice_id=notice_id)] * 8)

        self.assertEqual(sorted(type(one).__name__ for one in results), ["AlreadyClaimed"] * 7 + ["NoneType"])
        self.assertEqual(len(mail.outbox), 1)
