"""A suspended tenant: an honest page, nothing lost, both trails, and its time given back."""

from datetime import timedelta
from uuid import UUID

from django.core import mail

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import audit, clock, due, tenancy
from core.ids import uuid7
from core.models import Due
from core.testing import HOME, OTHER, TenantClient, TenantTestCase
from tenants.models import Tenant
from tenants.services import closing, closing_mail, suspending
from tenants.services.suspending import NotSuspendable, Why
from tenants.tests.keyed import JOBS, key, program
from tenants.tests.supported import staff, tenant, trail

due.register("test.suspended", task="tenants.send_support_mail", keyword="grant_id")


class SuspendingTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = staff()
        Tenant.objects.filter(schema_name=HOME).update(contact_email="hr@alpha.example")

    def suspend(self, schema: str = HOME) -> None:
        with self.captureOnCommitCallbacks(execute=True), tenancy.enter_platform():
            suspending.suspend(tenant_id=tenant(schema).pk, why=Why.SECURITY, by=self.root.pk)

    def resume(self, schema: str = HOME) -> None:
        with self.captureOnCommitCallbacks(execute=True), tenancy.enter_platform():
            suspending.resume(tenant_id=tenant(schema).pk, why=Why.SOLVED, by=self.root.pk)

    def test_every_page_says_so_and_whom_to_ask_and_the_neighbour_is_served(self) -> None:
        self.assertEqual(self.client.get("/sign-in/").status_code, 200)

        self.suspend()

        page = self.client.get("/i/some-link")
        for words in ("This site is suspended", "hr@alpha.example", "support@candor.localhost", "Nothing is lost"):
            self.assertContains(page, words, status_code=503)
        self.assertEqual(self.client.get("/api/v1/turns").json()["type"], "urn:candor:problem:suspended")
        self.assertEqual(TenantClient(OTHER).get("/sign-in/").status_code, 200)

    def test_who_was_signed_in_still_is_when_it_is_resumed(self) -> None:
        browser = signed_in(person(role=Role.OWNER))
        self.suspend()
        self.assertEqual(browser.get("/jobs/").status_code, 503)

        self.resume()

        self.assertEqual(browser.get("/jobs/").status_code, 200)

    def test_both_stand_in_both_trails_with_the_reason(self) -> None:
        self.suspend()
        self.resume()

        wanted = [("tenant.suspended", "security"), ("tenant.resumed", "solved")]
        found = trail(action__startswith="tenant.")
        self.assertEqual([(row[0], row[3]["why"]) for row in found], wanted)
        self.assertEqual({row[1:3] for row in found}, {("platform", self.root.pk)})
        with tenancy.enter_platform():
            public = trail(action__startswith="tenant.")
        self.assertEqual([(row[0], row[3]["tenant"]) for row in public], [(name, HOME) for name, _ in wanted])
        with self.in_tenant(OTHER):
            self.assertEqual(trail(action__startswith="tenant."), [])

    def test_what_is_not_ready_is_not_suspended_and_what_is_not_suspended_not_resumed(self) -> None:
        with self.assertRaises(NotSuspendable):
            self.resume()
        self.suspend()
        with self.assertRaises(NotSuspendable):
            self.suspend()
        Tenant.objects.filter(schema_name=OTHER).update(status="provisioning")
        with self.assertRaises(NotSuspendable):
            self.suspend(OTHER)

        self.assertEqual(len(trail(action__startswith="tenant.")), 1)

    def test_what_is_owed_waits_and_is_sent_when_it_is_resumed(self) -> None:
        owed = uuid7()
        due.owe("test.suspended", owed, after=timedelta(hours=-1))
        self.suspend()
        self.assertEqual(self.swept(), [])
        self.assertTrue(Due.objects.filter(object_id=owed).exists())

        self.resume()

        self.assertEqual(self.swept(), [owed])

    def swept(self) -> list[UUID]:
        sent: list[due.Owed] = []
        with tenancy.enter_platform():
            due.sweep(sent.append, only=["test.suspended"])
        return [one.object_id for one in sent]

    def test_a_closing_does_not_put_it_back_on_the_air(self) -> None:
        boss = person(role=Role.OWNER)
        browser, (_, text) = signed_in(boss), key(by=boss)
        owed = uuid7()
        due.owe("test.suspended", owed, after=timedelta(hours=-1))
        self.suspend()
        self.close(audit.Actor("platform", self.root.pk))

        self.assertContains(self.client.get("/i/some-link"), "This site is suspended", status_code=503)
        self.assertEqual(browser.post("/settings/close/cancel/").status_code, 503)
        by_key = program(text).get(JOBS)
        self.assertEqual((by_key.status_code, by_key.json()["type"]), (503, "urn:candor:problem:suspended"))
        self.assertEqual(self.swept(), [])
        self.assertEqual(tenant().status, "closing")
        self.assertIn("Your site is suspended meanwhile", str(mail.outbox[-1].body))

    def test_taken_back_it_is_suspended_as_before_and_can_be_served_again(self) -> None:
        self.suspend()
        since = tenant().suspended_at
        self.close(audit.Actor("platform", self.root.pk))
        with self.captureOnCommitCallbacks(execute=True), tenancy.enter_platform():
            closing.cancel(tenant_id=tenant().pk)
        self.assertEqual((tenant().status, tenant().suspended_at), ("suspended", since))
        self.assertEqual(self.client.get("/sign-in/").status_code, 503)

        self.resume()

        self.assertEqual(self.client.get("/sign-in/").status_code, 200)

    def test_one_that_is_closing_and_was_never_suspended_is_served_and_swept(self) -> None:
        owed = uuid7()
        due.owe("test.suspended", owed, after=timedelta(hours=-1))
        self.close(audit.Actor("user", uuid7()))

        self.assertEqual(self.client.get("/sign-in/").status_code, 200)
        self.assertEqual(self.swept(), [owed])

    def close(self, by: audit.Actor) -> None:
        with self.captureOnCommitCallbacks(execute=True), tenancy.enter_platform():
            row = closing.request_closing(tenant_id=tenant().pk, by=by)
        with self.in_tenant(HOME):
            closing_mail.send(closing_id=row.pk)

    def test_the_time_that_it_stood_is_handed_to_whoever_gives_it_back(self) -> None:
        given: list[timedelta] = []
        suspending.when_resumed("test", given.append)
        self.addCleanup(suspending._when_resumed.pop, "test")
        self.suspend()
        Tenant.objects.filter(schema_name=HOME).update(suspended_at=clock.now() - timedelta(days=2))

        self.resume()

        self.assertEqual([round(one.total_seconds() / 3600) for one in given], [48])
        self.assertEqual(tenant().suspended_at, None)
