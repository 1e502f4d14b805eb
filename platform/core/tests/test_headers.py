"""What every response says, whatever it is."""

import re
from typing import Any

from django.conf import settings
from django.test import override_settings
from django_tenants.utils import get_tenant_model

from core import tenancy
from core.testing import TenantClient, TenantTestCase

STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "manifest-src 'self'",
}
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
BROKEN = {
    "break-down/": 500,
    "api/break-down": 500,
    "forbid/": 403,
    "suspect/": 400,
    "no-database/": 503,
    "api/no-database": 503,
}
MAY_BE_KEPT = ("/static/css/candor.css", "/branding.css")


def policy(response: Any) -> set[str]:
    """The directives, without the nonce."""
    text = re.sub(r" 'nonce-[^']+'", "", response["Content-Security-Policy"])
    return {directive.strip() for directive in text.split(";")}


class HeaderTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.raise_request_exception = False

    def get(self, path: str, host: str = "alpha.", **more: Any) -> Any:
        return self.client.get(path, HTTP_HOST=host + settings.BASE_DOMAIN, **more)

    def responses(self) -> dict[str, tuple[int, Any]]:
        """What is asked for -> the status that is expected, and the response."""
        get_tenant_model().objects.filter(schema_name="beta").update(status="suspended")
        tenancy.forget()
        found: dict[str, tuple[int, Any]] = {
            "/": (200, self.get("/", host="")),
            "/sign-in/": (200, self.get("/sign-in/")),
            "/branding.css": (200, self.get("/branding.css")),
            "/api/schema": (200, self.get("/api/schema")),
            "/static/css/candor.css": (200, self.get("/static/css/candor.css")),
            "/static/nothing.css": (404, self.get("/static/nothing.css")),
            "/nothing/": (404, self.get("/nothing/")),
            "/api/nothing": (404, self.get("/api/nothing")),
            "redirect": (302, self.get("/jobs/")),
            "unknown host": (404, self.get("/", host="nobody.")),
            "unknown host, api": (404, self.get("/api/v1/", host="nobody.")),
            "suspended tenant": (503, self.get("/", host="beta.")),
            "admin's sign-in": (200, self.get("/login/", host="admin.")),
            "admin's redirect": (302, self.get("/", host="admin.")),
            "wrong method": (405, self.client.post("/branding.css")),
            "too large": (413, self.client.post("/sign-in/", "x" * 300_000, content_type="text/plain")),
            "no csrf token": (403, TenantClient(enforce_csrf_checks=True).post("/sign-in/", {"username": "x"})),
        }
        with override_settings(ROOT_URLCONF="core.tests.broken_urls"):
            for path, status in BROKEN.items():
                found[path] = (status, self.get("/" + path))
        return found

    def test_every_response_carries_every_header(self) -> None:
        for name, (status, response) in self.responses().items():
            with self.subTest(name):
                self.assertEqual(response.status_code, status)
                self.assertEqual(response["X-Content-Type-Options"], "nosniff")
                self.assertEqual(response["Referrer-Policy"], "same-origin")
                self.assertEqual(response["X-Frame-Options"], "DENY")
                self.assertEqual(response["Permissions-Policy"], PERMISSIONS)
                self.assertEqual(response["Cross-Origin-Resource-Policy"], "same-origin")
                self.assertIn("frame-ancestors 'none'", response["Content-Security-Policy"])
                self.assertRegex(response["X-Request-ID"], r"\A[0-9a-f-]{36}\Z")
                self.assertNotIn("Server", response)

    def test_only_files_and_colours_may_be_kept_by_a_browser_or_a_proxy(self) -> None:
        for name, (status, response) in self.responses().items():
            with self.subTest(name):
                if status == 200 and name in MAY_BE_KEPT:
                    self.assertIn("max-age", response["Cache-Control"])
                    self.assertNotIn("no-store", response["Cache-Control"])
                elif name != "/static/nothing.css":
                    self.assertIn("no-store", response["Cache-Control"])

    def test_the_policy_is_the_strict_one_everywhere_but_on_the_admin_s_host(self) -> None:
        for name, (_, response) in self.responses().items():
            with self.subTest(name):
                if name.startswith("admin's"):
                    self.assertIn("'unsafe-inline'", response["Content-Security-Policy"])
                else:
                    self.assertEqual(policy(response), STRICT)

    def test_a_page_s_nonce_is_its_own(self) -> None:
        found = set()
        for _ in range(3):
            response = self.get("/sign-in/")
            [nonce] = set(re.findall(r"'nonce-([^']+)'", response["Content-Security-Policy"]))
            self.assertEqual(set(re.findall(r'nonce="([^"]*)"', response.content.decode())), {nonce})
            found.add(nonce)

        self.assertEqual(len(found), 3)

    def test_https_is_remembered_and_said_over_https_alone(self) -> None:
        self.assertEqual(
            self.get("/sign-in/", secure=True)["Strict-Transport-Security"], "max-age=31536000; includeSubDomains"
        )
        self.assertNotIn("Strict-Transport-Security", self.get("/sign-in/"))

    def test_failures_under_the_api_are_problem_documents(self) -> None:
        found = self.responses()

        codes = {}
        for name in ("/api/nothing", "unknown host, api", "api/break-down", "api/no-database"):
            response = found[name][1]
            self.assertEqual(response["Content-Type"], "application/problem+json")
            codes[name] = (response.json()["status"], response.json()["type"])
        self.assertEqual(
            codes,
            {
                "/api/nothing": (404, "urn:candor:problem:not_found"),
                "unknown host, api": (404, "urn:candor:problem:not_found"),
                "api/break-down": (500, "urn:candor:problem:server_error"),
                "api/no-database": (503, "urn:candor:problem:unavailable"),
            },
        )


class RequestIdTests(TenantTestCase):
    def test_a_request_id_of_a_proxy_is_kept_and_anything_else_replaced(self) -> None:
        self.assertEqual(
            self.client.get("/branding.css", headers={"X-Request-ID": "abcDEF-123"})["X-Request-ID"], "abcDEF-123"
        )
        for bad in ("short", "x" * 65, "with space in it", "line\tbreak", "<script>alert</script>"):
            given = self.client.get("/branding.css", headers={"X-Request-ID": bad})["X-Request-ID"]
            self.assertRegex(given, r"\A[0-9a-f-]{36}\Z")
