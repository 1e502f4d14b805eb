"""Mail about what becomes of a tenant: its closing to its owners, its suspension to those who run it."""

from contextlib import suppress
from datetime import timedelta
from unittest import mock

from django.core import mail
from django.test import override_settings

from accounts.roles import Role
from accounts.tests.people import person
from core import audit, clock, due, tenancy
from core.models import Due
from core.testing import HOME, OTHER, TenantTestCase
from tenants.models import Closing, Tenant
from tenants.services import closing, closing_mail, suspending, suspension_mail
from tenants.services.suspending import Why
from tenants.tests.supported import staff, tenant

OWNER, SECOND, ADMIN = "olga@alpha.example", "otto@alpha.example", "adam@alpha.example"


@override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
class MailCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = person(OWNER, role=Role.OWNER)
        person(SECOND, role=Role.OWNER)
        person(ADMIN, role=Role.ADMIN)
        person("rita@alpha.example")
        person("gone@alpha.example", role=Role.OWNER, is_active=False)
        with tenancy.enter(OTHER):
            person("bea@beta.example", role=Role.OWNER)

    def told(self) -> tuple[list[str], str, str]:
        """To whom, subject and text of the one mail that went."""
        (one,) = mail.outbox
        mail.outbox.clear()
        return sorted(one.to), str(one.subject), str(one.body)

    def owed(self, kind: str) -> int:
        return Due.objects.filter(kind=kind).count()


class ClosingMailTests(MailCase):
    def ask(self, by: audit.Actor | None = None) -> Closing:
        by = by or audit.Actor("user", self.owner.pk)
        return closing.request_closing(tenant_id=tenant().pk, by=by)

    def test_the_owners_hear_who_asked_until_when_and_where_it_is_taken_back(self) -> None:
        row = self.ask()

        closing_mail.send(closing_id=row.pk)

        who, subject, text = self.told()
        self.assertEqual((who, subject), ([OWNER, SECOND], "Alpha: the account is closing"))
        self.assertIn("An owner of your team asked", text)
        self.assertIn(f"Until {row.ends_at:%-d %B %Y, %H:%M} UTC", text)
        self.assertIn(tenant().page("settings_close"), text)
        self.assertEqual(self.owed("closing_mail"), 0)

    def test_the_platforms_staff_is_named_as_such(self) -> None:
        row = self.ask(audit.Actor("platform", staff().pk))

        closing_mail.send(closing_id=row.pk)

        self.assertIn("The platform's staff asked", self.told()[2])

    def test_a_hint_that_comes_again_mails_nobody_twice(self) -> None:
        row = self.ask()

        for _ in range(2):
            closing_mail.send(closing_id=row.pk)

        self.assertEqual(len(mail.outbox), 1)

    def test_what_was_taken_back_before_the_mail_went_is_told_as_that_alone(self) -> None:
        row = self.ask()
        closing.cancel(tenant_id=tenant().pk)

        closing_mail.send(closing_id=row.pk)

        who, subject, text = self.told()
        self.assertEqual((who, subject), ([OWNER, SECOND], "Alpha: the account stays open"))
        self.assertIn("An owner of your team had asked", text)

    def test_a_mail_server_that_is_away_leaves_it_owed(self) -> None:
        row = self.ask()
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError):
            closing_mail.send(closing_id=row.pk)
        self.assertEqual(self.owed("closing_mail"), 1)

        closing_mail.send(closing_id=row.pk)

        self.assertEqual(len(mail.outbox), 1)

    def test_another_tenants_task_sends_nothing(self) -> None:
        row = self.ask()

        with self.in_tenant(OTHER):
            closing_mail.send(closing_id=row.pk)

        self.assertEqual((mail.outbox, self.owed("closing_mail")), ([], 1))


class EndMailTests(MailCase):
    """The removal itself is stubbed: what it would do to the schema is proven elsewhere."""

    def setUp(self) -> None:
        super().setUp()
        self.row = closing.request_closing(tenant_id=tenant().pk, by=audit.Actor("user", self.owner.pk))
        Closing.objects.update(ends_at=clock.now())
        closing.carry_out(closing_id=self.row.pk)
        self.keys = self.enterContext(mock.patch("keys.ring.destroy_tenant", side_effect=InterruptedError))

    def carry_out(self, *, after: timedelta) -> None:
        Closing.objects.update(removing_since=clock.now() - after)
        with tenancy.enter_platform(), suppress(InterruptedError):
            closing.carry_out(closing_id=self.row.pk)

    def test_the_owners_are_told_before_the_keys_go_and_once_however_often_it_runs(self) -> None:
        for _ in range(2):
            self.carry_out(after=timedelta(minutes=3))

        who, subject, text = self.told()
        self.assertEqual((who, subject), ([OWNER, SECOND], "Alpha: the account is closed"))
        self.assertIn("all its data and keys are being destroyed now", text)
        self.assertIn("An owner of your team had asked", text)
        self.assertEqual((self.keys.call_count, self.owed("closing_mail")), (2, 0))

    def test_the_removal_waits_for_the_mail_server_a_day_and_no_longer(self) -> None:
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError):
            self.carry_out(after=timedelta(hours=23))
            self.assertEqual((self.keys.call_count, self.owed("closing_mail")), (0, 1))

            self.carry_out(after=timedelta(hours=25))

        self.assertEqual((self.keys.call_count, self.owed("closing_mail")), (1, 0))


class SuspensionMailTests(MailCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = staff()

    def act(self, act: str) -> None:
        with tenancy.enter_platform():
            getattr(suspending, act)(tenant_id=tenant().pk, why=Why.SECURITY, by=self.root.pk)

    def test_owners_and_admins_hear_of_the_suspension_and_of_its_end(self) -> None:
        for act, subject, words in (
            ("suspend", "Alpha: the site is suspended", "support@candor.localhost"),
            ("resume", "Alpha: the site is served again", "Running interviews got the time back"),
        ):
            self.act(act)
            for _ in range(2):
                suspension_mail.send(tenant_id=tenant().pk)

            who, said, text = self.told()
            self.assertEqual((who, said), ([ADMIN, OWNER, SECOND], subject))
            self.assertIn(words, text)
            self.assertIn("The platform's staff", text)
            self.assertEqual(self.owed("suspension_mail"), 0)

    def test_it_is_swept_though_the_tenant_is_not_served_and_what_fails_stays_owed(self) -> None:
        self.act("suspend")
        with mock.patch("django.core.mail.EmailMessage.send", side_effect=OSError):
            suspension_mail.send(tenant_id=tenant().pk)
        Due.objects.update(due_at=clock.now() - timedelta(hours=1))
        sent: list[str] = []

        with tenancy.enter_platform():
            due.sweep(lambda owed: sent.append(f"{owed.tenant} {owed.kind}"))

        self.assertEqual(sent, [f"{HOME} suspension_mail"])

    def test_another_tenants_task_sends_nothing(self) -> None:
        self.act("suspend")

        with self.in_tenant(OTHER):
            suspension_mail.send(tenant_id=tenant().pk)

        self.assertEqual((mail.outbox, self.owed("suspension_mail")), ([], 1))
        self.assertEqual(Tenant.objects.get(schema_name=OTHER).status, "ready")
