"""Production assumes nothing: what is missing is named, and who may speak for clients is named by address."""

import os
from unittest import mock

from django.test import SimpleTestCase

from config import env

COMPLETE = dict.fromkeys(env.REQUIRED_IN_PRODUCTION, "x") | {"FORWARDED_ALLOW_IPS": "10.0.0.4"}


class ProductionSettingsTests(SimpleTestCase):
    def require(self, **changed: str) -> None:
        with mock.patch.dict(os.environ, COMPLETE | changed):
            env.require_production_settings()

    def refused(self, **changed: str) -> str:
        """Why production does not start; "" if it does."""
        try:
            self.require(**changed)
        except (env.MissingSettings, env.UnsafeSettings) as error:
            return str(error)
        return ""

    def test_complete_settings_are_enough(self) -> None:
        self.assertEqual(self.refused(), "")

    def test_whatever_is_missing_is_named(self) -> None:
        with self.assertRaises(env.MissingSettings) as caught:
            self.require(EMAIL_URL="", FORWARDED_ALLOW_IPS="")

        self.assertEqual(
            str(caught.exception),
            "CANDOR_ENV=production needs these settings in the environment: FORWARDED_ALLOW_IPS, EMAIL_URL. "
            "Each is described in .env.example.",
        )

    def test_balancers_are_addresses_and_networks(self) -> None:
        for value in ("127.0.0.1", "127.0.0.1,::1", "10.0.0.4, 10.0.1.0/24", "fd00::/8"):
            with self.subTest(value):
                self.assertEqual(self.refused(FORWARDED_ALLOW_IPS=value), "")

    def test_everybody_is_no_balancer(self) -> None:
        for value in ("*", "10.0.0.4,*", "0.0.0.0/0", "::/0"):
            with self.subTest(value), self.assertRaises(env.UnsafeSettings) as caught:
                self.require(FORWARDED_ALLOW_IPS=value)

            self.assertIn(
                "lets every client choose the address that rate limits and lock-outs count", str(caught.exception)
            )

    def test_what_would_quietly_match_nobody_is_refused(self) -> None:
        for value, item in (("balancer", "balancer"), ("10.0.0.4,", ""), ("10.0.0.5/8", "10.0.0.5/8")):
            with self.subTest(value), self.assertRaises(env.UnsafeSettings) as caught:
                self.require(FORWARDED_ALLOW_IPS=value)

            self.assertIn(f"names {item!r}, which is no address or network: ", str(caught.exception))


class StripeSettingsTests(SimpleTestCase):
    def read(self, mode: str, **given: str) -> dict[str, str]:
        clean = {f"STRIPE_{name}": "" for name in ("SECRET_KEY", "WEBHOOK_SECRET", "API_BASE")}
        told = {f"STRIPE_{name}": value for name, value in given.items()}
        with mock.patch.dict(os.environ, clean | told | {"CANDOR_ENV": mode}):
            return env.stripe_settings()

    def test_without_a_key_it_is_off(self) -> None:
        self.assertEqual(set(self.read("production").values()), {""})

    def test_tests_never_see_somebody_s_key(self) -> None:
        found = self.read("test", SECRET_KEY="sk", WEBHOOK_SECRET="whsec")  # pragma: allowlist secret
        self.assertEqual(set(found.values()), {""})

    def test_a_key_needs_the_secret_that_tells_stripe_s_messages_from_others(self) -> None:
        with self.assertRaises(env.UnsafeSettings) as caught:
            self.read("production", SECRET_KEY="sk")  # pragma: allowlist secret

        self.assertIn("STRIPE_WEBHOOK_SECRET", str(caught.exception))
        both = self.read("production", SECRET_KEY="sk", WEBHOOK_SECRET=" w ")  # pragma: allowlist secret
        self.assertEqual(both["STRIPE_WEBHOOK_SECRET"], "w")

    def test_in_production_the_key_goes_to_stripe_alone(self) -> None:
        given = {"SECRET_KEY": "sk", "WEBHOOK_SECRET": "w"}  # pragma: allowlist secret
        given["API_BASE"] = "http://127.0.0.1:9"
        with self.assertRaises(env.UnsafeSettings):
            self.read("production", **given)

        self.assertEqual(self.read("development", **given)["STRIPE_API_BASE"], "http://127.0.0.1:9")
