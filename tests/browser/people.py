"""The two who use Candor in a browser: what they see and press, by its words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.browser.candor import TENANT, Candor
from tests.stack import ROOT, wait_until

COMPANY = "Acme Logistics"
JOB_SLUG, JOB_TITLE = "senior-backend-engineer", "Senior Backend Engineer"
NAME, EMAIL, PASSWORD = "Nadia Haddad", "nadia.haddad@acme.example", "candor-demo-sign-in"  # pragma: allowlist secret
REVIEW = "Look through your answers"


def answers(which: int = 0) -> list[str]:
    """The six answers of one of the demo's candidates for the job, from strong (0) to weak (2)."""
    demo: dict[str, Any] = json.loads((ROOT / "interviews/data/demo.json").read_text(encoding="utf-8"))
    finished = [row for row in demo["tenants"][0]["finished"] if row["job"] == JOB_SLUG]
    return [str(text) for text in finished[which]["answers"]]


def give_code(page: Page, candor: Candor, email: str) -> None:
    """Type the code of a person of the demo. It opens one sign-in: who comes again soon has the next."""
    given = ""
    expect(page.locator("input[name=code]")).to_be_visible()
    while (field := page.locator("input[name=code]")).is_visible():
        if (code := candor.code_of(email)) == given:
            page.wait_for_timeout(1000)
            continue
        given = code
        field.fill(code)
        with page.expect_navigation():
            field.press("Enter")


def mail(page: Page, candor: Candor, subject: str) -> Locator:
    """The newest mail with this subject in the mailbox, once the worker has sent it."""
    page.goto(f"{candor.site('')}/mailbox/")
    found = page.get_by_role("link", name=subject).first
    wait_until(lambda: bool(page.reload() and found.count()), f"no mail {subject!r}", pause=0.5)
    return found


@dataclass(frozen=True, slots=True)
class Recruiter:
    page: Page
    candor: Candor

    def go(self, path: str) -> None:
        self.page.goto(self.candor.site() + path)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sign_in(self, email: str = EMAIL) -> None:
        self.go("/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("Sign in")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Overview")

    def invite(self, name: str) -> str:
        """Invite a candidate for the job; returns the personal link."""
        self.go(f"/jobs/{self.job_id()}/invite/")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("E-mail").fill(f"{uuid4().hex}@candidates.example")
        self.press("Send the invitation")
        return self.page.get_by_label("Their personal link, shown only now").input_value()

    def job_id(self) -> str:
        return str(self.candor.value(f"SELECT id FROM {TENANT}.interviews_job WHERE slug = %s", JOB_SLUG))

    def row(self, name: str) -> Locator:
        """The table's row about a candidate."""
        return self.page.get_by_role("row").filter(has_text=name)

    def find(self, name: str) -> Locator:
        """Turn the pages of the candidates to who is asked for: whoever was active since pushes others back."""
        self.go("/candidates/")
        while self.row(name).count() == 0:
            with self.page.expect_navigation():
                self.page.get_by_role("link", name="Next", exact=True).click()
        return self.row(name)


@dataclass(frozen=True, slots=True)
class Candidate:
    page: Page
    candor: Candor

    @property
    def box(self) -> Locator:
        """Where the answer is written."""
        return self.page.locator("#answer")

    @property
    def interview_id(self) -> str:
        return self.page.url.split("/interview/")[1].split("/")[0]

    @property
    def room(self) -> str:
        return f"{self.candor.site()}/interview/{self.interview_id}/"

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).tap()

    def arrive(self, link: str) -> None:
        """From the link to the notice."""
        self.page.goto(link)
        self.press("Continue")
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Before you begin")

    def agree(self) -> None:
        self.page.get_by_label("An AI may interview me").check()
        self.press("Agree and continue")

    def begin(self, link: str) -> None:
        """From the link to the first question."""
        self.arrive(link)
        self.agree()
        self.press("Start the interview")
        expect(self.box).to_be_visible()
        self.page.wait_for_load_state("load")  # its scripts have run

    def key(self) -> str:
        """The id of the turn that waits for an answer."""
        return self.page.locator("[name=idempotency_key]").input_value()

    def answer(self, text: str) -> None:
        """Send an answer and wait for what follows: the next question, or the review of all answers."""
        key = self.key()
        self.box.fill(text)
        self.press("Send answer")
        self.wait_for_what_follows(key)

    def wait_for_what_follows(self, key: str) -> None:
        self.what_follows(key).wait_for(state="attached")

    def what_follows(self, key: str) -> Locator:
        """What a page has when the turn of this key is answered and replied to."""
        next_question = self.page.locator(f'[name=idempotency_key]:not([value="{key}"])')
        return next_question.or_(self.page.get_by_role("heading", name=REVIEW))

    def answer_all(self, texts: list[str]) -> None:
        for text in texts:
            self.answer(text)
        expect(self.page.get_by_role("heading", level=1)).to_have_text(REVIEW)

    def wait_for_draft(self) -> None:
        expect(self.page.locator("[data-draft-status]")).to_contain_text("Draft saved")
