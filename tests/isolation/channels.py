"""The channels by which a word of one tenant could reach the other, each with a check that can fail.

tests.isolation.test_mutations takes each control away in turn and demands that the check of its channel turns red.
"""

import contextlib
import secrets
from datetime import timedelta
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client

from accounts.models import User
from accounts.programs import Scope
from accounts.roles import Role
from accounts.services import passwords
from core import exposition, ratelimit, redis, replica, tenancy
from core.testing import HOME, OTHER, CommittingTestCase, TenantClient, logged
from core.tests import notes
from core.tests.test_pool import at_rest
from interviews.models import Job
from interviews.services import links
from interviews.tests import make
from live import channels
from llm import cache as model_cache
from tenants.models import Logo, Tenant
from tenants.services import api_keys
from tests import two_tenants
from tests.isolation.row_checks import RowChecks
from tests.isolation.walk import ALPHA, BETA_HOST, STAFF_COOKIE
from tests.two_tenants import CANARY

ANSWER = model_cache.Stored("{}", "model", "stop", 1, 0, 1, 1)


class ChannelChecks(RowChecks):
    """One check a channel: it raises AssertionError when something gets through."""

    def isolated(self, name: str) -> None:
        """Run the check of this channel; what it writes is undone."""
        cache.clear()
        try:
            with two_tenants.undone():
                getattr(self, f"check_{name}")()
        finally:
            tenancy.use(tenancy.by_schema(HOME))
            cache.clear()

    def get(self, path: str, host: str = ALPHA.host, **cookies: str) -> Any:
        client = TenantClient(HTTP_HOST=host)
        for name, value in cookies.items():
            client.cookies[name] = value
        return client.get(path)

    def check_cache_keys(self) -> None:
        cache.set("greeting", CANARY[HOME])

        with self.in_tenant(OTHER):
            self.assertIsNone(cache.get("greeting"))
            self.assertNotEqual(redis.key("name"), f"candor:{HOME}:name")

    def check_celery(self) -> None:
        task, letter = current_app.tasks["core.tests.note"], self.world.interviews["running"].pk
        notes.seen.clear()
        with contextlib.suppress(tenancy.NoTenant, tenancy.UnknownTenant):
            task(tenant="", letter_id=str(letter))
            task(tenant="nobody", letter_id=str(letter))
        task(tenant=OTHER, letter_id=str(letter))

        self.assertEqual([schema for schema, *_ in notes.seen], [OTHER])
        self.assertEqual(tenancy.schema(), HOME)

    def check_files(self) -> None:
        with tenancy.enter_platform():
            Logo.objects.create(tenant=Tenant.objects.get(schema_name=OTHER), png=CANARY[OTHER].encode())

        answers = [self.get("/branding/logo.png", host) for host in (ALPHA.host, BETA_HOST)]
        tenancy.use(tenancy.by_schema(HOME))

        self.assertEqual([answer.status_code for answer in answers], [404, 200])

    def check_sessions(self) -> None:
        cookie = {STAFF_COOKIE: self.actors["owner"].cookies[STAFF_COOKIE]}

        mine, theirs = self.get("/jobs/", **cookie), self.get("/jobs/", BETA_HOST, **cookie)

        self.assertEqual((mine.status_code, theirs.status_code), (200, 302))

    def check_links(self) -> None:
        cookie = links.write_cookie(None, self.world.invitations["running"])
        token = self.world.tokens["running"]

        self.assertEqual(len(links.read_cookie(cookie)), 1)
        with self.in_tenant(OTHER):
            self.assertEqual(links.read_cookie(cookie), {})
        self.assertEqual(self.get(f"/i/{token}", BETA_HOST).status_code, 404)
        self.assertEqual(self.get(f"/i/{token}").status_code, 303)

    def check_reset_tokens(self) -> None:
        """Both tenants' owners have one key, one address and one password: only the schema tells their links apart."""
        for tenant in (HOME, OTHER):
            with self.in_tenant(tenant):
                User.objects.filter(role=Role.OWNER).update(last_login=None)
        owner = User.objects.get(role=Role.OWNER)
        with self.in_tenant(OTHER):
            theirs = User.objects.get(pk=owner.pk)
        token = passwords._tokens.make_token(owner)

        self.assertEqual((owner.email, owner.password), (theirs.email, theirs.password))
        self.assertEqual(passwords.person_of(user_id=str(owner.pk), token=token), owner)
        with self.in_tenant(OTHER), self.assertRaises(passwords.ResetGone):
            passwords.person_of(user_id=str(owner.pk), token=token)

    def check_api_keys(self) -> None:
        with self.in_tenant(OTHER):
            owner = User.objects.get(role=Role.OWNER)
            _, key = api_keys.create(name="Jobs", scopes=[Scope.JOBS_READ], life=timedelta(days=1), by=owner)
        answers = {}
        for host in (ALPHA.host, BETA_HOST, f"api.{settings.BASE_DOMAIN}"):
            answers[host] = Client().get("/api/v1/jobs", headers={"host": host, "x-api-key": key})
        tenancy.use(tenancy.by_schema(HOME))

        self.assertEqual([answer.status_code for answer in answers.values()], [401, 200, 200])
        for answer in answers.values():
            self.assertNotIn(CANARY[HOME], answer.content.decode())

    def check_errors(self) -> None:
        with contextlib.suppress(ZeroDivisionError), tenancy.enter(OTHER):
            raise ZeroDivisionError

        self.assertEqual(set(Job.objects.values_list("title", flat=True)), {f"{CANARY[HOME]} job"})

    def check_events(self) -> None:
        interview = self.world.interviews["running"]
        mine = channels.of(interview.pk, interview.subject_id)
        with self.in_tenant(OTHER):
            theirs = channels.of(interview.pk, interview.subject_id)

        self.assertTrue(mine.name.startswith(f"candor:{HOME}:"))
        self.assertTrue(theirs.name.startswith(f"candor:{OTHER}:"))
        self.assertNotEqual(mine.secret, theirs.secret)

    def check_admin(self) -> None:
        """A tenant's row that says it were staff is none, and its cookie is nothing on the admin's host."""
        with self.in_tenant(OTHER):
            pretender = User.objects.create_user("root@beta.example", make.PASSWORD, name="Root", is_staff=True)
            client = make.signed_in(pretender, OTHER)
            self.assertEqual((pretender.is_superuser, pretender.has_perm("tenants.change_tenant")), (False, False))

        answer = self.get("/", f"admin.{settings.BASE_DOMAIN}", **{STAFF_COOKIE: client.cookies[STAFF_COOKIE].value})
        tenancy.use(tenancy.by_schema(HOME))

        self.assertEqual(answer.status_code, 302)

    def check_hosts(self) -> None:
        unknown = (
            *(
                f"gamma.{settings.BASE_DOMAIN}",
                f"{HOME}.{settings.BASE_DOMAIN}.evil.example",
                "127.0.0.1",
                "evil.example",
            ),
            *(f"x.{HOME}.{settings.BASE_DOMAIN}", f"{HOME}..{settings.BASE_DOMAIN}", f"{HOME}.evil.example"),
        )
        answers = {host: self.get("/sign-in/", host).status_code for host in unknown}
        forwarded = Client().get("/sign-in/", headers={"host": "evil.example", "x-forwarded-host": ALPHA.host})
        tenancy.use(tenancy.by_schema(HOME))

        self.assertEqual(answers, dict.fromkeys(unknown, 404))
        self.assertEqual(forwarded.status_code, 404)

    def check_throttles(self) -> None:
        who, limited = secrets.token_hex(8), []
        for tenant in (HOME, HOME, OTHER):
            with self.in_tenant(tenant):
                try:
                    ratelimit.hit("isolation", who, "1/minute")
                except ratelimit.TooMany:
                    limited.append(tenant)

        self.assertEqual(limited, [HOME])

    def check_lockouts(self) -> None:
        email = f"{secrets.token_hex(8)}@both.example"
        for tenant in (HOME, OTHER):
            with self.in_tenant(tenant):
                User.objects.create_user(email, make.PASSWORD, name="Both", role="recruiter")
        form = {"username": email, "password": "wrong"}  # pragma: allowlist secret
        for _ in range(9):
            last = TenantClient().post("/sign-in/", form)
        theirs = TenantClient(OTHER).post("/sign-in/", form | {"password": make.PASSWORD})

        self.assertEqual((last.status_code, theirs.status_code), (429, 302))

    def check_model_cache(self) -> None:
        asked: dict[str, Any] = {"feature": "turn", "model_class": "small", "prompt_version": "1", "parameters": {}}
        asked |= {"messages": [{"role": "user", "content": "The same."}], "output_schema": None}
        mine = model_cache.key(schema=HOME, **asked)
        model_cache.put(mine, ANSWER, seconds=60)

        with self.in_tenant(OTHER):
            theirs = model_cache.key(schema=OTHER, **asked)
            self.assertTrue(theirs.startswith(f"candor:{OTHER}:"))
            self.assertIsNone(model_cache.get(theirs))
            with self.assertRaises(model_cache.AnotherTenant):
                model_cache.get(mine)

    def check_logs(self) -> None:
        lines = self.logged(lambda: self.get(f"/i/{CANARY[HOME]}"), lambda: self.broken())

        self.assertIn("ValueError", lines)
        self.assertNotIn(CANARY[HOME], lines)
        self.assertNotIn(f"someone@{HOME}", lines)

    def logged(self, *acts: Any) -> str:
        """What is written while the acts run, as the log's own format writes it."""
        with logged() as lines:
            for act in acts:
                act()
        return lines.getvalue()

    def broken(self) -> None:
        """An unexpected error that quotes what a person typed, and a line that names an address."""
        log = structlog.get_logger("candor.test")
        try:
            raise ValueError(CANARY[HOME])
        except ValueError as error:
            log.error("broken", exc_info=error, path=f"/i/{CANARY[HOME]}", who=f"someone@{HOME}.example")

    def check_metrics(self) -> None:
        for path in (f"/i/{CANARY[HOME]}", f"/{CANARY[HOME]}/", f"/jobs/?q={CANARY[HOME]}"):
            self.get(path)
            self.get(path, f"{CANARY[HOME]}.{settings.BASE_DOMAIN}")
        tenancy.use(tenancy.by_schema(HOME))

        self.assertNotIn(CANARY[HOME], exposition.text().decode())


CHANNELS = sorted(name.removeprefix("check_") for name in dir(ChannelChecks) if name.startswith("check_"))


class PoolChecks(CommittingTestCase):
    """search_path in connections that rest: with real ones, given back after a tenant's work."""

    def check_pool(self) -> None:
        for tenant in (HOME, OTHER):
            with contextlib.suppress(ZeroDivisionError), tenancy.enter(tenant):
                Job.objects.count()
                raise ZeroDivisionError
            connections["default"].close()

        for path in at_rest().values():
            self.assertNotIn(HOME, path)
            self.assertNotIn(OTHER, path)


class ReplicaChecks(CommittingTestCase):
    """Reads that may lag, from a second alias that stays in the schema that was entered."""

    def check_replica(self) -> None:
        for tenant in (HOME, OTHER):
            with tenancy.enter(tenant):
                User.objects.create_user(f"only@{tenant}.example", None, name=tenant, role=Role.RECRUITER)
        for tenant in (HOME, OTHER, HOME):
            with tenancy.enter(tenant):
                read = User.objects.using(replica.may_lag()).values_list("email", flat=True)
                self.assertEqual(set(read), {f"only@{tenant}.example"})
