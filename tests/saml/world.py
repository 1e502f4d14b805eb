"""Two companies that were set up through their own pages, with one SimpleSAMLphp for both, and one Chromium."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, PATIENCE_MS, chromium
from tests.browser.looks import DESK
from tests.browser.watch import Watch
from tests.saml.simplesamlphp import Provider, ServiceProvider, simplesamlphp
from tests.saml.visitors import Account, Admin, Employee
from tests.stack import ROOT, Stack, stack

GROUPS = {"hr": "Recruiter", "leads": "Hiring manager"}
PEOPLE = {
    "ada": {"company": "alder", "groups": ["staff", "hr"]},
    "ben": {"company": "birch", "groups": ["leads"]},
    "cleo": {"company": "alder", "groups": ["staff"]},
}


def attributes(name: str, company: str, groups: list[str]) -> dict[str, list[str]]:
    email = f"{name}@{company}.example"
    return {"uid": [f"{company}-{name}"], "mail": [email], "displayName": [name.title()], "groups": groups}


def everybody() -> dict[str, dict[str, list[str]]]:
    """Who is known at the provider that both companies use: these people and the owners."""
    owners = {f"owner-{company}": attributes("owner-at-idp", company, ["hr"]) for company in ("alder", "birch")}
    return owners | {name: attributes(name, **one) for name, one in PEOPLE.items()}  # type: ignore[arg-type]


@dataclass
class Company:
    """A tenant that was set up, its owner's browser, and the report of the test sign-in."""

    site: str
    told: dict[str, Any]
    admin: Admin
    ours: ServiceProvider
    report: list[str]


@dataclass
class World:
    made: Stack
    provider: Provider
    chrome: Browser
    watch: Watch
    companies: dict[str, Company]
    seconds: float = 0.0

    @property
    def public(self) -> str:
        return self.site("")

    def site(self, tenant: str) -> str:
        return f"http://{self.made.host(tenant)}"

    def page(self) -> Page:
        """A page of a browser that was nowhere before."""
        context = self.chrome.new_context(viewport={"width": DESK[0], "height": DESK[1]})
        context.set_default_timeout(PATIENCE_MS)
        self.watch.over(context)
        return context.new_page()

    def account(self, name: str) -> Account:
        return Account(self.provider.url, name, self.provider.password)

    def employee(self, company: str) -> Employee:
        return Employee(self.page(), self.site(company))

    def trust(self, *, encrypt: bool = False) -> None:
        self.provider.trust(*(one.ours for one in self.companies.values()), encrypt=encrypt)

    def come_in(self, name: str) -> Employee:
        """Somebody signs in, from the public site to the portal."""
        company = str(PEOPLE[name]["company"])
        employee = self.employee(company)
        employee.find_company(self.public, f"{name}@{company}.example")
        self.account(name).sign_in(employee.page)
        employee.expect_portal()
        return employee

    def role(self, email: str) -> str:
        company = email.partition("@")[2].removesuffix(".example")
        return str(self.made.value(f"SELECT role FROM {company}.accounts_user WHERE email = %s", email))


@contextmanager
def running(folder: Path) -> Iterator[World]:
    """Everything, until the block ends; `folder` is the provider's."""
    with (
        stack("saml") as made,
        simplesamlphp(folder, everybody()) as provider,
        sync_playwright() as playwright,
    ):
        expect.set_options(timeout=PATIENCE_MS)
        chrome = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        found = World(made, provider, chrome, Watch(), {})
        started = time.monotonic()
        for told in filled(made):
            found.companies[told["name"]] = set_up(found, told["name"], told)
        found.seconds = time.monotonic() - started
        yield found
        chrome.close()


def filled(made: Stack) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.load.within_django", "tests.saml.fill"]
    done = subprocess.run(command, cwd=ROOT, env=made.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def set_up(world: World, name: str, told: dict[str, Any]) -> Company:
    """As an owner does it: metadata, values, settings, test, on."""
    admin = Admin(world.page(), world.site(name))
    admin.sign_in_with_password(told["owner"])
    admin.show_code(told["owner"])
    admin.give_metadata(world.provider.metadata())
    found = Company(world.site(name), told, admin, admin.our_values(), [])
    world.companies[name] = found
    world.trust()
    admin.choose(groups=GROUPS)
    found.report = admin.test_sign_in(world.account(f"owner-{name}"))
    admin.switch_on()
    return found


def caught(page: Page, acs: str) -> list[dict[str, str]]:
    """What the provider's pages post to `acs` from now on, which does not arrive there."""
    posts: list[dict[str, str]] = []

    def catch(route: Route) -> None:
        fields = parse_qs(route.request.post_data or "")
        posts.append({name: values[0] for name, values in fields.items()})
        route.fulfill(body="caught")

    page.route(acs, catch)
    return posts


def post(page: Page, address: str, fields: dict[str, str]) -> None:
    """Send a form from a page that belongs to nobody."""
    page.goto("about:blank")
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    page.set_content(f'<form method="post" action="{address}">{inputs}</form>')
    with page.expect_navigation():
        page.locator("form").evaluate("form => form.submit()")
