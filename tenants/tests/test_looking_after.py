"""What is looked after again: a set-up that nobody works on, schemas that drifted."""

from datetime import timedelta
from unittest import mock

from django.conf import settings
from django.core.management import call_command

from core import clock
from core.testing import CommittingTestCase, PlatformTestCase
from tenants.models import Tenant
from tenants.services import deploying, provisioning, schemas, signup


class StandingStillTests(PlatformTestCase):
    def test_a_set_up_that_staff_began_and_no_worker_took_is_sent_again(self) -> None:
        lost, fresh = (
            provisioning.create_tenant(name=name, subdomain=name, plan_code="starter") for name in ("lost", "fresh")
        )
        Tenant.objects.exclude(pk=fresh.pk).update(created_at=clock.now() - timedelta(minutes=6))

        with mock.patch.object(provisioning, "start") as start:
            signup.look_after()

        self.assertEqual(start.call_args_list, [mock.call(lost)])


class MigrateAllTests(CommittingTestCase):
    def test_when_nothing_drifted_nothing_is_migrated(self) -> None:
        said: list[str] = []

        deploying.migrate_all(said.append)

        self.assertEqual(said, [])

    def test_the_command_says_what_it_did(self) -> None:
        call_command("migrate_all")

        self.assertEqual(schemas.drifted(), [])
        self.assertEqual(settings.DATABASES["owner"]["NAME"], settings.DATABASES["default"]["NAME"])
