from typing import Any

from django.db import connection
from django.test import SimpleTestCase
from django_tenants.postgresql_backend.base import FakeTenant
from django_tenants.utils import get_tenant_domain_model, get_tenant_model

from core import tenancy
from core.tenancy import NoTenant, Platform, UnknownTenant
from core.testing import HOME, OTHER, TenantTestCase

Tenant: Any = get_tenant_model()
Domain: Any = get_tenant_domain_model()


def search_path() -> str:
    """Where this connection looks for tables, first place first."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        return str(cursor.fetchone()[0])


class EnterTests(TenantTestCase):
    def test_the_database_looks_into_the_schema_that_was_entered(self) -> None:
        with tenancy.enter(OTHER):
            self.assertEqual((tenancy.schema(), search_path()), ("beta", "beta, public"))

        self.assertEqual((tenancy.schema(), search_path()), ("alpha", "alpha, public"))

    def test_nested_entries_are_left_in_their_order(self) -> None:
        seen = []
        with tenancy.enter(OTHER):
            with tenancy.enter_platform():
                seen.append(tenancy.scope())
                with tenancy.enter(HOME):
                    seen.append(tenancy.scope())
                seen.append(tenancy.scope())
            seen.append(tenancy.scope())

        self.assertEqual([*seen, tenancy.scope()], ["public", "alpha", "public", "beta", "alpha"])

    def test_an_exception_leaves_the_schema_too(self) -> None:
        with self.assertRaises(ZeroDivisionError), tenancy.enter(OTHER):
            raise ZeroDivisionError

        self.assertEqual((tenancy.schema(), search_path()), ("alpha", "alpha, public"))

    def test_a_tenant_that_is_not_there_is_refused_and_the_caller_stays_where_it_was(self) -> None:
        tenancy.forget()

        with self.assertRaises(UnknownTenant), tenancy.enter("gamma"):
            self.fail("There is no gamma.")

        self.assertEqual(tenancy.schema(), "alpha")

    def test_looking_a_tenant_up_changes_nothing_for_the_caller(self) -> None:
        tenancy.forget()

        self.assertEqual(tenancy.by_schema(OTHER).schema_name, "beta")
        self.assertEqual(tenancy.by_host("beta.candor.localhost").schema_name, "beta")
        self.assertEqual(tenancy.schema(), "alpha")

    def test_the_id_is_the_row_s(self) -> None:
        self.assertEqual(tenancy.tenant_id(), Tenant.objects.get(schema_name="alpha").pk)


class RefusalTests(TenantTestCase):
    """Neither the platform nor django-tenants' stand-ins count as a tenant."""

    def assert_no_tenant(self, *functions: Any) -> None:
        for function in functions:
            with self.assertRaises(NoTenant):
                function()

    def test_in_the_public_schema_there_is_no_tenant_but_a_scope(self) -> None:
        tenancy.use(Platform())

        self.assert_no_tenant(tenancy.current, tenancy.schema, tenancy.tenant_id)
        self.assertEqual(tenancy.scope(), "public")

    def test_a_connection_on_which_nobody_entered_anything_has_no_scope_either(self) -> None:
        tenancy.connection.set_schema_to_public()

        self.assert_no_tenant(tenancy.current, tenancy.schema, tenancy.tenant_id, tenancy.scope)

    def test_a_schema_that_was_set_without_its_row_is_no_tenant(self) -> None:
        tenancy.use(FakeTenant(schema_name="beta"))

        self.assert_no_tenant(tenancy.current, tenancy.schema, tenancy.tenant_id, tenancy.scope)


class RememberTests(TenantTestCase):
    host = "alpha.candor.localhost"

    def test_a_second_look_asks_no_database(self) -> None:
        tenancy.by_host(self.host)
        tenancy.by_schema(HOME)

        with self.assertNumQueries(0):
            tenancy.by_host(self.host)
            tenancy.by_schema(HOME)

    def test_that_a_host_is_unknown_is_remembered_too(self) -> None:
        for queries in (2, 0):  # the search path and the look, then nothing
            with self.assertNumQueries(queries), self.assertRaises(UnknownTenant):
                tenancy.by_host("nobody.candor.localhost")

    def test_a_change_of_the_tenant_is_seen_at_once(self) -> None:
        tenant = tenancy.by_host(self.host)
        tenant.name = "Alpha Limited"
        tenant.save()

        self.assertEqual(tenancy.by_host(self.host).name, "Alpha Limited")
        self.assertEqual(tenancy.by_schema(HOME).name, "Alpha Limited")

    def test_a_new_host_is_known_at_once_and_a_deleted_one_unknown(self) -> None:
        host = "jobs.alpha.example"
        with self.assertRaises(UnknownTenant):
            tenancy.by_host(host)

        domain = Domain.objects.create(domain=host, tenant=Tenant.objects.get(schema_name="alpha"), is_primary=False)
        self.assertEqual(tenancy.by_host(host).schema_name, "alpha")

        domain.delete()
        with self.assertRaises(UnknownTenant):
            tenancy.by_host(host)

    def test_it_forgets_after_some_seconds(self) -> None:
        tenancy.by_schema(HOME)
        key = ("schema", HOME)
        tenancy._cache[key] = (tenancy._cache[key][0] - tenancy.CACHE_SECONDS - 1, tenancy._cache[key][1])

        with self.assertNumQueries(2):
            tenancy.by_schema(HOME)

    def test_strangers_hosts_cannot_fill_the_memory(self) -> None:
        tenancy._cache.update({("host", f"h{n}"): (0.0, None) for n in range(tenancy.MOST_REMEMBERED + 1)})

        with self.assertRaises(UnknownTenant):
            tenancy.by_schema("gamma")

        self.assertLess(len(tenancy._cache), 10)


class PlatformTests(SimpleTestCase):
    def test_the_platform_equals_itself_and_cannot_be_renamed(self) -> None:
        self.assertEqual(Platform(), Platform())
        with self.assertRaises(AttributeError):
            Platform().schema_name = "alpha"  # type: ignore[misc]
