"""Pictures of the main pages, for people to look at: narrow and wide, light and dark, in var/test/screenshots."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from config import env as environment
from tests.browser.candor import Candor
from tests.browser.conftest import Contexts
from tests.browser.looks import DESK, SCHEMES, SIZES, Scheme, change
from tests.browser.people import JOB_TITLE, Candidate, Recruiter, answers
from tests.browser.test_admin_looks import admin
from tests.browser.test_billing_looks import sign_in
from tests.browser.watch import Watch

__all__ = ["admin"]  # a fixture

pytestmark = pytest.mark.prove

FEWEST_COLOURS = 40  # a page with text has more, by the smoothed edges of its letters
REVIEWED = "Mirela"
OWNER = "femke.dewit@acme.example"


@dataclass(frozen=True, slots=True)
class Album:
    """A folder of pictures and the names they must have."""

    folder: Path
    expected: list[str] = field(default_factory=list)

    def take(
        self, page: Page, name: str, heading: str, *, whole: bool = True, schemes: tuple[Scheme, ...] = SCHEMES
    ) -> None:
        """Pictures of the page with this heading, as high as it is unless it keeps something in view."""
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        for size in SIZES:
            for scheme in schemes:
                change(page, size, scheme)
                self.expected.append(f"{name}-{size[0]}-{scheme}.png")
                page.screenshot(path=self.folder / self.expected[-1], full_page=whole)
        change(page, DESK, "light")


@pytest.fixture
def album(show: Callable[[str], None]) -> Iterator[Album]:
    folder = environment.var_dir() / "screenshots"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = Album(folder)
    yield made
    show(f"{len(made.expected)} pictures in {folder}")


def test_every_main_page_has_its_pictures_and_none_is_blank(
    contexts: Contexts, candidate: Candidate, recruiter: Recruiter, admin: Page, album: Album, watch: Watch
) -> None:
    take_the_candidates_way(candidate, recruiter.invite("Noor Haidari"), album)
    take_the_portal(recruiter, album)
    take_a_review(recruiter, album)
    take_the_money(contexts, recruiter.candor, admin, album)
    page, candor = contexts(DESK).new_page(), recruiter.candor
    for name, url, heading in (
        ("public", f"{candor.site('')}/", "An AI asks."),
        ("mailbox", f"{candor.site('')}/mailbox/", "Development mailbox"),
        ("sign-in", f"{candor.site()}/sign-in/", "Sign in to"),
    ):
        page.goto(url)
        album.take(page, name, heading)

    assert sorted(path.name for path in album.folder.iterdir()) == sorted(album.expected)
    assert [name for name in album.expected if is_blank(album.folder / name)] == []
    assert (watch.errors, watch.violations, watch.refused) == ([], [], [])


def take_the_candidates_way(candidate: Candidate, link: str, album: Album) -> None:
    page = candidate.page
    page.goto(link)
    album.take(page, "landing", f"Your interview for {JOB_TITLE}")
    candidate.press("Continue")
    album.take(page, "consent", "Before you begin")
    candidate.agree()
    album.take(page, "ready", "Ready when you are")
    candidate.press("Start the interview")
    expect(candidate.box).to_be_visible()
    candidate.answer(answers()[0])
    album.take(page, "room", JOB_TITLE, whole=False)
    candidate.answer_all(answers()[1:])
    album.take(page, "answers", "Look through your answers")
    candidate.press("Submit the interview")
    album.take(page, "receipt", "Your interview has been submitted")


def take_the_portal(recruiter: Recruiter, album: Album) -> None:
    job = f"/jobs/{recruiter.job_id()}/"
    for name, path, heading in (
        ("overview", "/", "Overview"),
        ("jobs", "/jobs/", "Jobs"),
        ("job", job, JOB_TITLE),
        ("questions", f"{job}?tab=questions", JOB_TITLE),
        ("scorecard", f"{job}?tab=scorecard", JOB_TITLE),
        ("settings", f"{job}?tab=settings", JOB_TITLE),
        ("invite", f"{job}invite/", "Invite a candidate"),
        ("candidates", "/candidates/", "Candidates"),
    ):
        recruiter.go(path)
        album.take(recruiter.page, name, heading)


def take_a_review(recruiter: Recruiter, album: Album) -> None:
    page = recruiter.page
    recruiter.find(REVIEWED).get_by_role("link").first.click()
    album.take(page, "interview", REVIEWED)
    for group in page.locator("[data-rating]").all():
        group.locator("input[value='4']").check()
    recruiter.press("Submit your review")
    expect(page.get_by_text("Provisional: basic mode.")).to_be_visible()
    album.take(page, "review", REVIEWED)
    page.get_by_label("Advance").check()
    page.get_by_label("Reason").select_option("meets_requirements")
    page.get_by_label("In your words").fill("Every claim comes with what was measured.")
    recruiter.press("Record the decision")
    expect(page.get_by_text("Decided by")).to_be_visible()
    album.take(page, "decision", REVIEWED)


def take_the_money(contexts: Contexts, candor: Candor, admin: Page, album: Album) -> None:
    page = contexts(DESK).new_page()
    sign_in(page, candor, site="acme", email=OWNER)
    for name, path, heading in (
        ("billing", "/billing/", "Billing"),
        ("plans", "/billing/plan/", "Plans"),
        ("budgets", "/billing/budgets/", "Budgets"),
        ("receipts", "/billing/receipts/", "Cost receipts"),
        ("return", "/billing/return/", "Return on investment"),
    ):
        page.goto(f"{candor.site()}{path}")
        album.take(page, name, heading)
    admin.goto(f"{candor.site('admin')}/billing/margin/")
    album.take(admin, "margin", "Margin", schemes=("light",))  # it looks at the scheme when it loads


def is_blank(picture: Path) -> bool:
    with Image.open(picture) as image:
        return len(image.convert("RGB").getcolors(maxcolors=image.width * image.height) or []) < FEWEST_COLOURS
