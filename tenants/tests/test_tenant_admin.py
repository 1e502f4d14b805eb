"""Tenants in the platform's admin: adding one registers it and sets it up in the background."""

import base64
import io
import json
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

from PIL import Image

from core import clock
from core.redis import client as valkey
from core.testing import TenantClient
from tenants.admin.tenants import TenantForm
from tenants.models import Logo, Tenant
from tenants.tests import supported
from tenants.tests.supported import AdminCase

page = partial(supported.page, "tenant")
QUEUE = "candor:broker:default"
NEW = {
    "name": "New Co",
    "subdomain": "new-co",
    "plan_code": "starter",
    "brand_color": "#0f766e",
    "owner_email": "olga@new.example",
    "contact_email": "hr@new.example",
}


def sent() -> list[tuple[str, dict[str, str]]]:
    """Each task in the broker with its keywords, the oldest first."""
    found: Any = valkey().lrange(QUEUE, 0, -1)
    messages = [json.loads(raw) for raw in reversed(found)]
    return [(one["headers"]["task"], json.loads(base64.b64decode(one["body"]))[1]) for one in messages]


class TenantAdminTests(AdminCase):
    def setUp(self) -> None:
        super().setUp()
        valkey().delete(QUEUE)
        self.alpha = Tenant.objects.get(schema_name="alpha")

    def post(self, url: str, **fields: Any) -> Any:
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(url, fields)

    def act(self, action: str, *tenants: Tenant) -> str:
        """The page after an action on the list."""
        fields = {"action": action, "_selected_action": [str(tenant.pk) for tenant in tenants]}
        with self.captureOnCommitCallbacks(execute=True):
            page_after = self.client.post(page("changelist"), fields, follow=True).content.decode()
        return str(page_after)

    def test_adding_one_registers_it_and_sends_its_set_up_after_the_commit(self) -> None:
        response = self.post(page("add"), **NEW)

        self.assertRedirects(response, page("changelist"), fetch_redirect_response=False)
        tenant = Tenant.objects.get(subdomain="new-co")
        self.assertEqual((tenant.status, tenant.owner_email), ("provisioning", "olga@new.example"))
        self.assertEqual(sent(), [("tenants.provision", {"tenant_id": str(tenant.pk)})])

    def test_a_plan_that_does_not_exist_is_refused_at_the_field(self) -> None:
        response = self.post(page("add"), **(NEW | {"plan_code": "gold"}))

        self.assertIn("plan_code", response.context["adminform"].form.errors)
        self.assertEqual((Tenant.objects.count(), sent()), (2, []))

    def test_a_bad_or_taken_name_is_said_at_the_field_and_nothing_is_stored(self) -> None:
        for name in ("admin", "Acme", "information-schema", "alpha"):
            with self.subTest(name):
                response = self.post(page("add"), **(NEW | {"subdomain": name}))

                self.assertIn("subdomain", response.context["adminform"].form.errors)
        self.assertEqual((Tenant.objects.count(), sent()), (2, []))

    def test_resuming_sends_the_set_up_again(self) -> None:
        Tenant.objects.filter(pk=self.alpha.pk).update(status="failed")

        self.act("resume", self.alpha)

        self.assertEqual(sent(), [("tenants.provision", {"tenant_id": str(self.alpha.pk)})])

    def test_a_tenant_that_works_is_not_removed(self) -> None:
        shown = self.act("remove", self.alpha)

        self.assertIn("alpha is Ready.", shown)
        self.assertTrue(Tenant.objects.filter(pk=self.alpha.pk).exists())

    def test_nothing_is_deleted_by_the_admin_s_own_means(self) -> None:
        self.assertEqual(self.client.post(page("delete", self.alpha.pk), {"post": "yes"}).status_code, 403)
        self.assertNotIn("delete_selected", self.client.get(page("changelist")).content.decode())

    def test_a_new_colour_is_served_at_once_and_the_subdomain_stays(self) -> None:
        colours = self.change(brand_color="#e11d48", subdomain="hacked", status="suspended", schema_name="beta")

        self.assertEqual(colours.status_code, 302)
        self.alpha.refresh_from_db()
        self.assertEqual(
            (self.alpha.brand_color, self.alpha.subdomain, self.alpha.status, self.alpha.schema_name),
            ("#e11d48", "alpha", "ready", "alpha"),
        )
        self.assertIn("#e11d48", TenantClient().get("/branding.css").content.decode())

    def test_what_was_decided_of_the_tenant_while_the_form_was_saved_stays(self) -> None:
        ends = clock.now() + timedelta(days=30)
        really = TenantForm.full_clean

        def decided_meanwhile(form: TenantForm) -> None:
            really(form)
            Tenant.objects.filter(pk=self.alpha.pk).update(status="closing", closes_at=ends, name="By another")

        with mock.patch.object(TenantForm, "full_clean", decided_meanwhile):
            self.assertEqual(self.change(brand_color="#e11d48").status_code, 302)

        self.alpha.refresh_from_db()
        self.assertEqual((self.alpha.status, self.alpha.closes_at), ("closing", ends))
        self.assertEqual((self.alpha.brand_color, self.alpha.name), ("#e11d48", "By another"))

    def test_a_logo_is_drawn_anew_and_what_is_none_is_said(self) -> None:
        out = io.BytesIO()
        Image.new("RGB", (64, 32), "#4338ca").save(out, "PNG")

        refused = self.change(logo_file=io.BytesIO(b"<svg/>"))
        self.assertIn("logo_file", refused.context["adminform"].form.errors)
        self.assertEqual(Logo.objects.count(), 0)

        out.seek(0)
        self.assertEqual(self.change(logo_file=out).status_code, 302)
        self.assertEqual(Logo.objects.get().tenant_id, self.alpha.pk)

    def change(self, **fields: Any) -> Any:
        inlines = {
            f"{prefix}-{name}": 0 for prefix in ("domains", "steps") for name in ("TOTAL_FORMS", "INITIAL_FORMS")
        }
        form = {"name": self.alpha.name, "brand_color": "#4338ca", "contact_email": "hr@alpha.example"}
        return self.post(page("change", self.alpha.pk), **(form | inlines | fields))
