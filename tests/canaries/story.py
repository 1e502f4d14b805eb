"""Everything that a person can type into Candor, typed once with a canary in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from interviews.services import demo
from interviews.services.simulation.browser import Browser, Page, Unreachable
from interviews.services.simulation.forms import Form, parse
from tests.canaries.search import Canaries
from tests.stack import Stack, wait_until

TENANT, JOB = "acme", "senior-backend-engineer"
RECRUITER = "nadia.haddad@acme.example"
LINK = re.compile(r"/i/[\w-]{20,}")
STORED = ("name", "adjustment", "answer", "apianswer", "closing", "note", "reason")
EVALUATED = """
    SELECT count(*) FROM acme.interviews_evaluation
     WHERE interview_id = %s AND status IN ('ready', 'provisional')"""
REFUSED = ("signinemail", "signinpassword", "badname", "bademail", "toolong", "control", "malformed", "bearer")
PLACES = (*STORED, *REFUSED, "email", "draft", "notedraft", "path", "query")


class Typist(Browser):
    """A browser that tries nothing twice, with a connection for each request: the server closes idle ones."""

    def __init__(self, stack: Stack, tenant: str = TENANT) -> None:
        super().__init__(stack.url, host=stack.host(tenant), patience=0.0)

    def type(self, page: Page, field: str, **changes: str) -> Page:
        """Fill in and send the form of the page that has this field."""
        return self.submit(page, form_with(page, field), **changes)

    def break_something(self, page: Page, field: str, **changes: str) -> None:
        """Fill in and send a form that meets an error nobody expects."""
        try:
            self.type(page, field, **changes)
        except Unreachable as error:
            assert "status 500" in str(error)
        else:
            raise AssertionError("nothing broke")

    def send(self, method: str, path: str, body: str = "", **headers: str) -> int:
        """One request as it is, for what no form sends; returns the status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._send(method, path, body.encode(), {"Origin": self.origin} | named).status

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Page:
        self.close()
        return super()._send(method, path, body, headers)


def form_with(page: Page, field: str) -> Form:
    return next(form for form in parse(page.text) if form.offers(field))


