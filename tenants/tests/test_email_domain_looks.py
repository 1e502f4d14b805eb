"""A domain that a TXT record proved is looked at again: what is missing warns, then counts no more."""

from datetime import timedelta
from unittest.mock import patch

import time_machine
from django.core import mail
from django.test import override_settings

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import clock, due, tenancy
from core.models import Due
from core.testing import OTHER, TenantTestCase
from tenants.models import EmailDomain
from tenants.services import dns, email_domains, staff_mail
from tenants.tests import connections
from tenants.tests.connections import audited

PAGE = "/settings/sign-in/domains/"


@override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend")
class LookingAgainTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = connections.admin()
        connections.admin(Role.OWNER)
        person("recruiter@staff.example")
        self.row = email_domains.claim(domain="acme.example", by=self.admin)
        with patch.object(dns, "txt_records", return_value=[self.row.token]):
            email_domains.check(domain_id=self.row.pk, by=self.admin)

    def look(self, *records: str) -> EmailDomain:
        with patch.object(dns, "txt_records", return_value=list(records)):
            email_domains.look_again(domain_id=self.row.pk)
        return EmailDomain.objects.get(pk=self.row.pk)

    def due_in_days(self) -> int:
        """When the next look is due."""
        owed = Due.objects.get(kind=email_domains.DUE, object_id=self.row.pk)
        return round((owed.due_at - clock.now()) / timedelta(days=1))

    def test_the_proof_owes_a_look_in_a_week_and_a_look_that_finds_it_the_next(self) -> None:
        self.assertEqual(self.due_in_days(), 7)
        Due.objects.update(due_at=clock.now())

        after = self.look("v=spf1 -all", f" {self.row.token} ")

        self.assertEqual((self.due_in_days(), after.missing_since, mail.outbox), (7, None, []))

    def test_a_missing_record_warns_owners_and_admins_once_by_mail_and_on_the_page(self) -> None:
        after = self.look("other")
        self.look()

        self.assertIsNotNone(after.verified_at)
        self.assertEqual([one.to for one in mail.outbox], [["admin@staff.example"], ["owner@staff.example"]])
        for words in ("_candor-challenge.acme.example", self.row.token, PAGE):
            self.assertIn(words, mail.outbox[0].body)
        self.assertEqual(self.due_in_days(), 1)
        self.assertEqual(audited().filter(action="email_domain.record_missing").count(), 1)
        page = signed_in(self.admin).get(PAGE)
        self.assertContains(page, "Its TXT record is missing since")
        self.assertContains(page, self.row.token)

    def test_after_fourteen_days_it_counts_as_unverified_and_not_before(self) -> None:
        self.look()
        with time_machine.travel(clock.now() + timedelta(days=13, hours=23), tick=False):
            self.assertIsNotNone(self.look().verified_at)
        with time_machine.travel(clock.now() + timedelta(days=14, hours=1), tick=False):
            after = self.look()

        self.assertEqual((after.verified_at, after.proof, after.missing_since), (None, "", None))
        self.assertIsNone(email_domains.tenant_of("acme.example"))
        self.assertFalse(Due.objects.filter(object_id=self.row.pk).exists())
        self.assertEqual(audited().filter(action="email_domain.lost").count(), 1)

    def test_a_record_that_came_back_is_found_by_a_look_and_by_whoever_checks(self) -> None:
        self.look()
        self.assertIsNone(self.look(self.row.token).missing_since)
        self.assertEqual(self.due_in_days(), 7)

        self.look()
        with patch.object(dns, "txt_records", return_value=[self.row.token]):
            email_domains.check(domain_id=self.row.pk, by=self.admin)

        self.row.refresh_from_db()
        self.assertEqual((self.row.missing_since, self.due_in_days()), (None, 7))
        self.assertIsNotNone(self.row.verified_at)

    def test_name_servers_that_do_not_answer_and_a_mail_server_that_is_away_change_nothing(self) -> None:
        with patch.object(dns, "txt_records", side_effect=dns.NoAnswer):
            email_domains.look_again(domain_id=self.row.pk)
        with patch.object(staff_mail, "send", side_effect=OSError), self.assertRaises(OSError):
            self.look()

        self.row.refresh_from_db()
        self.assertIsNone(self.row.missing_since)
        self.assertTrue(Due.objects.filter(object_id=self.row.pk).exists())

    def test_what_the_platform_verified_and_what_was_removed_is_not_looked_at(self) -> None:
        with patch.object(dns, "txt_records") as asked:
            EmailDomain.objects.update(proof=EmailDomain.Proof.PLATFORM)
            email_domains.look_again(domain_id=self.row.pk)
            self.assertFalse(Due.objects.filter(object_id=self.row.pk).exists())
            due.owe(email_domains.DUE, self.row.pk)
            email_domains.remove(domain_id=self.row.pk, by=self.admin)

        asked.assert_not_called()
        self.assertFalse(Due.objects.filter(object_id=self.row.pk).exists())

    def test_a_look_in_another_tenant_does_not_touch_it(self) -> None:
        with self.in_tenant(OTHER), patch.object(dns, "txt_records", return_value=[]) as asked:
            email_domains.look_again(domain_id=self.row.pk)

        asked.assert_not_called()
        self.row.refresh_from_db()
        self.assertIsNone(self.row.missing_since)
        self.assertEqual(Due.objects.get(object_id=self.row.pk).tenant, tenancy.schema())
