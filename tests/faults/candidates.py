"""Candidates of a stack who act when a test says so: each is in the room, with a question open."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from interviews.services.simulation.browser import Browser, Page
from interviews.services.simulation.client import INTERVIEW_PATH
from interviews.services.simulation.forms import Form, parse
from tests.stack import Stack

TENANT = "prove"
AT_ONCE = 8
MOST_PAGES = 20
PATIENCE = 90  # seconds to come in: one address may open sixty links a minute
ANSWER = "I moved the ledger to a new cluster in five weeks, with my own plan and two rehearsals, and nothing was lost."
INVITE = """
import json
from core import tenancy
from interviews.management.commands.simulate import SHIPPED
from interviews.services.simulation import dataset, setup
source = dataset.load(SHIPPED, with_rubrics=True)
with tenancy.enter(setup.schema_of(setup.ensure_tenant({tenant!r}))):
    print(json.dumps([part.link for part in setup.prepare(source, count={count})]))
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate's link and interview. `url` is where to connect to, `host` the name of the site."""

    url: str
    host: str
    link: str
    interview: UUID

    def answer(self, *, key: UUID | None = None, text: str = ANSWER, url: str = "", patience: float = 30.0) -> Page:
        """Send an answer to the open question; with patience it is sent again, as a browser's page does."""
        browser = Browser(url or self.url, host=self.host, patience=patience)
        try:
            return browser.post_json(self.path, {"answer": text}, self._headers(key))
        finally:
            browser.close()

    def answer_once(self, *, key: UUID | None = None, text: str = ANSWER, seconds: float = 30.0) -> tuple[int, str]:
        """Send an answer once: the status, and what Retry-After says."""
        address = urlsplit(self.url)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=seconds)
        headers = self._headers(key) | {"Host": self.host, "Content-Type": "application/json"}
        try:
            connection.request("POST", self.path, json.dumps({"answer": text}), headers)
            response = connection.getresponse()
            return response.status, response.headers.get("Retry-After", "")
        finally:
            connection.close()

    @property
    def path(self) -> str:
        return f"/api/v1/interviews/{self.interview}/turns"

    def _headers(self, key: UUID | None) -> dict[str, str]:
        token = self.link.rpartition("/i/")[2].strip("/")
        return {"Authorization": f"Interview {token}", "Idempotency-Key": str(key or uuid4())}


def invite(stack: Stack, count: int) -> list[str]:
    """The paths of the links of new candidates."""
    printed = stack.manage("shell", "--no-imports", "-c", INVITE.format(tenant=TENANT, count=count))
    links: list[str] = json.loads(printed.strip().splitlines()[-1])
    return links


def enter(stack: Stack, links: Sequence[str]) -> list[Candidate]:
    """Take each link into its room, where the first question is open."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda link: _enter(stack, link), links))


def answer_all(candidates: Sequence[Candidate], *, url: str = "", patience: float = 30.0) -> list[UUID]:
    """Everybody answers at once; the turns that were acknowledged."""
    with ThreadPoolExecutor(len(candidates)) as pool:
        pages = list(pool.map(lambda one: one.answer(url=url, patience=patience), candidates))
    assert [page.status for page in pages] == [202] * len(candidates), [page.text[:200] for page in pages]
    return [UUID(page.json()["id"]) for page in pages]


def _enter(stack: Stack, link: str) -> Candidate:
    host = stack.host(TENANT)
    browser = Browser(stack.url, host=host, patience=PATIENCE)
    page = browser.get(link)
    for _page in range(MOST_PAGES):
        forms = parse(page.text)
        found = INTERVIEW_PATH.match(page.path)
        if found and any(form.offers("answer") for form in forms):
            browser.close()
            return Candidate(stack.url, host, link, UUID(found[1]))
        assert forms and page.status == 200, f"{page.path} is no way into the room: status {page.status}"
        page = browser.submit(page, forms[0], **_agreement(forms[0]))
    raise AssertionError(f"{link} did not lead into the room")


def _agreement(form: Form) -> dict[str, str]:
    """What agrees to the AI's part where a form asks for that."""
    choice = {"choice": "accept"} if ("choice", "accept") in form.buttons else {}
    ticked = {"ai_evaluation": form.boxes["ai_evaluation"]} if "ai_evaluation" in form.boxes else {}
    return choice | ticked
