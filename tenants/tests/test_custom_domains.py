"""A tenant's own hosts: nothing answers before the proof, and only one tenant has a host."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.roles import Role
from accounts.services.mail import site_url
from accounts.tests.people import person, signed_in
from core import clock, tenancy
from core.models import Due
from core.testing import OTHER, CommittingTestCase, TenantClient, TenantTestCase, at_once
from tenants.models import CustomDomain, Domain, SamlConnection, Tenant
from tenants.services import custom_domains, dns, provisioning
from tenants.services.custom_domains import BadHost, NotProven, TakenByAnother

HOST = "interviews.acme.com"
URL = "/settings/domains/"


def told(row: CustomDomain) -> Any:
    """A resolver that knows this row's record, and no other name."""
    return lambda name: [row.token, "v=spf1 -all"] if name == f"_candor-domain.{row.host}" else []


def nothing(name: str) -> list[str]:
    return []


def silent(name: str) -> list[str]:
    raise dns.NoAnswer(name)


def verified(host: str = HOST) -> CustomDomain:
    row = custom_domains.claim(host=host)
    return custom_domains.check(domain_id=row.pk, resolve=told(row))


def status_on(host: str) -> int:
    tenancy.forget()
    before = tenancy.in_use()
    try:
        return Client(HTTP_HOST=host).get("/sign-in/").status_code
    finally:
        tenancy.use(before)


class HostTests(TenantTestCase):
    def test_what_can_be_one_is_taken_in_lower_case(self) -> None:
        for given in ("interviews.acme.com", " Interviews.ACME.com. ", "a.b.co.uk", "xn--hr-9ia.acme.com"):
            self.assertEqual(custom_domains.clean_host(given), given.strip().lower().rstrip("."))

    def test_everything_else_is_refused_and_nothing_is_stored(self) -> None:
        for given in (
            *("", "acme", "acme.com", "co.uk", "127.0.0.1", "10.0.0.1", "1.2.3", "::1", "[::1]"),
            *("candor.localhost", "beta.candor.localhost", "admin.candor.localhost", "x.alpha.candor.localhost"),
            *(
                "a.b.localhost",
                "a.b.internal",
                "https://interviews.acme.com/",
                "interviews.acme.com:443",
                "a@b.acme.com",
            ),
            *(
                "-a.acme.com",
                "a..acme.com",
                "a_b.acme.com",
                "*.acme.com",
                "a b.acme.com",
                "a.acme.com\n.x",
                "\u0430.acme.com",
            ),
            *("x" * 64 + ".acme.com", "x." * 130 + "acme.com", "a.acme.com\x00"),
        ):
            with self.subTest(given), self.assertRaises(BadHost):
                custom_domains.claim(host=given)
        self.assertEqual(CustomDomain.objects.count(), 0)

    def test_a_name_for_documentation_is_refused_as_that(self) -> None:
        with self.assertRaises(BadHost) as caught:
            custom_domains.claim(host="interviews.acme.example")

        self.assertIn("reserved for documentation", caught.exception.messages[0])
        self.assertFalse(CustomDomain.objects.exists())

    def test_there_are_at_most_ten(self) -> None:
        for number in range(10):
            custom_domains.claim(host=f"h{number}.acme.com")

        with self.assertRaises(BadHost):
            custom_domains.claim(host="h10.acme.com")


