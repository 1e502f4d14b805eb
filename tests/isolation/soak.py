"""Sixteen visitors who go back and forth between two tenants, over connections that know no tenant."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from interviews.services.simulation.browser import Browser
from interviews.services.simulation.forms import parse

SOUND = frozenset({200, 202, 204, 302, 303, 404, 409, 429})  # 409: answered meanwhile; 429: a limit that is meant to be
STREAM_SECONDS = 0.3
TEXT = "I led the migration of a table of that size, measured it, and wrote down what went wrong."


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant as its visitors know it; `word` is on its pages and on nobody else's."""

    host: str
    word: str
    job: str
    interviews: list[dict[str, str]]
    staff: dict[str, str]
    candidate: dict[str, str]


@dataclass(slots=True)
class Seen:
    """What came of it: requests by kind, answers by status, and whatever should not be."""

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    own: Counter[str] = field(default_factory=Counter)
    foreign: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def signed_in(url: str, port: str, told: dict[str, Any]) -> Tenant:
    """The tenant with the cookies of a recruiter and of a candidate who opened every link."""
    host = f"{told['host']}:{port}"
    staff, candidate = Browser(url, host=host), Browser(url, host=host)
    page = staff.get("/sign-in/")
    form = next(form for form in parse(page.text) if form.offers("password"))
    page = staff.submit(page, form, username=told["email"], password=told["password"])
    assert page.path == "/", page.path
    for one in told["interviews"]:
        candidate.get(f"/i/{one['token']}")
    return Tenant(host, told["word"], told["job"], told["interviews"], dict(staff.cookies), dict(candidate.cookies))


class Visitor(threading.Thread):
    """One connection, one request after the other, each for the tenant that chance gives."""

    def __init__(self, url: str, tenants: list[Tenant], requests: int, seen: Seen, seed: int) -> None:
        super().__init__(daemon=True)
        self.address, self.tenants, self.requests, self.seen = urlsplit(url), tenants, requests, seen
        self.chance = random.Random(seed)
        self.connection = self._connect()

    def run(self) -> None:
        for _ in range(self.requests):
            tenant = self.chance.choice(self.tenants)
            kind = self.chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
            try:
                KINDS[kind][1](self, tenant)
            except (OSError, HTTPException) as error:
                self.seen.broken.append(f"{kind}: {type(error).__name__} {error}")
                self.connection = self._connect()
            self.seen.kinds[kind] += 1
        self.connection.close()

    def _connect(self) -> HTTPConnection:
        return HTTPConnection(str(self.address.hostname), self.address.port, timeout=30)

    def ask(
        self, tenant: Tenant, path: str, cookies: dict[str, str] | None = None, *, method: str = "GET", **more: Any
    ) -> tuple[int, str]:
        """Status and text of the answer, looked through for the other tenant's word."""
        headers = {"Host": tenant.host, "Origin": f"http://{tenant.host}"} | more.pop("headers", {})
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        try:
            self.connection.request(method, path, headers=headers, **more)
            answer = self.connection.getresponse()
        except (OSError, HTTPException):  # the server closes what was idle
            self.connection = self._connect()
            self.connection.request(method, path, headers=headers, **more)
            answer = self.connection.getresponse()
        text = f"{answer.headers}\n{answer.read().decode('utf-8', 'replace')}"
        self._look(tenant, f"{method} {path}", answer.status, text)
        return answer.status, text

    def _look(self, tenant: Tenant, what: str, status: int, text: str) -> None:
        self.seen.statuses[status] += 1
        if status not in SOUND:
            self.seen.broken.append(f"{what}: {status}")
        for other in self.tenants:
            if other.word in text and other is not tenant:
                self.seen.foreign.append(f"{what} for {tenant.word} told {other.word}")
        if tenant.word in text:
            self.seen.own[what.split("/")[1] or "home"] += 1

    def portal(self, tenant: Tenant) -> None:
        interview = self.chance.choice(tenant.interviews)["id"]
        pages = ("/", "/jobs/", "/candidates/", f"/jobs/{tenant.job}/", f"/interviews/{interview}/")
        self.ask(tenant, self.chance.choice(pages), tenant.staff)

    def room(self, tenant: Tenant) -> None:
        self.ask(tenant, f"/interview/{self.chance.choice(tenant.interviews)['id']}/", tenant.candidate)

    def stranger(self, tenant: Tenant) -> None:
        """The other tenant's cookies, ids and tokens on this tenant's host."""
        other = self.chance.choice(self.tenants)
        one = self.chance.choice(other.interviews)
        pages = (f"/interviews/{one['id']}/", f"/interview/{one['id']}/", f"/jobs/{other.job}/")
        self.ask(tenant, self.chance.choice(pages), other.staff | other.candidate)

    def answer(self, tenant: Tenant) -> None:
        """An answer, which Celery replies to in the tenant's schema."""
        one, key = self.chance.choice(tenant.interviews), str(uuid4())
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, **_program(one)}
        body = json.dumps({"answer": f"{TEXT} {tenant.word} {key}"})
        self.ask(tenant, f"/api/v1/interviews/{one['id']}/turns", method="POST", body=body, headers=headers)

    def listen(self, tenant: Tenant) -> None:
        """A ticket, and what the event route streams in a moment."""
        one = self.chance.choice(tenant.interviews)
        status, text = self.ask(tenant, f"/api/v1/interviews/{one['id']}/ticket", headers=_program(one))
        if status != 200:
            return
        ticket = json.loads(text.partition("\n\n")[2])["ticket"]
        stream = HTTPConnection(str(self.address.hostname), self.address.port, timeout=STREAM_SECONDS)
        stream.request("GET", "/live/events", headers={"Host": tenant.host, "Authorization": f"Ticket {ticket}"})
        heard, until = b"", time.monotonic() + STREAM_SECONDS
        try:
            answer = stream.getresponse()
            while time.monotonic() < until and (part := answer.read1(4096)):
                heard += part
        except OSError:  # nothing more was said
            pass
        finally:
            stream.close()
        self._look(tenant, "GET /live/events", 200, heard.decode("utf-8", "replace"))

    def kept(self, tenant: Tenant) -> None:
        """What a cache may answer: colours, the link's landing."""
        one = self.chance.choice(tenant.interviews)
        self.ask(tenant, self.chance.choice(("/branding.css", f"/i/{one['token']}")))

    def file(self, tenant: Tenant) -> None:
        self.ask(tenant, "/branding/logo.png")


def _program(one: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Interview {one['token']}"}


KINDS = {
    "portal": (30, Visitor.portal),
    "room": (20, Visitor.room),
    "stranger": (15, Visitor.stranger),
    "answer": (5, Visitor.answer),
    "stream": (5, Visitor.listen),
    "cache": (15, Visitor.kept),
    "file": (10, Visitor.file),
}


def visit(url: str, tenants: list[Tenant], *, visitors: int, requests: int) -> Seen:
    """Have so many visitors send so many requests in all."""
    seen = Seen()
    threads = [Visitor(url, tenants, requests // visitors, seen, seed) for seed in range(visitors)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen
