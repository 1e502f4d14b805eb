"""Closing: the owner alone, a month to take it back, and nothing new starts meanwhile."""

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.cache import cache

from accounts.roles import Role
from accounts.tests.people import PASSWORD, person, signed_in
from core import audit, clock, due, tenancy
from core.models import Due
from core.testing import OTHER, TenantClient, TenantTestCase
from tenants.models import Closing, Tenant
from tenants.services import closing
from tenants.services.closing import CannotCancel, CannotClose

AuditEvent = apps.get_model("audit.AuditEvent")
URL = "/settings/close/"
FORM = {"subdomain": "alpha", "password": PASSWORD}


class ClosingCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        cache.clear()
        self.user = person("olga@alpha.example", role=Role.OWNER)
        self.owner = signed_in(self.user)

    def tenant(self) -> Tenant:
        return Tenant.objects.get(schema_name="alpha")

    def ask(self) -> Closing:
        row = closing.request_closing(tenant_id=self.tenant().pk, by=audit.Actor("user", self.user.pk))
        tenancy.forget()
        tenancy.use(tenancy.by_schema("alpha"))
        return row


class AskTests(ClosingCase):
    def test_the_owner_types_the_name_and_the_password(self) -> None:
        response = self.owner.post(URL, FORM)

        self.assertEqual((response.status_code, response["Location"]), (303, URL))
        row, tenant = Closing.objects.get(), self.tenant()
        self.assertEqual((tenant.status, row.status, row.before), ("closing", "waiting", "ready"))
        self.assertEqual((row.asked_by_type, row.asked_by_id), ("user", self.user.pk))
        self.assertEqual(row.ends_at - row.asked_at, timedelta(days=30))
        self.assertEqual(tenant.closes_at, row.ends_at)
        self.assertEqual(AuditEvent.objects.get(action="tenant.closing_asked").object_id, str(row.pk))
        with tenancy.enter_platform():
            self.assertTrue(AuditEvent.objects.filter(action="tenant.closing_asked").exists())

    def test_the_page_promises_of_backups_no_more_than_is_so(self) -> None:
        page = self.owner.get(URL)

        self.assertContains(page, "Older backups of the keys are kept for a short time; once those have expired")
        self.assertNotContains(page, "in backups too")

    def test_a_wrong_name_or_password_closes_nothing(self) -> None:
        for wrong, words in (
            ({"subdomain": "beta"}, "not the subdomain"),
            ({"subdomain": ""}, "required"),
            ({"password": "wrong"}, "The password is wrong"),  # pragma: allowlist secret
            ({"password": ""}, "The password is wrong"),
        ):
            self.assertContains(self.owner.post(URL, FORM | wrong), words, status_code=400)

        self.assertEqual((self.tenant().status, Closing.objects.count()), ("ready", 0))

    def test_guesses_of_the_password_are_few(self) -> None:
        statuses = [self.owner.post(URL, FORM | {"password": "wrong"}).status_code for _ in range(6)]

        self.assertEqual(statuses, [400] * 5 + [429])
        self.assertEqual(self.owner.post(URL, FORM).status_code, 429)

    def begun(self, *, minutes_ago: int) -> TenantClient:
        client = signed_in(self.user)
        session = client.session
        session["started"] = (clock.now() - timedelta(minutes=minutes_ago)).isoformat()
        session.save()
        return client

    def test_without_a_password_the_sign_in_must_be_fresh(self) -> None:
        self.user.set_unusable_password()
        self.user.save()
        client = self.begun(minutes_ago=11)
        signed_in(self.user)  # elsewhere, just now
        self.assertEqual(client.post(URL, {"subdomain": "alpha"}).status_code, 400)
        self.assertEqual(self.tenant().status, "ready")
        client = self.begun(minutes_ago=1)

        self.assertEqual(client.post(URL, {"subdomain": "alpha"}).status_code, 303)
        self.assertEqual(self.tenant().status, "closing")

    def test_without_a_password_none_is_asked_for_and_an_old_session_is_led_to_a_new_sign_in(self) -> None:
        self.assertContains(self.owner.get(URL), 'type="password"')
        self.user.set_unusable_password()
        self.user.save()
        again = f'href="/account/confirm/?next={URL}"'

        page = self.begun(minutes_ago=11).get(URL)
        self.assertContains(page, again)
        self.assertNotContains(page, 'name="subdomain"')

        page = self.begun(minutes_ago=1).get(URL)
        self.assertContains(page, 'name="subdomain"')
        self.assertNotContains(page, 'type="password"')
        self.assertNotContains(page, again)

    def test_nobody_else_closes_cancels_or_exports(self) -> None:
        admin = signed_in(person("adam@alpha.example", role=Role.ADMIN))
        with tenancy.enter(OTHER):
            foreign = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
        foreign.defaults["HTTP_HOST"] = "alpha.candor.localhost"
        for client, status in ((TenantClient(), 302), (admin, 403), (foreign, 302)):
            for path in ("", "cancel/", "export/"):
                self.assertEqual(client.post(URL + path, FORM).status_code, status)
            self.assertEqual(client.get(URL).status_code, status)

        self.assertEqual((self.tenant().status, Closing.objects.count()), ("ready", 0))

    def test_only_one_closing_at_a_time_and_none_of_a_tenant_that_is_being_made(self) -> None:
        self.ask()
        with self.assertRaises(CannotClose):
            self.ask()
        Tenant.objects.filter(schema_name=OTHER).update(status="provisioning")
        with self.assertRaises(CannotClose):
            closing.request_closing(tenant_id=Tenant.objects.get(schema_name=OTHER).pk, by=audit.SYSTEM)

        self.assertEqual(Closing.objects.count(), 1)


class MeanwhileTests(ClosingCase):
    def test_every_page_says_so_and_leads_the_owner_there(self) -> None:
        self.ask()

        page = self.owner.get("/")

        self.assertContains(page, "This account is being closed")
        self.assertContains(page, f'href="{URL}"')
        self.assertEqual(TenantClient().get("/sign-in/").status_code, 200)

    def test_taking_it_back_makes_the_tenant_what_it_was(self) -> None:
        for before in ("ready", "suspended"):
            Tenant.objects.filter(schema_name="alpha").update(status=before)
            row = self.ask()

            closing.cancel(tenant_id=self.tenant().pk)

            tenant = self.tenant()
            row.refresh_from_db()
            self.assertEqual((tenant.status, tenant.closes_at, row.status), (before, None, "cancelled"))
            self.assertFalse(Due.objects.filter(kind="tenant_closing").exists())

    def test_what_is_not_closing_can_not_be_taken_back(self) -> None:
        with self.assertRaises(CannotCancel):
            closing.cancel(tenant_id=self.tenant().pk)
        row = self.ask()
        Closing.objects.filter(pk=row.pk).update(status="removing")

        with self.assertRaises(CannotCancel):
            closing.cancel(tenant_id=self.tenant().pk)

    def test_before_its_time_nothing_happens(self) -> None:
        row = self.ask()

        closing.carry_out(closing_id=row.pk)

        self.assertEqual(self.tenant().status, "closing")

    def test_work_that_is_owed_goes_on_and_the_end_is_swept_of_a_closed_tenant_too(self) -> None:
        row = self.ask()
        for status in ("closing", "closed", "suspended"):
            Tenant.objects.filter(schema_name="alpha").update(status=status)
            Due.objects.update(due_at=clock.now() - timedelta(hours=1))
            sent: list[Any] = []
            due.sweep(sent.append, only=[closing.DUE])

            self.assertEqual([owed.object_id for owed in sent], [row.pk])
