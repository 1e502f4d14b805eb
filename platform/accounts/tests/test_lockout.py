"""Eight failures by one address for one name lock that pair out, and nobody else."""

from typing import Any
from unittest import mock

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.test import RequestFactory

from accounts import lockout
from accounts.tests.people import is_in, person, platform_admin, sign_in
from core.redis import client as valkey
from core.redis import pseudonym
from core.testing import OTHER, TenantClient, TenantTestCase

HERE, THERE = "192.0.2.1", "192.0.2.2"
NOT_IT = "wrong"


class LockoutTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        person("ada@alpha.example")
        person("bea@alpha.example")

    def miss(self, times: int, email: str = "ada@alpha.example", address: str = HERE) -> list[int]:
        """The statuses of so many wrong tries."""
        return [self.try_once(email, NOT_IT, address).status_code for _ in range(times)]

    def try_once(self, email: str = "ada@alpha.example", password: str = "", address: str = HERE) -> Any:
        more = {"password": password} if password else {}
        return sign_in(TenantClient(), email, **more, REMOTE_ADDR=address)

    def test_after_eight_failures_the_right_password_does_not_help_either(self) -> None:
        self.assertEqual(self.miss(8), [200] * 7 + [429])

        response = self.try_once()

        self.assertEqual((response.status_code, response["Retry-After"]), (429, "900"))

    def test_after_seven_it_still_does(self) -> None:
        self.miss(7)

        self.assertEqual(self.try_once().status_code, 302)

    def test_capitals_and_spaces_are_the_same_name(self) -> None:
        for email in ("ada@alpha.example", "ADA@alpha.example", " Ada@Alpha.Example ") * 3:
            self.miss(1, email)

        self.assertEqual(self.try_once().status_code, 429)

    def test_a_success_forgets_the_failures_before_it(self) -> None:
        self.miss(7)
        self.try_once()

        self.assertEqual(self.miss(7), [200] * 7)

    def test_another_address_and_another_name_are_not_locked_out(self) -> None:
        self.miss(8)

        self.assertEqual(self.try_once(address=THERE).status_code, 302)
        self.assertEqual(self.try_once("bea@alpha.example").status_code, 302)

    def test_the_same_name_in_another_tenant_is_not_locked_out(self) -> None:
        with self.in_tenant(OTHER):
            person("ada@alpha.example")
        self.miss(8)

        self.assertEqual(sign_in(TenantClient(OTHER), REMOTE_ADDR=HERE).status_code, 302)

    def test_an_unknown_name_is_locked_out_alike(self) -> None:
        self.assertEqual(self.miss(8, "eve@alpha.example"), [200] * 7 + [429])

    def test_a_session_that_runs_is_not_ended_by_somebody_else_s_failures(self) -> None:
        client = TenantClient()
        sign_in(client, REMOTE_ADDR=HERE)

        self.miss(9)

        self.assertTrue(is_in(client))

    def test_the_platform_s_admin_is_locked_too(self) -> None:
        admin = platform_admin()
        for _ in range(8):
            form = {"username": admin.email, "password": NOT_IT}
            last = TenantClient("admin").post("/login/", form, REMOTE_ADDR=HERE)

        self.assertEqual(last.status_code, 429)

    def test_valkey_holds_neither_names_nor_addresses_in_any_key_or_value(self) -> None:
        self.miss(3)

        held = b" ".join(_everything())
        self.assertIn(b"candor:alpha:cache", held)
        for secret in (b"ada@", b"alpha.example", HERE.encode(), b"wrong"):
            self.assertNotIn(secret, held)

    def test_what_is_counted_by_are_keyed_hashes_of_the_name_and_the_address(self) -> None:
        request = RequestFactory().post("/sign-in/", {"username": " ADA@alpha.example"}, REMOTE_ADDR=HERE)

        self.assertEqual(lockout.username(request), pseudonym("ada@alpha.example"))
        self.assertEqual(lockout.username(request, {"username": "Bea@alpha.example "}), pseudonym("bea@alpha.example"))
        self.assertEqual(lockout.address(request), pseudonym(HERE))


def _everything() -> list[bytes]:
    """Each key of Valkey, and the serialised value of it."""
    found: list[bytes] = []
    for key in valkey().scan_iter("candor:*"):
        dumped: Any = valkey().dump(key)
        found += [key, dumped or b""]
    return found


class RedisAwayTests(TenantTestCase):
    def test_a_sign_in_that_cannot_be_counted_is_refused_with_a_page_that_says_to_wait(self) -> None:
        person()
        self.addCleanup(AxesProxyHandler.get_implementation, force=True)
        nowhere = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
        for browser, path in ((TenantClient(), "/sign-in/"), (TenantClient("admin"), "/login/")):
            with self.settings(CACHES=nowhere), self.subTest(path):
                AxesProxyHandler.get_implementation(force=True)
                response = browser.post(path, {"username": "ada@alpha.example", "password": NOT_IT})

                self.assertContains(response, "Not available for the moment", status_code=503)
                self.assertEqual(response["Retry-After"], "5")


class RateTests(TenantTestCase):
    def statuses(self, browser: Any, path: str, addresses: list[str]) -> list[int]:
        """What each address is told, trying one person after the other."""
        return [
            browser.post(
                path, {"username": f"n{number}@alpha.example", "password": NOT_IT}, REMOTE_ADDR=address
            ).status_code
            for number, address in enumerate(addresses)
        ]

    def test_so_many_tries_a_minute_from_one_address_are_enough_on_the_admin_too(self) -> None:
        for browser, path in ((TenantClient(), "/sign-in/"), (TenantClient("admin"), "/login/")):
            with self.subTest(path), mock.patch("accounts.backends.RATE", "3/minute"):
                self.assertEqual(self.statuses(browser, path, [HERE] * 5), [200] * 3 + [429] * 2)
                self.assertEqual(self.statuses(browser, path, [THERE]), [200])

    def test_the_addresses_of_one_ipv6_network_count_as_one(self) -> None:
        network = [f"2001:db8:1:2::{number:x}" for number in range(5)]
        with mock.patch("accounts.backends.RATE", "3/minute"):
            self.assertEqual(self.statuses(TenantClient(), "/sign-in/", network), [200] * 3 + [429] * 2)
            self.assertEqual(self.statuses(TenantClient(), "/sign-in/", ["2001:db8:1:3::1"]), [200])