class ProofTests(TenantTestCase):
    def test_a_claim_alone_answers_nothing(self) -> None:
        row = custom_domains.claim(host=HOST)

        self.assertEqual(custom_domains.claim(host=HOST).pk, row.pk)
        self.assertEqual(status_on(HOST), 404)
        self.assertEqual(Due.objects.get(object_id=row.pk).kind, "domain_check")

    def test_without_the_right_record_it_stays_a_claim(self) -> None:
        row = custom_domains.claim(host=HOST)
        for resolve in (nothing, lambda name: ["candor=" + "0" * 32], lambda name: [row.token + "x", row.token[:-1]]):
            with self.assertRaises(NotProven):
                custom_domains.check(domain_id=row.pk, resolve=resolve)
        with self.assertRaises(dns.NoAnswer):
            custom_domains.check(domain_id=row.pk, resolve=silent)

        self.assertEqual((Domain.objects.filter(domain=HOST).exists(), status_on(HOST)), (False, 404))

    def test_with_it_the_tenant_answers_there_with_its_cookies(self) -> None:
        verified()

        self.assertEqual(status_on(HOST), 200)
        self.assertEqual(status_on(f"x.{HOST}"), 404)
        person()
        client = Client(HTTP_HOST=HOST)
        response = client.post(
            "/sign-in/", {"username": "ada@alpha.example", "password": "a-long-test-password"}, secure=True
        )
        self.assertEqual(response.status_code, 302)
        cookie = response.cookies["__Host-staff"]
        self.assertEqual((cookie["domain"], cookie["secure"], cookie["path"]), ("", True, "/"))

    def test_the_first_to_prove_it_has_it(self) -> None:
        mine = custom_domains.claim(host=HOST)
        with tenancy.enter(OTHER):
            theirs = custom_domains.claim(host=HOST)
            custom_domains.check(domain_id=theirs.pk, resolve=told(theirs))
        self.assertNotEqual(mine.token, theirs.token)

        with self.assertRaises(TakenByAnother):
            custom_domains.check(domain_id=mine.pk, resolve=told(mine))

        self.assertEqual(Domain.objects.get(domain=HOST).tenant.schema_name, OTHER)

    def test_another_tenants_claim_is_not_there(self) -> None:
        with tenancy.enter(OTHER):
            theirs = verified()

        for act in (custom_domains.check, custom_domains.make_primary, custom_domains.remove):
            with self.assertRaises(CustomDomain.DoesNotExist):
                act(domain_id=theirs.pk)

        self.assertEqual(Domain.objects.filter(domain=HOST).count(), 1)

    def test_the_database_has_a_host_verified_once(self) -> None:
        verified()
        other = Tenant.objects.get(schema_name=OTHER)

        with self.assertRaises(IntegrityError), transaction.atomic():
            CustomDomain.objects.create(tenant=other, host=HOST, token="x", verified_at=clock.now())


class PrimaryTests(TenantTestCase):
    def test_links_name_the_main_address_and_the_platforms_host_stays(self) -> None:
        row = verified()

        custom_domains.make_primary(domain_id=row.pk)

        tenant = Tenant.objects.get(schema_name="alpha")
        self.assertEqual(tenant.host, HOST)
        primary = Domain.objects.filter(tenant=tenant, is_primary=True).values_list("domain", flat=True)
        self.assertEqual(list(primary), [HOST])
        self.assertEqual((status_on(HOST), status_on("alpha.candor.localhost")), (200, 200))
        tenancy.forget()
        with tenancy.enter("alpha"):
            self.assertEqual(site_url(), f"http://{HOST}{settings.PUBLIC_PORT}")
        custom_domains.make_primary(domain_id=None)
        self.assertEqual(Tenant.objects.get(schema_name="alpha").host, "alpha.candor.localhost")

    def test_a_claim_can_not_be_the_main_address(self) -> None:
        row = custom_domains.claim(host=HOST)

        with self.assertRaises(CustomDomain.DoesNotExist):
            custom_domains.make_primary(domain_id=row.pk)

    def test_the_main_address_is_not_removed_another_is(self) -> None:
        row = verified()
        custom_domains.make_primary(domain_id=row.pk)
        with self.assertRaises(custom_domains.InUse):
            custom_domains.remove(domain_id=row.pk)
        custom_domains.make_primary(domain_id=None)

        custom_domains.remove(domain_id=row.pk)

        self.assertEqual((CustomDomain.objects.count(), status_on(HOST)), (0, 404))
        self.assertFalse(Due.objects.filter(object_id=row.pk).exists())


