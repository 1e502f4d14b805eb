"""The admin's pages, narrow and wide, light and dark: the same demands as on every other page."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.candor import Candor
from tests.browser.conftest import Contexts
from tests.browser.looks import AXE, DESK, OVERFLOW, RUN_AXE, SCHEMES, SIZES, STILL, TAGS, Looks, nothing_is_wrong
from tests.browser.people import PASSWORD, give_code
from tests.browser.watch import Watch

ADMIN = "admin@candor.example"
# Full pages: calls of two tenants over a week, one of twelve failed, and one answer of five from the cache.
CALLS = """
    WITH made AS (
        INSERT INTO public.llm_call (created_at, id, request_id, tenant, feature, provider, account, model, complexity,
            prompt_version, price_version, source, attempt, mode, reason, wait_ms, tokens_in, tokens_cached, tokens_out,
            tokens_estimated, cost_usd, saved_usd, latency_ms, finish_reason, error_kind, settled_at)
        SELECT now() - number * interval '75 minutes', gen_random_uuid(), gen_random_uuid(),
            (ARRAY['acme', 'globex'])[1 + number %% 2], 'interview_turn', 'groq',
            CASE WHEN number %% 5 = 0 THEN '' ELSE 'groq-paid' END, 'openai/gpt-oss-120b', 'simple', 'turn.v1', '2026',
            CASE WHEN number %% 5 = 0 THEN 'cache' ELSE 'provider' END, 1, 'full', 'the cheapest one with room', 0,
            2400, 900, 180, false, 0.0012, 0, 1334, 'stop', CASE WHEN number %% 12 = 1 THEN 'timeout' ELSE '' END, now()
        FROM generate_series(1, %s) AS number RETURNING id)
    SELECT count(*) FROM made"""
PAGES = {
    "/llm/usagehour/": "By tenant",
    "/llm/usagehour/calls/": "groq-paid",
    "/llm/usagehour/calls/?tenant=nobody": "No calls.",
    "/llm/ownkey/add/": "Its schema.",
    "/llm/budget/add/": "Limit in dollars",
}
TENANTS = {
    "/": "Last sweep",
    "/tenants/tenant/": "Globex Health",
    "/tenants/supportgrant/": "Look only",
    "/core/due/": "interview_expiry",
}
ACME = "SELECT id::text FROM tenants_tenant WHERE schema_name = 'acme'"
REASON = "Ticket 4711: the overview is empty."
CHOOSE = "(field, id) => field.append(new Option('Acme', id, true, true))"  # what its search would have added


@pytest.fixture
def admin(contexts: Contexts, candor: Candor) -> Page:
    """The platform's admin at a desk, signed in."""
    page = contexts(DESK).new_page()
    page.goto(f"{candor.site('admin')}/")
    page.locator("input[name=username]").fill(ADMIN)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_label("Code")).to_be_visible()
    give_code(page, candor, ADMIN)
    expect(page.get_by_role("link", name="Model use").first).to_be_visible()
    return page


def test_the_pages_about_models(admin: Page, candor: Candor, watch: Watch, show: Callable[[str], None]) -> None:
    assert candor.value(CALLS, 120) == 120
    wrong = looked_at(admin, candor, PAGES)

    show(json.dumps({"pages": len(PAGES), "looks": len(PAGES) * len(SCHEMES) * len(SIZES), "wrong": len(wrong)}))
    assert wrong == []
    assert (watch.errors, watch.violations, watch.refused) == ([], [], [])


@pytest.mark.prove
def test_the_pages_about_tenants_and_the_way_into_one(
    admin: Page, contexts: Contexts, candor: Candor, looks: Looks, watch: Watch
) -> None:
    link = ask_for_access(admin, candor)
    acme = candor.value(ACME)
    lost = {f"/tenants/tenant/{acme}/": "Reset the owner's", f"/tenants/tenant/{acme}/reset-owner/": "have called back"}
    wrong = looked_at(admin, candor, TENANTS | lost)
    portal = contexts(DESK).new_page()

    portal.goto(link)
    looks.at(portal, "Enter the portal of Acme Logistics")
    portal.get_by_role("button", name="Enter the portal").click()
    expect(portal.get_by_text("you may look and change nothing")).to_be_visible()
    looks.at(portal, "Overview", "support")
    portal.get_by_role("button", name="End it now").click()
    looks.at(portal, "The support access has ended")

    assert wrong == []
    assert nothing_is_wrong(looks, watch, refused=[])


def ask_for_access(admin: Page, candor: Candor) -> str:
    """Ask to look into a tenant; returns the one-time link."""
    admin.goto(candor.site("admin") + "/tenants/supportgrant/add/")
    admin.locator("#id_tenant").evaluate(CHOOSE, candor.value(ACME))
    admin.locator("[name=reason]").fill(REASON)
    admin.get_by_role("button", name="Save", exact=True).click()
    admin.get_by_role("button", name="Make a one-time link").click()
    return str(admin.locator("#way-in").get_attribute("href"))


def looked_at(admin: Page, candor: Candor, pages: dict[str, str]) -> list[str]:
    """What is wrong with pages of the admin: their paths, and words that they have."""
    wrong: list[str] = []
    for path, words in pages.items():
        for scheme in SCHEMES:
            admin.emulate_media(color_scheme=scheme)  # the admin looks at it once, when it loads
            for width, height in SIZES:
                admin.set_viewport_size({"width": width, "height": height})
                admin.goto(candor.site("admin") + path)
                expect(admin.locator("#main")).to_contain_text(words)
                assert admin.evaluate("() => document.documentElement.classList.contains('dark')") == (scheme == "dark")
                wrong += [f"{path} {width} px {scheme}: {found}" for found in faults(admin)]
    return wrong


def faults(page: Page) -> list[str]:
    """Violations of WCAG 2.2 AA, and what lies outside the screen."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate(STILL)
    found: list[str] = page.evaluate(RUN_AXE, list(TAGS))
    outside = page.evaluate(OVERFLOW)
    return [*found, *([f"{outside} px wider than the screen"] if outside > 0 else [])]
