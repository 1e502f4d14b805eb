"""Keys: who makes them, what they open and where, when they end, and that nobody is told why one does not work."""

import io
import logging
from datetime import timedelta
from typing import Any
from unittest import mock

import time_machine

from accounts.models import Session
from accounts.programs import Scope
from accounts.roles import NotPermitted, Role
from accounts.services import people
from accounts.tests.people import person, signed_in
from compliance.audit.models import AuditEvent
from core import clock, tenancy
from core.testing import OTHER, TenantClient
from interviews.tests import make
from llm import stats
from llm.tests.made import call
from tenants.models import ApiKey, Tenant
from tenants.services import api_keys, held_secrets
from tenants.tests.keyed import JOBS, KeyCase, key, owner, program

STATS = "/api/optimization_stats"


class KeyTests(KeyCase):
    def test_a_key_names_its_tenant_and_opens_the_api_s_host_and_the_tenant_s(self) -> None:
        made, text = key(by=self.owner)

        self.assertRegex(text, r"^cnd_alpha_[A-Za-z0-9]{51}$")
        self.assertTrue(self.works(text))
        self.assertTrue(self.works(text, "alpha"))
        self.assertNotIn(text[-43:], str(ApiKey.objects.filter(pk=made.pk).values()))

    def test_it_is_refused_on_another_tenant_s_host_with_the_words_for_no_key_at_all(self) -> None:
        _, text = key(by=self.owner)

        self.assertFalse(self.works(text, OTHER))
        self.assertFalse(self.works("cnd_beta_" + text.removeprefix("cnd_alpha_"), OTHER))
        self.assertFalse(self.works("cnd_beta_" + text.removeprefix("cnd_alpha_")))

    def test_what_is_no_key_is_refused(self) -> None:
        _, text = key(by=self.owner)

        for wrong in ("", "x", text[:-1], text + "x", text[:-1] + "é", "cndscim" + text[3:], text.upper(), "a" * 9000):
            with self.subTest(wrong[:70]):
                self.assertFalse(self.works(wrong))
        self.assertEqual(TenantClient("api").get(JOBS).status_code, 401)

    def test_an_unknown_key_costs_the_same_hashing_as_a_known_one(self) -> None:
        _, text = key(by=self.owner)
        counts = []

        for one in (text, text[:-1] + "!", "cnd_alpha_" + "Z" * 51):
            with mock.patch.object(held_secrets._keys, "verify", return_value=False) as verify:
                self.works(one)
            counts.append(verify.call_count)

        self.assertEqual(counts, [2, 2, 2])

    def test_both_tenants_may_hold_equal_rows_and_each_key_opens_its_own(self) -> None:

        theirs = owner(OTHER)
        with tenancy.enter(OTHER):
            make.job()
        _, mine_text = key(by=self.owner)
        _, their_text = key(by=theirs, tenant=OTHER)

        self.assertEqual(program(mine_text).get(JOBS).json()["results"], [])
        self.assertEqual(len(program(their_text).get(JOBS).json()["results"]), 1)

    def test_it_ends_at_its_time(self) -> None:
        _, text = key(by=self.owner, life=timedelta(days=30))

        with time_machine.travel(clock.now() + timedelta(days=30, seconds=1), tick=False):
            self.assertFalse(self.works(text))
        self.assertTrue(self.works(text))

    def test_a_new_secret_lets_the_old_one_work_as_long_as_was_chosen(self) -> None:
        made, old = key(by=self.owner)

        _, new = api_keys.rotate(key_id=made.pk, overlap=timedelta(days=1), by=self.owner)

        self.assertEqual((self.works(old), self.works(new)), (True, True))
        with time_machine.travel(clock.now() + timedelta(days=1, seconds=1), tick=False):
            self.assertEqual((self.works(old), self.works(new)), (False, True))
        _, newest = api_keys.rotate(key_id=made.pk, overlap=timedelta(0), by=self.owner)
        self.assertEqual([self.works(text) for text in (old, new, newest)], [False, False, True])

    def test_the_old_secret_never_works_longer_than_a_week(self) -> None:
        made, old = key(by=self.owner)

        for overlap in (timedelta(days=7, seconds=1), timedelta(seconds=-1)):
            with self.assertRaises(api_keys.CannotMake):
                api_keys.rotate(key_id=made.pk, overlap=overlap, by=self.owner)
        self.assertTrue(self.works(old))

    def test_revoked_is_ended_at_once_old_secret_and_all(self) -> None:
        made, old = key(by=self.owner)
        _, new = api_keys.rotate(key_id=made.pk, overlap=timedelta(days=1), by=self.owner)

        api_keys.revoke(key_id=made.pk, by=self.owner)
        api_keys.revoke(key_id=made.pk, by=self.owner)

        self.assertEqual((self.works(old), self.works(new)), (False, False))
        self.assertEqual(AuditEvent.objects.filter(action="api_key.revoked").count(), 1)
        with self.assertRaises(api_keys.NoSuchKey):
            api_keys.rotate(key_id=made.pk, overlap=timedelta(0), by=self.owner)

    def test_who_is_disabled_has_no_keys_from_that_moment_on_and_others_keep_theirs(self) -> None:
        admin = person("admin@alpha.example", role=Role.ADMIN)
        made, text = key(by=admin)
        _, other = key(by=self.owner)

        people.disable(user_id=admin.pk, source="test")

        self.assertEqual((self.works(text), self.works(other)), (False, True))
        people.enable(user_id=admin.pk, source="test")
        self.assertFalse(self.works(text))
        self.assertIsNotNone(ApiKey.objects.get(pk=made.pk).revoked_at)

    def test_somebody_disabled_in_one_tenant_ends_no_key_of_the_same_id_in_another(self) -> None:
        admin = person("admin@alpha.example", role=Role.ADMIN)
        with tenancy.enter(OTHER):
            twin = person("admin@beta.example", role=Role.ADMIN, pk=admin.pk)
        _, theirs = key(by=twin, tenant=OTHER)

        people.disable(user_id=admin.pk, source="test")

        self.assertTrue(self.works(theirs))

    def test_a_key_can_do_no_more_than_its_scopes(self) -> None:
        _, text = key(Scope.JOBS_READ, by=self.owner)

        statuses = [program(text).get(path).status_code for path in (JOBS, "/api/v1/interviews", STATS)]

        self.assertEqual(statuses, [200, 403, 403])
        self.assertEqual(program(text).post("/api/v1/invitations", {}, "application/json").status_code, 403)

    def test_a_key_can_do_no_more_than_its_maker_may_now(self) -> None:
        admin = person("admin@alpha.example", role=Role.ADMIN)
        _, text = key(by=admin)

        people.change_role(user_id=admin.pk, role=Role.RECRUITER, source="test")

        self.assertEqual(program(text).get(JOBS).status_code, 403)
        people.change_role(user_id=admin.pk, role=Role.ADMIN, source="test")
        self.assertEqual(program(text).get(JOBS).status_code, 200)

    def test_only_who_manages_keys_makes_changes_and_revokes_them(self) -> None:
        made, text = key(by=self.owner)

        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            other = person(f"{role}@alpha.example", role=role)
            for act in (
                lambda other=other: key(by=other),
                lambda other=other: api_keys.rotate(key_id=made.pk, overlap=timedelta(0), by=other),
                lambda other=other: api_keys.revoke(key_id=made.pk, by=other),
            ):
                with self.subTest(role), self.assertRaises(NotPermitted):
                    act()
        self.assertTrue(self.works(text))
        self.assertEqual(ApiKey.objects.count(), 1)

    def test_what_can_t_be_a_key_is_refused_in_words(self) -> None:
        odd: list[dict[str, Any]] = [
            {"name": " "},
            {"name": "x" * 81},
            {"name": "a\x00b"},
            {"scopes": []},
            {"scopes": ["everything"]},
            {"life": timedelta(days=366)},
            {"life": timedelta(0)},
        ]
        for fields in odd:
            asked: dict[str, Any] = {"name": "Reports", "scopes": [Scope.JOBS_READ], "life": timedelta(days=1)}
            with self.subTest(str(fields)), self.assertRaises(api_keys.CannotMake):
                api_keys.create(**asked | fields, by=self.owner)
        self.assertEqual(ApiKey.objects.count(), 0)

    def test_a_tenant_has_at_most_fifty_that_work(self) -> None:
        with mock.patch.object(api_keys, "MOST", 2):
            first, _ = key(by=self.owner)
            key(by=self.owner)
            with self.assertRaises(api_keys.CannotMake):
                key(by=self.owner)
            api_keys.revoke(key_id=first.pk, by=self.owner)
            key(by=self.owner)

        self.assertEqual(ApiKey.objects.count(), 3)

    def test_a_key_of_another_tenant_can_t_be_changed_or_revoked(self) -> None:
        made, text = key(by=owner(OTHER), tenant=OTHER)

        with self.assertRaises(api_keys.NoSuchKey):
            api_keys.rotate(key_id=made.pk, overlap=timedelta(0), by=self.owner)
        with self.assertRaises(api_keys.NoSuchKey):
            api_keys.revoke(key_id=made.pk, by=self.owner)

        self.assertTrue(self.works(text))

    def test_no_session_speaks_beside_a_key(self) -> None:
        _, text = key(Scope.JOBS_READ, by=self.owner)
        client = signed_in(self.owner)
        client.defaults["HTTP_X_API_KEY"] = text

        self.assertEqual(client.get("/settings/api-keys/").status_code, 302)
        self.assertEqual(client.get(STATS).status_code, 403)

    def test_a_suspended_tenant_s_key_opens_nothing(self) -> None:
        _, text = key(by=self.owner)
        Tenant.objects.filter(subdomain="alpha").update(status=Tenant.Status.SUSPENDED)
        tenancy.forget()

        self.assertEqual(program(text).get(JOBS).status_code, 503)

    def test_on_the_admin_s_and_the_public_host_a_key_is_nothing(self) -> None:
        _, text = key(by=self.owner)

        self.assertEqual(TenantClient("admin", HTTP_X_API_KEY=text).get(STATS).status_code, 401)

    def test_the_usage_of_the_models_is_the_key_s_own_tenant_s(self) -> None:
        _, text = key(Scope.USAGE_READ, by=self.owner)

        stats.forget()
        call(clock.now() - timedelta(minutes=1), tenant=OTHER)
        call(clock.now() - timedelta(minutes=1))

        for host in ("api", "alpha"):
            found = program(text, host).get(STATS, {"tenant": OTHER}).json()
            self.assertEqual(found["total_requests"], 1)

    def test_what_a_key_does_is_in_the_trail_as_the_key_s(self) -> None:

        job = make.job()
        made, text = key(Scope.INVITATIONS_WRITE, by=self.owner)
        body = {"job_id": str(job.pk), "name": "Eve", "email": "eve@example.org"}

        response = program(text).post("/api/v1/invitations", body, "application/json")

        self.assertEqual(response.status_code, 201, response.content)
        event = AuditEvent.objects.get(action="candidate.invited")
        self.assertEqual((event.actor_type, event.actor_id), ("api_key", made.pk))

    def test_the_secret_is_in_no_log_no_session_and_no_trail(self) -> None:
        said = io.StringIO()
        handler = logging.StreamHandler(said)
        logging.getLogger().addHandler(handler)
        self.addCleanup(logging.getLogger().removeHandler, handler)
        client = signed_in(self.owner)

        response = client.post("/settings/api-keys/", {"name": "R", "scopes": ["jobs:read"], "days": "30"})
        text = next(part for part in response.content.decode().split('"') if part.startswith("cnd_alpha_"))
        self.works(text)
        self.works(text + "x")

        held = "".join(row.session_data for row in Session.objects.all())
        stored = str(list(AuditEvent.objects.values())) + str(list(ApiKey.objects.values()))
        for place in (said.getvalue(), held, stored, str(client.session.items())):
            self.assertNotIn(text[18:], place)
        self.assertNotIn(text, client.get("/settings/api-keys/").content.decode())
