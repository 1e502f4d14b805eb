"""The platform's admin: for the platform's staff, on its own host, and for nobody of a tenant."""

from typing import Any
from unittest.mock import patch

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from accounts.models import Totp, User
from accounts.tests.factors import app_of
from accounts.tests.people import PASSWORD, person, platform_admin, sign_in, with_second_factor
from core import tenancy
from core.testing import TenantClient, TenantTestCase

SHOWN = {
    "tenants.tenant",
    "tenants.domain",
    "tenants.supportgrant",
    "billing.plan",
    "billing.subscription",
    *("billing.quotaperiod", "billing.usagerecord", "billing.creditgrant", "billing.infrastructureshare"),
    "billing.interviewreceipt",
    *("billing.receiptpolicy", "billing.seller", "billing.billingdetails", "billing.billingnotice", "billing.invoice"),
    *("billing.invoiceline", "billing.stripeevent", "billing.margin", "billing.reconciliation"),
}
SHOWN |= {
    "accounts.user",
    "core.due",
    "tenants.emaildomain",
    "llm.account",
    "llm.offer",
    "llm.ownkey",
    "llm.budget",
    "llm.usagehour",
}
SHOWN |= {"llm.experiment", "llm.batch", "llm.assurancerun"}
MADE_ELSEWHERE = {"tenants.emaildomain"} | {
    "billing.subscription",
    *("billing.quotaperiod", "billing.usagerecord", "billing.creditgrant", "billing.seller"),
    *("billing.billingnotice", "billing.invoice", "billing.invoiceline", "billing.stripeevent"),
    *("billing.margin", "billing.reconciliation", "billing.interviewreceipt"),
    "core.due",
    "llm.usagehour",
    "llm.batch",
    "llm.assurancerun",
}


def page(label: str, kind: str) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{kind}", urlconf="config.urls_admin")


class AdminHostTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client = TenantClient("admin")
        self.admin = platform_admin()

    def sign_in(self, email: str, password: str = PASSWORD) -> Any:
        response = self.client.post("/login/", {"username": email, "password": password})
        if response.status_code == 302:
            with tenancy.enter_platform():
                with_second_factor(self.client)
        return response

    def may_enter(self) -> bool:
        return bool(self.client.get("/").status_code == 200)

    def test_an_address_with_one_is_refused_in_words_on_every_list(self) -> None:
        self.sign_in(self.admin.email)
        asked = ("?status__exact=%00", "?q=a%00b", "?number=%00")
        lists = [page(label, "changelist") for label in ("billing.invoice", "billing.stripeevent", "accounts.user")]
        others = ["/llm/usagehour/calls/?tenant=%00", "/billing/plan/%00/change/", "/autocomplete/?term=%00"]

        for address in [path + query for path in lists for query in asked] + others:
            with self.subTest(address):
                self.assertEqual(self.client.get(address).status_code, 400)
        self.assertEqual(self.client.get(lists[0] + "?q=%2500").status_code, 200)

    def test_the_platform_s_staff_signs_in_and_sees_the_admin(self) -> None:
        self.assertEqual(self.sign_in(self.admin.email).status_code, 302)

        self.assertTrue(self.may_enter())

    def test_the_admin_leads_to_their_own_account_and_passwords_are_changed_there_alone(self) -> None:
        self.sign_in(self.admin.email)

        self.assertContains(self.client.get("/"), 'href="/account/"')
        moved = self.client.get("/password_change/")
        self.assertRedirects(moved, "/account/password/", fetch_redirect_response=False)
        self.client.post(
            "/password_change/", {"old_password": PASSWORD, "new_password1": "n" * 20, "new_password2": "n" * 20}
        )
        with tenancy.enter_platform():
            self.assertTrue(User.objects.get(pk=self.admin.pk).check_password(PASSWORD))

    def test_a_colleague_s_lost_second_factor_is_reset_and_one_s_own_is_not(self) -> None:
        self.sign_in(self.admin.email)
        with tenancy.enter_platform():
            colleague = platform_admin("second@candor.example")
            app_of(colleague)
            app_of(self.admin)

            chosen = {"action": "reset_second_factor", "_selected_action": [str(colleague.pk), str(self.admin.pk)]}
            shown = self.client.post(page("accounts.user", "changelist"), chosen, follow=True)

            self.assertContains(shown, "The second factor of second@candor.example is reset.")
            self.assertContains(shown, "Your own second factor is changed under Your account.")
            self.assertEqual(list(Totp.objects.values_list("user_id", flat=True)), [self.admin.pk])

    def test_nobody_of_the_platform_is_told_to_ask_a_team_s_owner(self) -> None:
        with tenancy.enter_platform():
            app_of(self.admin)
        self.client.post("/login/", {"username": self.admin.email, "password": PASSWORD})

        page = self.client.get("/sign-in/second/")

        self.assertContains(page, self.admin.email)
        self.assertNotContains(page, "An owner of your team")

    def test_without_a_second_factor_they_are_led_to_set_one_up_and_see_nothing_else(self) -> None:
        self.client.post("/login/", {"username": self.admin.email, "password": PASSWORD})

        for path in ("/", page("tenants.tenant", "changelist"), "/account/"):
            self.assertRedirects(self.client.get(path), "/account/second-factor/", fetch_redirect_response=False)
        self.assertContains(self.client.get("/account/second-factor/"), "Your role needs one")

    def test_a_session_without_it_may_do_nothing_even_where_no_middleware_leads_elsewhere(self) -> None:
        self.client.post("/login/", {"username": self.admin.email, "password": PASSWORD})
        browser = TenantClient("admin")
        browser.cookies = self.client.cookies

        with patch("accounts.middleware.RequireSecondFactor.process_view", return_value=None):
            for label in SHOWN:
                for kind in ("changelist", "add"):
                    response = browser.get(page(label, kind))
                    self.assertRedirects(response, f"/login/?next={page(label, kind)}", fetch_redirect_response=False)

    def test_the_shortcut_to_an_object_s_own_page_is_none(self) -> None:
        self.sign_in(self.admin.email)

        for path in ("/r/1/1/", "/r/17/00000000-0000-0000-0000-000000000000/"):
            self.assertEqual(self.client.get(path).status_code, 404)

    def test_the_last_one_who_may_enter_can_not_be_switched_off(self) -> None:
        self.sign_in(self.admin.email)
        url = reverse("admin:accounts_user_change", args=[self.admin.pk], urlconf="config.urls_admin")
        for marks in ({"is_staff": "on"}, {"is_active": "on"}):
            response = self.client.post(url, {"email": self.admin.email, "name": "Root"} | marks)
            self.assertContains(response, "The last one who may enter stays")

        self.assertTrue(self.may_enter())

    def test_nobody_is_deleted(self) -> None:
        self.sign_in(self.admin.email)
        url = reverse("admin:accounts_user_delete", args=[self.admin.pk], urlconf="config.urls_admin")

        self.assertEqual(self.client.post(url, {"post": "yes"}).status_code, 403)
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
