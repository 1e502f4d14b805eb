"""Accounts that were here before single sign-on are linked to it by hand, and can be unlinked."""

from uuid import UUID

from accounts.models import Identity, Session, User
from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import tenancy
from core.testing import OTHER, TenantTestCase
from tenants.models import SamlConnection
from tenants.tests import connections

PEOPLE = "/settings/sign-in/people/"


class PeopleCase(TenantTestCase):
    admin: User

    def setUp(self) -> None:
        super().setUp()
        self.admin = connections.admin()
        self.browser = signed_in(self.admin)
        self.connection = connections.connected(self.admin, enabled=True)
        self.ana = person("ana@staff.example", name="Ana", role=Role.RECRUITER)

    def link(self, user_id: UUID, subject: str = "ana-7") -> int:
        return self.browser.post(f"{PEOPLE}{user_id}/link/", {"subject": subject}).status_code

    def subjects(self) -> list[tuple[UUID, str]]:
        return list(Identity.objects.values_list("user_id", "subject"))


class LinkTests(PeopleCase):
    def test_the_set_up_page_counts_who_is_refused_and_leads_to_the_page_that_links(self) -> None:
        page = self.browser.get("/settings/sign-in/")

        self.assertContains(page, "2 accounts are not linked, so single sign-on refuses them.")
        self.assertContains(page, f'href="{PEOPLE}"')

    def test_an_admin_links_a_name_to_an_account(self) -> None:
        self.assertEqual(self.link(self.ana.pk), 303)

        self.assertEqual(self.subjects(), [(self.ana.pk, "ana-7")])
        self.assertContains(self.browser.get(PEOPLE), "ana-7")
        self.assertEqual(connections.audited(action="identity.linked").count(), 1)

    def test_the_address_is_filled_in_only_where_the_provider_sends_it_as_the_name(self) -> None:
        self.assertContains(self.browser.get(PEOPLE), 'value="ana@staff.example"')

        SamlConnection.objects.update(email_attribute="mail")

        self.assertNotContains(self.browser.get(PEOPLE), 'value="ana@staff.example"')

    def test_a_name_leads_to_one_account_and_an_account_has_one_name(self) -> None:
        self.link(self.ana.pk)

        self.link(self.admin.pk)
        self.link(self.ana.pk, "another")

        self.assertEqual(self.subjects(), [(self.ana.pk, "ana-7")])
        self.assertContains(self.browser.get(PEOPLE), "is linked already")

    def test_an_empty_or_disguised_name_is_refused_with_a_sentence(self) -> None:
        for subject in ("", " ", "ana\u200b7", "\uff41na"):
            self.link(self.ana.pk, subject)

            self.assertContains(self.browser.get(PEOPLE), "without hidden or look-alike characters")
        self.assertEqual(self.subjects(), [])

    def test_unlinking_ends_the_sessions_and_twice_is_once(self) -> None:
        self.link(self.ana.pk)
        signed_in(self.ana)

        for _ in range(2):
            self.browser.post(f"{PEOPLE}{self.ana.pk}/unlink/")

        self.assertEqual(self.subjects(), [])
        self.assertFalse(Session.objects.filter(user_id=self.ana.pk).exists())
        self.assertEqual(connections.audited(action="identity.unlinked").count(), 1)


class WhoMayTests(PeopleCase):
    def test_an_admin_neither_links_nor_unlinks_an_owner_and_an_owner_does(self) -> None:
        owner = connections.admin(role=Role.OWNER)

        self.assertEqual(self.link(owner.pk), 404)
        self.assertEqual(self.subjects(), [])
        self.browser = signed_in(owner)
        self.assertEqual(self.link(owner.pk), 303)
        self.browser = signed_in(self.admin)
        self.assertEqual(self.browser.post(f"{PEOPLE}{owner.pk}/unlink/").status_code, 404)

        self.assertEqual(self.subjects(), [(owner.pk, "ana-7")])

    def test_a_recruiter_and_a_stranger_see_and_link_nothing(self) -> None:
        self.browser = signed_in(self.ana)
        self.assertEqual(self.browser.get(PEOPLE).status_code, 403)
        self.assertEqual(self.link(self.ana.pk), 403)
        self.browser.logout()
        self.assertEqual(self.link(self.ana.pk), 302)

        self.assertEqual(self.subjects(), [])

    def test_people_of_another_tenant_do_not_exist_here(self) -> None:
        with tenancy.enter(OTHER):
            foreign = person("bob@beta.example", name="Bob", role=Role.RECRUITER)

        self.assertEqual(self.link(foreign.pk), 404)

        self.assertNotContains(self.browser.get(PEOPLE), "bob@beta.example")
        with tenancy.enter(OTHER):
            self.assertEqual(self.subjects(), [])

    def test_without_a_connection_there_is_no_page(self) -> None:
        SamlConnection.objects.all().delete()

        self.assertEqual(self.browser.get(PEOPLE).status_code, 404)
        self.assertEqual(self.link(self.ana.pk), 404)
