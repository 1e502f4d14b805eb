"""Every page, narrow and wide, light and dark: no violation of WCAG 2.2 AA, no error, nothing outside the screen."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.candor import Candor
from tests.browser.conftest import Contexts
from tests.browser.looks import DESK, Looks, nothing_is_wrong
from tests.browser.people import COMPANY, JOB_TITLE, NAME, Candidate, Recruiter, answers, mail
from tests.browser.watch import Watch

FINISHED = "Marek Dudek"  # one of the demo's candidates
HOME = "An AI asks. Your people decide, on evidence."
PLANT = """
() => {
  const image = new Image(1600, 10), script = document.createElement("script");
  image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=";
  image.style.maxWidth = "none";
  script.textContent = "window.ran = true";
  document.body.append(image, script);
}
"""
REVIEWER = "tomasz.wrona@acme.example"
ALLOWED_TRIES = 7  # the eighth failure for one name from one address locks that pair out
SEND_OFTEN = """
async (times) => {
  const form = new FormData(document.querySelector("form"));
  form.set("username", "nobody@globex.example");
  form.set("password", "not a password");
  const body = () => new URLSearchParams(form);
  for (let sent = 0; sent < times; sent += 1) await fetch(location.href, { method: "POST", body: body() });
}
"""


def test_faults_that_were_planted_are_seen(contexts: Contexts, candor: Candor, watch: Watch) -> None:
    page = contexts(DESK).new_page()
    page.goto(f"{candor.site('')}/")
    page.evaluate(PLANT)
    looks = Looks()

    looks.at(page, HOME)

    found = [(wrong.split(": ")[0].split(", ")[-2], wrong.split(": ")[1].split(" <")[0]) for wrong in looks.wrong]
    assert len(found) == 8
    assert set(found) == {
        ("390 px", "image-alt"),
        ("390 px", "1210 px wider than the screen"),
        ("1440 px", "image-alt"),
        ("1440 px", "160 px wider than the screen"),
    }
    assert [violation.split()[0] for violation in watch.violations if "on http" in violation] == ["script-src-elem"]


def test_the_public_pages(contexts: Contexts, candor: Candor, recruiter: Recruiter, looks: Looks, watch: Watch) -> None:
    recruiter.invite("Otto Lang")
    page = contexts(DESK).new_page()
    page.goto(f"{candor.site('')}/")
    looks.at(page, HOME)
    link = mail(page, candor, "Your interview for")
    looks.at(page, "Development mailbox")
    link.click()
    looks.at(page, f"Your interview for {JOB_TITLE} at {COMPANY}")
    page.goto(f"{candor.site()}/sign-in/")
    looks.at(page, f"Sign in to {COMPANY}")
    page.get_by_label("Email").fill("nobody@acme.example")
    page.get_by_label("Password").fill("not a password")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("is wrong")).to_be_visible()
    looks.at(page, f"Sign in to {COMPANY}", "refused")
    assert nothing_is_wrong(looks, watch, refused=[])


def test_the_pages_of_the_portal(recruiter: Recruiter, looks: Looks, watch: Watch) -> None:
    page, job = recruiter.page, f"/jobs/{recruiter.job_id()}/"
    for path, heading in (
        ("/", "Overview"),
        ("/jobs/", "Jobs"),
        ("/candidates/", "Candidates"),
        (job, JOB_TITLE),
        ("/calibration/", "Calibration"),
    ):
        recruiter.go(path)
        looks.at(page, heading)
    for tab in ("questions", "scorecard"):
        recruiter.go(f"{job}?tab={tab}")
        looks.at(page, JOB_TITLE, tab)
    recruiter.go("/candidates/?stage=rejected")
    looks.at(page, "Candidates", "nobody")
    recruiter.go(f"{job}invite/")
    looks.at(page, "Invite a candidate")
    recruiter.invite("Pia Holm")
    looks.at(page, "Invite a candidate", "invited")
    page.locator("summary").filter(has_text=NAME).click()
    looks.at(page, "Invite a candidate", "account menu")
    assert nothing_is_wrong(looks, watch, refused=[])


def test_the_pages_of_a_review(recruiter: Recruiter, looks: Looks, watch: Watch) -> None:
    page = recruiter.page
    recruiter.go("/")
    recruiter.row(FINISHED).get_by_role("link").first.click()
    looks.at(page, FINISHED, "before the review")
    for group in page.locator("[data-rating]").all():
        group.locator("input[value='3']").check()
    recruiter.press("Submit your review")
    expect(page.get_by_text("Provisional: basic mode.")).to_be_visible()
    looks.at(page, FINISHED, "after the review")
    page.get_by_label("Hold").check()
    page.get_by_label("Reason").select_option("needs_more_evidence")
    page.get_by_label("In your words").fill("We wait for the second interview.")
    recruiter.press("Record the decision")
    expect(page.get_by_text("Decided by")).to_be_visible()
    looks.at(page, FINISHED, "decided")
    assert nothing_is_wrong(looks, watch, refused=[])


def test_the_pages_of_an_interview(
    candidate: Candidate, candor: Candor, recruiter: Recruiter, looks: Looks, watch: Watch
) -> None:
    page = candidate.page
    page.goto(recruiter.invite("Lena Brandt"))
    looks.at(page, f"Your interview for {JOB_TITLE}")
    candidate.press("Continue")
    looks.at(page, "Before you begin")
    look_at_what_may_be_asked(candidate, looks)
    page.goto(f"{candidate.room}consent/")
    candidate.agree()
    looks.at(page, "Ready when you are")
    candidate.press("Start the interview")
    look_at_the_room(candidate, candor, looks)
    look_at_the_choices(candidate, looks)
    candidate.answer_all(answers()[2:])
    looks.at(page, "Look through your answers")
    candidate.press("Submit the interview")
    looks.at(page, "Your interview has been submitted")
    look_at_what_follows(candidate, looks)
    assert nothing_is_wrong(looks, watch, refused=[])


def look_at_what_may_be_asked(candidate: Candidate, looks: Looks) -> None:
    page = candidate.page
    page.get_by_role("link", name="How your data is used").tap()
    looks.at(page, "How your data is used")
    page.goto(f"{candidate.room}consent/")
    candidate.press("I need an adjustment")
    looks.at(page, "Ask for an adjustment")
    page.get_by_label("Breaks").check()
    candidate.press("Send the request")
    looks.at(page, "Your request has been sent")


def look_at_the_choices(candidate: Candidate, looks: Looks) -> None:
    """Pause, flag, help and skip; the second question is left out."""
    page = candidate.page
    page.locator("#options summary").tap()
    looks.at(page, JOB_TITLE, "room, options")
    for path, heading in (("pause", "Pause the interview"), ("flag", "This question does not fit")):
        page.goto(f"{candidate.room}{path}/")
        looks.at(page, heading)
    page.goto(f"{candidate.room}help/")
    looks.at(page, "Having trouble?")
    page.goto(f"{candidate.room}pause/")
    candidate.press("Pause now")
    looks.at(page, "Your interview is paused")
    candidate.press("Resume the interview")
    expect(candidate.box).to_be_visible()
    page.goto(f"{candidate.room}skip/")
    looks.at(page, "Skip this question?")
    candidate.press("Skip it")
    expect(candidate.box).to_be_visible()


def look_at_what_follows(candidate: Candidate, looks: Looks) -> None:
    page = candidate.page
    page.goto(f"{candidate.room}contest/")
    looks.at(page, "Contest a question")
    page.goto(f"{candidate.room}ask/erasure/")
    looks.at(page, "Ask to delete your data")
    page.goto(f"{candidate.room}withdraw/")
    looks.at(page, "Withdraw from the interview?")


def look_at_the_room(candidate: Candidate, candor: Candor, looks: Looks) -> None:
    """The first question, with an answer half written, and with a reply owed."""
    expect(candidate.box).to_be_visible()
    looks.at(candidate.page, JOB_TITLE, "room")
    candidate.box.fill(answers()[0])
    candidate.wait_for_draft()
    looks.at(candidate.page, JOB_TITLE, "room, draft")
    key = candidate.key()
    with candor.worker_paused():
        candidate.press("Send answer")
        expect(candidate.page.locator("#status-text")).to_be_visible()
        looks.at(candidate.page, JOB_TITLE, "room, reply owed")
    candidate.wait_for_what_follows(key)


def test_the_pages_at_which_a_way_ends(
    contexts: Contexts, candidate: Candidate, recruiter: Recruiter, looks: Looks, watch: Watch
) -> None:
    page, candor = candidate.page, recruiter.candor
    candidate.arrive(recruiter.invite("Karl Bauer"))
    candidate.press("Ask for a person instead")
    looks.at(page, "A person will contact you")
    page.goto(f"{candor.site()}/i/{'x' * 43}")
    looks.at(page, "This link does not work any more")
    page.goto(f"{candor.site()}/nowhere/")
    looks.at(page, "There is no such page")
    sign_in_too_often(page, f"{candor.site('globex')}/sign-in/")
    looks.at(page, "Too many tries in a short time")
    reviewer = Recruiter(contexts(DESK).new_page(), candor)
    reviewer.sign_in(REVIEWER)
    reviewer.go(f"/jobs/{recruiter.job_id()}/invite/")
    looks.at(reviewer.page, "You may not open this page")
    assert nothing_is_wrong(looks, watch, refused=[404, 404, 429, 403])


def sign_in_too_often(page: Page, url: str) -> None:
    """As many wrong passwords for one name as are allowed, and one more."""
    page.goto(url)
    page.evaluate(SEND_OFTEN, ALLOWED_TRIES)
    page.get_by_label("Email").fill("nobody@globex.example")
    page.get_by_label("Password").fill("not a password")
    page.get_by_role("button", name="Sign in", exact=True).click()