class LookAgainTests(TenantTestCase):
    def test_a_claim_that_nobody_proved_is_dropped(self) -> None:
        row = custom_domains.claim(host=HOST)

        custom_domains.look_again(domain_id=row.pk, resolve=nothing)

        self.assertFalse(CustomDomain.objects.exists())
        self.assertFalse(Due.objects.filter(object_id=row.pk).exists())

    def test_a_record_that_is_gone_warns_for_two_weeks_then_the_host_is_lost(self) -> None:
        row = verified()
        custom_domains.make_primary(domain_id=row.pk)

        custom_domains.look_again(domain_id=row.pk, resolve=nothing)

        row.refresh_from_db()
        self.assertIsNotNone(row.missing_since)
        self.assertEqual(status_on(HOST), 200)
        CustomDomain.objects.update(missing_since=clock.now() - timedelta(days=13, hours=23))
        custom_domains.look_again(domain_id=row.pk, resolve=nothing)
        self.assertEqual(status_on(HOST), 200)
        CustomDomain.objects.update(missing_since=clock.now() - timedelta(days=14, seconds=1))
        custom_domains.look_again(domain_id=row.pk, resolve=silent)
        self.assertEqual(status_on(HOST), 200)  # name servers that are away prove nothing
        custom_domains.look_again(domain_id=row.pk, resolve=nothing)
        self.assertEqual((status_on(HOST), CustomDomain.objects.count()), (404, 0))
        self.assertEqual(Tenant.objects.get(schema_name="alpha").host, "alpha.candor.localhost")

    def test_a_record_that_is_back_ends_the_warning(self) -> None:
        row = verified()
        custom_domains.look_again(domain_id=row.pk, resolve=nothing)

        custom_domains.look_again(domain_id=row.pk, resolve=told(row))

        row.refresh_from_db()
        self.assertIsNone(row.missing_since)


class PageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.owner = signed_in(person("olga@alpha.example", role=Role.OWNER))

    def test_the_page_shows_what_to_write_into_dns(self) -> None:
        response = self.owner.post(URL, {"host": HOST})

        self.assertEqual((response.status_code, response["Location"]), (303, URL))
        row = CustomDomain.objects.get()
        page = self.owner.get(URL)
        for words in (f"_candor-domain.{HOST}", row.token, provisioning.host_of("alpha")):
            self.assertContains(page, words)

    def test_a_bad_host_is_told_beside_its_field(self) -> None:
        self.assertContains(self.owner.post(URL, {"host": "acme.com"}), "interviews.acme.com", status_code=400)

    def test_with_single_sign_on_it_warns(self) -> None:
        tenant = Tenant.objects.get(schema_name="alpha")
        SamlConnection.objects.create(tenant=tenant, idp_entity_id="https://idp", sso_url="https://idp/", enabled=True)

        self.assertContains(self.owner.get(URL), "Single sign-on depends on the main address")

    def test_strangers_other_roles_and_other_tenants_get_and_write_nothing(self) -> None:
        row = verified()
        recruiter = signed_in(person("rita@alpha.example", role=Role.RECRUITER))
        with tenancy.enter(OTHER):
            foreign = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
        posts = [URL] + [f"{URL}{row.pk}/{act}/" for act in ("check", "primary", "remove")]
        for client, status in ((TenantClient(), 302), (recruiter, 403), (foreign, 404)):
            for url in posts[1 if client is foreign else 0 :]:
                self.assertEqual(client.post(url, {"host": "new.acme.com"}).status_code, status, url)

        self.assertEqual([one.host for one in CustomDomain.objects.all()], [HOST])
        self.assertEqual(Tenant.objects.get(schema_name="alpha").primary_host, "")


class ClaimingAtOnceTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        CustomDomain.objects.all().delete()

    def test_of_posts_of_one_host_at_once_each_gets_the_one_claim(self) -> None:
        claims = at_once(*[lambda: custom_domains.claim(host=HOST)] * 6)

        self.assertEqual({claim.pk for claim in claims}, {CustomDomain.objects.get().pk})

    def test_posts_at_once_claim_no_more_hosts_than_there_may_be(self) -> None:
        for number in range(custom_domains.MOST - CustomDomain.objects.count() - 1):
            custom_domains.claim(host=f"a{number}.acme.com")

        done = at_once(*[lambda host=f"b{n}.acme.com": custom_domains.claim(host=host) for n in range(4)])

        self.assertEqual(sorted(type(one).__name__ for one in done), ["BadHost"] * 3 + ["CustomDomain"])
        self.assertEqual(CustomDomain.objects.count(), custom_domains.MOST)
