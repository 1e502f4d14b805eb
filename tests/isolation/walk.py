"""The walk over a site: everybody's browser, every pattern and method, held against the table of tests.routes."""

import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pdfminer.high_level import extract_text

from accounts.models import Session, User
from accounts.roles import Role
from core import clock, exposition, tenancy
from core.ids import uuid7
from core.redis import client
from core.testing import HOME, OTHER, TenantClient, TenantTestCase, logged
from interviews.tests import make
from tenants.models import ApiKey, ScimConnection
from tenants.tests.supported import asked, entered
from tests import mirrored, routes, two_tenants
from tests.actors import Route
from tests.two_tenants import CANARY, World

FORM = "application/x-www-form-urlencoded"
STAFF_COOKIE, CANDIDATE_COOKIE = settings.SESSION_COOKIE_NAME, settings.CANDIDATE_COOKIE_NAME
HELD = ("invited", "opened", "consented", "running", "failed", "paused", "finished", "submitted")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Site:
    """A host with its URL table."""

    host: str
    urlconf: str
    routes: dict[str, Route]


ALPHA = Site(f"{HOME}.{settings.BASE_DOMAIN}", "config.urls_tenant", routes.TENANT)
BETA_HOST = f"{OTHER}.{settings.BASE_DOMAIN}"
PUBLIC = Site(settings.BASE_DOMAIN, "config.urls_public", routes.PUBLIC)
API = Site(f"api.{settings.BASE_DOMAIN}", "config.urls_api", routes.API)
ADMIN_HOST = f"admin.{settings.BASE_DOMAIN}"


@dataclass(frozen=True, slots=True)
class Actor:
    """What this one's browser or program sends."""

    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def client(self, host: str) -> Client:
        browser = TenantClient(HTTP_HOST=host)
        for name, value in self.cookies.items():
            browser.cookies[name] = value
        return browser


def patterns(urlconf: str) -> Iterator[tuple[str, str]]:
    """Every pattern of a URL table: its name ("" without one) and its route."""

    def walk(entries: Iterable[URLPattern | URLResolver], namespace: str, before: str) -> Iterator[tuple[str, str]]:
        for entry in entries:
            route = before + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry.url_patterns, f"{entry.namespace}:" if entry.namespace else namespace, route)
            else:
                yield f"{namespace}{entry.name}" if entry.name else "", route

    return walk(get_resolver(urlconf).url_patterns, "", "")


class WalkCase(TenantTestCase):
    """Both tenants, everybody's browser, and the walk over a site."""

    maxDiff = None
    world: World
    actors: dict[str, Actor]
    calls: int
    keys: set[bytes]
    so_far: dict[str, int] | None  # writes until now, while nobody but the walk writes

    def setUp(self) -> None:
        super().setUp()
        self.calls, self.keys, self.so_far = 0, set(), None

    @classmethod
    def setUpTestData(cls) -> None:
        cls.world = two_tenants.build()
        beta_tokens = mirrored.mirror(cls.world)
        held = [cls.world.invitations[name] for name in HELD]
        stranger = cls.world.invitations["stranger"]
        cls.actors = {
            "anonymous": Actor(),
            "candidate": Actor({CANDIDATE_COOKIE: make.cookie_of(make.browser(*held))}),
            "another candidate": Actor({CANDIDATE_COOKIE: make.cookie_of(make.browser(stranger))}),
            "token": _program(cls.world.tokens["running"]),
            "beta token": _program(beta_tokens["running"]),
        }
        cls.actors |= {role: _staff(make.signed_in(make.staff(role))) for role in Role.values}
        for role in two_tenants.UNASSIGNED:
            nobody = make.staff(role, email=two_tenants.unassigned(role))
            cls.actors[f"unassigned {role}"] = _staff(make.signed_in(nobody))
        with tenancy.enter(OTHER):
            for role in (Role.OWNER, Role.AUDITOR):
                cls.actors[f"beta {role}"] = _staff(make.signed_in(make.staff(role), OTHER))
            cls.actors["beta candidate"] = Actor({CANDIDATE_COOKIE: make.cookie_of(make.browser(*held))})
        cls.actors |= _programs(HOME, "") | _programs(OTHER, "beta ")
        owner = make.staff(Role.OWNER)
        with tenancy.enter_platform():
            admin = User.objects.create_superuser("admin@platform.example", make.PASSWORD, pk=owner.pk, name="Admin")
            browser = TenantClient()
            browser.force_login(admin)
            cls.actors["platform admin"] = _staff(browser)
        cls.actors["support"] = _staff(entered(asked(admin), admin))
        _seen_for_the_whole_walk()

    def send(self, method: str, path: str, who: str, host: str, **more: Any) -> tuple[Any, dict[str, int]]:
        """The response, and what the request wrote: undone afterwards."""
        actor = self.actors[who]
        cache.clear()
        with two_tenants.undone(), make.writes(self.so_far) as written:
            headers = actor.headers | more.pop("headers", {})
            response = actor.client(host).generic(method, path, headers=headers, **more)
        self.calls += 1
        if self.so_far is not None:
            self.so_far = written.so_far
        self.keys.update(client().scan_iter(count=1000))
        tenancy.use(tenancy.by_schema(HOME))
        return response, written.tables

    def walk(self, who: str, site: Site = ALPHA) -> None:
        """Hold every pattern and method of the site against its table, and what else was told meanwhile."""
        before, self.so_far = self.calls, make.written()
        with logged() as lines:
            wrong = [line for name, route in site.routes.items() for line in self._try_route(site, name, route, who)]
        self.so_far = None
        places = {"logs": lines.getvalue(), "metrics": exposition.text().decode(), "keys": str(self.keys)}
        wrong += [f"{place} hold {word}" for place, text in places.items() for word in CANARY.values() if word in text]

        self.assertEqual(wrong, [])
        self.assertEqual(self.calls - before, len(site.routes) * len(METHODS))

    def _try_route(self, site: Site, name: str, route: Route, who: str) -> list[str]:
        path, wrong = reverse(name, site.urlconf, args=route.arguments(self.world)), []
        for method in METHODS:
            response, written = self.send(method, path, who, site.host, **self._body(route, method))
            allowed = who in _may(route).get(method, frozenset())
            if who == "support":  # the tenant's trail keeps what they open, and what they tried
                written.pop(f"{HOME}.audit_event", None)
            problem = _problem(route, method, allowed, response, written)
            wrong += [f"{who}: {method} {name} {response.status_code} {written}: {problem}"] if problem else []
        return wrong

    def _body(self, route: Route, method: str) -> dict[str, Any]:
        if method != "POST":
            return {}
        data = route.data(self.world)
        if route.json:
            headers = {"Idempotency-Key": data["idempotency_key"]} if "idempotency_key" in data else {}
            return {"data": json.dumps(data), "content_type": "application/json", "headers": headers}
        if any(isinstance(value, bytes) for value in data.values()):
            files = {name: SimpleUploadedFile(f"{name}.pdf", value) for name, value in data.items()}
            return {"data": encode_multipart(BOUNDARY, files), "content_type": MULTIPART_CONTENT}
        return {"data": urlencode(data, doseq=True), "content_type": FORM}


