"""Support access in the platform's admin: asking for it, the link, ending it; and nobody else's."""

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import tenancy
from core.testing import HOME, OTHER, TenantClient
from tenants.models import SupportGrant
from tenants.tests import supported
from tenants.tests.supported import REASON, AdminCase, asked, entered, in_admin, staff, tenant, trail

page = partial(supported.page, "supportgrant")


class SupportAdminTests(AdminCase):
    def ask(self, **changes: Any) -> Any:
        form = {"tenant": str(tenant().pk), "scope": "read", "minutes": "60", "reason": REASON} | changes
        return self.client.post(page("add"), form)

    def test_from_the_reason_to_the_portal(self) -> None:
        response = self.ask()
        grant = SupportGrant.objects.get()
        self.assertRedirects(response, page("enter", grant.pk), fetch_redirect_response=False)

        made = self.client.post(page("enter", grant.pk), {"link": ""})

        address = urlsplit(made.context["link"])
        self.assertEqual(address.hostname, "alpha.candor.localhost")
        self.assertContains(made, address.path)
        self.assertEqual(TenantClient(HOME).post(address.path).status_code, 303)
        self.assertEqual((grant.staff_id, grant.staff_email), (self.root.pk, self.root.email))

    def test_a_look_at_the_page_makes_no_link(self) -> None:
        self.ask()
        grant = SupportGrant.objects.get()

        for path in (page("enter", grant.pk), page("change", grant.pk), page("changelist")):
            self.assertEqual(self.client.get(path).status_code, 200)

        grant.refresh_from_db()
        self.assertEqual(grant.link_hash, "")

    def test_a_grant_to_write_waits_and_the_page_says_so(self) -> None:
        response = self.ask(scope="write")

        self.assertRedirects(response, page("changelist"), fetch_redirect_response=False)
        grant = SupportGrant.objects.get()
        self.assertEqual(grant.status, "requested")
        self.assertRedirects(
            self.client.post(page("enter", grant.pk), {"link": ""}), page("changelist"), fetch_redirect_response=False
        )

    def test_what_is_missing_is_said_at_the_field_and_nothing_is_stored(self) -> None:
        for field, value in (("reason", " x \n y "), ("minutes", "600"), ("scope", "all"), ("tenant", "")):
            response = self.ask(**{field: value})

            self.assertIn(field, response.context["adminform"].form.errors)
        self.assertEqual((SupportGrant.objects.count(), trail(action__startswith="support.")), (0, []))

    def test_white_space_makes_a_reason_neither_long_enough_nor_too_long(self) -> None:
        refused = self.ask(reason=f"a{' ' * 10}b")
        self.assertIn("reason", refused.context["adminform"].form.errors)

        self.assertEqual(self.ask(reason=REASON.replace(" ", " \n" * 250)).status_code, 302)
        self.assertEqual(SupportGrant.objects.get().reason, REASON)

    def test_ending_it_ends_the_session(self) -> None:
        grant = asked(self.root)
        inside = entered(grant, self.root)

        self.client.post(page("enter", grant.pk), {"end": ""})

        self.assertEqual(inside.get("/jobs/").status_code, 302)

    def test_a_grant_is_its_holder_s_alone_and_is_never_changed(self) -> None:
        grant = asked(self.root)
        colleague = in_admin(staff("eve@candor.example"))

        for data in ({"link": ""}, {"end": ""}):
            self.assertEqual(colleague.post(page("enter", grant.pk), data).status_code, 404)
        self.assertEqual(self.client.post(page("change", grant.pk), {"minutes": "240"}).status_code, 403)
        self.assertEqual(self.client.post(page("delete", grant.pk), {"post": "yes"}).status_code, 403)
        grant.refresh_from_db()
        self.assertEqual((grant.status, grant.minutes, grant.link_hash), ("open", 60, ""))

    def test_strangers_and_a_tenant_s_owner_ask_for_nothing(self) -> None:
        grant = asked(self.root)
        owner = TenantClient("admin")
        owner.cookies = signed_in(person(role=Role.OWNER)).cookies
        for client in (TenantClient("admin"), owner):
            for path in (page("add"), page("enter", grant.pk)):
                response = client.post(path, {"link": "", "reason": REASON})
                self.assertRedirects(response, f"/login/?next={path}", fetch_redirect_response=False)
        with self.in_tenant(OTHER):
            self.assertEqual(trail(), [])
        self.assertEqual(SupportGrant.objects.count(), 1)

    def test_switching_a_colleague_off_ends_sessions_and_grants_at_once(self) -> None:
        eve = staff("eve@candor.example")
        browser, inside = in_admin(eve), entered(asked(eve), eve)
        self.assertEqual((browser.get("/").status_code, inside.get("/jobs/").status_code), (200, 200))
        url = reverse("admin:accounts_user_change", args=[eve.pk], urlconf="config.urls_admin")

        self.client.post(url, {"email": eve.email, "name": "Eve", "is_staff": "on"})

        self.assertEqual((browser.get("/").status_code, inside.get("/jobs/").status_code), (302, 302))
        self.assertEqual(SupportGrant.objects.get().status, "ended")
        with tenancy.enter_platform():
            wanted = [("user.disabled", "platform", self.root.pk, {"source": "admin"})]
            self.assertEqual(trail(action="user.disabled"), wanted)
