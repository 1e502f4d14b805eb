"""One simulated candidate: from the link to the submitted interview, over HTTP alone."""

import random
import re
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from interviews.services.simulation.browser import Browser, Page
from interviews.services.simulation.forms import Form, parse

INTERVIEW_PATH = re.compile(r"/interview/([0-9a-f-]{32,36})/")
MAX_PAGES = 60  # pages between the link and the end, questions apart; more means going in circles
POLL_SECONDS = 0.1
SLOW_POLL_SECONDS = 0.25  # once a reply has taken longer than two seconds
RETRY_FAILED_SECONDS = 1.0
NOTHING_LEFT = "I have nothing to add."  # said when the data set runs out before the questions do


class Refused(RuntimeError):
    """The server refused what a candidate may do, or ended the interview before it was submitted."""


class TooLong(TimeoutError):
    """A reply did not come within the client's patience."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answer and the milliseconds from its POST to the reply being there."""

    turn_id: UUID
    answer: str
    turn_ms: float
    model_ms: float


@dataclass(slots=True)
class Played:
    """What one candidate did. `sent` are the answers that were tried, `acknowledged` those the server stored."""

    interview_id: UUID | None = None
    sent: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    unsent: int = 0
    submitted: bool = False
    retries: int = 0
    error: str = ""


def play(browser: Browser, *, link: str, answers: Sequence[str], think: float = 0.0) -> Played:
    """Take the interview behind `link` (a path such as /i/<token>) and never raise: the error is in the result."""
    candidate = _Candidate(browser, answers, think)
    try:
        candidate.take(link)
    except (OSError, RuntimeError, LookupError, ValueError) as error:
        # One candidate's trouble is a result, not the end of the others.
        candidate.played.error = f"{type(error).__name__}: {error}"
    finally:
        browser.close()
    candidate.played.unsent = len(candidate.left)
    candidate.played.retries = browser.retries
    return candidate.played


class _Candidate:
    def __init__(self, browser: Browser, answers: Sequence[str], think: float) -> None:
        self.browser, self.think = browser, think
        self.left = deque(answers)
        self.played = Played()
        self._csrf = ""

    def take(self, link: str) -> None:
        """Do what each page asks for, until a page asks for nothing.

        :raises Refused: if the last page was not the one after the review.
        """
        page = self._look(self.browser.get(link))
        for _step in range(MAX_PAGES):
            forms = self._forms(page)
            if any(form.offers("answer") for form in forms):
                self._answer_until_the_end(page.path)
                page = self._look(self.browser.get(page.path))
            elif "data-poll-url" in page.text:  # an answer of before still waits for its reply
                time.sleep(SLOW_POLL_SECONDS)
                page = self._look(self.browser.get(page.path))
            elif forms and not self.played.submitted:
                page = self._look(self._pass_on(page, forms[0]))
            else:
                break
        if not self.played.submitted:
            raise Refused(f"The interview ended at {page.path} (status {page.status}) before it was submitted.")

    def _look(self, page: Page) -> Page:
        found = INTERVIEW_PATH.match(page.path)
        if found:
            self.played.interview_id = UUID(found[1])
        if page.status >= 400:
            raise Refused(f"Status {page.status}.")
        return page

    def _forms(self, page: Page) -> list[Form]:
        forms = parse(page.text)
        tokens = [form.fields["csrfmiddlewaretoken"] for form in forms if "csrfmiddlewaretoken" in form.fields]
        self._csrf = tokens[0] if tokens else self._csrf
        return forms

    def _pass_on(self, page: Page, form: Form) -> Page:
        """Send the form that leads on: agree where consent is asked, start, try again, submit."""
        changes: dict[str, str] = {}
        if ("choice", "accept") in form.buttons:
            changes["choice"] = "accept"
        if "ai_evaluation" in form.boxes:
            changes["ai_evaluation"] = form.boxes["ai_evaluation"]
        after = self.browser.submit(page, form, **changes)
        if form.offers("closing") and after.status < 400:
            self.played.submitted = True
        return after

    def _answer_until_the_end(self, room: str) -> None:
        """Answer turn after turn through the API until there is no next one."""
        going_on = True
        while going_on:
            if self.think:
                time.sleep(self.think * random.uniform(0.5, 1.5))  # nosec B311
            going_on = self._answer(room)

    def _answer(self, room: str) -> bool:
        """Send one answer and wait for its reply; whether there is a next turn."""
        answer = self.left.popleft() if self.left else NOTHING_LEFT
        self.played.sent.append(answer)
        began = time.monotonic()
        page = self.browser.post_json(
            f"/api/v1/interviews/{self.played.interview_id}/turns",
            {"answer": answer},
            {"Idempotency-Key": str(uuid4()), "X-CSRFToken": self._csrf},
        )
        turn_id = self._acknowledged(page, answer)
        turn = self._reply(turn_id, room, until=began + self.browser.patience)
        turn_ms = (time.monotonic() - began) * 1000
        self.played.exchanges.append(Exchange(turn_id, answer, turn_ms, float(turn.get("model_ms") or 0)))
        return turn.get("next_turn_id") is not None

    def _acknowledged(self, page: Page, answer: str) -> UUID:
        if page.status != 202:
            problem = page.json()
            raise Refused(f"An answer was refused with {page.status}: {problem.get('detail') or problem.get('title')}")
        self.played.acknowledged.append(answer)
        return UUID(str(page.json()["id"]))

    def _reply(self, turn_id: UUID, room: str, *, until: float) -> dict[str, Any]:
        """The turn once it is replied to; a failed one is retried as the page offers it.

        :raises TooLong: if that takes longer than `until`.
        """
        began = time.monotonic()
        while time.monotonic() < until:
            page = self.browser.get(f"/api/v1/turns/{turn_id}", accept="application/json")
            turn = page.json()
            if page.status != 200:
                raise Refused(f"The turn cannot be read: status {page.status}.")
            if turn.get("status") == "replied":
                return turn
            if turn.get("status") == "failed":
                self._try_again(room)
            time.sleep(POLL_SECONDS if time.monotonic() - began < 2 else SLOW_POLL_SECONDS)
        raise TooLong(f"No reply within {self.browser.patience:.0f} seconds.")

    def _try_again(self, room: str) -> None:
        page = self._look(self.browser.get(room))
        for form in self._forms(page):
            if not form.offers("answer") and not form.offers("closing"):
                self.browser.submit(page, form)
                break
        time.sleep(RETRY_FAILED_SECONDS)
