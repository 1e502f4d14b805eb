"""Who speaks SCIM: the tenant's directory with its token, on the tenant's host alone; and the page that makes it."""

from datetime import timedelta
from typing import Any
from unittest import mock

import time_machine
from django.apps import apps
from django.core.cache import cache
from redis import RedisError

from accounts.models import ScimUser, Session, User
from accounts.roles import NotPermitted, Role
from accounts.tests.people import person, signed_in
from core import clock, tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from tenants.models import ScimConnection, Tenant
from tenants.services.scim import connection
from tenants.tests.directory import GROUPS, USERS, Directory, token, verified
from tenants.tests.keyed import key, owner

PAGE = "/settings/scim/"
PATHS = (
    *(USERS, GROUPS, f"{USERS}/00000000-0000-7000-8000-000000000000", "/scim/v2/Schemas", "/scim/v2/ResourceTypes"),
    *("/scim/v2/ServiceProviderConfig", "/scim/v2/whatever", "/scim/v2/Bulk"),
)

AuditEvent: Any = apps.get_model("audit", "AuditEvent")


class RefusedBeforeTests(TenantTestCase):
    """What is refused before a view is asked is SCIM's JSON too, and says nothing about the tenant."""

    def refused(self, response: Any, status: int) -> str:
        found = response.json()
        self.assertEqual((response.status_code, response["Content-Type"]), (status, "application/scim+json"))
        self.assertEqual(set(found), {"schemas", "status", "detail"})
        self.assertEqual(found["schemas"], ["urn:ietf:params:scim:api:messages:2.0:Error"])
        self.assertEqual(found["status"], str(status))
        return str(found["detail"])

    def test_a_body_that_is_too_large_or_of_no_length(self) -> None:
        large = self.client.generic("POST", USERS, "x" * 300_000, content_type="application/scim+json")
        chunked = self.client.generic("POST", USERS, "{}", CONTENT_LENGTH="", HTTP_TRANSFER_ENCODING="chunked")

        self.assertIn("256 KiB", self.refused(large, 413))
        self.refused(chunked, 411)

    def test_a_host_that_nobody_has_and_a_tenant_that_is_not_served(self) -> None:
        self.refused(TenantClient("nobody").get(USERS), 404)
        for status, words in (("provisioning", "is being set up"), ("suspended", "is suspended")):
            Tenant.objects.filter(schema_name="alpha").update(status=status)
            tenancy.forget()

            response = self.client.get(USERS)

            self.assertIn(words, self.refused(response, 503))
            self.assertEqual(response["Retry-After"], "60")

    def test_while_redis_is_away(self) -> None:
        with mock.patch.object(connection, "admit", side_effect=RedisError):
            self.refused(self.client.get(USERS), 503)


class TokenTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        verified("alpha.example")
        self.owner = owner()
        self.token = token(self.owner)

    def status(self, text: str, host: str = "alpha") -> int:
        return int(Directory(text, host).client.get(USERS).status_code)

    def test_only_the_hash_of_a_token_is_kept(self) -> None:
        self.assertRegex(self.token, r"^cndscim_alpha_[A-Za-z0-9]{51}$")
        self.assertNotIn(self.token[-43:], str(list(ScimConnection.objects.values())))
        self.assertEqual(self.status(self.token), 200)
        self.assertIsNotNone(ScimConnection.objects.get().last_used_at)

    def test_without_the_token_every_address_answers_the_same(self) -> None:
        _, api_key = key(by=self.owner)
        anonymous, person_s = TenantClient(), signed_in(self.owner)

        answers = set()
        for path in PATHS:
            for client in (anonymous, person_s, Directory(api_key).client, Directory(self.token[:-1] + "!").client):
                response = client.get(path)
                answers.add((response.status_code, response["Content-Type"], response.content))
                cache.clear()  # of the guesses of this address
        self.assertEqual([(status, kind) for status, kind, _ in answers], [(401, "application/scim+json")])

    def test_a_token_of_beta_reads_and_writes_nothing_in_alpha_though_ids_are_equal(self) -> None:
        eve = Directory(self.token).make("eve@alpha.example")
        theirs_owner = owner(OTHER)
        verified("beta.example", OTHER)
        theirs = token(theirs_owner, OTHER)
        with self.in_tenant(OTHER):
            twin = person("twin@beta.example", pk=eve["id"])
        strange = Directory(theirs, "alpha")

        for method in ("GET", "PUT", "PATCH", "DELETE"):
            response = strange.send(method, f"{USERS}/{eve['id']}", {"userName": "x@alpha.example", "active": False})
            self.assertEqual(response.status_code, 401)
        self.assertEqual(strange.send("POST", USERS, {"userName": "x@alpha.example"}).status_code, 401)
        self.assertEqual(self.status("cndscim_alpha" + theirs.removeprefix("cndscim_beta")), 401)
        self.assertTrue(User.objects.get(pk=eve["id"]).is_active)
        self.assertEqual(User.objects.count(), 2)
        own = Directory(theirs, OTHER)
        self.assertEqual(own.send("DELETE", f"{USERS}/{twin.pk}").status_code, 204)
        self.assertTrue(User.objects.get(pk=eve["id"]).is_active)
        self.assertEqual(ScimUser.objects.filter(deleted_at=None).count(), 1)

    def test_it_is_no_token_on_the_platform_s_hosts(self) -> None:
        self.assertEqual([self.status(self.token, host) for host in ("api", "admin")], [404, 302])

    def test_a_new_token_lets_the_old_one_work_as_long_as_was_chosen(self) -> None:
        new = connection.new_token(by=self.owner, overlap=timedelta(hours=1))

        self.assertEqual((self.status(self.token), self.status(new)), (200, 200))
        with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1), tick=False):
            self.assertEqual((self.status(self.token), self.status(new)), (401, 200))
        connection.end(by=self.owner)
        self.assertEqual((self.status(self.token), self.status(new)), (401, 401))
        last = connection.new_token(by=self.owner, overlap=timedelta(days=1))
        self.assertEqual((self.status(new), self.status(last)), (401, 200))

    def test_the_token_stays_when_who_made_it_is_ended(self) -> None:
        admin = person("admin@alpha.example", role=Role.ADMIN)
        text = token(admin)

        response = Directory(text).patch(f"{USERS}/{admin.pk}", {"op": "replace", "value": {"active": False}})

        self.assertEqual((response.status_code, self.status(text)), (200, 200))

    def test_who_guesses_tokens_is_heard_no_more_for_a_while(self) -> None:
        statuses = [self.status(self.token[:-1] + "!") for _ in range(31)]

        self.assertEqual(statuses, [401] * 30 + [429])

    def test_only_who_sets_up_sign_in_makes_tokens_and_lists_roles(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            other = person(f"{role}@alpha.example", role=role)
            for act in (
                lambda other=other: connection.new_token(by=other),
                lambda other=other: connection.end(by=other),
                lambda other=other: connection.give_roles(group_roles={}, by=other),
            ):
                with self.subTest(role), self.assertRaises(NotPermitted):
                    act()
            client = signed_in(other)
            for path in (PAGE, f"{PAGE}token/", f"{PAGE}end/"):
                self.assertEqual(client.post(path, {"hours": "0"}).status_code, 403)
        self.assertEqual(self.status(self.token), 200)


class PageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = owner()
        self.client = signed_in(self.owner)

    def test_the_token_is_shown_once_and_is_in_no_session_and_no_trail(self) -> None:
        response = self.client.post(f"{PAGE}token/", {"hours": "0"})
        text = next(part for part in response.content.decode().split('"') if part.startswith("cndscim_alpha_"))

        self.assertEqual(Directory(text).client.get(USERS).status_code, 200)
        self.assertNotContains(self.client.get(PAGE), text)
        held = "".join(row.session_data for row in Session.objects.all()) + str(self.client.session.items())
        self.assertNotIn(text[20:], held + str(list(AuditEvent.objects.values())))
        self.assertEqual(self.client.post(f"{PAGE}end/").status_code, 302)
        self.assertEqual(Directory(text).client.get(USERS).status_code, 401)

    def test_the_roles_of_groups_are_written_a_line_each(self) -> None:
        self.client.post(f"{PAGE}token/", {"hours": "0"})

        response = self.client.post(PAGE, {"group_roles": "Talent = team = recruiter\n\n Chiefs=Admin"})

        self.assertEqual(response.status_code, 302)
        self.assertEqual(ScimConnection.objects.get().group_roles, {"Talent = team": "recruiter", "Chiefs": "admin"})
        self.assertContains(self.client.get(PAGE), "Chiefs = admin")

    def test_a_line_that_says_no_role_is_refused_and_nothing_changes(self) -> None:
        self.client.post(f"{PAGE}token/", {"hours": "0"})

        for lines in ("Talent", "Talent = owner", "= admin", "Talent = king", "x" * 300 + " = admin"):
            with self.subTest(lines[:30]):
                response = self.client.post(PAGE, {"group_roles": lines})
                self.assertContains(response, "group = role", status_code=400)
        self.assertEqual(ScimConnection.objects.get().group_roles, {})

    def test_of_another_tenant_nothing_is_shown_or_changed(self) -> None:
        theirs_owner = owner(OTHER)
        token(self.owner)
        with tenancy.enter(OTHER):
            theirs = signed_in(theirs_owner, OTHER)

        theirs.post(f"{PAGE}token/", {"hours": "0"})
        theirs.post(PAGE, {"group_roles": "Talent = admin"})
        theirs.post(f"{PAGE}end/")

        mine = ScimConnection.objects.get(tenant__subdomain="alpha")
        self.assertEqual((mine.group_roles, bool(mine.hashed)), ({}, True))
