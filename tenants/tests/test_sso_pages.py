"""The pages of single sign-on: what an admin sees and does there, and who does not get in."""

from typing import Any
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from accounts.roles import Role
from accounts.tests.people import signed_in
from core import clock, tenancy
from core.ids import uuid7
from core.testing import OTHER, TenantClient, TenantTestCase
from tenants import idp_certificates
from tenants.models import SamlConnection
from tenants.services import fetching
from tenants.services.saml import reports
from tenants.services.saml.refusals import Refused
from tenants.services.saml.responses import Check, Report
from tenants.tests import connections, idps

HOME, PROVIDER, OPTIONS = "/settings/sign-in/", "/settings/sign-in/provider/", "/settings/sign-in/options/"
POSTS = {
    PROVIDER: {"xml": idps.metadata(sso_url="https://evil.example/sso").decode()},
    f"{PROVIDER}refresh/": {},
    OPTIONS: {"groups-TOTAL_FORMS": "0", "groups-INITIAL_FORMS": "0"},
    f"{HOME}certificates/remove/": {"fingerprint": "x"},
    f"{HOME}switch/": {"to": "on"},
    f"{HOME}enforce/": {"to": "off"},
}


def rows(*pairs: tuple[str, str]) -> dict[str, str]:
    """The allow list as the form sends it."""
    data = {"groups-TOTAL_FORMS": str(len(pairs)), "groups-INITIAL_FORMS": "0"}
    for place, (group, role) in enumerate(pairs):
        data |= {f"groups-{place}-group": group, f"groups-{place}-role": role}
    return data


class PageCase(TenantTestCase):
    admin: User

    def setUp(self) -> None:
        super().setUp()
        self.admin = connections.admin()
        self.browser = signed_in(self.admin)

    def see(self, path: str = HOME, **more: Any) -> str:
        response = self.browser.get(path, **more)
        self.assertEqual(response.status_code, 200)
        return str(response.content.decode())


class ProviderPageTests(PageCase):
    def test_the_values_to_copy_are_there_before_anything_is_set_up(self) -> None:
        page = self.see()

        for path in ("/saml/metadata/", "/saml/acs/", "/saml/slo/"):
            self.assertRegex(page, rf'value="http://alpha\.candor\.localhost:\d+{path}"')

    def test_pasted_metadata_sets_the_provider_up_and_our_certificate_appears(self) -> None:
        response = self.browser.post(PROVIDER, {"xml": idps.metadata().decode()})

        self.assertRedirects(response, HOME, status_code=303, fetch_redirect_response=False)
        page = self.see()
        self.assertIn(idps.ENTITY, page)
        self.assertIn("Valid", page)
        self.assertIn('id="our-certificate"', page)
        pem = self.browser.get(f"{HOME}certificate.pem")
        self.assertEqual(pem.content.decode(), SamlConnection.objects.get().sp_certificate)

    def test_a_file_does_the_same(self) -> None:
        self.browser.post(PROVIDER, {"file": SimpleUploadedFile("idp.xml", idps.metadata())})

        self.assertEqual(SamlConnection.objects.get().idp_entity_id, idps.ENTITY)

    def test_an_address_is_fetched_and_fetched_again(self) -> None:
        with patch.object(fetching, "fetch", return_value=idps.metadata()) as fetched:
            self.browser.post(PROVIDER, {"url": "https://idp.example/m"})
            self.browser.post(f"{PROVIDER}refresh/")

        self.assertEqual([call.args for call in fetched.call_args_list], [("https://idp.example/m",)] * 2)

    def test_an_address_of_our_own_network_is_refused_with_a_sentence(self) -> None:
        response = self.browser.post(PROVIDER, {"url": "https://127.0.0.1/m"})

        self.assertContains(response, "is in a private network, which we never call", status_code=400)
        self.assertFalse(SamlConnection.objects.exists())

    def test_what_is_wrong_is_told_and_the_text_stays_in_the_form(self) -> None:
        for data, sentence in (
            ({}, "Give one of the three"),
            ({"url": "https://a.example", "xml": "<a/>"}, "Give one of the three"),
            ({"xml": "<kept/>"}, "begins with kept instead of EntityDescriptor"),
            ({"file": SimpleUploadedFile("big.xml", b"x" * 250_000)}, "larger than 240 KB"),
        ):
            response = self.browser.post(PROVIDER, data)
            self.assertContains(response, sentence, status_code=400)
        self.assertFalse(SamlConnection.objects.exists())

    def test_of_several_providers_one_is_chosen_even_from_a_file(self) -> None:
        names = ("https://one.example", "https://two.example")
        raw = idps.federation(*(idps.entity(idps.good(), entity_id=name) for name in names))

        asked = self.browser.post(PROVIDER, {"file": SimpleUploadedFile("idp.xml", raw)})

        self.assertContains(asked, "Which is yours?", status_code=400)
        self.assertContains(asked, 'value="https://two.example"', status_code=400)
        self.assertEqual(asked.context["form"]["xml"].value(), raw.decode())
        self.browser.post(PROVIDER, {"xml": raw.decode(), "entity_id": names[1]})
        self.assertEqual(SamlConnection.objects.get().idp_entity_id, names[1])

    def test_another_provider_is_replaced_only_when_that_is_ticked(self) -> None:
        connections.connected(self.admin)
        data = {"xml": idps.metadata(entity_id="https://new.example").decode()}

        asked = self.browser.post(PROVIDER, data)
        self.assertContains(asked, f"In use now: {idps.ENTITY}", status_code=400)
        self.assertEqual(SamlConnection.objects.get().idp_entity_id, idps.ENTITY)

        self.browser.post(PROVIDER, data | {"replace": "on"})
        self.assertEqual(SamlConnection.objects.get().idp_entity_id, "https://new.example")

    def test_markup_in_metadata_is_text_on_the_page(self) -> None:
        self.browser.post(PROVIDER, {"xml": idps.metadata(entity_id="&lt;script&gt;alert(1)&lt;/script&gt;").decode()})

        self.assertNotIn("<script>alert(1)", self.see())


