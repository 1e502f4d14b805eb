from django.conf import settings
from django.test import override_settings

from core.testing import TenantClient, TenantTestCase
from tenants.models import Tenant


class HostTests(TenantTestCase):
    def test_an_unknown_host_is_a_plain_404(self) -> None:
        for host in ("nobody.candor.localhost", "candor.localhost.evil.example", "127.0.0.1", "x" * 300, "a b"):
            response = self.client.get("/", HTTP_HOST=host)

            self.assertEqual(response.status_code, 404, host)
            self.assertContains(response, f'href="http://{settings.BASE_DOMAIN}:', status_code=404)

    def test_from_a_name_that_no_company_has_one_gets_back_to_the_search_in_production_too(self) -> None:
        with override_settings(PRODUCTION=True, PUBLIC_SCHEME="https", PUBLIC_PORT=""):
            response = self.client.get("/sign-in/", HTTP_HOST=f"nobody.{settings.BASE_DOMAIN}")

        self.assertContains(response, f'href="https://{settings.BASE_DOMAIN}/sign-in/"', status_code=404)
        self.assertNotContains(response, "Candor answers on", status_code=404)

    def test_a_tenant_that_is_not_ready_answers_503(self) -> None:
        Tenant.objects.filter(schema_name="beta").update(status=Tenant.Status.SUSPENDED)

        response = TenantClient("beta").get("/")

        self.assertEqual(response.status_code, 503)
        self.assertEqual(response["Retry-After"], "60")

    def test_the_public_site_the_admin_and_the_tenants_have_their_own_urls(self) -> None:
        found = {
            host: self.client.get(path, HTTP_HOST=host + settings.BASE_DOMAIN).status_code
            for host, path in (("", "/"), ("admin.", "/login/"), ("api.", "/api/schema"), ("alpha.", "/sign-in/"))
        }

        self.assertEqual(found, {"": 200, "admin.": 200, "api.": 200, "alpha.": 200})
        self.assertEqual(self.client.get("/jobs/", HTTP_HOST=settings.BASE_DOMAIN).status_code, 404)
        self.assertEqual(self.client.get("/login/").status_code, 404)
