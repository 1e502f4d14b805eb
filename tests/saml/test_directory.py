"""A name that the directory takes from one person and gives to another leads to the other, never to the first."""

from typing import Any

from accounts.models import Identity, User
from accounts.roles import Role
from accounts.tests.people import person
from core import tenancy
from core.testing import OTHER
from tenants.services.saml import people
from tenants.tests.connections import audited
from tenants.tests.directory import USERS, Directory, token
from tests.saml.case import SamlCase

JOHN, JANE = "john.smith@alpha.example", "jane.smith@alpha.example"


def document(name: str, address: str) -> dict[str, Any]:
    return {"userName": name, "emails": [{"value": address, "primary": True}]}


class NameTests(SamlCase):
    def setUp(self) -> None:
        super().setUp()
        self.directory = Directory(token(self.victim))
        self.john = self.directory.make(**document("jsmith@alpha.example", JOHN))["id"]

    def gone(self, user_id: Any) -> None:
        self.assertEqual(self.directory.send("DELETE", f"{USERS}/{user_id}").status_code, 204)

    def subjects(self) -> dict[str, str]:
        """Address -> NameID, of everybody but the owner."""
        others = Identity.objects.filter(provider_id=self.connection.pk).exclude(user=self.victim)
        return dict(others.values_list("user__email", "subject"))

    def comes_in(self, name_id: str, address: str) -> str:
        """The address of the account that this person is in."""
        journey = self.leave()
        response = self.post(journey, self.answer(journey, name_id=name_id, attributes={"mail": [address]}).encoded())
        self.assertEqual(response.status_code, 302, response.content)
        return User.objects.get(pk=journey.client.session["_auth_user_id"]).email

    def test_a_name_of_somebody_who_is_gone_is_free_and_they_come_back_under_another_one(self) -> None:
        self.gone(self.john)
        self.directory.make(**document("jsmith@alpha.example", JANE))
        self.directory.make(**document("jsmith2@alpha.example", JOHN))

        self.assertEqual(self.subjects(), {JANE: "jsmith@alpha.example", JOHN: "jsmith2@alpha.example"})
        self.assertEqual(self.comes_in("jsmith@alpha.example", JANE), JANE)
        self.assertEqual(self.comes_in("jsmith2@alpha.example", JOHN), JOHN)

    def test_who_comes_back_first_does_not_bring_the_old_name_along(self) -> None:
        self.gone(self.john)
        self.directory.make(**document("jsmith2@alpha.example", JOHN))

        self.assertEqual(self.subjects(), {JOHN: "jsmith2@alpha.example"})
        self.assertEqual(self.comes_in("jsmith@alpha.example", JANE), JANE)
        trail = audited(action__startswith="identity.", detail__user_id=self.john).values_list("action", flat=True)
        self.assertEqual(list(trail), ["identity.linked", "identity.unlinked", "identity.linked"])

    def test_a_name_that_an_admin_linked_ends_as_well_and_comes_back_by_an_admin_alone(self) -> None:
        ana = person("ana@alpha.example")
        people.link(connection=self.connection, user_id=ana.pk, subject="ana-7", by=self.victim)
        self.gone(ana.pk)

        self.directory.make(**document("ana@alpha.example", "ana@alpha.example"))

        self.assertTrue(User.objects.get(pk=ana.pk).is_active)
        self.assertEqual(self.subjects(), {JOHN: "jsmith@alpha.example"})

    def test_who_was_made_before_there_was_this_provider_is_linked_on_coming_back(self) -> None:
        Identity.objects.filter(user_id=self.john).delete()
        self.gone(self.john)

        self.directory.make(**document("jsmith@alpha.example", JOHN))

        self.assertEqual(self.comes_in("jsmith@alpha.example", JOHN), JOHN)

    def test_nobody_comes_back_under_a_name_that_leads_to_somebody_else(self) -> None:
        self.gone(self.john)
        ana = person("ana@alpha.example")
        people.link(connection=self.connection, user_id=ana.pk, subject="jsmith@alpha.example", by=self.victim)

        response = self.directory.send("POST", USERS, document("jsmith@alpha.example", JOHN))

        self.assertEqual((response.status_code, response.json()["scimType"]), (409, "uniqueness"))
        self.assertFalse(User.objects.get(pk=self.john).is_active)
        self.assertEqual(self.subjects(), {"ana@alpha.example": "jsmith@alpha.example"})

    def test_another_tenant_s_directory_takes_no_name_away(self) -> None:
        with tenancy.enter(OTHER):
            theirs = Directory(token(person("owner@beta.example", role=Role.OWNER), OTHER), OTHER)

        self.assertEqual(theirs.send("DELETE", f"{USERS}/{self.john}").status_code, 404)

        self.assertEqual(self.subjects(), {JOHN: "jsmith@alpha.example"})
