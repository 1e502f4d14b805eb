"""Those who use single sign-on in a browser: an owner who sets it up, and people who come in through it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from playwright.sync_api import Locator, Page, expect

from tests.saml.simplesamlphp import ServiceProvider

SETTINGS = "/settings/sign-in/"
OVERVIEW = "Overview"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a company's site, `site` being its address."""

    page: Page
    site: str

    def go(self, path: str) -> None:
        self.page.goto(self.site + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    def expect_portal(self) -> None:
        """:raises AssertionError: unless this is the start page of the company's portal."""
        expect(self.heading()).to_have_text(OVERVIEW)
        assert self.page.url == f"{self.site}/"

    def sign_in_with_password(self, owner: dict[str, str]) -> None:
        """The form, up to the code of the authenticator app."""
        self.go("/sign-in/")
        if (summary := self.page.get_by_text("Break-glass account", exact=True)).count():
            summary.click()
        self.page.get_by_label("Email").fill(owner["email"])
        self.page.get_by_label("Password").fill(owner["password"])
        self.press("Sign in")

    def show_code(self, owner: dict[str, str]) -> None:
        code = HOTP(bytes.fromhex(owner["app"]), 6, SHA1()).generate(int(time.time()) // 30).decode()
        self.page.get_by_label("Code").fill(code)
        self.press("Go on")
        self.expect_portal()


@dataclass(frozen=True, slots=True)
class Admin(Visitor):
    """An owner, who sets single sign-on up on its pages."""

    def give_metadata(self, text: str) -> None:
        self.go(SETTINGS)
        self.page.get_by_role("link", name="Give your provider's metadata").click()
        self.page.get_by_label("Metadata as text").fill(text)
        self.press("Read the metadata")
        expect(self.page.get_by_role("status")).to_contain_text("The identity provider's metadata is stored.")

    def our_values(self) -> ServiceProvider:
        """What the page offers for copying."""
        self.go(SETTINGS)
        labels = ("Entity ID (audience)", "Sign-in address (ACS, reply URL)", "Sign-out address (SLO)")
        return ServiceProvider(*(self.page.get_by_label(one).input_value() for one in (*labels, "Our certificate")))

    def choose(self, *, groups: dict[str, str], encrypted: bool = False) -> None:
        """Map attributes and groups (group -> the role's name)."""
        self.go(f"{SETTINGS}options/")
        self.page.get_by_label("Attribute with the e-mail address").fill("mail")
        self.page.get_by_label("Attribute with the name").fill("displayName")
        self.page.get_by_label("Attribute with the groups").fill("groups")
        self.page.get_by_label("Refuse assertions that are not encrypted").set_checked(encrypted)
        for place, (group, role) in enumerate(groups.items()):
            self.page.locator(f"[name=groups-{place}-group]").fill(group)
            self.page.locator(f"[name=groups-{place}-role]").select_option(label=role)
        self.press("Save")

    def test_sign_in(self, account: Account | None = None) -> list[str]:
        """Make the test; returns the report's checks with their outcome, such as "It names one person passed".

        Without an account the provider still knows this browser.
        """
        self.go(SETTINGS)
        self.page.get_by_role("link", name="Test sign-in").click()
        if account is not None:
            account.sign_in(self.page)
        expect(self.heading()).to_have_text("Test sign-in")
        return [" ".join(text.split()) for text in self.page.locator("main ol li p.font-medium").all_inner_texts()]

    def switch_on(self) -> None:
        self.go(SETTINGS)
        self.press("Turn on")
        expect(self.page.get_by_role("button", name="Turn off")).to_be_visible()

    def enforce(self, email: str) -> None:
        """Leave passwords to this account alone."""
        self.go(SETTINGS)
        account = self.page.get_by_label("Break-glass account")
        account.select_option(label=account.get_by_text(email).inner_text())
        self.press("Allow single sign-on only")
        expect(self.page.get_by_role("button", name="Allow passwords again")).to_be_visible()

    def relax(self) -> None:
        self.go(SETTINGS)
        self.press("Allow passwords again")
        expect(self.page.get_by_role("button", name="Allow single sign-on only")).to_be_visible()


@dataclass(frozen=True, slots=True)
class Account:
    """What somebody types on SimpleSAMLphp's sign-in page."""

    url: str
    name: str
    password: str

    def sign_in(self, page: Page) -> None:
        expect(page).to_have_url(re.compile(re.escape(self.url)))
        page.get_by_label("Username").fill(self.name)
        page.get_by_label("Password").fill(self.password)
        page.get_by_role("button", name="Login").click()


@dataclass(frozen=True, slots=True)
class Employee(Visitor):
    """Somebody who only knows their own mail address and what they sign in with at their company."""

    def find_company(self, public: str, email: str) -> None:
        """From the public site by the mail address on to the identity provider."""
        self.page.goto(f"{public}/sign-in/")
        self.page.get_by_label("Work e-mail address").fill(email)
        self.press("Go on")

    def sign_out(self) -> None:
        self.page.get_by_text("Account of").locator("xpath=..").click()
        self.page.get_by_role("button", name="Sign out").locator("visible=true").click()
