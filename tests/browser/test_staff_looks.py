"""The pages of those who set Candor up: signing up, the account, the team and every page of the settings."""

from __future__ import annotations

import base64
import time

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Page, expect

from tenants.tests import idps
from tests.browser.candor import Candor
from tests.browser.conftest import Contexts
from tests.browser.looks import DESK, Looks, nothing_is_wrong
from tests.browser.people import PASSWORD, give_code, mail
from tests.browser.watch import Watch

pytestmark = pytest.mark.prove

OWNER, COMPANY = "grace.otieno@globex.example", "Globex Health"
NEW, NEW_OWNER, NEW_PASSWORD = "Initech", "olga@initech.example", "seven-green-bicycles"  # pragma: allowlist secret
MAIL_MS = 30_000


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def mailed(page: Page, candor: Candor, subject: str) -> str:
    """The first link of the newest mail with this subject."""
    mail(page, candor, subject).click()
    return str(page.locator("main a[href^=http]").first.get_attribute("href"))


def shown_by_app(secret: str) -> str:
    key = "".join(secret.split())
    app = TOTP(base64.b32decode(key + "=" * (-len(key) % 8)), 6, SHA1(), 30, enforce_key_length=False)
    return app.generate(int(time.time())).decode()


def test_the_pages_of_a_company_from_sign_up_to_its_end(
    contexts: Contexts, candor: Candor, looks: Looks, watch: Watch
) -> None:
    page = contexts(DESK).new_page()
    sign_up(page, candor, looks)
    join(page, candor, looks)
    for path, heading in (
        ("settings/", "Settings"),
        ("settings/sign-in/domains/", "E-mail domains"),
        ("settings/api-keys/", "API keys"),
        ("settings/support/", "Support access"),
    ):
        page.goto(f"{candor.site(NEW.lower())}/{path}")
        looks.at(page, heading, "nothing yet")
    page.goto(f"{candor.site(NEW.lower())}/settings/close/")
    looks.at(page, "Your data, and closing")
    page.get_by_label("Type the subdomain").fill(NEW.lower())
    page.get_by_label("Your password").fill(NEW_PASSWORD)
    press(page, "Close the account")
    expect(page.get_by_text("This account is being closed")).to_be_visible()
    looks.at(page, "Your data, and closing", "closing")
    assert nothing_is_wrong(looks, watch, refused=[400])


def sign_up(page: Page, candor: Candor, looks: Looks) -> None:
    """From the public site to a site of one's own."""
    page.goto(f"{candor.site('')}/sign-in/")
    looks.at(page, "Find your company")
    page.get_by_label("Work e-mail address").fill(NEW_OWNER)
    press(page, "Go on")
    looks.at(page, "Find your company", "unknown")
    page.goto(f"{candor.site('')}/start/")
    looks.at(page, "Start with Candor")
    page.get_by_label("Company").fill(NEW)
    page.get_by_label("Address").fill("acme")
    page.get_by_label("Your name").fill("Olga")
    page.get_by_label("Your e-mail at work").fill(NEW_OWNER)
    press(page, "Send me the link")
    looks.at(page, "Start with Candor", "taken")
    page.get_by_label("Address").fill(NEW.lower())
    press(page, "Send me the link")
    looks.at(page, "Look into your mail")
    page.goto(mailed(page, candor, "Confirm your address"))
    looks.at(page, "Set up your site")
    press(page, "Set it up")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your site is ready", timeout=MAIL_MS)
    looks.at(page, "Your site is ready")


