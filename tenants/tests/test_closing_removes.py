"""What a closed tenant leaves: a certificate, its bills, and a subdomain that nobody gets."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections

from core import audit, clock, tenancy
from core.models import Due
from core.redis import client, key
from core.testing import OTHER, CommittingTestCase, TenantClient
from keys import ring
from keys.models import SubjectKey, TenantKey
from tenants.models import Closing, ClosingCertificate, CustomDomain, Domain, EmailDomain, SamlConnection, Tenant
from tenants.services import closing, custom_domains, exporting, provisioning, schemas

AuditEvent = apps.get_model("audit.AuditEvent")
Candidate = apps.get_model("interviews.Candidate")
OwnKey = apps.get_model("llm.OwnKey")
Account = apps.get_model("llm.Account")
Subscription = apps.get_model("billing.Subscription")


class Killed(BaseException):
    """The process is gone."""


def schema_exists(name: str) -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [name])
        return bool(cursor.fetchone()[0])


class RemovalTests(CommittingTestCase):
    """Beta is closed; its removal is killed at each step, and goes on."""

    def test_all_of_it_goes_though_each_step_is_killed_once(self) -> None:
        self.fill()
        row = closing.request_closing(tenant_id=self.beta.pk, by=audit.Actor("platform"))
        Closing.objects.update(ends_at=clock.now())

        closing.carry_out(closing_id=row.pk)

        tenancy.forget()
        self.assertEqual(Tenant.objects.get(pk=self.beta.pk).status, "closed")
        self.assertEqual(TenantClient(OTHER).get("/sign-in/").status_code, 404)
        with self.assertRaises(tenancy.UnknownTenant):
            tenancy.by_schema(OTHER)
        closing.carry_out(closing_id=row.pk)  # too early: a process may still remember the tenant
        self.assertTrue(schema_exists(OTHER))
        Closing.objects.update(removing_since=clock.now() - timedelta(minutes=3))
        for target, name in (
            (ring, "destroy_tenant"),
            (schemas, "drop"),
            (closing, "_forget_in_redis"),
            (exporting, "remove_files"),
            (closing, "_certify"),
            (closing, "_strip"),
        ):
            self.killed_after(target, name, lambda: closing.carry_out(closing_id=row.pk))
            self.assertEqual(Due.objects.filter(object_id=row.pk).count(), 1)

        closing.carry_out(closing_id=row.pk)

        self.assert_gone(row)
        self.assert_alpha_is_whole()

    def fill(self) -> None:
        tenancy.use(tenancy.by_schema(OTHER))
        self.beta = Tenant.objects.get(schema_name=OTHER)
        candidate = Candidate(name="Bea", email="bea@example.org", email_index="x")
        ring.create_subject_key(self.beta.pk, candidate.pk)
        candidate.save()
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT name FROM interviews_candidate")
            self.sealed = bytes(cursor.fetchone()[0])
        self.candidate_id = candidate.pk
        SamlConnection.objects.create(tenant=self.beta, idp_entity_id="https://idp", sso_url="https://idp/")
        EmailDomain.objects.create(tenant=self.beta, domain="beta.example", token="x")
        host = custom_domains.claim(host="jobs.beta-company.com")
        custom_domains.check(domain_id=host.pk, resolve=lambda name: [host.token])
        own_key = OwnKey(tenant=OTHER, account=Account.objects.create(label="x", provider="x"))
        own_key.key = "sk-beta"
        own_key.save()
        client().set(key("anything"), "beta")
        self.redis_key = key("anything")
        self.file = Path(settings.VAR) / "exports" / str(self.beta.pk) / "old.zip.sealed"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(b"x")
        tenancy.use(tenancy.Platform())
        client().set("candor:beta2:anything", "another tenant whose name begins alike")

    def killed_after(self, target: Any, name: str, act: Callable[[], None]) -> None:
        real = getattr(target, name)

        def run(*arguments: Any, **keywords: Any) -> None:
            real(*arguments, **keywords)
            raise Killed

        with mock.patch.object(target, name, run), self.assertRaises(Killed):
            act()

    def assert_gone(self, row: Closing) -> None:
        self.assertFalse(schema_exists(OTHER))
        self.assertEqual(TenantKey.objects.filter(tenant_id=self.beta.pk).count(), 0)
        self.assertEqual(SubjectKey.objects.filter(tenant_id=self.beta.pk).count(), 0)
        for model in (Domain, CustomDomain, SamlConnection, EmailDomain):
            self.assertEqual(model._default_manager.filter(tenant_id=self.beta.pk).count(), 0, model)
        self.assertEqual(Due.objects.filter(tenant=OTHER).count(), 0)
        self.assertEqual(OwnKey.objects.filter(tenant=OTHER).count(), 0)
        self.assertEqual((client().get(self.redis_key), self.file.parent.exists()), (None, False))
        self.assertIsNotNone(client().get("candor:beta2:anything"))
        self.assertTrue(Subscription.objects.filter(tenant_id=self.beta.pk).exists())
        tenant = Tenant.objects.get(pk=self.beta.pk)
        self.assertEqual((tenant.name, tenant.contact_email, tenant.owner_email), ("beta", "", ""))
        certificate = ClosingCertificate.objects.get()
        self.assertEqual((certificate.tenant_id, certificate.asked_by_type), (self.beta.pk, "platform"))
        self.assertEqual(certificate.removed["interviews_candidate"], 1)
        row.refresh_from_db()
        self.assertEqual(row.status, "done")
        self.assertEqual(AuditEvent.objects.filter(action="tenant.closed").count(), 1)
        self.assert_unreadable(tenant)
        with self.assertRaises(ValidationError):
            provisioning.create_tenant(name="Beta", subdomain=OTHER, plan_code="starter")
        self.assertEqual(provisioning.provision(tenant_id=tenant.pk).status, "closed")
        self.assertFalse(schema_exists(OTHER))
        self.assertEqual(schemas.drifted(), [])

    def assert_unreadable(self, tenant: Tenant) -> None:
        """A backup of the database still holds the sealed text, and no key opens it."""
        tenancy.use(tenant)
        candidate = Candidate(pk=self.candidate_id)
        with self.assertRaises(ring.KeyDestroyed):
            Candidate._meta.get_field("name").open_for(candidate, self.sealed)
        tenancy.use(tenancy.Platform())

    def assert_alpha_is_whole(self) -> None:
        self.assertEqual(TenantClient().get("/sign-in/").status_code, 200)
        self.assertEqual(schemas.missing_tables(), {})
        self.assertTrue(TenantKey.objects.exists())
