"""Making a tenant: visible steps, as the owner role; a failure can be resumed or removed."""

from collections.abc import Callable
from datetime import timedelta
from unittest import mock
from uuid import UUID, uuid4

from django.apps import apps
from django.db import connections

from accounts.models import TeamInvitation, User
from accounts.roles import Role
from core import clock, due, tenancy
from core.models import Due
from core.testing import CommittingTestCase, TenantClient, at_once
from keys.models import TenantKey
from tenants.models import Domain, ProvisioningStep, Tenant
from tenants.services import blueprint, provisioning, schemas, signup
from tenants.services.provisioning import NotRemovable, ProvisioningFailed
from tenants.tasks import provision

STEPS = ["schema", "tables", "check", "key", "subscription", "owner", "invitation"]
Subscription = apps.get_model("billing.Subscription")
Plan = apps.get_model("billing.Plan")


class Killed(BaseException):
    """The process is gone: nothing catches this, as nothing runs after SIGKILL."""


def steps(tenant: Tenant) -> dict[str, tuple[str, str]]:
    """Step -> its status and error, in their order."""
    return {row.name: (row.status, row.error) for row in ProvisioningStep.objects.filter(tenant=tenant)}


def schema_exists(name: str) -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [name])
        return bool(cursor.fetchone()[0])


class NewTenantTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        tenancy.use(tenancy.Platform())

    def test_every_step_is_done_and_the_tenant_works(self) -> None:
        tenant = provisioning.create_tenant(
            name="Gamma GmbH", subdomain="gamma-gmbh", plan_code="professional", owner_email=" Olga@Gamma.Example "
        )
        self.assertEqual(TenantClient("gamma-gmbh").get("/sign-in/").status_code, 503)

        provisioning.provision(tenant_id=tenant.pk)

        tenant.refresh_from_db()
        self.assertEqual((tenant.status, tenant.schema_name), ("ready", "gamma_gmbh"))
        self.assertEqual(steps(tenant), dict.fromkeys(STEPS, ("done", "")))
        self.assertEqual(TenantClient("gamma-gmbh").get("/sign-in/").status_code, 200)
        self.assertEqual(schemas.missing_tables(), {})
        self.assertEqual(schemas.drifted(), [])
        self.assertEqual(Subscription.objects.get(tenant=tenant).plan.code, "professional")
        self.assertEqual(TenantKey.objects.filter(tenant_id=tenant.pk).count(), 1)
        self.assert_owner_of("gamma_gmbh", "olga@gamma.example")
        self.assert_app_role_serves("gamma_gmbh")

    def assert_owner_of(self, schema: str, email: str) -> None:
        with tenancy.enter(schema):
            invited = TeamInvitation.objects.get()
            self.assertEqual((invited.email, invited.role, invited.status), (email, Role.OWNER, "pending"))
            self.assertFalse(User.objects.exists())  # whoever accepts it becomes the first
            actions = list(apps.get_model("audit.AuditEvent").objects.values_list("action", flat=True))
        self.assertEqual(actions, ["invitation.made"])
        self.assertFalse(User.objects.filter(email=email).exists())  # not in public

    def assert_app_role_serves(self, schema: str) -> None:
        """Rows yes, tables no: what the owner made has the rights of the others."""
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "SELECT bool_and(has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')),"
                " bool_or(has_table_privilege(c.oid, 'TRUNCATE') OR pg_get_userbyid(c.relowner) = CURRENT_USER)"
                " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname = %s AND c.relkind = 'r'",
                [schema],
            )
            self.assertEqual(cursor.fetchone(), (True, False))