def join(page: Page, candor: Candor, looks: Looks) -> None:
    """From the invitation to the first page of the portal."""
    page.goto(mailed(page, candor, f"Join {NEW} on Candor"))
    looks.at(page, f"Join {NEW}")
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password again").fill(NEW_PASSWORD)
    press(page, "Join")
    looks.at(page, "Set up a second factor")
    page.get_by_label("Code").fill(shown_by_app(page.locator("code").inner_text()))
    press(page, "Confirm the app")
    looks.at(page, "Keep these recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_the_pages_of_an_owner(contexts: Contexts, candor: Candor, looks: Looks, watch: Watch) -> None:
    page = contexts(DESK).new_page()
    sign_in(page, candor, looks)
    look_at_the_team(page, candor, looks)
    look_at_single_sign_on(page, candor, looks)
    look_at_what_is_shown_once(page, candor, looks)
    for path, heading in (
        ("account/", "Your account"),
        ("account/password/", "Change the password"),
        ("settings/", "Settings"),
        ("settings/branding/", "Branding"),
        ("settings/domains/", "Domains"),
        ("audit/", "Audit trail"),
    ):
        page.goto(f"{candor.site('globex')}/{path}")
        looks.at(page, heading)
    look_at_who_is_assigned(page, candor, looks)
    assert nothing_is_wrong(looks, watch, refused=[404])


def sign_in(page: Page, candor: Candor, looks: Looks) -> None:
    page.goto(f"{candor.site('globex')}/password/forgot/")
    looks.at(page, "Forgot your password?")
    page.goto(f"{candor.site('globex')}/join/nobody-was-sent-this/")
    looks.at(page, "This link works no longer")
    page.goto(f"{candor.site('globex')}/sign-in/")
    page.get_by_label("Email").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    looks.at(page, "One more step")
    give_code(page, candor, OWNER)
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def look_at_the_team(page: Page, candor: Candor, looks: Looks) -> None:
    page.goto(f"{candor.site('globex')}/team/invite/")
    looks.at(page, "Invite somebody")
    page.get_by_label("Email").fill("amelie.van-der-broeck@globex-health.example")
    page.get_by_label("Name").fill("Amélie van der Broeck")
    press(page, "Send the invitation")
    looks.at(page, "Team")
    page.get_by_role("link", name="Ben Ashworth").click()
    looks.at(page, "Ben Ashworth")


def look_at_single_sign_on(page: Page, candor: Candor, looks: Looks) -> None:
    base = f"{candor.site('globex')}/settings/sign-in/"
    page.goto(f"{base}domains/")
    page.get_by_label("Mail domain").fill("globex-health.example")
    press(page, "Add")
    looks.at(page, "E-mail domains")
    page.goto(f"{base}provider/")
    looks.at(page, "Your identity provider")
    page.get_by_label("Metadata as text").fill(idps.metadata().decode())
    press(page, "Read the metadata")
    looks.at(page, "Single sign-on")
    page.goto(f"{base}options/")
    looks.at(page, "Settings of single sign-on")
    assert page.get_by_label("Sign our requests").evaluate(TICK) is True
    page.goto(f"{base}test/")
    looks.at(page, "Test sign-in")


# The mark of a ticked box is a mask: without its image the box is only filled.
TICK = "(box) => box.checked && getComputedStyle(box, '::after').maskImage.startsWith('url(')"


def look_at_what_is_shown_once(page: Page, candor: Candor, looks: Looks) -> None:
    base = f"{candor.site('globex')}/settings/"
    page.goto(f"{base}api-keys/")
    page.get_by_label("Name").fill("Nightly export to the warehouse")
    page.get_by_label("Read jobs").check()
    press(page, "Make the key")
    looks.at(page, "Nightly export to the warehouse")
    page.goto(f"{base}api-keys/")
    looks.at(page, "API keys")
    page.goto(f"{base}scim/")
    press(page, "Make a token")
    looks.at(page, "The token for your directory")
    page.goto(f"{base}scim/")
    looks.at(page, "Directory (SCIM)")


def look_at_who_is_assigned(page: Page, candor: Candor, looks: Looks) -> None:
    page.goto(f"{candor.site('globex')}/jobs/")
    page.locator('main a[href^="/jobs/"]:not([href="/jobs/new/"])').first.click()
    title = page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="People", exact=True).click()
    looks.at(page, title, "people")