class Story:
    """A recruiter invites, a candidate takes the interview, the recruiter decides; and both get things wrong."""

    def __init__(self, stack: Stack, canaries: Canaries) -> None:
        self.stack, self.say = stack, canaries.named
        self.staff, self.candidate = Typist(stack), Typist(stack)
        job = stack.value("SELECT id FROM acme.interviews_job WHERE slug = %s", JOB)
        self.invite_path = f"/jobs/{job}/invite/"
        self.interview = ""

    def tell(self) -> None:
        self.sign_in()
        self.take(self.invite())
        self.judge()
        self.get_lost()
        self.meet_an_error_that_quotes()

    def sign_in(self) -> None:
        page = self.staff.get(f"/sign-in/?next=/{self.say('query')}")
        wrong = self.staff.type(
            page, "password", username=f"{self.say('signinemail')}@acme.example", password=self.say("signinpassword")
        )
        assert "is wrong" in wrong.text
        page = self.staff.type(self.staff.get("/sign-in/"), "password", username=RECRUITER, password=demo.PASSWORD)
        assert page.path == "/"

    def invite(self) -> str:
        """Two invitations that are refused and one that goes out; returns the link's path."""
        page = self.staff.get(self.invite_path)
        for name, email in ((self.say("badname"), "nowhere"), ("Ada", f"{self.say('bademail')}@@nowhere")):
            assert self.staff.type(page, "email", name=name, email=email, days_valid="7").status == 400
        name, email = f"Ada {self.say('name')}", f"{self.say('email')}@candidates.example"
        page = self.staff.type(page, "email", name=name, email=email, days_valid="7")
        found = LINK.search(page.text)
        assert page.status == 200
        assert found is not None
        return found[0]

    def take(self, link: str) -> None:
        """The interview, with a request that breaks and a reply that fails on the way."""
        page = self.candidate.get(link)
        self.interview = page.path.split("/")[2]
        page = self.candidate.submit(page, parse(page.text)[0])
        self.ask_for_an_adjustment()
        page = self.candidate.type(page, "ai_evaluation", choice="accept", ai_evaluation="on")
        page = self.candidate.submit(page, parse(page.text)[0])
        self.draft_and_answer(page)
        self.answer_badly()
        self.answer_while_the_worker_fails()
        self.finish()

    def ask_for_an_adjustment(self) -> None:
        path = f"/interview/{self.interview}/adjustment/"
        page = self.candidate.get(path)
        with self.refusing("interviews_candidaterequest", "kind <> 'adjustment'"):
            self.candidate.break_something(page, "details", details=self.say("adjustment"))
        page = self.candidate.type(page, "details", adjustments="breaks", details=self.say("adjustment"))
        assert "has been sent" in page.text

    def draft_and_answer(self, page: Page) -> None:
        form = form_with(page, "answer")
        draft = Form(action=page.path + "draft/", fields=form.fields)
        assert self.say("draft") in self.candidate.submit(page, draft, answer=f"Half of {self.say('draft')}").text
        self.candidate.submit(page, form, answer=f"I led {self.say('answer')} with four people.")
        self.wait_for(form.fields["idempotency_key"], "replied")

    def answer_badly(self) -> None:
        page = self.candidate.get(self.room)
        long, control = self.say("toolong") + "x" * 8000, f"{self.say('control')}\x07"
        assert self.candidate.type(page, "answer", answer=long).status == 400
        assert self.candidate.type(page, "answer", answer=control).status == 400
        json = {"Content_Type": "application/json", "X_CSRFToken": csrf(page), "Idempotency_Key": str(uuid4())}
        path = f"/api/v1/interviews/{self.interview}/turns"
        assert self.candidate.send("POST", path, f'{{"answer": "{self.say("malformed")}', **json) == 400
        bearer = {"Authorization": f"Interview {self.say('bearer')}"}
        assert self.candidate.send("POST", path, "{}", **json, **bearer) == 404

    def answer_while_the_worker_fails(self) -> None:
        page = self.candidate.get(self.room)
        headers = {"Idempotency-Key": str(uuid4()), "X-CSRFToken": csrf(page)}
        with self.refusing("interviews_turn", "status <> 'replied' OR number <> 2"):
            answer = {"answer": f"We chose {self.say('apianswer')} and measured it."}
            sent = self.candidate.post_json(f"/api/v1/interviews/{self.interview}/turns", answer, headers)
            assert sent.status == 202
            self.wait_for(str(sent.json()["id"]), "failed")
        page = self.candidate.get(self.room)
        self.candidate.submit(page, parse(page.text)[0])
        self.wait_for(str(sent.json()["id"]), "replied")

    def finish(self) -> None:
        page = self.candidate.get(self.room)
        while not page.path.endswith("/review/"):
            form = form_with(page, "answer")
            self.candidate.submit(page, form, answer="We wrote it down, tried it for a month and kept it.")
            self.wait_for(form.fields["idempotency_key"], "replied")
            page = self.candidate.get(self.room)
        page = self.candidate.type(page, "closing", closing=f"One more thing: {self.say('closing')}.")
        assert page.status == 200

    def judge(self) -> None:
        # A decision on a result that was made since the page was opened is refused.
        wait_until(lambda: self.stack.value(EVALUATED, self.interview) == 1, "nothing was evaluated")
        path = f"/interviews/{self.interview}/"
        page, form = self.reviewed(path)
        levels = {name.replace("note-", "rating-"): "3" for name in form.fields if name.startswith("note-")}
        note = next(name for name in form.fields if name.startswith("note-"))
        draft = Form(action=f"{path}review/draft/", fields=form.fields)
        assert "Draft saved." in self.staff.submit(page, draft, **{note: self.say("notedraft")}).text
        page, form = self.reviewed(path)
        page = self.staff.submit(page, form, **levels, **{note: self.say("note")})
        page = self.staff.type(
            page, "reason_text", outcome="advance", reason_code="meets_requirements", reason_text=self.say("reason")
        )
        assert page.status == 200
        shown = self.staff.get(path).text + self.staff.get("/").text + self.staff.get("/candidates/").text
        assert [name for name in STORED if self.say(name) not in shown] == []

    def reviewed(self, path: str) -> tuple[Page, Form]:
        """The page with the form of the own review, as it stands."""
        page = self.staff.get(path)
        return page, next(one for one in parse(page.text) if any(name.startswith("note-") for name in one.fields))

    def get_lost(self) -> None:
        stranger = Typist(self.stack)
        for path in (f"/i/{self.say('path')}", f"/{self.say('path')}/", f"/api/v1/{self.say('path')}"):
            assert stranger.send("GET", path) == 404
        assert stranger.send("GET", f"/sign-in/?next={self.say('query')}", User_Agent=self.say("query")) == 200

    def meet_an_error_that_quotes(self) -> None:
        """In another tenant's broken table the database complains about the very words that were typed."""
        table = b"ALTER TABLE globex.accounts_user "
        self.stack.database.execute(table + b"RENAME COLUMN email TO renamed")
        self.stack.database.execute(table + b"ADD COLUMN email integer")
        stranger = Typist(self.stack, "globex")
        stranger.break_something(
            stranger.get("/sign-in/"), "password", username=f"{self.say('signinemail')}@globex.example", password="x"
        )

    @property
    def room(self) -> str:
        return f"/interview/{self.interview}/"

    def wait_for(self, turn_id: str, status: str) -> None:
        def reached() -> bool:
            page = self.candidate.get(f"/api/v1/turns/{turn_id}", accept="application/json")
            return bool(page.json()["status"] == status)

        wait_until(reached, f"the turn was not {status}", pause=0.2)

    @contextmanager
    def refusing(self, table: str, condition: str) -> Iterator[None]:
        """Let the database refuse to write what breaks `condition`: an error nobody expects, which quotes the row."""
        change = f"ALTER TABLE {TENANT}.{table}"
        self.stack.database.execute(f"{change} ADD CONSTRAINT never CHECK ({condition}) NOT VALID".encode())
        try:
            yield
        finally:
            self.stack.database.execute(f"{change} DROP CONSTRAINT never".encode())


def csrf(page: Page) -> str:
    return form_with(page, "csrfmiddlewaretoken").fields["csrfmiddlewaretoken"]
