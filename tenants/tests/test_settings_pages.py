"""The page of all settings, what to do first, and branding."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core import tenancy
from core.testing import OTHER, TenantClient, TenantTestCase
from tenants.models import Logo, SamlConnection, Tenant

BRANDING = "/settings/branding/"


def png() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (10, 10), "red").save(out, "PNG")
    return SimpleUploadedFile("logo.png", out.getvalue())


class IndexTests(TenantTestCase):
    def test_it_shows_what_the_role_may_change(self) -> None:
        owner = signed_in(person("olga@alpha.example", role=Role.OWNER))
        admin = signed_in(person("adam@alpha.example", role=Role.ADMIN))

        self.assertContains(owner.get("/settings/"), 'href="/settings/close/"')
        page = admin.get("/settings/")
        self.assertContains(page, 'href="/settings/domains/"')
        self.assertNotContains(page, "/settings/close/")

    def test_who_may_change_nothing_and_strangers_do_not_see_it(self) -> None:
        for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR):
            self.assertEqual(signed_in(person(f"{role}@alpha.example", role=role)).get("/settings/").status_code, 403)
        self.assertEqual(TenantClient().get("/settings/").status_code, 302)

    def test_the_first_steps_are_done_when_they_are(self) -> None:
        owner = signed_in(person("olga@alpha.example", role=Role.OWNER))
        before = owner.get("/settings/").context["steps"]
        person("rita@alpha.example")
        tenant = Tenant.objects.get(schema_name="alpha")
        SamlConnection.objects.create(tenant=tenant, idp_entity_id="https://idp", sso_url="https://idp/", enabled=True)
        owner.post(BRANDING, {"brand_color": "#0f766e"})
        tenancy.forget()

        after = owner.get("/settings/").context["steps"]

        keys = [step["item"].key for step in before]
        self.assertEqual(keys, ["branding", "single_sign_on", "team", "first_job"])
        self.assertEqual([step["done"] for step in before], [False] * 4)
        self.assertEqual([step["done"] for step in after], [True, True, True, False])


class BrandingTests(TenantTestCase):
    def test_a_colour_and_a_logo_are_stored(self) -> None:
        owner = signed_in(person("olga@alpha.example", role=Role.OWNER))

        response = owner.post(
            BRANDING, {"brand_color": "#0f766e", "contact_email": "jobs@alpha.example", "logo_file": png()}
        )

        tenant = Tenant.objects.get(schema_name="alpha")
        self.assertEqual(response.status_code, 303)
        self.assertEqual(
            (tenant.brand_color, tenant.contact_email, tenant.has_logo), ("#0f766e", "jobs@alpha.example", True)
        )
        self.assertEqual(Logo.objects.filter(tenant=tenant).count(), 1)

    def test_what_can_not_be_used_is_told_and_nothing_is_stored(self) -> None:
        owner = signed_in(person("olga@alpha.example", role=Role.OWNER))
        for wrong in (
            {"brand_color": "red"},
            {"brand_color": "#0f766e", "contact_email": "nobody"},
            {"brand_color": "#0f766e", "logo_file": SimpleUploadedFile("x.png", b"<svg/>")},
        ):
            self.assertEqual(owner.post(BRANDING, wrong).status_code, 400)

        self.assertEqual(Tenant.objects.get(schema_name="alpha").brand_color, "#4338ca")

    def test_strangers_and_other_roles_change_nothing(self) -> None:
        recruiter = signed_in(person("rita@alpha.example", role=Role.RECRUITER))
        with tenancy.enter(OTHER):
            foreign = signed_in(person("otto@beta.example", role=Role.OWNER), OTHER)
        foreign.defaults["HTTP_HOST"] = "alpha.candor.localhost"
        for client, status in ((TenantClient(), 302), (recruiter, 403), (foreign, 302)):
            self.assertEqual(client.post(BRANDING, {"brand_color": "#0f766e"}).status_code, status)

        self.assertEqual(Tenant.objects.get(schema_name="alpha").brand_color, "#4338ca")
