"""What is typed is kept: clicks that repeat, tabs that compete, lines that drop, pages that load again."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from tests.browser.candor import TENANT, Candor
from tests.browser.people import Candidate, Recruiter, answers
from tests.browser.watch import Watch

CLICK_THREE_TIMES = "(button) => { button.click(); button.click(); button.click(); }"
STORED = f"SELECT count(*) FROM {TENANT}.interviews_turn WHERE interview_id = %s AND answered_at IS NOT NULL"
CONFLICT = "This question was answered already, perhaps in another tab. Your interview goes on here."
SCRIPTS_RUN = "html.autosaves"
SCRIPTS_SEND = "html.sends"
STATUS = "[data-draft-status]"


def keep_ignorant(tab: Candidate) -> None:
    """Nothing tells this tab that another one went on."""
    for path in ("**/state/", "**/ticket", "**/draft/"):
        tab.page.route(path, lambda route: route.abort())


def test_three_clicks_send_one_answer(candidate: Candidate, candor: Candor, recruiter: Recruiter, watch: Watch) -> None:
    candidate.begin(recruiter.invite("Ana Prodan"))
    page, posts, key = candidate.page, list[str](), candidate.key()
    page.on("request", lambda request: posts.append(request.url) if request.url.endswith("/answer/") else None)
    candidate.box.fill(answers(1)[0])

    page.get_by_role("button", name="Send answer").evaluate(CLICK_THREE_TIMES)

    candidate.wait_for_what_follows(key)
    assert posts == [f"{candidate.room}answer/"]
    assert candor.value(STORED, candidate.interview_id) == 1
    expect(page.get_by_text("You wrote:")).to_have_count(1)
    assert (watch.errors, watch.refused) == ([], [])


def test_an_answer_ends_the_save_of_its_draft_that_is_under_way(
    candidate: Candidate, candor: Candor, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Ines Duarte"))
    page, key, held = candidate.page, candidate.key(), list[Route]()
    page.route("**/draft/", lambda route: held.append(route))
    candidate.box.fill(answers(1)[0])
    while not held:
        page.wait_for_timeout(100)

    with page.expect_event("requestfailed", lambda request: request.url.endswith("/draft/")):
        candidate.press("Send answer")

    candidate.wait_for_what_follows(key)
    expect(page.locator("[data-line-text]")).not_to_have_text("No connection")
    assert candor.value(STORED, candidate.interview_id) == 1
    assert (watch.errors, watch.refused) == ([], [])


def test_a_second_tab_that_comes_too_late_keeps_its_text(
    candidate: Candidate, candor: Candor, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Ruth Adeyemi"))
    second = Candidate(candidate.page.context.new_page(), candor)
    keep_ignorant(second)
    second.page.goto(candidate.room)
    second.box.fill("What I wrote in the second tab.")
    candidate.answer(answers(1)[0])

    second.press("Send answer")

    alert = second.page.get_by_role("alert")
    expect(alert).to_contain_text(CONFLICT)
    alert.get_by_text("Show what you had written").tap()
    expect(alert.get_by_text("What I wrote in the second tab.")).to_be_visible()
    expect(second.page.locator("#messages")).to_contain_text(answers(1)[0])
    assert candor.value(STORED, candidate.interview_id) == 1
    second.answer(answers(1)[1])
    assert candor.value(STORED, candidate.interview_id) == 2
    assert (watch.errors, watch.refused) == ([], [409])


def test_a_second_tab_that_comes_too_late_while_a_reply_is_owed_goes_on_by_itself(
    candidate: Candidate, candor: Candor, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Vera Novak"))
    second = Candidate(candidate.page.context.new_page(), candor)
    keep_ignorant(second)
    second.page.goto(candidate.room)
    second.box.fill("Too late.")
    with candor.worker_paused():
        candidate.box.fill(answers(1)[0])
        candidate.press("Send answer")
        expect(candidate.page.locator("#status-text")).to_be_visible()

        second.press("Send answer")
        expect(second.page.get_by_role("alert")).to_contain_text(CONFLICT)

    expect(second.page.get_by_text("Question 2 of 6")).to_be_visible()
    expect(second.box).to_have_value("")
    second.page.get_by_text("Show what you had written").tap()
    expect(second.page.get_by_text("Too late.")).to_be_visible()
    assert second.page.url == candidate.room
    assert candor.value(STORED, candidate.interview_id) == 1
    assert (watch.errors, watch.refused) == ([], [409])


def test_a_dropped_line_loses_nothing(candidate: Candidate, recruiter: Recruiter, watch: Watch) -> None:
    candidate.begin(recruiter.invite("Jon Aalto"))
    page = candidate.page
    page.context.set_offline(True)
    candidate.box.fill("Written without a connection.")
    expect(page.locator(STATUS)).to_have_text("Not saved yet: no connection. We keep trying.")
    page.context.set_offline(False)
    candidate.wait_for_draft()
    page.reload()
    expect(candidate.box).to_have_value("Written without a connection.")
    assert watch.errors == []


def test_words_typed_just_before_the_page_loads_again_are_there(
    candidate: Candidate, candor: Candor, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Mina Sato"))
    page = candidate.page
    page.wait_for_selector(SCRIPTS_RUN)
    candidate.box.fill("typed and reloaded at once")
    page.reload()
    expect(candidate.box).to_have_value("typed and reloaded at once")
    page.wait_for_selector(SCRIPTS_RUN)
    candidate.box.fill("typed and left at once")
    page.goto(f"{candor.site()}/sign-in/")
    page.go_back()
    expect(candidate.box).to_have_value("typed and left at once")
    assert watch.errors == []
    assert set(watch.refused) <= {409}  # a page that came back before its own last words had reached the server


def test_an_answer_that_could_not_be_sent_is_kept_and_goes_by_itself_once_when_the_line_is_back(
    candidate: Candidate, candor: Candor, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Tess Okoro"))
    page, key = candidate.page, candidate.key()
    page.wait_for_selector(SCRIPTS_SEND)
    page.context.set_offline(True)
    candidate.box.fill("A long answer")
    candidate.press("Send answer")
    expect(page.get_by_text("No connection. Your answer has not been sent yet.")).to_be_visible()
    expect(candidate.box).to_have_value("A long answer")
    assert candor.value(STORED, candidate.interview_id) == 0

    page.context.set_offline(False)

    candidate.wait_for_what_follows(key)
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.get_by_text("You wrote:")).to_have_count(1)
    assert candor.value(STORED, candidate.interview_id) == 1
    assert watch.errors == []


def test_the_newer_draft_of_a_second_tab_is_shown_and_nothing_is_overwritten(
    candidate: Candidate, candor: Candor, recruiter: Recruiter
) -> None:
    candidate.begin(recruiter.invite("Nils Berg"))
    second = Candidate(candidate.page.context.new_page(), candor)
    second.page.goto(candidate.room)
    second.page.wait_for_selector(SCRIPTS_SEND)
    candidate.box.fill("From the first tab.")
    candidate.wait_for_draft()

    second.box.fill("From the second tab.")

    expect(second.page.locator("[data-newer-text]")).to_have_text("From the first tab.")
    second.page.get_by_role("link", name="Take the newer text").tap()
    expect(second.box).to_have_value("From the first tab.")


def test_a_second_tab_goes_on_by_itself_and_keeps_its_words_in_sight(
    candidate: Candidate, candor: Candor, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Ida Falk"))
    second = Candidate(candidate.page.context.new_page(), candor)
    second.page.goto(candidate.room)
    second.page.wait_for_selector(SCRIPTS_SEND)
    second.box.fill("Words of the second tab.")
    candidate.answer(answers(1)[0])

    second.page.bring_to_front()

    expect(second.page.get_by_text("Question 2 of 6")).to_be_visible()
    second.page.get_by_text("Show what you had written").tap()
    expect(second.page.get_by_text("Words of the second tab.")).to_be_visible()
    expect(second.box).to_have_value("")
    assert watch.errors == []


def test_why_nothing_was_saved_or_sent_is_said_until_the_text_is_short_enough(
    candidate: Candidate, recruiter: Recruiter, watch: Watch
) -> None:
    candidate.begin(recruiter.invite("Olga Petrov"))
    page, alert = candidate.page, candidate.page.locator("#answer-error")
    page.wait_for_selector(SCRIPTS_SEND)
    candidate.box.fill("x" * 8001)
    expect(page.locator(STATUS)).to_have_text("Not saved: the text is too long. Shorten it.")
    candidate.press("Send answer")
    expect(alert).to_contain_text("longer than the limit")

    candidate.box.fill("x" * 8002)
    expect(alert).to_be_visible()
    candidate.box.fill("Short enough.")

    expect(alert).to_have_count(0)
    expect(candidate.box).to_have_attribute("aria-invalid", "false")
    candidate.wait_for_draft()
    assert (watch.errors, set(watch.refused)) == ([], {400})
