"""What runs signing in makes nobody an owner: neither an admin with metadata nor a directory with a new name."""

from accounts.models import Identity, User
from accounts.roles import Role
from accounts.tests.people import signed_in, with_second_factor
from core.testing import TenantTestCase
from tenants.models import SamlConnection
from tenants.services import sso
from tenants.tests import connections, idps
from tenants.tests.directory import USERS, Directory, token, verified


class MetadataTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin, self.owner = connections.admin(), connections.admin(Role.OWNER)
        self.connection = connections.connected(self.admin, enabled=True)
        Identity.objects.create(user=self.owner, provider_id=self.connection.pk, subject="owner-1")
        self.own = idps.metadata(idps.certificate("the admin's own"))

    def certificates(self) -> list[str]:
        return list(SamlConnection.objects.get().certificates)

    def test_an_admin_adds_no_certificate_that_could_sign_an_owner_in(self) -> None:
        with self.assertRaises(sso.OwnersDecision):
            sso.give_metadata(raw=self.own, by=self.admin)

        self.assertEqual(self.certificates(), [idps.pem(idps.good())])

    def test_the_page_says_whom_to_ask(self) -> None:
        client = signed_in(self.admin)
        with_second_factor(client)

        response = client.post("/settings/sign-in/provider/", {"xml": self.own.decode()})

        self.assertContains(response, "only an owner adds a certificate", status_code=400)
        self.assertEqual(self.certificates(), [idps.pem(idps.good())])

    def test_an_owner_does_and_an_admin_may_still_learn_new_addresses(self) -> None:
        sso.give_metadata(raw=idps.metadata(sso_url="https://idp.example/new"), by=self.admin)
        self.assertEqual(SamlConnection.objects.get().sso_url, "https://idp.example/new")

        sso.give_metadata(raw=self.own, by=self.owner)

        self.assertEqual(len(self.certificates()), 2)


class DirectoryTests(TenantTestCase):
    def test_a_directory_does_not_change_the_name_that_an_owner_signs_in_with(self) -> None:
        verified("alpha.example")
        connections.connected(connections.admin())
        directory = Directory(token(connections.admin(Role.OWNER)))
        made = directory.make("ceo@alpha.example", emails=[{"value": "ceo@alpha.example"}])
        User.objects.filter(pk=made["id"]).update(role=Role.OWNER)

        change = {"op": "replace", "path": "userName", "value": "mallory@alpha.example"}
        response = directory.patch(f"{USERS}/{made['id']}", change)

        self.assertEqual((response.status_code, response.json()["scimType"]), (400, "mutability"))
        self.assertEqual(Identity.objects.get(user_id=made["id"]).subject, "ceo@alpha.example")
        self.assertEqual(directory.ids('userName eq "mallory@alpha.example"'), [])
