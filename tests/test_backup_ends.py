"""What was ended since the backup was made does not work again when it is restored."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from unittest import mock

import pytest
from django.test import Client

from accounts.models import TeamInvitation, User
from accounts.roles import Role
from accounts.services import invitations, passwords
from accounts.services.invitations import InvitationGone
from accounts.services.passwords import ResetGone
from accounts.tests.people import person
from core import clock, tenancy
from core.backups import making, restoring
from core.testing import HOME, OTHER
from keys import ring
from keys.models import TenantKey
from tenants.models import ScimConnection, SignUp, SupportGrant, Tenant
from tenants.services import after_restore, api_keys, signup
from tenants.services.scim import connection
from tenants.services.scim.connection import NotAdmitted
from tenants.services.signup import LinkNotValid
from tenants.tests.directory import token
from tenants.tests.keyed import key
from tests.backed_up import BackupCase

pytestmark = pytest.mark.prove  # dumps, and servers made of them

CLIENT = "192.0.2.1"
ENDED = [
    "links to join and to reset passwords: 1 invitations revoked, invite these people again;"
    " reset links that were mailed are void",
    "keys and directories: 1 API keys revoked and 1 SCIM tokens ended; each company makes new ones",
    "support and sign-ups: 1 support grants and 1 sign-ups ended; ask again",
]


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class EndedByRestoreTests(BackupCase):
    def setUp(self) -> None:
        super().setUp()
        self.link = secrets.token_urlsafe(32)
        with tenancy.enter(HOME):
            self.owner = person(f"{secrets.token_hex(4)}@alpha.example", role=Role.OWNER)
            later = clock.now() + timedelta(days=1)
            TeamInvitation.objects.create(
                email=f"{self.link[:8].lower()}@alpha.example",
                role=Role.RECRUITER,
                token_hash=_hashed(self.link),
                expires_at=later,
            )
        self.addCleanup(self._remove)
        self.key, self.key_text = key(by=self.owner)
        self.scim = token(self.owner)
        tenant = Tenant.objects.get(subdomain=HOME)
        now = clock.now()
        self.grant = SupportGrant.objects.create(
            tenant=tenant,
            staff_id=self.owner.pk,
            staff_email="staff@candor.example",
            reason="They asked about a plan.",
            status=SupportGrant.Status.OPEN,
            requested_at=now,
            starts_at=now,
            ends_at=now + timedelta(hours=1),
        )
        SignUp.objects.create(
            company="G", subdomain="g-after", email="g@g.example", token_hash=_hashed(self.link), expires_at=later
        )

    def _remove(self) -> None:
        with tenancy.enter(HOME):
            TeamInvitation.objects.all().delete()
            User.objects.filter(pk=self.owner.pk).delete()
        for model in (SupportGrant, SignUp, type(self.key)):
            model.objects.all().delete()
        ScimConnection.objects.all().delete()

    def test_keys_tokens_grants_and_links_of_the_backup_no_longer_work(self) -> None:
        with tenancy.enter(HOME):
            reset = passwords._tokens.make_token(self.owner)
        self.assert_all_work(reset)
        making.make(self.folder, with_secrets=False)

        done = restoring.restore(self.folder, replace=True)

        self.assertLessEqual(set(ENDED), set(done.followed))
        self.assertEqual(SupportGrant.objects.get().status, SupportGrant.Status.ENDED)
        with self.assertRaises(api_keys.Refused):
            api_keys.admit(text=self.key_text, client=CLIENT, host_tenant=None)
        with self.assertRaises(LinkNotValid):
            signup.find(token=self.link)
        with tenancy.enter(HOME):
            with self.assertRaises(NotAdmitted):
                connection.admit(authorization=f"Bearer {self.scim}", client=CLIENT)
            with self.assertRaises(InvitationGone):
                invitations.open_link(token=self.link)
            with self.assertRaises(ResetGone):
                passwords.person_of(user_id=str(self.owner.pk), token=reset)

    def assert_all_work(self, reset: str) -> None:
        self.assertEqual(api_keys.admit(text=self.key_text, client=CLIENT, host_tenant=None).pk, self.key.pk)
        self.assertEqual(signup.find(token=self.link).subdomain, "g-after")
        with tenancy.enter(HOME):
            connection.admit(authorization=f"Bearer {self.scim}", client=CLIENT)
            self.assertEqual(invitations.open_link(token=self.link).role, Role.RECRUITER)
            self.assertEqual(passwords.person_of(user_id=str(self.owner.pk), token=reset).pk, self.owner.pk)


class WithoutKeyTests(BackupCase):
    """Who was closed since the backup of the main database has no key in a later one of the keys, and is not served."""

    def test_a_tenant_whose_key_was_destroyed_is_named_and_suspended_and_no_other(self) -> None:
        making.make(self.folder, with_secrets=False)
        beta = Tenant.objects.get(subdomain=OTHER)
        ring.destroy_tenant(beta.pk)
        self.addCleanup(ring.create_tenant_key, beta.pk)
        self.addCleanup(Tenant.objects.filter(pk=beta.pk).update, status="ready", suspended_at=None)
        making.make(self.place / "later", with_secrets=False)

        done = restoring.restore(self.folder, keys_from=self.place / "later", replace=True)

        (line,) = (line for line in done.followed if line.startswith("tenants without a key: "))
        self.assertIn("no key for beta (was ready): closed since the backup", line)
        statuses = dict(Tenant.objects.values_list("subdomain", "status"))
        self.assertEqual((statuses[HOME], statuses[OTHER]), ("ready", "suspended"))
        self.assertIsNotNone(Tenant.objects.get(subdomain=OTHER).suspended_at)
        tenancy.forget()
        self.assertEqual(Client(HTTP_HOST="beta.candor.localhost").get("/sign-in/").status_code, 503)

    def test_where_every_tenant_has_its_key_nothing_is_suspended(self) -> None:
        self.assertEqual(after_restore.suspend_without_key(), "every tenant has its key")
        self.assertEqual(set(Tenant.objects.values_list("status", flat=True)), {"ready"})

    def test_one_that_is_closing_or_suspended_is_named_and_goes_on_with_that(self) -> None:
        for subdomain, status in ((HOME, "closing"), (OTHER, "suspended")):
            Tenant.objects.filter(subdomain=subdomain).update(status=status)
            self.addCleanup(Tenant.objects.filter(subdomain=subdomain).update, status="ready")

        with mock.patch.object(TenantKey.objects, "order_by") as keys:
            keys.return_value.values_list.return_value.distinct.return_value = []
            told = after_restore.suspend_without_key()

        self.assertIn("no key for alpha (was closing), beta (was suspended): ", told)
        self.assertEqual(
            set(Tenant.objects.values_list("subdomain", "status")), {(HOME, "closing"), (OTHER, "suspended")}
        )