class SettingsPageTests(PageCase):
    def setUp(self) -> None:
        super().setUp()
        connections.connected(self.admin, tested_at=clock.now())

    def test_the_form_shows_and_stores_what_was_chosen(self) -> None:
        data = rows(("hr", "recruiter"), ("", "admin"), ("board", "auditor"))
        self.browser.post(OPTIONS, data | {"want_encrypted": "on", "groups_attribute": "memberOf"})

        after = SamlConnection.objects.get()
        self.assertEqual(after.group_roles, {"hr": "recruiter", "board": "auditor"})
        self.assertEqual((after.want_encrypted, after.sign_requests, after.groups_attribute), (True, False, "memberOf"))
        self.assertIsNone(after.tested_at)
        self.assertIn('value="board"', self.see(OPTIONS))

    def test_owner_is_not_offered_and_not_taken(self) -> None:
        self.assertNotIn('value="owner"', self.see(OPTIONS))

        response = self.browser.post(OPTIONS, rows(("hr", "owner")))

        self.assertEqual((response.status_code, SamlConnection.objects.get().group_roles), (400, {}))

    def test_a_group_named_twice_is_refused(self) -> None:
        response = self.browser.post(OPTIONS, rows(("hr", "admin"), ("hr ", "reviewer")))

        self.assertContains(response, "Name each group once.", status_code=400)

    def test_it_is_switched_on_and_off(self) -> None:
        self.browser.post(f"{HOME}switch/", {"to": "on"})
        self.assertTrue(SamlConnection.objects.get().enabled)

        self.browser.post(f"{HOME}switch/", {"to": "off"})
        self.assertFalse(SamlConnection.objects.get().enabled)

    def test_enforcing_without_a_test_is_refused_on_the_page_and_with_one_it_is_taken(self) -> None:
        SamlConnection.objects.update(enabled=True, tested_at=None)
        data = {"break_glass": str(self.admin.pk)}

        self.assertContains(self.browser.post(f"{HOME}enforce/", data), "Make a test sign-in", status_code=400)
        self.assertFalse(SamlConnection.objects.get().enforced)

        SamlConnection.objects.update(tested_at=clock.now())
        self.browser.post(f"{HOME}enforce/", data)
        self.assertTrue(SamlConnection.objects.get().enforced)
        self.assertIn("the break-glass account", self.see())

        self.browser.post(f"{HOME}enforce/", {"to": "off"})
        self.assertFalse(SamlConnection.objects.get().enforced)

    def test_a_stranger_s_account_can_t_be_chosen(self) -> None:
        SamlConnection.objects.update(enabled=True)
        with self.in_tenant(OTHER):
            foreign = connections.admin(Role.OWNER)

        response = self.browser.post(f"{HOME}enforce/", {"break_glass": str(foreign.pk)})

        self.assertEqual((response.status_code, SamlConnection.objects.get().enforced), (400, False))

    def test_a_certificate_is_removed_and_the_only_one_stays(self) -> None:
        print_ = idp_certificates.fingerprint(SamlConnection.objects.get().certificates[0])

        self.browser.post(f"{HOME}certificates/remove/", {"fingerprint": print_})

        self.assertEqual(len(SamlConnection.objects.get().certificates), 1)
        self.assertIn("only certificate", self.see())

    def test_the_page_warns_of_ends_missing_domains_and_a_break_glass_account_that_is_none(self) -> None:
        self.assertIn("No e-mail domain is verified yet", self.see())

        connections.verified(tenancy.tenant_id(), "staff.example")
        SamlConnection.objects.update(enabled=True, enforced=True, break_glass_user_id=tenancy.tenant_id())

        page = self.see()
        self.assertNotIn("No e-mail domain is verified yet", page)
        self.assertIn("The break-glass account can&#x27;t sign in any more", page)

    def test_the_page_asks_a_fixed_number_of_questions(self) -> None:
        self.see()  # opens the plan's period

        with self.assertNumQueries(9):
            self.see()


