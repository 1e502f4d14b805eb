"""/branding.css: each host's own colours, and for anybody."""

from typing import Any

from django.conf import settings

from core import tenancy
from core.testing import TenantClient, TenantTestCase
from tenants.branding import branding_css, palette
from tenants.models import Tenant

DEFAULT = branding_css(palette("#4338ca"))


class BrandingCssTests(TenantTestCase):
    def get(self, host: str) -> Any:
        return TenantClient().get("/branding.css", HTTP_HOST=host + settings.BASE_DOMAIN)

    def test_each_tenant_has_its_own_colours_and_the_platform_its_own(self) -> None:
        Tenant.objects.filter(schema_name="alpha").update(brand_color="#0f766e")
        Tenant.objects.filter(schema_name="beta").update(brand_color="#e11d48")
        tenancy.forget()

        found = {host: self.get(host).content.decode() for host in ("alpha.", "beta.", "")}

        self.assertEqual(
            found,
            {"alpha.": branding_css(palette("#0f766e")), "beta.": branding_css(palette("#e11d48")), "": DEFAULT},
        )

    def test_it_is_a_stylesheet_that_browsers_keep_for_five_minutes(self) -> None:
        response = self.get("alpha.")

        self.assertEqual(response["Content-Type"], "text/css; charset=utf-8")
        self.assertEqual(response["Cache-Control"], "public, max-age=300")

    def test_it_costs_no_query_once_the_host_is_known(self) -> None:
        self.get("alpha.")

        with self.assertNumQueries(0):
            self.get("alpha.")

    def test_it_is_read_and_never_written(self) -> None:
        for method in ("post", "put", "delete"):
            self.assertEqual(getattr(TenantClient(), method)("/branding.css").status_code, 405)
