"""A site on loopback that behaves like the candidate's pages, to test the simulated candidate against."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

TOKEN = "correct-horse"
INTERVIEW_ID = "01900000-0000-7000-8000-000000000001"
HOME = f"/interview/{INTERVIEW_ID}/"
CSRF = '<input type="hidden" name="csrfmiddlewaretoken" value="masked">'
PAGES = {
    "invited": f'<form method="post">{CSRF}<button>Continue</button></form>',
    "opened": (
        f'<form method="post">{CSRF}<input type="checkbox" name="ai_evaluation">'
        '<input type="checkbox" name="keep_for_other_roles">'
        '<button name="choice" value="accept">Agree</button>'
        '<button name="choice" value="human">A person</button></form>'
    ),
    "consented": f'<form method="post">{CSRF}<button>Start</button></form>',
    "running": f'<form method="post" action="answer/">{CSRF}<textarea name="answer"></textarea></form>',
    "failed": f'<form method="post" action="retry/">{CSRF}<button>Try again</button></form>',
    "review": f'<form method="post">{CSRF}<textarea name="closing"></textarea></form>',
    "completed": "<p>Thank you.</p>",
}
NEXT = {"invited": "opened", "opened": "consented", "consented": "running", "review": "completed"}


@dataclass
class Site:
    """What the site does wrong, and what happened to it.

    `busy`: answers told to wait; `drop_after_storing`: connections cut before the acknowledgement;
    `failures`: replies that fail once; `refuse`: an answer met with 409; `leads_away`: the link goes elsewhere.
    """

    questions: int
    busy: int = 0
    drop_after_storing: int = 0
    failures: int = 0
    refuse: str = ""
    leads_away: bool = False
    host: str = "acme.candor.localhost"
    status: str = "invited"
    answers: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    consents: list[dict[str, str]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    posts: int = 0
    retried: int = 0
    submitted: bool = False

    def turn(self, number: int) -> dict[str, object]:
        failed = self.failures > self.retried
        more = number < self.questions
        replied = {"next_turn_id": f"00000000-0000-0000-0000-{number + 2:012}" if more else None, "model_ms": 40}
        turn_id = f"00000000-0000-0000-0000-{number:012}"
        return {"id": turn_id, "status": "failed" if failed else "replied", **replied}

    def post_form(self, path: str, fields: dict[str, str]) -> None:
        assert fields.pop("csrfmiddlewaretoken") == "masked"
        if path.endswith("/retry/"):
            self.retried += 1
            return
        if self.status == "opened":
            self.consents.append(fields)
        self.submitted = self.status == "review"
        self.status = NEXT[self.status]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        self.site.hosts.add(self.headers["Host"])
        if self.path.startswith("/i/"):
            self._link()
        elif "__Host-candidate=held; __Host-csrf=secret" not in self.headers.get("Cookie", ""):
            self._send(404, "")
        elif self.path.startswith("/api/v1/turns/"):
            self._send(200, json.dumps(self.site.turn(int(self.path[-12:]))))
        else:
            broken = self.site.answers and self.site.failures > self.site.retried
            self._send(200, PAGES["failed" if broken else self.site.status])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.headers["Origin"] != f"http://{self.site.host}":
            self._send(403, "")
        elif self.path == f"/api/v1/interviews/{INTERVIEW_ID}/turns":
            self._answer(json.loads(body)["answer"], self.headers["Idempotency-Key"])
        else:
            self.site.post_form(self.path, dict(parse_qsl(body, keep_blank_values=True)))
            self._send(303, "", Location=HOME)

    def _link(self) -> None:
        if self.path != f"/i/{TOKEN}":
            self._send(404, "")
            return
        target = "https://elsewhere.example/" if self.site.leads_away else HOME
        self._send(303, "", Location=target)

    def _answer(self, answer: str, key: str) -> None:
        site = self.site
        site.posts += 1
        if self.headers["X-CSRFToken"] != "masked":
            self._send(403, "")
        elif answer == site.refuse:
            self._send(409, json.dumps({"detail": "No question is open."}))
        elif site.busy:
            site.busy -= 1
            self._send(429, "", **{"Retry-After": "0"})
        else:
            self._store(answer, key)

    def _store(self, answer: str, key: str) -> None:
        site = self.site
        if key not in site.keys:
            site.keys.append(key)
            site.answers.append(answer)
        if len(site.answers) == site.questions:
            site.status = "review"
        if site.drop_after_storing:
            site.drop_after_storing -= 1
            self.close_connection = True
            self.connection.close()
            return
        self._send(202, json.dumps(site.turn(site.keys.index(key) + 1)))

    def _send(self, status: int, body: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.path.startswith("/i/"):
            self.send_header("Set-Cookie", "__Host-candidate=held; Path=/; Secure; HttpOnly; SameSite=Lax")
            self.send_header("Set-Cookie", "__Host-csrf=secret; Path=/; Secure")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the tests look at the site's state."""


@contextmanager
def serve(site: Site) -> Iterator[str]:
    """The address at which `site` answers while the block runs."""
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
