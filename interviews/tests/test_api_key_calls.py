"""Calls by key: their count by plan, guesses, the last use, and what holds while nothing can be counted."""

from datetime import timedelta
from unittest import mock

from django.test import override_settings

from core.testing import OTHER, TenantClient
from tenants.models import ApiKey
from tenants.services import api_keys, held_secrets
from tenants.tests.keyed import JOBS, KeyCase, key, owner, program


class CallTests(KeyCase):
    def test_its_last_use_is_written_once_a_minute(self) -> None:
        made, text = key(by=self.owner)
        self.works(text)
        used = ApiKey.objects.get(pk=made.pk).last_used_at
        assert used is not None

        with mock.patch.object(held_secrets, "touch") as touch:
            self.works(text)
            self.assertEqual(touch.call_count, 0)
            ApiKey.objects.filter(pk=made.pk).update(last_used_at=used - timedelta(seconds=61))
            self.works(text)
            self.assertEqual(touch.call_count, 1)

    def test_above_the_plan_s_calls_a_minute_it_is_told_when_to_come_back(self) -> None:
        _, text = key(by=self.owner)
        _, second = key(by=self.owner)
        with mock.patch.object(api_keys, "_limits", [lambda: 3]):
            statuses = [program(one).get(JOBS).status_code for one in (text, second, text)]
            response = program(second).get(JOBS)
            theirs = program(key(by=owner(OTHER), tenant=OTHER)[1]).get(JOBS)

        self.assertEqual(statuses, [200, 200, 200])
        self.assertEqual((response.status_code, response["Content-Type"]), (429, "application/problem+json"))
        self.assertGreaterEqual(int(response["Retry-After"]), 1)
        self.assertEqual(response.json()["type"], "urn:candor:problem:too_many_requests")
        self.assertEqual(theirs.status_code, 200)

    def test_the_limit_is_that_of_the_tenant_s_plan(self) -> None:
        self.assertEqual([limit() for limit in api_keys._limits], [60])

    def test_who_guesses_keys_is_heard_no_more_for_a_while_and_others_are(self) -> None:
        _, text = key(by=self.owner)
        wrong = program("cnd_alpha_" + "Z" * 51)

        statuses = [wrong.get(JOBS).status_code for _ in range(31)]

        self.assertEqual(statuses, [401] * 30 + [429])
        self.assertEqual(program(text).get(JOBS).status_code, 429)
        elsewhere = TenantClient("api", HTTP_X_API_KEY=text, REMOTE_ADDR="203.0.113.9")
        self.assertEqual(elsewhere.get(JOBS).status_code, 200)

    @override_settings(REDIS_URL="redis://127.0.0.1:1/0")
    def test_without_the_counters_keys_go_on_working(self) -> None:
        from core import ratelimit

        _, text = key(by=self.owner)
        ratelimit._limiter.cache_clear()
        self.addCleanup(ratelimit._limiter.cache_clear)

        self.assertTrue(self.works(text))
