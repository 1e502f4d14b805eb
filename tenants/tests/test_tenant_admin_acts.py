"""Acts of the platform's admin on tenants and hosts: suspending, plans in the list, hosts that are checked."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import clock, tenancy
from core.testing import HOME, OTHER
from tenants.models import Domain, Tenant
from tenants.selectors import figures
from tenants.tests.supported import AdminCase, page, tenant, trail

ACTS = {"action__startswith": "tenant."}


class SuspendingTests(AdminCase):
    def act(self, action: str, *schemas: str, why: str = "security") -> str:
        chosen = [str(tenant(schema).pk) for schema in schemas]
        fields = {"action": action, "_selected_action": chosen, "why": why}
        with self.captureOnCommitCallbacks(execute=True):
            return str(self.client.post(page("tenant", "changelist"), fields, follow=True).content.decode())

    def statuses(self) -> dict[str, str]:
        return dict(Tenant.objects.values_list("schema_name", "status"))

    def test_a_tenant_is_suspended_and_served_again_and_its_history_says_why(self) -> None:
        self.act("suspend", HOME)
        self.assertEqual(self.statuses(), {HOME: "suspended", OTHER: "ready"})

        self.act("unsuspend", HOME, why="solved")

        self.assertEqual(self.statuses(), {HOME: "ready", OTHER: "ready"})
        self.assertEqual([row[3]["why"] for row in trail(**ACTS)], ["security", "solved"])
        with tenancy.enter_platform():
            said = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
        self.assertEqual(said, ["Suspended: Alpha (Security)", "Served again: Alpha (The cause is gone)"])

    def test_without_a_reason_nothing_is_changed(self) -> None:
        self.assertIn("Choose a reason beside the action", self.act("suspend", HOME, why=""))
        self.act("suspend", HOME, why="because")

        self.assertEqual((self.statuses()[HOME], trail(**ACTS)), ("ready", []))

    def test_of_several_those_that_can_are_and_the_others_are_named(self) -> None:
        Tenant.objects.filter(schema_name=OTHER).update(status="provisioning")

        shown = self.act("suspend", HOME, OTHER)

        self.assertIn("Beta: Being set up: nothing was changed.", shown)
        self.assertEqual(self.statuses(), {HOME: "suspended", OTHER: "provisioning"})

    def test_the_list_shows_plans_and_their_use_in_two_queries_for_all(self) -> None:
        both = [tenant(HOME).pk, tenant(OTHER).pk]
        found = figures.standings(both)
        shown = self.client.get(page("tenant", "changelist")).content.decode()

        self.assertEqual(set(found), set(both))
        for standing in found.values():
            self.assertIn(standing.plan, shown)
            self.assertIn(f"{standing.used} / {standing.included}", shown)
        Tenant.objects.count()  # the request left another search_path
        with self.assertNumQueries(2):
            figures.standings(both)

    def test_a_tenant_that_nobody_visited_shows_what_its_plan_includes(self) -> None:
        for name in ("InvoiceLine", "QuotaPeriod"):
            apps.get_model("billing", name).objects.all().delete()
        apps.get_model("billing", "Subscription").objects.update(plan="professional")

        shown = self.client.get(page("tenant", "changelist")).content.decode()

        self.assertIn("0 / 1000", shown)


class EmptyListTests(AdminCase):
    def test_an_empty_list_offers_to_make_a_row_only_where_one_can_be_made(self) -> None:
        none = self.client.get(page("emaildomain", "changelist"))
        more = self.client.get(page("tenant", "changelist"), {"q": "nobody has this name"})

        self.assertContains(none, "There is nothing here yet")
        self.assertContains(more, "Nothing matches")
        for shown in (none, more):
            self.assertNotContains(shown, "Create a new item")
            self.assertNotContains(shown, "The plus above makes the first one.")


class ClosingTests(AdminCase):
    def act(self, action: str, *schemas: str) -> str:
        fields = {"action": action, "_selected_action": [str(tenant(schema).pk) for schema in schemas]}
        return str(self.client.post(page("tenant", "changelist"), fields, follow=True).content.decode())

    def test_a_tenant_is_closed_in_thirty_days_and_that_is_taken_back(self) -> None:
        shown = self.act("close", HOME)

        self.assertIn("Closing: Alpha.", shown)
        closing = tenant()
        assert closing.closes_at is not None
        self.assertEqual((closing.status, (closing.closes_at - clock.now()).days), ("closing", 29))
        with tenancy.enter(HOME):
            self.assertIn("tenant.closing_asked", [action for action, *_ in trail(**ACTS)])

        self.act("keep", HOME)
        self.assertEqual((tenant().status, tenant().closes_at), ("ready", None))
        self.assertEqual(tenant(OTHER).status, "ready")

    def test_what_can_not_be_closed_or_kept_is_named_and_stays(self) -> None:
        Tenant.objects.filter(schema_name=OTHER).update(status="provisioning")

        self.assertIn("Beta: Being set up: nothing was changed.", self.act("close", OTHER))
        self.assertIn("Alpha: nothing was changed.", self.act("keep", HOME))
        self.assertEqual((tenant(OTHER).status, tenant().status), ("provisioning", "ready"))

    def test_a_tenants_own_owner_is_no_platform_admin(self) -> None:
        with tenancy.enter(HOME):
            owner = person("owner@alpha.example", role=Role.OWNER)
            stranger = signed_in(owner, HOME)
        fields = {"action": "close", "_selected_action": [str(tenant(OTHER).pk)]}

        response = stranger.post(page("tenant", "changelist"), fields, HTTP_HOST="admin.candor.localhost")

        self.assertNotEqual(response.status_code, 200)
        self.assertEqual(tenant(OTHER).status, "ready")


class HostTests(AdminCase):
    def add(self, domain: str, **changes: Any) -> Any:
        form = {"domain": domain, "tenant": str(tenant().pk)} | changes
        return self.client.post(page("domain", "add"), form)

    def hosts(self, schema: str = HOME) -> dict[str, bool]:
        return dict(Domain.objects.filter(tenant__schema_name=schema).values_list("domain", "is_primary"))

    def test_a_host_is_stored_as_the_table_compares_it(self) -> None:
        for typed in (" Careers.Alpha.Example. ", "jobs.bücher.example"):
            self.assertEqual(self.add(typed).status_code, 302)

        found = {"careers.alpha.example", "jobs.xn--bcher-kva.example", "alpha.candor.localhost"}
        self.assertEqual(set(self.hosts()), found)
        response = self.client.get("/sign-in/", HTTP_HOST="careers.alpha.example")
        self.assertEqual(response.status_code, 200)

    def test_what_is_no_host_or_the_platform_s_own_is_refused_at_the_field(self) -> None:
        for typed in (
            *("https://alpha.example", "alpha.example/jobs", "alpha.example:443", "alpha", "-a.example", "a b.example"),
            *(
                "10.0.0.1",
                "candor.localhost",
                "admin.candor.localhost",
                "new.candor.localhost",
                "a..example",
                "ex_a.com",
            ),
            *("*.alpha.example", "ALPHA.candor.localhost."),
        ):
            with self.subTest(typed):
                response = self.add(typed)

                self.assertIn("domain", response.context["adminform"].form.errors)
        self.assertEqual(self.hosts(), {"alpha.candor.localhost": True})

    def test_a_host_of_another_tenant_is_taken(self) -> None:
        self.add("careers.beta.example", tenant=str(tenant(OTHER).pk))

        response = self.add("Careers.Beta.Example")

        self.assertIn("domain", response.context["adminform"].form.errors)
        self.assertEqual(self.hosts(), {"alpha.candor.localhost": True})

    def test_a_tenant_keeps_exactly_one_primary_host(self) -> None:
        self.add("careers.alpha.example", is_primary="on")
        self.assertEqual(self.hosts(), {"careers.alpha.example": True, "alpha.candor.localhost": False})

        primary = Domain.objects.get(domain="careers.alpha.example")
        form = {"domain": primary.domain}
        response = self.client.post(page("domain", "change", primary.pk), form)
        self.assertIn("is_primary", response.context["adminform"].form.errors)
        self.assertEqual(self.client.post(page("domain", "delete", primary.pk), {"post": "yes"}).status_code, 403)
        fields = {"action": "delete_selected", "_selected_action": [primary.pk], "post": "yes"}
        self.client.post(page("domain", "changelist"), fields)
        self.assertEqual(self.hosts(), {"careers.alpha.example": True, "alpha.candor.localhost": False})

    def test_links_mails_and_single_sign_on_name_the_primary_host(self) -> None:
        for typed, address in (
            ("careers.alpha.example", f"http://careers.alpha.example{settings.PUBLIC_PORT}"),
            ("jobs.alpha.example", f"http://jobs.alpha.example{settings.PUBLIC_PORT}"),
        ):
            self.add(typed, is_primary="on")
            self.assertEqual(tenant().address, address)

        own = Domain.objects.get(domain="alpha.candor.localhost")
        self.client.post(page("domain", "change", own.pk), {"domain": own.domain, "is_primary": "on"})

        self.assertEqual(tenant().address, f"http://alpha.candor.localhost{settings.PUBLIC_PORT}")
        self.assertEqual(tenant(OTHER).address, f"http://beta.candor.localhost{settings.PUBLIC_PORT}")

    def test_a_host_that_goes_is_unknown_at_once(self) -> None:
        self.add("careers.alpha.example")
        extra = Domain.objects.get(domain="careers.alpha.example")
        fields = {"action": "delete_selected", "_selected_action": [extra.pk], "post": "yes"}

        self.client.post(page("domain", "changelist"), fields)

        self.assertEqual(self.client.get("/sign-in/", HTTP_HOST="careers.alpha.example").status_code, 404)
        self.assertEqual(self.hosts(), {"alpha.candor.localhost": True})

    def test_the_set_up_s_own_host_may_be_saved_again(self) -> None:
        own = Domain.objects.get(domain="alpha.candor.localhost")

        response = self.client.post(page("domain", "change", own.pk), {"domain": own.domain, "is_primary": "on"})

        self.assertEqual(response.status_code, 302)
