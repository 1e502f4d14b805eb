"""Warnings before a certificate is over: 60, 30, 7 and 1 days ahead, each once."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import time_machine
from django.core import mail
from django.test import override_settings

from accounts.roles import Role
from accounts.tests.people import person
from core.models import Due
from core.testing import OTHER, TenantTestCase
from tenants.models import SamlConnection
from tenants.services import certificate_warnings, sso
from tenants.tests import connections, idps

LOCAL_MAIL = "django.core.mail.backends.locmem.EmailBackend"


@override_settings(EMAIL_BACKEND=LOCAL_MAIL)
class WarningTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin, self.owner = connections.admin(), connections.admin(Role.OWNER)
        person("recruiter@staff.example")
        self.ends_at = datetime.now(tz=UTC) + timedelta(days=100)
        one = idps.certificate("soon", lasts=timedelta(days=100))
        self.connection = connections.connected(self.admin, idps.metadata(one))
        sso.enable(by=self.admin)

    def warn(self, *, days_before: float) -> list[str]:
        """Who got a mail at that time."""
        mail.outbox.clear()
        with time_machine.travel(self.ends_at - timedelta(days=days_before), tick=False):
            certificate_warnings.warn(connection_id=self.connection.pk)
        return sorted(address for one in mail.outbox for address in one.to)

    def owed_in_days(self) -> float:
        due_at = Due.objects.get(kind=certificate_warnings.KIND, object_id=self.connection.pk).due_at
        return (due_at - datetime.now(tz=UTC)).total_seconds() / 86400

    def test_each_threshold_is_told_once_to_owners_and_admins_alone(self) -> None:
        everybody = ["admin@staff.example", "owner@staff.example"]

        told = {days: self.warn(days_before=days) for days in (61, 59.9, 59, 29.9, 29, 6.9, 6, 0.9, 0.5)}

        self.assertEqual([days for days, who in told.items() if who == everybody], [59.9, 29.9, 6.9, 0.9])
        self.assertEqual([days for days, who in told.items() if not who], [61, 59, 29, 6, 0.5])

    def test_the_next_warning_is_owed_for_its_day(self) -> None:
        self.assertAlmostEqual(self.owed_in_days(), 40, delta=0.1)

        self.warn(days_before=59.9)

        self.assertAlmostEqual(self.owed_in_days(), 29.9, delta=0.1)  # counted from the day of the first warning

    def test_whoever_slept_through_a_threshold_is_told_of_the_nearest_one_alone(self) -> None:
        self.assertEqual(len(self.warn(days_before=5)), 2)
        self.assertEqual(self.warn(days_before=4.9), [])

    def test_nothing_is_told_or_owed_after_the_end_or_while_it_is_off(self) -> None:
        self.assertEqual(self.warn(days_before=-3), [])
        self.assertFalse(Due.objects.filter(object_id=self.connection.pk).exists())

        SamlConnection.objects.update(enabled=False)
        self.assertEqual(self.warn(days_before=5), [])

    def test_the_mail_names_the_certificate_its_end_and_another_one_that_lasts(self) -> None:
        sso.give_metadata(raw=idps.metadata(idps.certificate("longer")), by=self.admin)

        self.warn(days_before=6.5)

        text = mail.outbox[0].body
        self.assertIn('The certificate "CN=soon"', text)
        self.assertIn(f"{self.ends_at:%-d %B %Y}", text)
        self.assertIn("Another one that we know lasts until", text)
        self.assertIn("/settings/sign-in/", text)

    def test_a_mail_server_that_is_away_leaves_the_warning_owed(self) -> None:
        with patch("django.core.mail.EmailMessage.send", side_effect=OSError), self.assertRaises(OSError):
            self.warn(days_before=6.5)

        self.assertEqual(SamlConnection.objects.get().certificates_warned, {})
        self.assertTrue(Due.objects.filter(object_id=self.connection.pk).exists())
        self.assertEqual(len(self.warn(days_before=6.4)), 2)

    def test_another_tenant_s_people_get_nothing(self) -> None:
        with self.in_tenant(OTHER):
            connections.admin(at="beta.example")

        self.assertNotIn("admin@beta.example", self.warn(days_before=6.5))
