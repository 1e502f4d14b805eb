"""Mail domains: which can be claimed, what proves one, and that one tenant alone has it."""

import uuid
from unittest.mock import patch

from django.test import SimpleTestCase

from accounts.models import User
from accounts.roles import NotPermitted, Role
from accounts.tests.people import platform_admin, signed_in
from core import ratelimit, tenancy
from core.testing import OTHER, PlatformTestCase, TenantClient, TenantTestCase
from tenants.models import EmailDomain
from tenants.services import dns, email_domains
from tenants.services.email_domains import DomainRefused, NoSuchDomain, NotProved, TakenElsewhere
from tenants.tests import connections
from tenants.tests.connections import audited

PAGE = "/settings/sign-in/domains/"


class NameTests(SimpleTestCase):
    def test_names_are_stored_lower_case_and_in_idna(self) -> None:
        for typed, stored in (
            (" Example.COM. ", "example.com"),
            ("ada@Mail.Example.org", "mail.example.org"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("ｅｘａｍｐｌｅ.com", "example.com"),
            ("аррӏе.com", "xn--80ak6aa92e.com"),
            ("straße.example", "xn--strae-oqa.example"),
        ):
            self.assertEqual(email_domains.normalise(typed), stored, typed)

    def test_a_look_alike_in_another_script_is_another_domain_and_shown_as_what_it_is(self) -> None:
        stored = email_domains.normalise("gmаil.com")  # with a Cyrillic а

        self.assertRegex(stored, r"xn--[a-z0-9-]+\.com")
        self.assertEqual(email_domains.shown(stored), "gmаil.com")

    def test_what_is_no_domain_is_refused(self) -> None:
        for typed in (
            *("", "example", "http://example.com", "example.com/path", "exa mple.com", "-a.example", "a..example"),
            *("1.2.3.4", "[::1]", "a" * 64 + ".example", ".".join(["a" * 60] * 5), "exam_ple.com", "a\0b.example", "@"),
        ):
            with self.assertRaisesMessage(DomainRefused, "Write a domain such as example.com"):
                email_domains.normalise(typed)

    def test_mailboxes_for_everybody_and_public_suffixes_are_refused(self) -> None:
        for typed in ("gmail.com", "GMAIL.com", "ada@outlook.com", "mail.yahoo.co.uk", "acme.onmicrosoft.com"):
            with self.assertRaisesMessage(DomainRefused, "Everybody can have a mailbox"):
                email_domains.normalise(typed)
        for typed in ("co.uk", "com.au", "github.io"):
            with self.assertRaisesMessage(DomainRefused, "Anybody can register names below"):
                email_domains.normalise(typed)
        self.assertEqual(email_domains.normalise("acme.co.uk"), "acme.co.uk")


class DomainTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = connections.admin()

    def claim(self, domain: str = "acme.example", by: User | None = None) -> EmailDomain:
        return email_domains.claim(domain=domain, by=by or self.admin)

    def check(self, row: EmailDomain, *records: str) -> None:
        with patch.object(dns, "txt_records", return_value=list(records)) as asked:
            email_domains.check(domain_id=row.pk, by=self.admin)
        asked.assert_called_once_with(f"_candor-challenge.{row.domain}")

    def test_a_claim_counts_for_nothing_and_the_same_claim_is_one(self) -> None:
        first, second = self.claim(), self.claim("ACME.example")

        self.assertEqual(first.pk, second.pk)
        self.assertIsNone(first.verified_at)
        self.assertIsNone(email_domains.tenant_of("acme.example"))
        self.assertGreaterEqual(len(first.token), 32)

    def test_the_record_proves_it(self) -> None:
        row = self.claim()

        self.check(row, "v=spf1 -all", f" {row.token} ")

        row.refresh_from_db()
        found = email_domains.tenant_of("acme.example")
        self.assertEqual((row.proof, found and found.schema_name), (EmailDomain.Proof.DNS, "alpha"))
        event = audited().get(action="email_domain.verified")
        self.assertEqual((event.object_id, event.detail), (str(row.pk), {"proof": "dns"}))

    def test_no_record_another_one_or_one_that_only_holds_it_prove_nothing(self) -> None:
        row = self.claim()

        for records, sentence in (
            ((), "There is no TXT record at _candor-challenge.acme.example yet"),
            (("other",), "holds something else"),
            ((row.token.lower() + "x",), "holds something else"),
            ((f"x{row.token}",), "holds something else"),
        ):
            with self.assertRaisesMessage(NotProved, sentence):
                self.check(row, *records)

        row.refresh_from_db()
        self.assertIsNone(row.verified_at)
        self.assertIsNotNone(row.checked_at)

    def test_name_servers_that_do_not_answer_are_told(self) -> None:
        row = self.claim()
        with (
            patch.object(dns, "txt_records", side_effect=dns.NoAnswer),
            self.assertRaisesMessage(NotProved, "did not answer"),
        ):
            email_domains.check(domain_id=row.pk, by=self.admin)

    def test_checking_is_limited(self) -> None:
        row = self.claim()
        for _ in range(6):
            with self.assertRaises(NotProved):
                self.check(row)

        with patch.object(dns, "txt_records") as asked, self.assertRaises(ratelimit.TooMany):
            email_domains.check(domain_id=row.pk, by=self.admin)

        asked.assert_not_called()

    def test_a_domain_that_another_tenant_proved_is_refused(self) -> None:
        with self.in_tenant(OTHER):
            connections.verified(tenancy.tenant_id(), "acme.example")
        row = self.claim()

        with self.assertRaises(TakenElsewhere):
            self.check(row, row.token)

        row.refresh_from_db()
        self.assertIsNone(row.verified_at)
        found = email_domains.tenant_of("acme.example")
        self.assertEqual(found and found.schema_name, OTHER)

    def test_two_tenants_have_tokens_of_their_own(self) -> None:
        row = self.claim()
        with self.in_tenant(OTHER):
            other = self.claim(by=connections.admin())

        self.assertNotEqual(row.token, other.token)
        with self.assertRaises(NotProved):
            self.check(row, other.token)

    def test_a_domain_is_given_up(self) -> None:
        row = self.claim()
        self.check(row, row.token)

        email_domains.remove(domain_id=row.pk, by=self.admin)

        self.assertIsNone(email_domains.tenant_of("acme.example"))

    def test_who_may_not_manage_signing_in_and_other_tenants_change_nothing(self) -> None:
        row = self.claim()
        recruiter = connections.admin(Role.RECRUITER)
        for act in (email_domains.check, email_domains.remove):
            with self.assertRaises(NotPermitted):
                act(domain_id=row.pk, by=recruiter)
        with self.assertRaises(NotPermitted):
            self.claim("other.example", by=recruiter)
        with self.in_tenant(OTHER):
            foreign = connections.admin(Role.OWNER)
            for act in (email_domains.check, email_domains.remove):
                with self.assertRaises(NoSuchDomain):
                    act(domain_id=row.pk, by=foreign)

        self.assertEqual(list(EmailDomain.objects.values_list("domain", "verified_at")), [("acme.example", None)])

    def test_the_platform_s_staff_verifies_and_both_trails_say_so(self) -> None:
        row = self.claim()
        with tenancy.enter_platform():
            email_domains.verify_by_platform(domain_id=row.pk)
            told = audited().get(action="email_domain.verified", object_id=row.pk).detail

        row.refresh_from_db()
        self.assertEqual(row.proof, EmailDomain.Proof.PLATFORM)
        self.assertEqual(told, {"tenant": "alpha", "proof": "platform"})
        self.assertEqual(audited().get(action="email_domain.verified").detail, {"proof": "platform"})


class DomainPageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.admin = connections.admin()
        self.browser = signed_in(self.admin)

    def test_a_claimed_domain_shows_its_record(self) -> None:
        self.browser.post(PAGE, {"domain": "Bücher.example"})

        row = EmailDomain.objects.get()
        page = self.browser.get(PAGE).content.decode()
        for words in ("xn--bcher-kva.example", "bücher.example", f"_candor-challenge.{row.domain}", row.token):
            self.assertIn(words, page)

    def test_a_refused_domain_is_told_why(self) -> None:
        response = self.browser.post(PAGE, {"domain": "gmail.com"})

        self.assertContains(response, "Everybody can have a mailbox at gmail.com", status_code=400)
        self.assertFalse(EmailDomain.objects.exists())

    def test_checking_and_removing_answer_with_the_page(self) -> None:
        row = email_domains.claim(domain="acme.example", by=self.admin)
        with patch.object(dns, "txt_records", return_value=[row.token]):
            response = self.browser.post(f"{PAGE}{row.pk}/check/", follow=True)
        self.assertContains(response, "The domain is verified")

        self.browser.post(f"{PAGE}{row.pk}/remove/")
        self.assertFalse(EmailDomain.objects.exists())

    def test_strangers_and_other_tenants_change_nothing(self) -> None:
        row = email_domains.claim(domain="acme.example", by=self.admin)
        with self.in_tenant(OTHER):
            foreign = signed_in(connections.admin(Role.OWNER), OTHER)
        for browser, status in (
            (TenantClient(), 302),
            (signed_in(connections.admin(Role.RECRUITER)), 403),
            (foreign, 404),
        ):
            with patch.object(dns, "txt_records", return_value=[row.token]) as asked:
                for act in ("check", "remove"):
                    self.assertEqual(browser.post(f"{PAGE}{row.pk}/{act}/").status_code, status)
            asked.assert_not_called()

        self.assertNotIn("acme.example", foreign.get(PAGE).content.decode())
        row.refresh_from_db()
        self.assertIsNone(row.verified_at)

    def test_an_unknown_domain_is_a_404(self) -> None:
        self.assertEqual(self.browser.post(f"{PAGE}{uuid.uuid4()}/check/").status_code, 404)


class AdminTests(PlatformTestCase):
    def test_staff_verifies_on_the_platform_s_admin(self) -> None:
        client = TenantClient("admin")
        client.force_login(platform_admin())
        alpha = tenancy.by_schema("alpha")
        row = EmailDomain.objects.create(tenant=alpha, domain="acme.example", token="t")

        client.post("/tenants/emaildomain/", {"action": "verify", "_selected_action": [str(row.pk)]})

        row.refresh_from_db()
        self.assertEqual(row.proof, EmailDomain.Proof.PLATFORM)
