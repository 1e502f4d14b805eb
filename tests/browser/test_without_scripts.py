"""A browser that runs no script: the candidate's way is the same, by plain forms and a page that asks again."""

from __future__ import annotations

from time import monotonic_ns

from playwright.sync_api import expect

from tests.browser.candor import TENANT, Candor
from tests.browser.conftest import Contexts
from tests.browser.looks import PHONE
from tests.browser.people import Candidate, Recruiter, answers
from tests.browser.watch import Watch
from tests.stack import wait_until

STORED = f"SELECT count(*) FROM {TENANT}.interviews_turn WHERE interview_id = %s AND answered_at IS NOT NULL"


def test_a_candidate_without_scripts_comes_from_the_link_to_the_receipt(
    contexts: Contexts, candor: Candor, recruiter: Recruiter, watch: Watch
) -> None:
    candidate = Candidate(contexts(PHONE, scripts=False).new_page(), candor)
    page, texts = candidate.page, answers()
    candidate.begin(recruiter.invite("Samuel Roth"))
    candidate.box.fill(texts[0])
    candidate.press("Save draft")
    candidate.wait_for_draft()
    expect(candidate.box).to_have_value(texts[0])
    the_page_asks_again_by_itself(candidate, candor)
    for text in texts[1:-1]:
        send_with_three_clicks(candidate, text)
        assert_newest_in_view(candidate)
    a_refused_answer_comes_back_below_its_question(candidate)
    send_with_three_clicks(candidate, texts[-1])
    expect(page.locator("main ol > li p.text-read")).to_have_text(texts)
    assert candor.value(STORED, candidate.interview_id) == len(texts)
    candidate.press("Submit the interview")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your interview has been submitted")
    assert (watch.errors, watch.violations, watch.refused) == ([], [], [400])


def the_page_asks_again_by_itself(candidate: Candidate, candor: Candor) -> None:
    """Send the first answer while no worker runs, and touch nothing until the next question is there."""
    with candor.worker_paused():
        candidate.press("Send answer")
        expect(candidate.page.get_by_text("Your answer is saved.")).to_be_visible()
        expect(candidate.box).to_have_count(0)
    expect(candidate.page.get_by_text("Question 2 of 6")).to_be_visible()
    expect(candidate.box).to_have_value("")
    assert_newest_in_view(candidate)


def assert_newest_in_view(candidate: Candidate) -> None:
    """The browser went to the newest question by itself, and the next Tab goes on from there."""
    newest = candidate.page.locator("#messages > :last-child")
    candidate.page.wait_for_timeout(300)
    box, foot = newest.bounding_box(), candidate.page.locator("#foot").bounding_box()
    assert box and foot
    assert 0 <= box["y"] < box["y"] + box["height"] <= foot["y"], (box, foot)


def a_refused_answer_comes_back_below_its_question(candidate: Candidate) -> None:
    candidate.box.fill("x" * 8001)
    candidate.press("Send answer")
    expect(candidate.page.get_by_role("alert")).to_contain_text("longer than the limit")
    assert_newest_in_view(candidate)


def send_with_three_clicks(candidate: Candidate, text: str) -> None:
    """Nothing holds the clicks back here but the server; go on as soon as the reply is there."""
    key, page = candidate.key(), candidate.page
    candidate.box.fill(text)
    page.get_by_role("button", name="Send answer").click(click_count=3)

    def is_answered() -> bool:
        page.wait_for_timeout(300)
        page.goto(f"{candidate.room}?at={monotonic_ns()}#now")
        return candidate.what_follows(key).count() == 1

    wait_until(is_answered, "no reply came")
