"""A worker that is killed at any step of the set-up leaves a tenant that the next one finishes."""

from unittest import mock

from django.apps import apps
from django.core import mail

from accounts.models import TeamInvitation
from core import tenancy
from core.testing import CommittingTestCase, TenantClient
from keys.models import TenantKey
from tenants.models import Domain, SignUp, Tenant
from tenants.services import provisioning, schemas, signup
from tenants.services.provisioning import Step
from tenants.tests.signing_up import TOKEN, WISH

Subscription = apps.get_model("billing.Subscription")


class Killed(BaseException):
    """The process is gone: nothing catches this, as nothing runs after SIGKILL."""


class KilledTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        tenancy.use(tenancy.Platform())
        row = signup.ask(WISH)
        signup.send_mail(sign_up_id=row.pk)
        found = TOKEN.search(str(mail.outbox[-1].body))
        assert found is not None
        tenant = signup.confirm(token=found[1]).tenant
        assert tenant is not None
        self.tenant = tenant

    def test_before_and_after_each_step(self) -> None:
        names = [name for name, _ in provisioning._steps()]
        for name in names:
            for after in (False, True):
                self.kill_at(name, after=after)
                self.assertEqual(TenantClient("gamma").get("/sign-in/").status_code, 503)

        provisioning.provision(tenant_id=self.tenant.pk)

        self.tenant.refresh_from_db()
        self.assertEqual(self.tenant.status, "ready")
        self.assertEqual({step.name: step.status for step in self.tenant.steps.all()}, dict.fromkeys(names, "done"))
        self.assertEqual(Tenant.objects.filter(subdomain="gamma").count(), 1)
        self.assertEqual(Domain.objects.filter(tenant=self.tenant).count(), 1)
        self.assertEqual(Subscription.objects.filter(tenant=self.tenant).count(), 1)
        self.assertEqual(TenantKey.objects.filter(tenant_id=self.tenant.pk).count(), 1)
        self.assertEqual(SignUp.objects.get().tenant_id, self.tenant.pk)
        self.assertEqual((schemas.missing_tables(), schemas.drifted()), ({}, []))
        with tenancy.enter("gamma"):
            self.assertEqual(list(TeamInvitation.objects.values_list("email", "role")), [(WISH.email, "owner")])
        self.assertEqual(TenantClient("gamma").get("/sign-in/").status_code, 200)

    def kill_at(self, killed: str, *, after: bool) -> None:
        """Run the set-up until this step, and end the process just before or just after it did its work."""

        def wrapped(name: str, step: Step) -> Step:
            def run(tenant: Tenant) -> None:
                if name == killed and not after:
                    raise Killed
                step(tenant)
                if name == killed:
                    raise Killed

            return run

        steps = [(name, wrapped(name, step)) for name, step in provisioning._steps()]
        with mock.patch.object(provisioning, "_steps", lambda: steps), self.assertRaises(Killed):
            provisioning.provision(tenant_id=self.tenant.pk)
        tenancy.use(tenancy.Platform())
