"""However many addresses an attacker has, few passwords of one account are looked at, and its owner still gets in."""

from typing import Any
from unittest import mock

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import guesses
from accounts.tests.people import is_in, person, sign_in
from core.redis import client as valkey
from core.testing import OTHER, TenantClient, TenantTestCase

HOME_ADDRESS, CAFE = "192.0.2.1", "203.0.113.77"


def address(number: int) -> str:
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


class GuessTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        for key in valkey().scan_iter("candor:*:guesses:*"):
            valkey().delete(key)
        for key in valkey().scan_iter("candor:*:known-address:*"):
            valkey().delete(key)
        self.victim = person()
        self.laptop = TenantClient()
        sign_in(self.laptop, REMOTE_ADDR=HOME_ADDRESS)
        self.laptop.post("/sign-out/")

    def guess(self, times: int, email: str = "ada@alpha.example") -> tuple[int, list[int]]:
        """How many passwords were looked at, and the statuses."""
        with mock.patch.object(User, "check_password", return_value=False) as looked_at:
            statuses = [
                sign_in(TenantClient(), email, "wrong", REMOTE_ADDR=address(number)).status_code
                for number in range(times)
            ]
        return looked_at.call_count, statuses

    def enters(self, client: Client, **more: Any) -> bool:
        return bool(sign_in(client, **more).status_code == 302) and is_in(client)

    def test_of_many_guesses_from_many_addresses_fifteen_are_looked_at(self) -> None:
        looked_at, statuses = self.guess(60)

        self.assertEqual((looked_at, statuses.count(200), statuses.count(429)), (15, 15, 45))

    def test_the_victims_own_browser_gets_in_from_anywhere_and_a_new_one_from_a_known_address(self) -> None:
        self.guess(60)

        self.assertTrue(self.enters(self.laptop, REMOTE_ADDR=CAFE))
        self.assertTrue(self.enters(TenantClient(), REMOTE_ADDR=HOME_ADDRESS))
        self.assertFalse(self.enters(TenantClient(), REMOTE_ADDR="198.51.100.5"))

    def test_guesses_behind_the_victims_own_address_do_not_lock_the_victims_browser(self) -> None:
        for _ in range(40):
            sign_in(TenantClient(), password="wrong", REMOTE_ADDR=HOME_ADDRESS)  # pragma: allowlist secret

        self.assertTrue(self.enters(self.laptop, REMOTE_ADDR=HOME_ADDRESS))

    def test_a_known_browser_has_a_budget_too(self) -> None:
        with mock.patch.object(User, "check_password", return_value=False) as looked_at:
            for number in range(40):
                sign_in(self.laptop, password="wrong", REMOTE_ADDR=address(number))

        self.assertLessEqual(looked_at.call_count, 15)

    def test_a_browser_known_for_one_person_is_a_stranger_to_another(self) -> None:
        person("bea@alpha.example")
        self.guess(20, "bea@alpha.example")

        self.assertEqual(sign_in(self.laptop, "bea@alpha.example", REMOTE_ADDR=CAFE).status_code, 429)

    def test_a_forged_cookie_or_one_of_another_tenant_makes_nobody_known(self) -> None:
        with self.in_tenant(OTHER):
            person()
        elsewhere = TenantClient(OTHER)
        sign_in(elsewhere, REMOTE_ADDR=CAFE)
        foreign = elsewhere.cookies[guesses.COOKIE].value
        self.guess(20)
        for value in (foreign, "forged", self.laptop.cookies[guesses.COOKIE].value + "x"):
            client = TenantClient()
            client.cookies[guesses.COOKIE] = value

            self.assertEqual(sign_in(client, REMOTE_ADDR=CAFE).status_code, 429)

    def test_right_passwords_do_not_use_the_budget_up(self) -> None:
        for number in range(20):
            self.assertEqual(sign_in(TenantClient(), REMOTE_ADDR=address(number)).status_code, 302)

    def test_a_count_that_lost_its_end_gets_one_so_that_nobody_is_locked_out_for_good(self) -> None:
        self.guess(1)
        (budget,) = valkey().scan_iter("candor:*:guesses:password:*:strangers")
        valkey().delete(budget)
        valkey().decr(budget)  # as a refund after the hour

        self.guess(1)

        self.assertGreater(valkey().ttl(budget), 0)

    def test_names_that_nobody_has_are_told_the_same(self) -> None:
        with mock.patch.object(User, "set_password") as hashed:
            statuses = [
                sign_in(TenantClient(), "eve@alpha.example", REMOTE_ADDR=address(number)).status_code
                for number in range(20)
            ]

        self.assertEqual((statuses, hashed.call_count), ([200] * 15 + [429] * 5, 15))

    @pytest.mark.prove
    def test_of_ten_thousand_guesses_fifteen_are_looked_at_and_the_victim_gets_in(self) -> None:
        looked_at, statuses = self.guess(10_000)

        self.assertLessEqual(looked_at, 15)
        self.assertEqual(len(statuses), 10_000)
        self.assertTrue(self.enters(self.laptop, REMOTE_ADDR=CAFE))
