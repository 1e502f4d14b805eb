"""A browser signs in through SimpleSAMLphp: real processes of Candor, somebody else's identity provider, Chromium."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import chromium
from tests.saml.simplesamlphp import missing, simplesamlphp
from tests.saml.visitors import SETTINGS, Admin, Employee
from tests.saml.world import GROUPS, PEOPLE, World, caught, post, running

pytestmark = [
    pytest.mark.prove,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on the PATH, and CHROMIUM names none"),
    pytest.mark.skipif(missing() != "", reason=missing()),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("simplesamlphp")) as found:
        yield found


def test_the_pages_lead_an_owner_to_a_test_that_passed(world: World, show: Callable[[str], None]) -> None:
    checks = [len(company.report) for company in world.companies.values()]
    show(f"SimpleSAMLphp: two companies filled and set up in {world.seconds:.1f} s, {checks} checks in their reports")
    for name, company in world.companies.items():
        company.admin.go(SETTINGS)

        assert len(company.report) >= 8
        assert [line for line in company.report if not line.endswith(" passed")] == []
        expect(company.admin.page.get_by_text("Passed on")).to_be_visible()
        assert world.made.value(f"SELECT count(*) FROM {name}.accounts_user") == 2  # a test makes nobody


def test_people_of_two_companies_land_in_their_own_portals(world: World) -> None:
    for name, role in (("ada", "recruiter"), ("ben", "hiring_manager"), ("cleo", "reviewer")):
        company = str(PEOPLE[name]["company"])
        other = next(one for one in world.companies if one != company)

        employee = world.come_in(name)

        assert world.role(f"{name}@{company}.example") == role
        expect(employee.page.get_by_text(f"Account of {name.title()}")).to_have_count(1)
        employee.page.goto(f"{world.site(other)}/")
        expect(employee.heading()).to_have_text(f"Sign in to {other.title()} Ltd")
        assert world.made.value(f"SELECT count(*) FROM {other}.accounts_user WHERE email LIKE %s", f"{name}@%") == 0
    assert (world.watch.errors, world.watch.violations) == ([], [])


def test_an_assertion_for_one_company_does_not_open_the_other(world: World) -> None:
    page, alder, birch = world.page(), world.companies["alder"], world.companies["birch"]
    mine, theirs = (caught(page, company.ours.acs_url) for company in (alder, birch))
    page.goto(f"{alder.site}/saml/login/")
    world.account("ada").sign_in(page)
    expect(page.get_by_text("caught")).to_be_visible()
    page.goto(f"{birch.site}/saml/login/")  # birch awaits an answer for this browser too
    expect(page.get_by_text("caught")).to_be_visible()
    page.unroute_all()

    post(page, birch.ours.acs_url, mine[0])

    expect(page.get_by_text("Single sign-on: destination")).to_be_visible()
    page.goto(f"{birch.site}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Birch Ltd")
    post(page, birch.ours.acs_url, theirs[0])
    expect(page.get_by_text("Single sign-on: email_domain")).to_be_visible()
    post(page, alder.ours.acs_url, mine[0])
    Employee(page, alder.site).expect_portal()


def test_an_assertion_opens_the_door_to_one_browser_once(world: World) -> None:
    page, stranger, alder = world.page(), world.page(), world.companies["alder"]
    posts = caught(page, alder.ours.acs_url)
    page.goto(f"{alder.site}/saml/login/")
    world.account("ada").sign_in(page)
    expect(page.get_by_text("caught")).to_be_visible()
    page.unroute_all()

    post(stranger, alder.ours.acs_url, posts[0])
    expect(stranger.get_by_text("Single sign-on: not_awaited")).to_be_visible()
    post(page, alder.ours.acs_url, posts[0])
    Employee(page, alder.site).expect_portal()
    post(page, alder.ours.acs_url, posts[0])
    expect(page.get_by_text("Single sign-on: not_awaited")).to_be_visible()


def test_the_provider_checks_the_signatures_of_our_requests(world: World) -> None:
    page, alder = world.page(), world.companies["alder"]
    with page.expect_request(f"{world.provider.url}/saml2/idp/SSOService.php*") as asked:
        page.goto(f"{alder.site}/saml/login/")
    query = parse_qs(urlsplit(asked.value.url).query)
    assert set(query) == {"SAMLRequest", "RelayState", "SigAlg", "Signature"}
    expect(page.get_by_label("Username")).to_be_visible()

    page.goto(asked.value.url.replace("RelayState=", "RelayState=x"))

    expect(page.get_by_label("Username")).to_have_count(0)
    expect(page.locator("body")).to_contain_text("Error")


def test_encrypted_assertions_come_in_where_no_others_are_taken(world: World) -> None:
    alder = world.companies["alder"]
    alder.admin.choose(groups=GROUPS, encrypted=True)
    try:
        plain = world.employee("alder")
        plain.go("/saml/login/")
        world.account("ada").sign_in(plain.page)
        expect(plain.page.get_by_text("Single sign-on: not_encrypted")).to_be_visible()

        world.trust(encrypt=True)
        page = world.page()
        posts = caught(page, alder.ours.acs_url)
        page.goto(f"{alder.site}/saml/login/")
        world.account("ada").sign_in(page)
        expect(page.get_by_text("caught")).to_be_visible()
        page.unroute_all()
        answer = base64.b64decode(posts[0]["SAMLResponse"])
        assert (b"<saml:Assertion" in answer, b"xmlenc#aes128-cbc" in answer) == (False, True)
        post(page, alder.ours.acs_url, posts[0])
        Employee(page, alder.site).expect_portal()
    finally:
        world.trust()
        alder.admin.choose(groups=GROUPS)


def test_signing_out_here_leads_to_signing_out_at_the_provider(world: World) -> None:
    ada = world.come_in("ada")
    signed_in = sessions(world, "ada@alder.example")

    ada.sign_out()

    expect(ada.heading()).to_have_text("You are signed out")
    assert sessions(world, "ada@alder.example") == signed_in - 1
    ada.page.get_by_role("link", name="Sign out there too").click()
    expect(ada.heading()).to_have_text("Sign in to Alder Ltd")
    ada.go("/saml/login/")
    expect(ada.page.get_by_label("Username")).to_be_visible()  # the provider asks again


def test_signing_out_at_the_provider_ends_that_session_here(world: World) -> None:
    ada, elsewhere = world.come_in("ada"), world.come_in("ada")
    signed_in = sessions(world, "ada@alder.example")

    ada.page.goto(f"{world.provider.url}/saml2/idp/initSLO.php?RelayState={quote(world.provider.url + '/logout.php')}")
    expect(ada.page).to_have_url(re.compile("logout.php"))

    assert sessions(world, "ada@alder.example") == signed_in - 1
    ada.go("/")
    expect(ada.heading()).to_have_text("Sign in to Alder Ltd")
    elsewhere.go("/")
    elsewhere.expect_portal()


def test_where_it_is_enforced_one_account_alone_has_a_password(world: World) -> None:
    alder = world.companies["alder"]
    owner, keeper = (Admin(world.page(), alder.site) for _ in range(2))
    used = "SELECT count(*) FROM alder.audit_event WHERE action = 'sso.break_glass_used'"
    alder.admin.test_sign_in()
    alder.admin.enforce("keeper@alder.example")
    try:
        owner.sign_in_with_password(alder.told["owner"])
        expect(owner.page.get_by_role("alert")).to_contain_text("The e-mail address or the password is wrong.")
        assert world.made.value(used) == 0

        keeper.sign_in_with_password(alder.told["keeper"])
        keeper.show_code(alder.told["keeper"])
        assert world.made.value(used) == 1

        world.come_in("ada")
    finally:
        alder.admin.relax()


def sessions(world: World, email: str) -> int:
    """How many sessions somebody of alder has."""
    held = "SELECT count(*) FROM alder.staff_session JOIN alder.accounts_user u ON u.id = user_id WHERE u.email = %s"
    return int(world.made.value(held, email))


def test_the_provider_leaves_nothing_behind(tmp_path: Path) -> None:
    with simplesamlphp(tmp_path, {}) as provider:
        assert "IDPSSODescriptor" in provider.metadata()

    with pytest.raises(ConnectionRefusedError):  # PHP's workers hold the port as long as one of them lives
        socket.create_connection(("127.0.0.1", urlsplit(provider.url).port or 0), timeout=5).close()
