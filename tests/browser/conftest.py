"""One Candor with its demo data, one Chromium, and contexts of it that say what went wrong."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, StorageState, expect, sync_playwright

from tests.browser.candor import Candor, shared
from tests.browser.looks import DESK, PHONE, SCHEMES, SIZES, Looks
from tests.browser.people import Candidate, Recruiter
from tests.browser.watch import Watch

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PATIENCE_MS = 15_000

Contexts = Callable[..., BrowserContext]


def chromium() -> str | None:
    """The browser to test with: CHROMIUM, or the first that is on the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this package is marked."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def executable() -> str:
    """The path of a Chromium; without one the test is skipped."""
    found = chromium()
    if found is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is on the PATH, and CHROMIUM names none")
    return found


@pytest.fixture(scope="session")
def candor(executable: str) -> Iterator[Candor]:
    """A running Candor in basic mode with its demo data, shared by all workers."""
    with shared() as running:
        yield running


# Not for the session: while Playwright's loop runs, Django takes this thread for an asynchronous one.
@pytest.fixture(scope="package")
def browser(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE_MS)
        chrome = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield chrome
        chrome.close()


@pytest.fixture
def watch() -> Watch:
    """What goes wrong in this test's pages; the test says what must not."""
    return Watch()


@pytest.fixture
def looks(watch: Watch, show: Callable[[str], None], request: pytest.FixtureRequest) -> Iterator[Looks]:
    """Collects what is wrong; shows what was looked at."""
    seen = Looks()
    yield seen
    figures = {
        "pages": len(seen.pages),
        "looks": len(seen.pages) * len(SIZES) * len(SCHEMES),
        "wrong": len(seen.wrong),
        "policy_violations": len(watch.violations),
        "errors": len(watch.errors),
    }
    show(f"{request.node.name}: {json.dumps(figures)}")


@pytest.fixture
def contexts(browser: Browser, watch: Watch) -> Iterator[Contexts]:
    """Makes browser contexts of a size, watched and closed with the test."""
    made: list[BrowserContext] = []

    def make(size: tuple[int, int], *, scripts: bool = True, state: StorageState | None = None) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            has_touch=size == PHONE,
            java_script_enabled=scripts,
            storage_state=state,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        watch.over(context)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture(scope="package")
def signed_in(browser: Browser, candor: Candor) -> StorageState:
    """The cookies of the signed-in recruiter of acme."""
    context = browser.new_context()
    Recruiter(context.new_page(), candor).sign_in()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def recruiter(contexts: Contexts, candor: Candor, signed_in: StorageState) -> Recruiter:
    """The recruiter of acme at a desk, signed in."""
    return Recruiter(contexts(DESK, state=signed_in).new_page(), candor)


@pytest.fixture
def candidate(contexts: Contexts, candor: Candor) -> Candidate:
    """A candidate with a phone, whose browser has not seen Candor yet."""
    return Candidate(contexts(PHONE).new_page(), candor)