def _seen_for_the_whole_walk() -> None:
    """A walk lasts longer than a minute, after which the use of sessions and keys is noted: that is nobody's act."""
    later = clock.now() + timedelta(hours=1)
    for enter in (lambda: tenancy.enter(HOME), lambda: tenancy.enter(OTHER), tenancy.enter_platform):
        with enter():
            Session.objects.update(seen_at=later)
    ApiKey.objects.update(last_used_at=later)
    ScimConnection.objects.update(last_used_at=later)


def _programs(schema: str, prefix: str) -> dict[str, Actor]:
    """A key and a directory of this tenant."""
    with tenancy.enter(schema):
        key, token = two_tenants.programs()
    bearer = {"Authorization": f"Bearer {token}"}
    return {f"{prefix}key": Actor(headers={"X-API-Key": key}), f"{prefix}directory": Actor(headers=bearer)}


def _program(token: str) -> Actor:
    return Actor(headers={"Authorization": f"Interview {token}"})


def _staff(browser: Client) -> Actor:
    """Signed in just now for as long as the walk lasts: second factors are changed only then."""
    session = browser.session
    session["started"] = (clock.now() + timedelta(hours=1)).isoformat()
    session.save()
    return Actor({STAFF_COOKIE: str(browser.cookies[STAFF_COOKIE].value)})


def refused(response: Any) -> bool:
    """Sent to the sign-in, or told that this is not allowed or not there."""
    sign_in = response.status_code == 302 and "/?next=" in response["Location"]
    return bool(sign_in or response.status_code in (401, 403, 404, 405))


def admin_pages() -> list[tuple[str, str]]:
    """Every pattern of the admin with an address that matches it; those without a name lead on or nowhere."""
    pages = []
    for name, route in patterns("config.urls_admin"):
        path = re.sub(r"\^|\$|\(\?P<url>\.\*\)", "", re.sub(r"<\w+:\w+>", str(uuid7()), route))
        pages.append((name, "/" + re.sub(r"\(\?P<app_label>([a-z]+)\|.*\)", r"\1", path)))
    return pages


def _may(route: Route) -> dict[str, frozenset[str]]:
    heads, edit = route.look if route.head else frozenset[str](), route.edit
    return {"GET": route.look, "HEAD": heads, "POST": route.act, "PUT": edit, "PATCH": edit, "DELETE": edit}


def _words_of(response: Any) -> str:
    """What the answer says; of a PDF its words."""
    if response.headers.get("Content-Type") == "application/pdf" and response.content:
        return extract_text(io.BytesIO(response.content))
    return str(response.content.decode())


def _problem(route: Route, method: str, allowed: bool, response: Any, written: dict[str, int]) -> str:
    """What is wrong with this answer, "" when nothing is."""
    text = _words_of(response) + str(response.headers) + response.cookies.output()
    if CANARY[OTHER] in text:
        return "tells beta's words"
    if any(table.startswith(f"{OTHER}.") for table in written):
        return "writes in beta"
    if allowed and method in ("PUT", "PATCH"):
        return "" if response.status_code == 400 and not written else "not told that a body is missing"
    if allowed:
        acts = method in ("POST", "DELETE") and route.writes
        if response.status_code >= 400 or refused(response):
            return "refused"
        return "wrote nothing" if acts and not written else ""
    if written:
        return "wrote"
    if CANARY[HOME] in text:
        return "tells alpha's words"
    empty = response.status_code < 400 and (method == "OPTIONS" or (route.other and method != "GET"))
    return "" if refused(response) or empty else "allowed"
