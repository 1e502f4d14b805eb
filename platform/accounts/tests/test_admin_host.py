"""The platform's admin: for the platform's staff, on its own host, and for nobody of a tenant."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.models import User
from accounts.tests.people import PASSWORD, person, platform_admin, sign_in
from core import tenancy
from core.testing import TenantClient, TenantTestCase

SHOWN = {"tenants.tenant", "tenants.domain", "billing.plan", "billing.subscription", "billing.quotaperiod"}
SHOWN |= {"accounts.user", "core.due", "llm.account", "llm.offer", "llm.ownkey", "llm.budget", "llm.usagehour"}
SHOWN |= {"llm.experiment", "llm.batch"}
MADE_ELSEWHERE = {"billing.subscription", "billing.quotaperiod", "core.due", "llm.usagehour", "llm.batch"}


def page(label: str, kind: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{kind}", urlconf="config.urls_admin")


class AdminHostTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = TenantClient("admin")
        self.admin = platform_admin()

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        return self.client.post("/login/", {"username": email, "password": password})

    def may_enter(self) -> bool:
        return bool(self.client.get("/").status_code == 200)

    def test_the_platform_s_staff_signs_in_and_sees_the_admin(self) -> None:
        self.assertEqual(self.sign_in(self.admin.email).status_code, 302)

        self.assertTrue(self.may_enter())

    def test_what_it_shows_is_what_the_platform_owns_and_nothing_of_a_tenant(self) -> None:
        self.assertEqual({model._meta.label_lower for model in admin.site._registry}, SHOWN)

    def test_every_list_and_every_form_answers(self) -> None:
        self.sign_in(self.admin.email)
        for label in SHOWN:
            with self.subTest(label):
                self.assertEqual(self.client.get(page(label, "changelist")).status_code, 200)
                self.assertEqual(
                    self.client.get(page(label, "add")).status_code, 403 if label in MADE_ELSEWHERE else 200
                )

    def test_every_row_of_the_test_database_opens(self) -> None:
        self.sign_in(self.admin.email)
        for label in SHOWN:
            with tenancy.enter_platform():
                row = apps.get_model(label)._default_manager.first()
            if row is not None:
                url = reverse(f"admin:{label.replace('.', '_')}_change", args=[row.pk], urlconf="config.urls_admin")
                with self.subTest(label):
                    self.assertEqual(self.client.get(url).status_code, 200)

    def test_every_list_can_be_searched_and_filtered(self) -> None:
        self.sign_in(self.admin.email)
        for label, query in (
            ("tenants.tenant", "?q=alp&status=ready"),
            ("tenants.domain", "?q=alpha"),
            ("accounts.user", "?q=root"),
            ("core.due", "?failed_at__isempty=0"),
        ):
            self.assertEqual(self.client.get(page(label, "changelist") + query).status_code, 200)

    def test_a_stranger_is_asked_to_sign_in_everywhere(self) -> None:
        for label in SHOWN:
            for kind in ("changelist", "add"):
                response = self.client.get(page(label, kind))
                self.assertRedirects(response, f"/login/?next={page(label, kind)}", fetch_redirect_response=False)

    def test_a_tenant_s_person_is_unknown_here_even_with_the_staff_mark(self) -> None:
        marks: tuple[dict[str, Any], ...] = ({"role": "owner"}, {"role": "", "is_staff": True})
        for number, fields in enumerate(marks):
            person(f"p{number}@alpha.example", **fields)

            self.assertEqual(self.sign_in(f"p{number}@alpha.example").status_code, 200)
            self.assertFalse(self.may_enter())

    def test_the_staff_mark_opens_nothing_on_the_tenant_s_own_host(self) -> None:
        person(role="", is_staff=True)
        browser = TenantClient()
        sign_in(browser)

        for path in ("/admin/", "/login/", page("tenants.tenant", "changelist")):
            self.assertEqual(browser.get(path).status_code, 404)
        self.assertEqual(browser.get("/candidates/").status_code, 403)

    def test_a_person_of_public_without_the_mark_may_not_enter(self) -> None:
        with tenancy.enter_platform():
            person("intern@candor.example", role="")

        self.assertEqual(self.sign_in("intern@candor.example").status_code, 200)
        self.assertFalse(self.may_enter())

    def test_an_admin_who_is_switched_off_is_out_at_the_next_click(self) -> None:
        self.sign_in(self.admin.email)
        with tenancy.enter_platform():
            User.objects.update(is_active=False)

        self.assertFalse(self.may_enter())

    def test_a_colleague_who_is_added_with_a_password_signs_in(self) -> None:
        self.sign_in(self.admin.email)
        form = {"email": "Eve@Candor.example", "name": "Eve", "password1": PASSWORD, "password2": PASSWORD}

        self.assertEqual(self.client.post(page("accounts.user", "add"), form).status_code, 302)

        self.client = TenantClient("admin")
        self.assertEqual(self.sign_in("eve@candor.example").status_code, 302)
        self.assertTrue(self.may_enter())

    def test_a_new_password_replaces_the_old_one(self) -> None:
        with tenancy.enter_platform():
            colleague = platform_admin("bob@candor.example")
        self.sign_in(self.admin.email)
        url = reverse("admin:auth_user_password_change", args=[colleague.pk], urlconf="config.urls_admin")
        new = "another-long-password"  # pragma: allowlist secret

        self.assertEqual(self.client.post(url, {"password1": new, "password2": new}).status_code, 302)

        self.client = TenantClient("admin")
        self.assertEqual(self.sign_in(colleague.email).status_code, 200)
        self.assertEqual(self.sign_in(colleague.email, new).status_code, 302)

    def test_switching_a_colleague_off_is_stored_and_logged(self) -> None:
        with tenancy.enter_platform():
            colleague = platform_admin("bob@candor.example")
        self.sign_in(self.admin.email)

        url = reverse("admin:accounts_user_change", args=[colleague.pk], urlconf="config.urls_admin")
        response = self.client.post(url, {"email": colleague.email, "name": "Bob", "is_staff": "on"})

        self.assertEqual(response.status_code, 302)
        with tenancy.enter_platform():
            colleague.refresh_from_db()
            self.assertEqual((colleague.is_active, colleague.name), (False, "Bob"))
            self.assertEqual(LogEntry.objects.get().object_id, str(colleague.pk))
