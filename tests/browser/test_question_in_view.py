"""On a phone the newest question can be read above the foot of the page, whatever grows there."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.conftest import Contexts
from tests.browser.looks import DESK, PHONE
from tests.browser.people import Candidate, Recruiter, answers
from tests.browser.watch import Watch

SCRIPTS_SEND = "html.sends"
LONG = "A sentence that goes on about what I did there. " * 40
LINE_PX = 24
KEYBOARD_PX = 400
PLACES = """() => {
  const box = (found) => found.getBoundingClientRect();
  const question = box([...document.querySelectorAll("#messages > *")].at(-1));
  return [box(document.querySelector("header")).bottom, question.bottom, box(document.getElementById("foot")).top];
}"""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are in the window, in pixels from its top."""

    header_bottom: float
    question_bottom: float
    foot_top: float


def places(page: Page) -> Places:
    return Places(*page.evaluate(PLACES))


def places_at_rest(page: Page) -> Places:
    """Where they are once nothing moved for 300 ms."""
    last = None
    while (found := places(page)) != last:
        last = found
        page.wait_for_timeout(300)
    return found


def assert_in_view(page: Page, lines: int = 3) -> None:
    """The question's last `lines` stand between the header and the foot once the page has come to rest."""
    found = places_at_rest(page)
    assert found.question_bottom <= found.foot_top, found
    assert found.question_bottom - max(0, found.header_bottom) >= lines * LINE_PX, found


def test_it_stays_in_view_while_the_answer_grows_and_the_line_drops(
    candidate: Candidate, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Hana Veres"))
    page = candidate.page
    page.wait_for_selector(SCRIPTS_SEND)
    assert_in_view(page)

    candidate.box.fill(LONG)
    assert_in_view(page)

    page.context.set_offline(True)
    candidate.press("Send answer")
    expect(page.locator("#waiting")).to_be_visible()
    expect(page.locator("[data-line-text]")).to_have_text("No connection")
    expect(page.locator("[data-line]")).to_be_visible()
    assert_in_view(page)

    key = candidate.key()
    page.context.set_offline(False)
    candidate.wait_for_what_follows(key)
    expect(page.locator("[data-line]")).to_be_hidden()
    assert_in_view(page)
    assert watch.errors == []


def test_it_stays_in_view_beside_a_newer_draft_and_above_the_keyboard(
    candidate: Candidate, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Ivo Kral"))
    candidate.answer(answers(1)[0])
    second = Candidate(candidate.page.context.new_page(), candidate.candor)
    second.page.goto(candidate.room)
    second.page.wait_for_selector(SCRIPTS_SEND)
    candidate.box.fill("From the first tab. " * 20)
    candidate.wait_for_draft()

    second.box.fill(LONG)

    expect(second.page.locator("[data-newer-text]")).to_be_visible()
    assert_in_view(second.page)
    second.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1] - KEYBOARD_PX})
    assert_in_view(second.page)
    assert watch.errors == []


def test_it_stays_in_view_when_the_window_gets_narrow(contexts: Contexts, recruiter: Recruiter) -> None:
    candidate = Candidate(contexts(PHONE).new_page(), recruiter.candor)
    candidate.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    candidate.begin(recruiter.invite("Wim Maes"))
    candidate.answer(LONG)
    assert_in_view(candidate.page)

    candidate.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})

    assert_in_view(candidate.page)


def test_who_reads_an_earlier_answer_is_left_there(candidate: Candidate, recruiter: Recruiter) -> None:
    candidate.begin(recruiter.invite("Lars Moen"))
    for text in answers()[:2]:
        candidate.answer(text)
    page = candidate.page
    page.wait_for_selector(SCRIPTS_SEND)
    page.evaluate("() => scrollTo({ top: 0, behavior: 'instant' })")

    candidate.box.evaluate("(box, text) => { box.value = text; }", LONG)

    page.wait_for_timeout(300)
    assert page.evaluate("() => scrollY") == 0
