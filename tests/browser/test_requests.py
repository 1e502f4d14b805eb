"""Asking for a person: the candidate is told, the recruiter sees it and takes care of it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.people import COMPANY, Candidate, Recruiter
from tests.browser.watch import Watch

NAME = "Elif Kaya"


def test_a_request_for_a_person_reaches_one(candidate: Candidate, recruiter: Recruiter, watch: Watch) -> None:
    page, link = candidate.page, recruiter.invite(NAME)
    candidate.arrive(link)
    candidate.press("Ask for a person instead")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("A person will contact you")
    expect(page.get_by_text(f"You asked {COMPANY} for an interview with a person.")).to_be_visible()
    page.goto(link)
    expect(heading).to_have_text("A person will contact you")

    recruiter.go("/")
    asked = recruiter.page.get_by_role("listitem").filter(has_text=NAME)
    expect(asked).to_contain_text("A person instead")
    asked.get_by_role("button", name="Taken care of").click()
    expect(asked).to_have_count(0)
    expect(recruiter.find(NAME)).to_contain_text("Asked for a person")
    assert (watch.errors, watch.violations, watch.refused) == ([], [], [])
