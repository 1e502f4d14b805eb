"""A schema that lacks something is found: search_path would silently read public's table."""

from typing import Any

from django.apps import apps
from django.db import connections

from core import tenancy
from core.testing import CommittingTestCase, TenantTestCase
from tenants import checks
from tenants.models import Tenant
from tenants.services import schemas
from tenants.services.schemas import SchemaIncomplete

OF_PEOPLE = {model._meta.db_table for model in apps.get_app_config("accounts").get_models(include_auto_created=True)}


def as_owner(statement: str) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


class CompleteTests(CommittingTestCase):
    def test_a_tenant_s_tables_are_those_of_the_tenant_s_apps(self) -> None:
        wanted = schemas.tenant_tables()

        self.assertLessEqual({"accounts_user", "staff_session", "audit_event", "interviews_turn"}, wanted)
        self.assertEqual(wanted & {"due", "llm_call", "tenants_tenant", "billing_plan", "keys_tenantkey"}, set())

    def test_both_tenants_have_them_all_and_nothing_drifted(self) -> None:
        self.assertEqual(schemas.missing_tables(), {})
        self.assertEqual(checks.every_schema_is_complete(None), [])
        self.assertEqual(schemas.drifted(), [])
        schemas.require_complete("alpha")

    def test_public_has_no_table_of_a_tenant_but_those_of_its_own_people(self) -> None:
        rows = as_owner("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")

        shared = {row[0] for row in rows} & schemas.tenant_tables()
        self.assertEqual(shared, OF_PEOPLE | {"staff_session", "audit_event"})

    def test_the_owner_s_connection_looks_into_public_again_after_a_migration(self) -> None:
        schemas.migrate("beta")

        self.assertEqual(as_owner("SELECT current_schema()"), [("public",)])


class MissingTableTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        as_owner("DROP TABLE IF EXISTS beta.compliance_consent")

    def test_it_is_named_with_its_schema(self) -> None:
        self.assertEqual(schemas.missing_tables(), {"beta": ["compliance_consent"]})

    def test_the_system_check_says_so(self) -> None:
        [error] = checks.every_schema_is_complete(None)

        self.assertEqual((error.id, error.msg), ("tenants.E001", "The schema beta lacks compliance_consent."))

    def test_a_set_up_stops_there(self) -> None:
        with self.assertRaises(SchemaIncomplete) as caught:
            schemas.require_complete("beta")

        self.assertEqual(str(caught.exception), "beta lacks compliance_consent.")
        schemas.require_complete("alpha")

    def test_a_tenant_that_is_still_being_made_is_not_complained_of(self) -> None:
        with tenancy.enter_platform():
            Tenant.objects.filter(schema_name="beta").update(status="provisioning")

        self.assertEqual(schemas.missing_tables(), {})
        Tenant.objects.filter(schema_name="beta").update(status="ready")


class DriftTests(TenantTestCase):
    databases = {"default", "owner", "keys"}

    def test_a_schema_that_lacks_a_migration_is_found_and_no_other(self) -> None:
        as_owner("DELETE FROM beta.django_migrations WHERE app = 'interviews' AND name = '0001_initial'")

        self.assertEqual(schemas.drifted(), ["beta"])

    def test_a_migration_that_only_a_newer_release_knows_is_no_drift(self) -> None:
        as_owner("INSERT INTO alpha.django_migrations (app, name, applied) VALUES ('interviews', '9999_later', now())")

        self.assertEqual(schemas.drifted(), [])

    def test_a_schema_without_any_record_is_found(self) -> None:
        as_owner("DROP TABLE beta.django_migrations")

        self.assertEqual(schemas.drifted(), ["beta"])

    def test_public_is_found_too_and_comes_first(self) -> None:
        as_owner("DELETE FROM alpha.django_migrations WHERE app = 'accounts'")
        as_owner("DELETE FROM public.django_migrations WHERE app = 'billing'")

        self.assertEqual(schemas.drifted(), ["public", "alpha"])
