from typing import Any
from uuid import UUID

import structlog
from django.dispatch import Signal
from django.test import override_settings
from django_tenants.utils import get_tenant_model

from core import audit
from core.audit import NoAuditStore
from core.ids import uuid7
from core.testing import OTHER, TenantClient, TenantTestCase
from core.tests import rows

AuditEvent = rows.model("audit.AuditEvent")


class RecordTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.tenant = get_tenant_model().objects.get(schema_name="alpha")

    def test_an_event_says_who_did_what_to_which_row_in_the_current_schema(self) -> None:
        subject = uuid7()
        token = audit.actor.set(audit.Actor("user", self.tenant.pk))
        self.addCleanup(audit.actor.reset, token)

        with structlog.contextvars.bound_contextvars(request_id="req-12345678"), self.assertNumQueries(1):
            audit.record("tenant.renamed", self.tenant, subject_id=subject, letters=5)

        event = AuditEvent.objects.get()
        self.assertEqual(
            (event.action, event.actor_type, event.actor_id, event.object_type, event.object_id, event.subject_id),
            ("tenant.renamed", "user", self.tenant.pk, "tenants.tenant", str(self.tenant.pk), subject),
        )
        self.assertEqual((event.request_id, event.detail), ("req-12345678", {"letters": 5}))
        self.assertIsNotNone(event.at)
        with self.in_tenant(OTHER):
            self.assertEqual(AuditEvent.objects.count(), 0)

    def test_the_subject_is_the_row_s_own_when_it_has_one(self) -> None:
        interview = rows.interview()

        audit.record("interview.read", interview)

        self.assertEqual(AuditEvent.objects.get().subject_id, interview.subject_id)

    def test_an_event_may_be_about_no_row(self) -> None:
        audit.record("candidates.listed", rows=3)

        event = AuditEvent.objects.get()
        self.assertEqual((event.object_type, event.object_id, event.subject_id), ("", "", None))
        self.assertEqual((event.actor_type, event.actor_id), ("system", None))

    def test_what_nobody_stores_must_not_happen(self) -> None:
        stored, audit.recorded = audit.recorded, Signal()
        self.addCleanup(setattr, audit, "recorded", stored)

        with self.assertRaises(NoAuditStore):
            audit.record("tenant.renamed", self.tenant)

        self.assertEqual(AuditEvent.objects.count(), 0)


class ActorTests(TenantTestCase):
    """The signed-in person is the actor of a request, and of that request alone."""

    seen: list[audit.Actor]

    def setUp(self) -> None:
        super().setUp()
        self.seen = []
        audit.recorded.connect(self.note, weak=False, dispatch_uid="actor-tests")
        self.addCleanup(audit.recorded.disconnect, dispatch_uid="actor-tests")

    def note(self, *, event: audit.Event, **kwargs: Any) -> None:
        self.seen.append(event.actor)

    def ask(self, client: TenantClient) -> None:
        with override_settings(ROOT_URLCONF="core.tests.audited_urls"):
            self.assertEqual(client.get("/").status_code, 200)

    def test_a_request_acts_as_the_person_who_signed_in(self) -> None:
        person = rows.model("accounts.User").objects.create_user("ada@alpha.example", "x", name="Ada", role="owner")
        client = TenantClient()
        client.force_login(person)

        self.ask(client)
        self.ask(TenantClient())

        self.assertEqual(self.seen, [audit.Actor("user", UUID(str(person.pk))), audit.SYSTEM])
        self.assertEqual(audit.actor.get(), audit.SYSTEM)