class FailedStepTests(CommittingTestCase):
    """With a tenant whose slow steps are done already, so that the last ones are what is tried."""

    def setUp(self) -> None:
        super().setUp()
        tenancy.use(tenancy.Platform())
        self.tries = 0
        self.meanwhile: list[Callable[[], object]] = []  # what happens in another process during the last step
        provisioning.register_step("last", self.last_step, undo=lambda tenant: None)
        self.addCleanup(provisioning._undo.pop, "last")
        self.addCleanup(provisioning._registered.pop)
        self.tenant = self.half_made("delta")

    def last_step(self, tenant: Tenant) -> None:
        self.tries += 1
        while self.meanwhile:
            self.meanwhile.pop()()
        if self.tries == 1:
            raise ConnectionError("the other side hung up")

    def half_made(self, subdomain: str) -> Tenant:
        Tenant.objects.filter(subdomain=subdomain).delete()
        tenant = provisioning.create_tenant(name="Delta", subdomain=subdomain, plan_code="starter")
        for name in ("tables", "check"):
            ProvisioningStep.objects.create(tenant=tenant, name=name, status=ProvisioningStep.Status.DONE)
        self.addCleanup(self.remove, tenant.pk)
        return tenant

    def remove(self, tenant_id: UUID) -> None:
        if Tenant.objects.filter(pk=tenant_id).update(status=Tenant.Status.FAILED):
            provisioning.remove_failed(tenant_id=tenant_id)

    def let_it_fail(self) -> None:
        with self.assertRaises(ProvisioningFailed):
            provisioning.provision(tenant_id=self.tenant.pk)
        self.tenant.refresh_from_db()

    def test_a_step_that_fails_is_visible_with_its_reason_and_stops_the_rest(self) -> None:
        self.let_it_fail()

        self.assertEqual(self.tenant.status, "failed")
        found = steps(self.tenant)
        self.assertEqual(found["last"], ("failed", "ConnectionError: the other side hung up"))
        self.assertEqual(found["subscription"], ("done", ""))
        self.assertNotIn("owner", found)
        self.assertEqual(TenantClient("delta").get("/sign-in/").status_code, 503)

    def test_resuming_does_what_is_left_and_nothing_twice(self) -> None:
        self.let_it_fail()
        done = {row.name: row.finished_at for row in self.tenant.steps.filter(status="done")}

        provisioning.provision(tenant_id=self.tenant.pk)

        self.tenant.refresh_from_db()
        self.assertEqual((self.tenant.status, self.tries), ("ready", 2))
        self.assertEqual({status for status, _ in steps(self.tenant).values()}, {"done"})
        self.assertEqual(steps(self.tenant)["last"], ("done", ""))
        again = {row.name: row.finished_at for row in self.tenant.steps.filter(name__in=done)}
        self.assertEqual(again, done)

    def test_a_set_up_that_was_resumed_is_not_idle_while_it_is_worked_on(self) -> None:
        self.let_it_fail()
        long_ago = clock.now() - timedelta(hours=1)
        Tenant.objects.filter(pk=self.tenant.pk).update(created_at=long_ago)
        self.tenant.steps.update(started_at=long_ago, finished_at=long_ago)
        self.meanwhile.append(signup.look_after)

        with mock.patch.object(provisioning, "start") as start:
            provisioning.provision(tenant_id=self.tenant.pk)

        self.assertEqual((self.tries, start.call_args_list), (2, []))
        last = self.tenant.steps.get(name="last")
        self.assertLess(long_ago, last.started_at)

    def test_of_two_workers_the_second_finds_it_ready(self) -> None:
        self.let_it_fail()
        self.meanwhile.append(lambda: provisioning.provision(tenant_id=self.tenant.pk))

        tenant = provisioning.provision(tenant_id=self.tenant.pk)

        self.assertEqual((tenant.status, self.tries), ("ready", 3))
        self.assertEqual({status for status, _ in steps(tenant).values()}, {"done"})

    def test_a_tenant_that_is_set_up_stays_as_it_is(self) -> None:
        self.let_it_fail()
        provisioning.provision(tenant_id=self.tenant.pk)
        for status in ("ready", "suspended"):
            Tenant.objects.filter(pk=self.tenant.pk).update(status=status)

            self.assertEqual(provisioning.provision(tenant_id=self.tenant.pk).status, status)

        self.assertEqual(self.tries, 2)

    def test_a_failed_one_is_removed_with_everything_it_had(self) -> None:
        self.let_it_fail()
        self.assertTrue(schema_exists("delta"))

        provisioning.remove_failed(tenant_id=self.tenant.pk)

        self.assertFalse(schema_exists("delta"))
        self.assertFalse(Tenant.objects.filter(subdomain="delta").exists())
        self.assertFalse(Domain.objects.filter(domain__startswith="delta.").exists())
        self.assertFalse(Subscription.objects.filter(tenant_id=self.tenant.pk).exists())
        self.assertEqual(TenantClient("delta").get("/").status_code, 404)

    def test_a_removal_that_is_killed_leaves_a_failed_tenant_that_the_next_one_removes(self) -> None:
        self.let_it_fail()
        with tenancy.enter("delta"):
            due.owe("tenant_closing", self.tenant.pk)

        with mock.patch.object(schemas, "drop", side_effect=Killed), self.assertRaises(Killed):
            provisioning.remove_failed(tenant_id=self.tenant.pk)

        self.tenant.refresh_from_db()
        self.assertEqual((self.tenant.status, steps(self.tenant)), ("failed", {}))
        self.assertTrue(Domain.objects.filter(tenant=self.tenant).exists())

        provisioning.remove_failed(tenant_id=self.tenant.pk)

        self.assertFalse(schema_exists("delta"))
        self.assertFalse(Tenant.objects.filter(subdomain="delta").exists())
        self.assertFalse(TenantKey.objects.filter(tenant_id=self.tenant.pk).exists())
        self.assertFalse(Due.objects.filter(tenant="delta").exists())

    def test_one_whose_removal_was_killed_after_the_schema_went_is_set_up_anew(self) -> None:
        self.let_it_fail()
        self.tenant.steps.filter(name="tables").delete()
        with mock.patch.object(Tenant, "delete", side_effect=Killed), self.assertRaises(Killed):
            provisioning.remove_failed(tenant_id=self.tenant.pk)
        self.assertFalse(schema_exists("delta"))

        provisioning.provision(tenant_id=self.tenant.pk)

        self.tenant.refresh_from_db()
        self.assertEqual((self.tenant.status, schemas.missing_tables()), ("ready", {}))

    def test_a_schema_with_the_tables_of_somebody_before_is_nobody_s(self) -> None:
        self.tenant.steps.all().delete()
        schemas.create("delta")
        blueprint.make_tables("delta")

        self.let_it_fail()

        status, error = steps(self.tenant)["schema"]
        self.assertEqual((self.tenant.status, status), ("failed", "failed"))
        self.assertIn("SchemaNotEmpty: delta holds tables already", error)
        self.assertFalse(TenantKey.objects.filter(tenant_id=self.tenant.pk).exists())
        provisioning.remove_failed(tenant_id=self.tenant.pk)
        self.assertFalse(schema_exists("delta"))

    def test_while_it_is_removed_nobody_resumes_it(self) -> None:
        self.let_it_fail()
        tried: list[object] = []

        def resume_meanwhile(tenant: Tenant) -> None:
            with connections["owner"].cursor() as cursor:
                cursor.execute("SELECT 1 FROM tenants_tenant WHERE id = %s FOR UPDATE SKIP LOCKED", [tenant.pk])
                tried.append(cursor.fetchone())

        with mock.patch.dict(provisioning._undo, {"last": resume_meanwhile}):
            provisioning.remove_failed(tenant_id=self.tenant.pk)

        self.assertEqual(tried, [None])

    def test_any_other_is_not_removed(self) -> None:
        for status in ("provisioning", "ready", "suspended"):
            Tenant.objects.filter(subdomain="beta").update(status=status)

            with self.assertRaises(NotRemovable) as caught:
                provisioning.remove_failed(tenant_id=Tenant.objects.get(subdomain="beta").pk)

            self.assertIn("beta is ", str(caught.exception))
        Tenant.objects.filter(subdomain="beta").update(status="ready")
        self.assertTrue(schema_exists("beta"))

    def test_an_unknown_plan_is_a_failed_step(self) -> None:
        Tenant.objects.filter(pk=self.tenant.pk).update(plan_code="gold")

        self.let_it_fail()

        self.assertEqual(steps(self.tenant)["subscription"], ("failed", "UnknownPlan: gold"))

    def test_a_missing_table_is_a_failed_step(self) -> None:
        self.tenant.steps.filter(name="check").delete()

        self.let_it_fail()

        status, error = steps(self.tenant)["check"]
        self.assertEqual(status, "failed")
        self.assertIn("SchemaIncomplete: delta lacks accounts_accountmail, accounts_identity", error)

    def test_the_task_leaves_a_failure_to_the_admin_and_the_schema_to_the_next(self) -> None:
        provision(tenant_id=str(self.tenant.pk))

        self.tenant.refresh_from_db()
        self.assertEqual(self.tenant.status, "failed")
        self.assertEqual(tenancy.in_use(), tenancy.Platform())

    def test_a_tenant_that_is_no_more_is_an_error_of_the_caller(self) -> None:
        with self.assertRaises(Tenant.DoesNotExist):
            provisioning.provision(tenant_id=uuid4())

    def test_of_two_that_ask_for_the_same_name_one_gets_it(self) -> None:
        def ask() -> str:
            with tenancy.enter_platform():
                return str(provisioning.create_tenant(name="E", subdomain="epsilon", plan_code="starter").subdomain)

        results = at_once(ask, ask)

        self.assertEqual([result for result in results if result == "epsilon"], ["epsilon"])
        Tenant.objects.get(subdomain="epsilon").delete()
