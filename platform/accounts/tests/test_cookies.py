"""Names and flags of the cookies: each is bound to its host, unreadable to scripts and sent to nobody else."""

from http.cookies import Morsel

from accounts.tests.people import PASSWORD, SIGN_IN, person, platform_admin, sign_in
from core.testing import TenantClient, TenantTestCase


def flags(cookie: "Morsel[str]") -> tuple[object, ...]:
    return tuple(cookie[name] for name in ("secure", "httponly", "samesite", "path", "domain"))


class CookieTests(TenantTestCase):
    def test_signing_in_sets_three_cookies_of_this_host_and_no_other(self) -> None:
        person()

        response = sign_in(self.client)

        self.assertEqual(set(response.cookies), {"__Host-staff", "__Host-csrf", "__Host-device"})
        for cookie in response.cookies.values():
            self.assertEqual(flags(cookie), (True, True, "Lax", "/", ""))

    def test_the_form_sets_the_form_s_cookie_alone(self) -> None:
        response = self.client.get(SIGN_IN)

        self.assertEqual(set(response.cookies), {"__Host-csrf"})

    def test_pages_without_a_form_set_none(self) -> None:
        for host, path in (("alpha", "/branding.css"), ("alpha", "/nothing/"), ("api", "/api/schema")):
            self.assertEqual(dict(TenantClient(host).get(path).cookies), {})

    def test_the_admin_s_cookies_have_the_same_flags(self) -> None:
        admin = platform_admin()

        response = TenantClient("admin").post("/login/", {"username": admin.email, "password": PASSWORD})

        self.assertEqual(response.status_code, 302)
        self.assertEqual(set(response.cookies), {"__Host-staff", "__Host-csrf", "__Host-device"})
        for cookie in response.cookies.values():
            self.assertEqual(flags(cookie), (True, True, "Lax", "/", ""))
