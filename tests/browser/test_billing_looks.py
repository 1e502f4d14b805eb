"""The pages of billing, for who pays and for the platform's staff, narrow and wide, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.candor import Candor
from tests.browser.conftest import Contexts
from tests.browser.looks import DESK, Looks, nothing_is_wrong
from tests.browser.people import PASSWORD, give_code
from tests.browser.test_admin_looks import admin, looked_at
from tests.browser.watch import Watch

__all__ = ["admin"]  # a fixture
pytestmark = pytest.mark.prove

OWNER = "grace.otieno@globex.example"
PAGES = {
    "/billing/": "Billing",
    "/billing/plan/": "Plans",
    "/billing/plan/starter/": "Starter",
    "/billing/details/": "Billing details",
    "/billing/beyond/": "Extra interviews",
    "/billing/cancel/": "Cancel the plan",
    "/billing/budgets/": "Budgets",
    "/billing/budgets/month/": "Each month",
    "/billing/receipts/": "Cost receipts",
    "/billing/return/": "Return on investment",
    "/waiting/": "Waiting to start",
}
OF_STAFF = {
    "/billing/margin/": "Gross margin",
    "/billing/subscription/": "Globex Health",
    "/billing/billingnotice/": "Status",
    "/billing/interviewreceipt/": "Show receipt",
}


def sign_in(page: Page, candor: Candor, site: str = "globex", email: str = OWNER) -> None:
    page.goto(f"{candor.site(site)}/sign-in/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    give_code(page, candor, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def test_the_pages_of_who_pays(contexts: Contexts, candor: Candor, looks: Looks, watch: Watch) -> None:
    page = contexts(DESK).new_page()
    sign_in(page, candor)

    for path, heading in PAGES.items():
        page.goto(f"{candor.site('globex')}{path}")
        looks.at(page, heading)
    page.goto(f"{candor.site('globex')}/billing/")
    page.get_by_text("Show as a table").press("Enter")
    looks.at(page, "Billing", "the table")

    assert nothing_is_wrong(looks, watch, refused=[])


def test_the_pages_about_money_of_the_platforms_staff(admin: Page, candor: Candor, watch: Watch) -> None:
    assert looked_at(admin, candor, OF_STAFF) == []
    assert (watch.errors, watch.violations, watch.refused) == ([], [], [])
