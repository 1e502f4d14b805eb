"""People as Okta and Entra write them: made, found, changed, ended; and what a directory may not do."""

from typing import Any

from django.apps import apps

from accounts.models import Identity, ScimUser, Session, User
from accounts.roles import Role
from accounts.services import people
from accounts.tests.people import person, signed_in
from core.testing import OTHER
from tenants.models import SamlConnection, Tenant
from tenants.tests.directory import ENTERPRISE, ENTRA, GROUPS, OKTA, USERS, DirectoryCase, verified
from tenants.tests.keyed import key, program

AuditEvent: Any = apps.get_model("audit", "AuditEvent")


class UserTests(DirectoryCase):
    def test_okta_makes_somebody_who_is_a_reviewer_whatever_else_it_sends(self) -> None:
        self.assertEqual(self.directory.ids('userName eq "test.user@alpha.example"'), [])

        made = self.directory.make(**OKTA, roles=[{"value": "owner"}], role="owner", is_staff=True)

        user = User.objects.get(pk=made["id"])
        self.assertEqual((user.email, user.name, user.role), ("test.user@alpha.example", "Test User", Role.REVIEWER))
        self.assertFalse(user.has_usable_password())
        self.assertEqual(made["userName"], "Test.User@alpha.example")
        self.assertEqual(made["meta"]["location"], f"http://alpha.candor.localhost{USERS}/{user.pk}")
        page = self.directory.client.get(
            USERS, {"filter": 'userName eq "TEST.USER@alpha.example"', "startIndex": "1", "count": "100"}
        ).json()
        self.assertEqual((page["totalResults"], page["Resources"][0]["id"]), (1, made["id"]))

    def test_okta_ends_somebody_without_a_path_and_everything_of_theirs_ends_at_once(self) -> None:
        admin = person("admin@alpha.example", role=Role.ADMIN)
        browser, (_, text) = signed_in(admin), key(by=admin)
        self.assertEqual(browser.get("/settings/api-keys/").status_code, 200)

        response = self.directory.patch(f"{USERS}/{admin.pk}", {"op": "replace", "value": {"active": False}})

        self.assertEqual((response.status_code, response.json()["active"]), (200, False))
        self.assertFalse(Session.objects.filter(user_id=admin.pk).exists())
        self.assertEqual(browser.get("/settings/api-keys/").status_code, 302)
        self.assertEqual(program(text).get("/api/v1/jobs").status_code, 401)
        event = AuditEvent.objects.get(action="user.disabled")
        self.assertEqual((event.actor_type, event.object_id), ("scim", str(admin.pk)))

    def test_entra_ends_and_brings_back_in_its_own_spelling(self) -> None:
        made = self.directory.make(**ENTRA)
        path, states = f"{USERS}/{made['id']}", []

        for value in ("False", "True", False, "true"):
            self.directory.patch(path, {"op": "Replace", "path": "active", "value": value})
            states.append(User.objects.get(pk=made["id"]).is_active)

        self.assertEqual(states, [False, True, False, True])

    def test_put_ends_somebody_and_without_active_leaves_them_ended(self) -> None:
        made = self.directory.make(**OKTA)
        path = f"{USERS}/{made['id']}"

        self.assertEqual(self.directory.send("PUT", path, OKTA | {"active": False}).json()["active"], False)
        without = {name: value for name, value in OKTA.items() if name != "active"}
        self.assertEqual(self.directory.send("PUT", path, without).json()["active"], False)
        self.assertEqual(self.directory.send("PUT", path, OKTA).json()["active"], True)

    def test_entra_changes_parts_by_path_and_names_paths_inside_of_a_value(self) -> None:
        made = self.directory.make(**ENTRA)
        path = f"{USERS}/{made['id']}"

        response = self.directory.patch(
            path,
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "ryan@alpha.example"},
            {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Ops"},
            {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"},
            {"op": "Add", "path": 'addresses[type eq "work"].formatted', "value": "2"},
            {"op": "add", "value": {"name.givenName": "Rye", "DISPLAYNAME": "Rye L", f"{ENTERPRISE}:manager": "y"}},
        )

        self.assertEqual(response.status_code, 200, response.content)
        user, found = User.objects.get(pk=made["id"]), response.json()
        self.assertEqual((user.email, user.name), ("ryan@alpha.example", "Rye L"))
        self.assertEqual(found["name"], {"givenName": "Rye", "familyName": "Leenay", "formatted": "Ryan Leenay"})
        self.assertEqual(found["emails"], [{"value": "ryan@alpha.example", "type": "work", "primary": True}])

    def test_a_name_with_letters_that_nobody_sees_is_kept_without_them_and_ends_its_person(self) -> None:
        made = self.directory.make("ali@alpha.example")
        odd = {"formatted": "Ali\u200creza\u00ad", "givenName": "\u200f\u05d9\u200e", "familyName": "\ue000\u2066"}
        sent = {
            "userName": "ali@alpha.example",
            "active": False,
            "displayName": "A\u202eli\U0001ffff",
            "name": odd,
            "emails": [{"value": "ali@alpha.example", "display": "\ufeffAli"}],
        }

        response = self.directory.send("PUT", f"{USERS}/{made['id']}", sent)

        self.assertEqual(response.status_code, 200, response.content)
        self.assertFalse(User.objects.get(pk=made["id"]).is_active)
        found = response.json()
        self.assertEqual((found["displayName"], User.objects.get(pk=made["id"]).name), ("Ali", "Ali"))
        self.assertEqual(found["name"], {"formatted": "Alireza", "givenName": "\u05d9"})
        self.assertEqual(found["emails"], [{"value": "ali@alpha.example", "display": "Ali"}])

    def test_letters_that_nobody_sees_are_refused_in_what_finds_or_names_somebody(self) -> None:
        for more in (
            {"userName": "e\u200bve@alpha.example"},
            {"externalId": "7\u200b"},
            {"displayName": "Eve\x1b[2J"},
            {"name": {"givenName": "Eve\x85\x07"}},
        ):
            with self.subTest(str(more)):
                response = self.directory.send("POST", USERS, {"userName": "eve@alpha.example"} | more)
                self.refused(response, 400, "invalidValue")
        self.refused(self.directory.send("POST", GROUPS, {"displayName": "Tal\u200bent"}), 400, "invalidValue")
        self.assertEqual(User.objects.count(), 1)

    def test_a_work_address_that_is_not_there_yet_is_added(self) -> None:
        made = self.directory.make("rye@alpha.example")

        for op in ("Add", "Replace"):
            operation = {"op": op, "path": 'emails[type eq "work"].value', "value": f"{op}@alpha.example"}
            self.directory.patch(f"{USERS}/{made['id']}", operation)
            self.assertEqual(User.objects.get(pk=made["id"]).email, f"{op.lower()}@alpha.example")

    def test_no_operation_is_done_when_one_of_them_can_t_be(self) -> None:
        made = self.directory.make(**OKTA)

        for bad, kind in (
            ({"op": "explode", "path": "active"}, "invalidSyntax"),
            ({"op": "replace", "path": "id", "value": "x"}, "mutability"),
            ({"op": "replace", "path": "active", "value": "perhaps"}, "invalidValue"),
            ({"op": "remove"}, "noTarget"),
            ({"op": "remove", "path": "userName"}, "invalidValue"),
            ({"op": "replace", "path": "emails[type eq", "value": "x"}, "invalidPath"),
            ({"op": "replace", "path": "emails[type foo bar].value", "value": "x"}, "invalidFilter"),
            ({"op": "replace", "path": 'emails[a[b eq "c"][d eq "e"] eq "f"].value', "value": "x"}, "invalidFilter"),
            ({"op": "replace", "path": 'emails[type eq "\\u0000"].value', "value": "x"}, "invalidFilter"),
            ({"op": "replace", "path": "userName[x eq 1]", "value": "x"}, "invalidPath"),
            ({"op": "replace", "path": 'emails[value eq "no"].value', "value": "x@alpha.example"}, "noTarget"),
            ({"op": "replace", "path": 7, "value": "x"}, "invalidPath"),
        ):
            with self.subTest(str(bad)):
                response = self.directory.patch(
                    f"{USERS}/{made['id']}", {"op": "replace", "path": "displayName", "value": "Changed"}, bad
                )
                self.refused(response, 400, kind)
        self.assertEqual(User.objects.get(pk=made["id"]).name, "Test User")

    def test_an_address_outside_of_the_verified_domains_is_refused_in_words(self) -> None:
        made = self.directory.make(**OKTA)
        verified("beta.example", OTHER)

        for address in ("eve@beta.example", "eve@sub.alpha.example", "eve@alpha.example.evil.example"):
            said = self.refused(self.directory.send("POST", USERS, {"userName": address}), 400, "invalidValue")
            self.assertIn("verified domains", said)
            change = {"op": "replace", "path": "emails", "value": [{"value": address, "primary": True}]}
            self.refused(self.directory.patch(f"{USERS}/{made['id']}", change), 400, "invalidValue")
        self.refused(self.directory.send("POST", USERS, {"userName": "no address"}), 400, "invalidValue")
        self.assertEqual(User.objects.count(), 2)
        self.assertEqual(User.objects.get(pk=made["id"]).email, "test.user@alpha.example")

    def test_a_name_or_address_that_is_taken_is_a_conflict(self) -> None:
        self.directory.make(**OKTA)
        local = person("local@alpha.example")

        for body in (
            OKTA | {"userName": "TEST.USER@ALPHA.EXAMPLE", "emails": [{"value": "other@alpha.example"}]},
            OKTA | {"userName": "other@alpha.example"},
            {"userName": "Local@alpha.example"},
            {"userName": "local@alpha.example", "emails": [{"value": "third@alpha.example"}]},
        ):
            with self.subTest(str(body)[:60]):
                self.refused(self.directory.send("POST", USERS, body), 409, "uniqueness")
        change = {"op": "replace", "path": "userName", "value": "test.user@alpha.example"}
        self.refused(self.directory.patch(f"{USERS}/{local.pk}", change), 409, "uniqueness")
        self.assertEqual(User.objects.count(), 3)

    def test_the_last_owner_stays_and_another_one_can_be_ended_but_not_brought_back(self) -> None:
        second = person("second@alpha.example", role=Role.OWNER)
        path = f"{USERS}/{second.pk}"
        off, on = ({"op": "replace", "path": "active", "value": value} for value in (False, True))

        self.assertEqual(self.directory.patch(path, off).status_code, 200)
        for response in (
            self.directory.patch(f"{USERS}/{self.owner.pk}", off),
            self.directory.send("DELETE", f"{USERS}/{self.owner.pk}"),
        ):
            self.assertIn("last owner", self.refused(response, 409, ""))
        self.refused(self.directory.patch(path, on), 400, "mutability")
        self.assertEqual(
            list(User.objects.filter(role=Role.OWNER).order_by("pk").values_list("is_active", flat=True)), [True, False]
        )

    def test_an_owner_s_address_is_not_the_directory_s_to_change(self) -> None:
        change = {"op": "replace", "path": "emails", "value": [{"value": "eve@alpha.example"}]}

        self.refused(self.directory.patch(f"{USERS}/{self.owner.pk}", change), 400, "mutability")

        self.assertEqual(User.objects.get(pk=self.owner.pk).email, "owner@alpha.example")

    def test_who_was_deleted_is_known_no_more_and_comes_back_with_the_lowest_role(self) -> None:
        made = self.directory.make(**OKTA)
        people.change_role(user_id=made["id"], role=Role.ADMIN, source="test")
        path = f"{USERS}/{made['id']}"

        self.assertEqual(self.directory.send("DELETE", path).status_code, 204)

        for method in ("GET", "PUT", "PATCH", "DELETE"):
            self.assertEqual(self.directory.send(method, path, OKTA).status_code, 404)
        self.assertEqual(self.directory.ids('userName eq "test.user@alpha.example"'), [])
        self.assertFalse(User.objects.get(pk=made["id"]).is_active)
        again = self.directory.make(**OKTA)
        user = User.objects.get(pk=again["id"])
        self.assertEqual((again["id"], user.is_active, user.role), (made["id"], True, Role.REVIEWER))

    def test_who_the_directory_makes_signs_in_through_the_identity_provider_and_nobody_else_is_linked(self) -> None:
        saml = SamlConnection.objects.create(
            tenant=Tenant.objects.get(subdomain="alpha"), idp_entity_id="https://idp", sso_url="https://idp/sso"
        )
        local = person("local@alpha.example")

        made = self.directory.make(**ENTRA)
        self.directory.patch(f"{USERS}/{local.pk}", {"op": "replace", "path": "displayName", "value": "L"})

        identity = Identity.objects.get()
        self.assertEqual((str(identity.user_id), identity.provider_id), (made["id"], saml.pk))
        self.assertEqual(identity.subject, "Test_User_ab6490ee@alpha.example")
        self.directory.patch(
            f"{USERS}/{made['id']}", {"op": "replace", "path": "userName", "value": "new@alpha.example"}
        )
        self.assertEqual(Identity.objects.get().subject, "new@alpha.example")

    def test_a_user_name_that_no_name_id_could_be_makes_and_renames_nobody(self) -> None:
        SamlConnection.objects.create(
            tenant=Tenant.objects.get(subdomain="alpha"), idp_entity_id="https://idp", sso_url="https://idp/sso"
        )
        made = self.directory.make("eve@alpha.example")
        folded = {"userName": "e\uff56e", "emails": [{"value": "other@alpha.example"}]}

        self.refused(self.directory.send("POST", USERS, folded), 400, "invalidValue")
        rename = {"op": "replace", "path": "userName", "value": "e\uff56e@alpha.example"}
        self.refused(self.directory.patch(f"{USERS}/{made['id']}", rename), 400, "invalidValue")

        self.assertEqual(list(Identity.objects.values_list("subject", flat=True)), ["eve@alpha.example"])
        self.assertFalse(User.objects.filter(email="other@alpha.example").exists())
        self.assertEqual(ScimUser.objects.get().user_name, "eve@alpha.example")

    def test_the_password_it_sends_is_nowhere(self) -> None:
        made = self.directory.make(**OKTA)

        self.assertNotIn("1mz050nq", str(made) + str(list(ScimUser.objects.values())))
        self.assertFalse(User.objects.get(pk=made["id"]).has_usable_password())
