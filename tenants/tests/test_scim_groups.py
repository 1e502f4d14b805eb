"""Groups as Okta and Entra write them, and the roles they give by the tenant's own list."""

import re
from typing import Any

from django.db import connection as db
from django.test.utils import CaptureQueriesContext

from accounts.models import ScimGroup, User
from accounts.roles import Role
from accounts.services import people
from core.testing import TenantTestCase
from tenants.services.scim import connection
from tenants.tests.directory import GROUPS, Directory, token, verified
from tenants.tests.keyed import owner

HOLDS_OWNERS = re.compile("\"accounts_user\".*'owner'.*FOR UPDATE")


class GroupTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        verified("alpha.example")
        self.owner = owner()
        self.directory = Directory(token(self.owner))
        self.eve = self.directory.make("eve@alpha.example")["id"]
        self.bob = self.directory.make("bob@alpha.example")["id"]

    def members(self, group: Any) -> set[str]:
        return {str(pk) for pk in ScimGroup.objects.get(pk=group["id"]).members.values_list("pk", flat=True)}

    def role(self, user_id: Any) -> str:
        return User.objects.get(pk=user_id).role

    def give(self, **group_roles: str) -> None:
        connection.give_roles(group_roles=group_roles, by=self.owner)

    def test_members_come_and_go_as_entra_writes_them(self) -> None:
        group = self.directory.group("Team")
        path = f"{GROUPS}/{group['id']}"

        self.directory.patch(
            path, {"op": "Add", "path": "members", "value": [{"value": self.eve}, {"value": self.bob}]}
        )
        self.assertEqual(self.members(group), {self.eve, self.bob})
        self.directory.patch(path, {"op": "Remove", "path": "members", "value": [{"value": self.eve}]})
        self.assertEqual(self.members(group), {self.bob})
        self.directory.patch(path, {"op": "Remove", "path": "members", "value": []})
        self.assertEqual(self.members(group), {self.bob})
        self.directory.patch(path, {"op": "Add", "path": "members", "value": [{"$ref": None, "value": self.bob}]})
        self.assertEqual(self.members(group), {self.bob})
        self.directory.patch(path, {"op": "Remove", "path": "members"})
        self.assertEqual(self.members(group), set())

    def test_members_come_and_go_as_okta_writes_them(self) -> None:
        group = self.directory.group("Team", self.eve)
        path = f"{GROUPS}/{group['id']}"

        self.directory.patch(
            path,
            {"op": "remove", "path": f'members[value eq "{self.eve}"]'},
            {"op": "add", "path": "members", "value": [{"value": self.bob, "display": "bob@alpha.example"}]},
        )
        self.assertEqual(self.members(group), {self.bob})
        self.directory.patch(path, {"op": "replace", "path": "members", "value": [{"value": self.eve}]})
        self.assertEqual(self.members(group), {self.eve})
        renamed = self.directory.patch(path, {"op": "replace", "value": {"id": group["id"], "displayName": "Crew"}})
        self.assertEqual((renamed.status_code, renamed.json()["displayName"]), (200, "Crew"))
        self.directory.send("PUT", path, {"displayName": "Crew", "members": []})
        self.assertEqual(self.members(group), set())

    def test_a_push_holds_nobody_whose_role_is_right_already(self) -> None:
        self.give(crew="reviewer", talent="recruiter")

        with CaptureQueriesContext(db) as queries:
            self.directory.group("Crew", self.eve, self.bob)
        self.assertEqual([one["sql"] for one in queries if HOLDS_OWNERS.search(one["sql"])], [])

        with CaptureQueriesContext(db) as queries:
            self.directory.group("Talent", self.eve)
        self.assertEqual(len([one for one in queries if HOLDS_OWNERS.search(one["sql"])]), 1)
        self.assertEqual((self.role(self.eve), self.role(self.bob)), (Role.RECRUITER, Role.REVIEWER))

    def test_a_group_gives_the_role_that_the_tenant_lists_and_leaving_it_takes_it(self) -> None:
        group = self.directory.group("Talent", self.eve)
        self.directory.group("Other", self.bob)

        self.give(talent="recruiter")
        self.assertEqual((self.role(self.eve), self.role(self.bob)), (Role.RECRUITER, Role.REVIEWER))
        self.directory.patch(f"{GROUPS}/{group['id']}", {"op": "add", "path": "members", "value": {"value": self.bob}})
        self.assertEqual(self.role(self.bob), Role.RECRUITER)
        self.directory.patch(f"{GROUPS}/{group['id']}", {"op": "remove", "path": f'members[value eq "{self.bob}"]'})
        self.assertEqual((self.role(self.eve), self.role(self.bob)), (Role.RECRUITER, Role.REVIEWER))
        self.directory.send("DELETE", f"{GROUPS}/{group['id']}")
        self.assertEqual(self.role(self.eve), Role.REVIEWER)

    def test_of_several_groups_the_highest_role_counts(self) -> None:
        self.give(talent="recruiter", chiefs="admin")
        self.directory.group("Talent", self.eve)
        chiefs = self.directory.group("Chiefs", self.eve)

        self.assertEqual(self.role(self.eve), Role.ADMIN)
        self.directory.patch(f"{GROUPS}/{chiefs['id']}", {"op": "replace", "value": {"displayName": "Former"}})
        self.assertEqual(self.role(self.eve), Role.RECRUITER)
        self.give()
        self.assertEqual(self.role(self.eve), Role.REVIEWER)

    def test_no_group_makes_an_owner_and_none_changes_one(self) -> None:
        with self.assertRaises(connection.CannotSetUp):
            self.give(owners="owner")
        self.give(talent="auditor")

        self.directory.group("Talent", str(self.owner.pk), self.eve)
        self.directory.group("owners", self.bob)

        self.assertEqual(
            [self.role(one) for one in (self.owner.pk, self.eve, self.bob)], ["owner", "auditor", "reviewer"]
        )

    def test_a_role_that_was_given_in_the_portal_stays_until_a_group_says_otherwise(self) -> None:
        people.change_role(user_id=self.eve, role=Role.ADMIN, source="test")
        other = self.directory.group("Other", self.eve)

        self.directory.send("DELETE", f"{GROUPS}/{other['id']}")

        self.assertEqual(self.role(self.eve), Role.ADMIN)

    def test_a_member_who_is_nobody_here_is_refused_and_nothing_changes(self) -> None:
        group = self.directory.group("Team", self.eve)
        gone = self.directory.make("gone@alpha.example")["id"]
        self.directory.send("DELETE", f"/scim/v2/Users/{gone}")

        for value in (gone, group["id"], "x", None, 7):
            add = {"op": "add", "path": "members", "value": [{"value": value}]}
            response = self.directory.patch(f"{GROUPS}/{group['id']}", add)
            self.assertEqual((response.status_code, response.json()["scimType"]), (400, "invalidValue"))
        self.assertEqual(self.members(group), {self.eve})

    def test_two_groups_never_have_one_name(self) -> None:
        self.directory.group("Team")
        other = self.directory.group("Other")

        for response in (
            self.directory.send("POST", GROUPS, {"displayName": "TEAM"}),
            self.directory.send("PUT", f"{GROUPS}/{other['id']}", {"displayName": "team"}),
        ):
            self.assertEqual((response.status_code, response.json()["scimType"]), (409, "uniqueness"))
        self.assertEqual(ScimGroup.objects.count(), 2)

    def test_groups_are_found_by_name_and_by_member(self) -> None:
        team, other = self.directory.group("Team", self.eve)["id"], self.directory.group("Other", self.bob)["id"]

        self.assertEqual(self.directory.ids('displayName eq "team"', GROUPS), [team])
        self.assertEqual(self.directory.ids(f'members.value eq "{self.bob}"', GROUPS), [other])
        bare = self.directory.client.get(f"{GROUPS}/{team}", {"excludedAttributes": "members"}).json()
        self.assertNotIn("members", bare)

    def test_a_person_s_document_names_their_groups(self) -> None:
        team = self.directory.group("Team", self.eve)["id"]

        found = self.directory.client.get(f"/scim/v2/Users/{self.eve}").json()["groups"]

        self.assertEqual([(one["value"], one["display"]) for one in found], [(team, "Team")])
