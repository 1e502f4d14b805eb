"""Every URL pattern, every method, everybody: what is not in the table is refused, writes nothing and tells nothing.

Beta holds rows with the keys of alpha's. A pattern that the table does not name turns this red.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from compliance.models import Consent
from core import tenancy
from core.testing import HOME, OTHER, TenantTestCase
from interviews.services import links
from interviews.tests import make
from tests import admin_routes, mirrored, routes, two_tenants
from tests.actors import EVERYBODY
from tests.isolation.walk import (
    ADMIN_HOST,
    ALPHA,
    API,
    BETA_HOST,
    CANDIDATE_COOKIE,
    FORM,
    HELD,
    METHODS,
    PUBLIC,
    STAFF_COOKIE,
    WalkCase,
    admin_pages,
    patterns,
    refused,
)
from tests.two_tenants import CANARY

# Each differs from another in a detail alone, and walks in `make prove`.
ALIKE = {
    "another candidate",
    *("admin", "hiring_manager", "reviewer", "unassigned hiring_manager"),
    *("beta candidate", "beta token", "beta auditor", "beta directory"),
}


class IsolationTests(WalkCase):
    """The walk. It proves something because both tenants answer under the same keys with words of their own."""

    def test_every_pattern_is_in_a_table_and_everybody_of_the_table_exists(self) -> None:
        for site in (ALPHA, PUBLIC, API):
            self.assertEqual(sorted(name for name, _ in patterns(site.urlconf)), sorted(site.routes))
        named = [name for name, _ in patterns("config.urls_admin") if name]
        self.assertEqual(sorted(named), sorted(admin_routes.ALL))
        self.assertEqual(set(self.actors), EVERYBODY)
        self.assertLess(ALIKE, EVERYBODY)

    def test_the_walk_is_of_7000_calls_at_least(self) -> None:
        self.assertGreater(len(routes.TENANT) * len(METHODS) * len(EVERYBODY), 7000)

    def test_who_is_assigned_to_nothing_reads_no_word_of_any_interview_or_job(self) -> None:
        for role in two_tenants.UNASSIGNED:
            who = f"unassigned {role}"
            own_name = f"{CANARY[HOME]} {who}"
            for path in ("/", "/jobs/", "/candidates/"):
                html = self.actors[who].client(ALPHA.host).get(path).content.decode()
                self.assertIn(own_name, html)
                self.assertNotIn(CANARY[HOME], html.replace(own_name, ""), path)

    def test_on_the_public_and_the_api_host_everybody_looks_and_nobody_writes(self) -> None:
        for who in ("anonymous", "candidate", "token", "owner", "platform admin"):
            self.walk(who, PUBLIC)
            self.walk(who, API)

    def test_nobody_but_the_platforms_staff_gets_into_the_admin_though_their_keys_are_the_same(self) -> None:
        wrong = []
        for who in ("anonymous", "candidate", "owner", "beta owner"):
            for name, path in admin_pages():
                for method in ("GET", "POST"):
                    response, written = self.send(method, path, who, ADMIN_HOST)
                    sound = refused(response) or name in admin_routes.OPEN
                    wrong += (
                        [] if sound and not written else [f"{who} {method} {path} {response.status_code} {written}"]
                    )

        self.assertEqual(wrong, [])

    def test_the_platforms_staff_reads_no_words_of_a_tenant_in_the_admin(self) -> None:
        for name, path in admin_pages():
            if name.startswith("admin:") and name.endswith(("_changelist", ":index", "_add")):
                response, written = self.send("GET", path, "platform admin", ADMIN_HOST)
                self.assertIn(response.status_code, (200, 403), path)
                self.assertNotIn("canaryin", response.content.decode(), path)
                self.assertEqual(written, {}, path)

    def test_a_link_of_beta_leads_nowhere_in_alpha(self) -> None:
        token = self.actors["beta token"].headers["Authorization"].split()[1]

        for host, status in ((ALPHA.host, 404), (BETA_HOST, 303)):
            response, written = self.send("GET", f"/i/{token}", "anonymous", host)
            self.assertEqual((response.status_code, written), (status, {}))

    def test_a_password_of_beta_opens_nothing_in_alpha(self) -> None:
        with tenancy.enter(OTHER):
            User.objects.create_user("only@beta.example", make.PASSWORD, role=Role.OWNER)
        form = urlencode({"username": "only@beta.example", "password": make.PASSWORD})
        for host, status in ((ALPHA.host, 200), (BETA_HOST, 302)):
            response, _ = self.send("POST", "/sign-in/", "anonymous", host, data=form, content_type=FORM)
            self.assertEqual((response.status_code, STAFF_COOKIE in response.cookies), (status, status == 302))

    def test_a_cookie_of_one_tenant_is_nothing_to_the_other(self) -> None:
        mine, theirs = (self.actors[who].cookies[CANDIDATE_COOKIE] for who in ("candidate", "beta candidate"))

        self.assertEqual((len(links.read_cookie(mine)), links.read_cookie(theirs)), (len(HELD), {}))
        with tenancy.enter(OTHER):
            self.assertEqual((links.read_cookie(mine), len(links.read_cookie(theirs))), ({}, len(HELD)))

    def test_every_table_of_a_tenants_content_is_mirrored_key_by_key(self) -> None:
        content = {model for model in apps.get_app_config("interviews").get_models() if not model._meta.proxy}

        self.assertEqual(set(mirrored.TABLES), content | {Consent, User})
        for model in mirrored.TABLES:
            mine = set(model._default_manager.values_list("pk", flat=True))
            with tenancy.enter(OTHER):
                theirs = set(model._default_manager.values_list("pk", flat=True))
            self.assertTrue(mine and mine == theirs, model)

    def test_each_tenants_pages_hold_its_own_words_and_never_the_others(self) -> None:
        pages = [(path, "owner") for path in ("/", "/candidates/", "/jobs/", "/quality/")]
        pages += [(reverse("portal_interview", args=[one.pk]), "owner") for one in self.world.interviews.values()]
        pages += [(reverse("candidate_home", args=[self.world.interviews[name].pk]), "candidate") for name in HELD]
        for prefix, host, own, strange in (("", ALPHA.host, HOME, OTHER), ("beta ", BETA_HOST, OTHER, HOME)):
            for path, who in pages:
                response = self.actors[prefix + who].client(host).get(path, follow=True)
                self.assertContains(response, CANARY[own], msg_prefix=f"{host} {path}")
                self.assertNotContains(response, CANARY[strange], msg_prefix=f"{host} {path}")


def walks(who: str) -> Any:
    """The test of one actor."""

    def test(self: WalkCase) -> None:
        self.walk(who)

    return pytest.mark.prove(test) if who in ALIKE else test


for _who in sorted(EVERYBODY):
    setattr(IsolationTests, f"test_walk_of_{_who.replace(' ', '_')}", walks(_who))


class TableTests(TenantTestCase):
    def present(self) -> dict[str, set[str]]:
        """Schema -> its tables."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT schemaname, array_agg(tablename::text) FROM pg_tables GROUP BY 1")
            return {schema: set(tables) for schema, tables in cursor.fetchall()}

    def tables(self, names: Iterable[str]) -> set[str]:
        configs = [config for config in apps.get_app_configs() if config.name in set(names)]
        found = [model for config in configs for model in config.get_models(include_auto_created=True)]
        return {model._meta.db_table for model in found if model._meta.managed and not model._meta.proxy}

    def test_what_belongs_to_a_tenant_stands_in_its_schema_and_in_no_other(self) -> None:
        present, tenants = self.present(), self.tables(settings.TENANT_APPS)
        shared = self.tables(settings.SHARED_APPS)
        for schema in (HOME, OTHER):
            self.assertEqual(present[schema] - {"django_migrations"}, tenants)

        self.assertEqual(present["public"] & (tenants - shared), set())
        self.assertIn("interviews_turn", tenants - shared)
        self.assertEqual((shared - tenants) & present[HOME], set())

    def test_no_table_of_the_platform_refers_into_a_tenant(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c"
                " JOIN pg_class a ON a.oid = c.conrelid JOIN pg_class b ON b.oid = c.confrelid"
                " WHERE c.contype = 'f' AND a.relnamespace <> b.relnamespace"
            )
            self.assertEqual(cursor.fetchall(), [])
