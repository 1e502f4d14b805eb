"""The doctor tells schemas that lack migrations or tables, with one query over all of them."""

from datetime import timedelta

from django.db import connections

from core import clock
from core.doctor import FAIL, OK, WARN
from core.testing import CommittingTestCase
from tenants import examination
from tenants.models import Tenant


class DriftTests(CommittingTestCase):
    def execute(self, statement: str) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(statement)

    def test_a_schema_that_lacks_a_migration_fails_by_name(self) -> None:
        self.assertEqual(examination.migrations().level, OK)
        self.assertEqual(examination.migrations().what, "2 tenant schemas and public are up to date")
        self.execute("UPDATE beta.django_migrations SET name = name || '_' WHERE name = '0001_initial'")

        found = examination.migrations()

        self.execute("UPDATE beta.django_migrations SET name = rtrim(name, '_') WHERE name LIKE '%!_' ESCAPE '!'")
        self.assertEqual((found.level, found.what), (FAIL, "1 schemas lack migrations (beta)"))
        self.assertEqual(examination.migrations().level, OK)

    def test_a_schema_that_lacks_a_table_fails_by_name(self) -> None:
        self.execute("ALTER TABLE alpha.interviews_mail RENAME TO mail_away")

        found = examination.migrations()

        self.execute("ALTER TABLE alpha.mail_away RENAME TO interviews_mail")
        self.assertEqual((found.level, found.what), (FAIL, "tables are missing in alpha"))

    def test_a_tenant_whose_set_up_failed_is_a_warning(self) -> None:
        self.assertEqual((examination.tenants().level, examination.tenants().what), (OK, "2 are ready"))
        Tenant.objects.filter(schema_name="beta").update(status="failed")

        found = examination.tenants()

        Tenant.objects.filter(schema_name="beta").update(status="ready")
        self.assertEqual((found.level, found.what), (WARN, "the set-up failed of beta"))

    def test_one_whose_set_up_never_ends_is_a_warning(self) -> None:
        Tenant.objects.filter(schema_name="beta").update(status="provisioning", created_at=clock.now())
        self.assertEqual(examination.tenants().level, OK)
        Tenant.objects.filter(schema_name="beta").update(created_at=clock.now() - timedelta(minutes=16))

        found = examination.tenants()

        Tenant.objects.filter(schema_name="beta").update(status="ready")
        self.assertEqual((found.level, found.what), (WARN, "the set-up of beta is not done after 15 minutes"))