class ReportPageTests(PageCase):
    def setUp(self) -> None:
        super().setUp()
        self.connection = connections.connected(self.admin)

    def test_without_a_test_it_says_how_to_make_one(self) -> None:
        self.assertIn("No test yet", self.see(f"{HOME}test/"))

    def test_each_check_is_told_with_what_to_change(self) -> None:
        checks = [
            Check("The response is signed", True),
            Check(
                "The audience is ours",
                False,
                "audience",
                "Change the entity ID.",
                found="x.example",
                wanted="y.example",
            ),
            Check("The address is ours", None),
        ]
        refused = Refused("audience")
        reports.keep(connection=self.connection, report=Report(checks, refused=refused), user_id=self.admin.pk)

        page = self.see(f"{HOME}test/")

        for words in ("The audience is ours", "Change the entity ID.", "x.example", "not reached"):
            self.assertIn(words, page)
        self.assertNotIn("Everything passed", page)

    def test_another_admin_s_report_is_not_shown(self) -> None:
        report = Report([Check("The response is signed", True)])
        reports.keep(connection=self.connection, report=report, user_id=uuid7())

        self.assertIn("No test yet", self.see(f"{HOME}test/"))

    def test_a_test_that_passed_says_so(self) -> None:
        report = Report([Check("The response is signed", True)])
        reports.keep(connection=self.connection, report=report, user_id=self.admin.pk)

        self.assertIn("Everything passed", self.see(f"{HOME}test/"))


class StrangerTests(PageCase):
    def setUp(self) -> None:
        super().setUp()
        connections.connected(self.admin, enabled=True)
        self.before = SamlConnection.objects.values().get()

    def everywhere(self, browser: TenantClient) -> set[int]:
        """The statuses of all pages and forms for this browser."""
        paths = (HOME, PROVIDER, OPTIONS, f"{HOME}certificate.pem", f"{HOME}test/", f"{HOME}domains/")
        seen = {browser.get(path).status_code for path in paths}
        return seen | {browser.post(path, data).status_code for path, data in POSTS.items()}

    def test_other_roles_get_a_403_and_change_nothing(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            self.assertEqual(self.everywhere(signed_in(connections.admin(role))), {403}, role)

        self.assertEqual(SamlConnection.objects.values().get(), self.before)

    def test_anonymous_browsers_and_another_tenant_s_owner_are_sent_to_the_sign_in(self) -> None:
        with self.in_tenant(OTHER):
            browser = signed_in(connections.admin(Role.OWNER))  # a session of beta, sent to alpha's host

        self.assertEqual(self.everywhere(TenantClient()), {302})
        self.assertEqual(self.everywhere(browser), {302})
        self.assertEqual(SamlConnection.objects.values().get(), self.before)

    def test_another_tenant_s_owner_sees_and_changes_only_their_own(self) -> None:
        with self.in_tenant(OTHER):
            browser = signed_in(connections.admin(Role.OWNER), OTHER)

        page = browser.get(HOME).content.decode()
        statuses = {path: browser.post(path, data).status_code for path, data in POSTS.items() if path != PROVIDER}

        self.assertNotIn(idps.ENTITY, page)
        self.assertEqual(set(statuses.values()), {404})
        self.assertEqual(SamlConnection.objects.values().get(), self.before)
