"""The walk over a site: everybody's browser, every pattern and method, held against the table of tests.routes."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from accounts.roles import Role
from core import tenancy
from core.ids import uuid7
from core.testing import HOME, OTHER, TenantClient, TenantTestCase
from interviews.tests import make
from tests import routes, two_tenants
from tests.routes import Route
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
        client = TenantClient(HTTP_HOST=host)
        for name, value in self.cookies.items():
            client.cookies[name] = value
        return client


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

    world: World
    actors: dict[str, Actor]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.world = two_tenants.build()
        beta_tokens = two_tenants.mirror(cls.world)
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
        with tenancy.enter(OTHER):
            for role in (Role.OWNER, Role.AUDITOR):
                cls.actors[f"beta {role}"] = _staff(make.signed_in(make.staff(role), OTHER))
            cls.actors["beta candidate"] = Actor({CANDIDATE_COOKIE: make.cookie_of(make.browser(*held))})
        owner = make.staff(Role.OWNER)
        with tenancy.enter_platform():
            admin = User.objects.create_superuser("admin@platform.example", make.PASSWORD, pk=owner.pk, name="Admin")
            client = TenantClient()
            client.force_login(admin)
        cls.actors["platform admin"] = _staff(client)

    def send(self, method: str, path: str, who: str, host: str, **more: Any) -> tuple[Any, dict[str, int]]:
        """The response, and what the request wrote: undone afterwards."""
        actor = self.actors[who]
        cache.clear()
        with two_tenants.undone(), make.writes() as written:
            headers = actor.headers | more.pop("headers", {})
            response = actor.client(host).generic(method, path, headers=headers, **more)
        tenancy.use(tenancy.by_schema(HOME))
        return response, written.tables

    def walk(self, who: str, site: Site = ALPHA) -> None:
        """Hold every pattern and method of the site against its table."""
        wrong = [line for name, route in site.routes.items() for line in self._try_route(site, name, route, who)]

        self.assertEqual(wrong, [])

    def _try_route(self, site: Site, name: str, route: Route, who: str) -> list[str]:
        path, wrong = reverse(name, site.urlconf, args=route.arguments(self.world)), []
        for method in METHODS:
            response, written = self.send(method, path, who, site.host, **self._body(route, method))
            allowed = who in {"GET": route.look, "HEAD": route.look, "POST": route.act}.get(method, frozenset())
            problem = _problem(route, method, allowed, response, written)
            wrong += [f"{who}: {method} {name} {response.status_code} {written}: {problem}"] if problem else []
        return wrong

    def _body(self, route: Route, method: str) -> dict[str, Any]:
        if method != "POST":
            return {}
        data = route.data(self.world)
        if route.json:
            headers = {"Idempotency-Key": data["idempotency_key"]}
            return {"data": json.dumps(data), "content_type": "application/json", "headers": headers}
        return {"data": urlencode(data), "content_type": FORM}


def _program(token: str) -> Actor:
    return Actor(headers={"Authorization": f"Interview {token}"})


def _staff(client: Client) -> Actor:
    return Actor({STAFF_COOKIE: str(client.cookies[STAFF_COOKIE].value)})


def refused(response: Any) -> bool:
    """Sent to the sign-in, or told that this is not allowed or not there."""
    sign_in = response.status_code == 302 and "/?next=" in response["Location"]
    return bool(sign_in or response.status_code in (401, 403, 404, 405))


def admin_pages() -> list[tuple[str, str]]:
    """Every pattern of the admin with an address that matches it; those without a name lead on or nowhere."""
    pages = []
    for name, route in patterns("config.urls_admin"):
        path = re.sub(r"\^|\$|\(\?P<url>\.\*\)", "", re.sub(r"<path:\w+>", str(uuid7()), route))
        pages.append((name, "/" + re.sub(r"\(\?P<app_label>([a-z]+)\|.*\)", r"\1", path)))
    return pages


def _problem(route: Route, method: str, allowed: bool, response: Any, written: dict[str, int]) -> str:
    """What is wrong with this answer, "" when nothing is."""
    text = response.content.decode() + str(response.headers) + response.cookies.output()
    if CANARY[OTHER] in text:
        return "tells beta's words"
    if any(table.startswith(f"{OTHER}.") for table in written):
        return "writes in beta"
    if allowed:
        acts = method == "POST" and route.writes
        if response.status_code >= 400 or refused(response):
            return "refused"
        return "wrote nothing" if acts and not written else ""
    if written:
        return "wrote"
    if CANARY[HOME] in text:
        return "tells alpha's words"
    empty = response.status_code < 400 and (method == "OPTIONS" or (route.other and method != "GET"))
    return "" if refused(response) or empty else "allowed"
