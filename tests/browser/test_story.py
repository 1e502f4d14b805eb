"""The whole story without a model: invited, asked, submitted, rated, compared with the proposal, decided."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.candor import TENANT, Candor
from tests.browser.conftest import Contexts
from tests.browser.looks import DESK
from tests.browser.people import COMPANY, JOB_TITLE, NAME, Candidate, Recruiter, answers
from tests.browser.watch import Watch
from tests.stack import wait_until

CANDIDATE = "Ines Duarte"
CLOSING = "I could start in two months."
REASON = "Clear examples of repaired data and of a rehearsed change."
LEVELS = ("4", "3", "5", "N", "3", "4")
EVALUATED = f"SELECT count(*) FROM {TENANT}.interviews_evaluation WHERE interview_id = %s AND status = 'provisional'"
CHOSEN = "() => [...document.querySelectorAll('[data-rating] input:checked')].map((radio) => radio.value)"
MARKED = """
(link) => {
  // A quote that another one overlaps is cut into several marks, one behind the other.
  let mark = document.getElementById(link.hash.slice(1)), text = "";
  for (; mark?.nodeName === "MARK"; mark = mark.nextSibling) text += mark.textContent;
  return text;
}
"""


def test_an_interview_goes_from_the_invitation_to_a_decision_by_a_named_person(
    contexts: Contexts, candor: Candor, candidate: Candidate, watch: Watch
) -> None:
    recruiter = Recruiter(contexts(DESK).new_page(), candor)
    recruiter.sign_in()
    link = invite_and_see_the_link_once(recruiter)
    arrive_without_the_secret(candidate, link)
    consent_is_needed(candidate)
    answer_with_interruptions(candidate)
    submit_and_get_a_receipt(candidate)
    wait_until(lambda: candor.value(EVALUATED, candidate.interview_id) == 1, "nothing was evaluated")
    blind = rate_by_keyboard_alone(recruiter)
    see_the_proposal(recruiter.page, blind)
    decide(recruiter)
    assert (watch.errors, watch.violations, watch.refused) == ([], [], [])


def invite_and_see_the_link_once(recruiter: Recruiter) -> str:
    link = recruiter.invite(CANDIDATE)
    token = urlsplit(link).path.removeprefix("/i/")
    assert len(token) >= 40
    for path in ("/", "/candidates/", f"/jobs/{recruiter.job_id()}/", f"/jobs/{recruiter.job_id()}/invite/"):
        recruiter.go(path)
        assert token not in recruiter.page.content()
    return link


def arrive_without_the_secret(candidate: Candidate, link: str) -> None:
    page, token = candidate.page, urlsplit(link).path.removeprefix("/i/")
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Your interview for {JOB_TITLE}")
    assert page.url == candidate.room
    assert token not in page.content()
    candidate.press("Continue")


def consent_is_needed(candidate: Candidate) -> None:
    page = candidate.page
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Before you begin")
    candidate.press("Agree and continue")
    assert page.url == f"{candidate.room}consent/"
    expect(page.get_by_label("An AI may interview me")).to_be_focused()
    candidate.agree()
    expect(heading).to_have_text("Ready when you are")
    candidate.press("Start the interview")


def answer_with_interruptions(candidate: Candidate) -> None:
    page, texts = candidate.page, answers()
    expect(page.get_by_text("Basic mode.")).to_be_visible()
    candidate.box.fill(texts[0][:40])
    candidate.wait_for_draft()
    page.reload()
    expect(candidate.box).to_have_value(texts[0][:40])
    candidate.answer(texts[0])
    candidate.box.fill(texts[1])
    candidate.wait_for_draft()
    page.go_back()
    assert page.url == candidate.room
    expect(candidate.box).to_have_value(texts[1])
    expect(page.locator("#messages")).to_contain_text(texts[0])
    candidate.answer_all(texts[1:])


def submit_and_get_a_receipt(candidate: Candidate) -> None:
    page = candidate.page
    expect(page.locator("main ol > li p.text-read")).to_have_text(answers())
    page.get_by_label("Anything you would like to add?").fill(CLOSING)
    candidate.press("Submit the interview")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your interview has been submitted")
    expect(page.locator("main code")).to_have_text(re.compile(r"^[0-9a-f]{64}$"))
    page.goto(candidate.room)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your interview has been submitted")
    expect(page.get_by_text(f"A person at {COMPANY} reads your answers")).to_be_visible()


def rate_by_keyboard_alone(recruiter: Recruiter) -> str:
    """Rate without a mouse; returns the page's source from before."""
    page = recruiter.page
    recruiter.go("/")
    recruiter.row(CANDIDATE).get_by_role("link", name=CANDIDATE, exact=True).click()
    expect(page.get_by_text("Locked until your review is in")).to_be_visible()
    expect(page.locator("#turn-6")).to_contain_text(answers()[5])
    blind = page.content()
    page.wait_for_load_state("load")  # a click does not wait for the scripts that listen to keys
    page.locator("[data-rating] input").first.focus()
    for level in LEVELS:
        page.keyboard.press(level)
    assert page.evaluate(CHOSEN) == list(LEVELS)
    page.keyboard.press("Tab")
    page.keyboard.type("Owned the roll-back.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Submit your review")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Provisional: basic mode.")).to_be_visible()
    return blind


def see_the_proposal(page: Page, blind: str) -> None:
    """What the AI says was nowhere in the page before; every quote of it leads to the words it quotes."""
    page.wait_for_load_state("load")
    panel = page.locator("section[aria-labelledby=ai-title]")
    said = [text for text in panel.locator("li > p, summary + div > p").all_inner_texts() if len(text) > 20]
    assert said != []
    assert [text for text in said if text in blind] == []
    assert "<mark" not in blind
    links = panel.locator("a[href^='#q-']")
    quoted = {(link.inner_text().strip("“”"), str(link.evaluate(MARKED))) for link in links.all()}
    assert len(quoted) >= 6
    assert [quote for quote, marked in quoted if not marked.startswith(quote)] == []
    links.first.click()
    mark = page.locator("mark.is-active")
    expect(mark).to_have_text(links.first.inner_text().strip("“”"))
    expect(mark).to_be_focused()
    expect(mark).to_be_in_viewport()
    assert urlsplit(page.url).fragment == mark.get_attribute("id")


def decide(recruiter: Recruiter) -> None:
    page = recruiter.page
    page.get_by_label("Advance").check()
    page.get_by_label("Reason").select_option("meets_requirements")
    page.get_by_label("In your words").fill(REASON)
    recruiter.press("Record the decision")
    expect(page.get_by_text(f"Decided by {NAME} on")).to_be_visible()
    expect(page.get_by_text(REASON)).to_be_visible()
    expect(page.get_by_role("button", name="Record the decision")).to_have_count(0)
    cells = recruiter.find(CANDIDATE).get_by_role("cell").all_inner_texts()
    assert re.fullmatch(r"\d+\s+± \d+\s+provisional", cells[3]), cells
