from django.core.exceptions import ValidationError
from django.test import SimpleTestCase

from core.testing import PlatformTestCase
from tenants.models import Domain, Tenant, check_subdomain
from tenants.models.tenants import RESERVED
from tenants.services import provisioning

GOOD = ("a", "acme", "acme-2", "a1", "x" * 40, "a--b")
BAD = {
    "nothing": "",
    "capitals": "Acme",
    "too long": "x" * 41,
    "a digit first": "1acme",
    "a hyphen first": "-acme",
    "a hyphen last": "acme-",
    "an underscore": "ac_me",
    "a dot": "acme.evil",
    "a space": "ac me",
    "a line end": "acme\n",
    "another alphabet": "аcme",
    "an accent": "ácme",
    "a quote": 'acme"; DROP SCHEMA beta CASCADE; --',
    "an apostrophe": "acme'--",
    "the database's own prefix": "pg-catalog",
    "the database's own schema": "information-schema",
    "public's schema": "public",
}


class SubdomainTests(SimpleTestCase):
    def test_a_dns_label_is_accepted(self) -> None:
        for name in GOOD:
            with self.subTest(name):
                check_subdomain(name)

    def test_anything_else_is_refused(self) -> None:
        for why, name in BAD.items():
            with self.subTest(why), self.assertRaises(ValidationError):
                check_subdomain(name)

    def test_the_platform_s_own_names_are_refused(self) -> None:
        for name in ("admin", "api", "www", "mail", "static", *RESERVED):
            with self.subTest(name), self.assertRaises(ValidationError):
                check_subdomain(name)


class RegisterTests(PlatformTestCase):
    def register(self, subdomain: str, **more: str) -> Tenant:
        return provisioning.create_tenant(**{"name": "New", "subdomain": subdomain, "plan_code": "starter"} | more)

    def stored(self) -> tuple[int, int]:
        return Tenant.objects.count(), Domain.objects.count()

    def test_a_tenant_is_registered_with_its_host_and_its_schema_s_name(self) -> None:
        tenant = self.register("new-co", brand_color="#0f766e", contact_email="hr@new.example")

        self.assertEqual((tenant.status, tenant.schema_name, tenant.brand_color), ("provisioning", "new_co", "#0f766e"))
        domain = Domain.objects.get(tenant=tenant)
        self.assertEqual((domain.domain, domain.is_primary), ("new-co.candor.localhost", True))

    def test_a_bad_name_is_refused_and_nothing_is_stored(self) -> None:
        before = self.stored()
        for why, name in BAD.items():
            with self.subTest(why), self.assertRaises(ValidationError):
                self.register(name)

        self.assertEqual(self.stored(), before)

    def test_a_taken_name_is_refused_and_nothing_is_stored(self) -> None:
        before = self.stored()

        with self.assertRaises(ValidationError):
            self.register("alpha")

        self.assertEqual(self.stored(), before)

    def test_a_bad_colour_or_address_is_refused_and_nothing_is_stored(self) -> None:
        before = self.stored()
        for wrong in ({"brand_color": "red"}, {"brand_color": "#fff;}"}, {"owner_email": "nobody"}):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                self.register("new-co", **wrong)

        self.assertEqual(self.stored(), before)
