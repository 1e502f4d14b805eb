"""The page of keys: shown to who manages them, a secret once, and nothing of another tenant's."""

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from core.testing import OTHER, TenantClient, TenantTestCase
from tenants.models import ApiKey
from tenants.tests.keyed import key, owner, program

PAGE = "/settings/api-keys/"
FORM = {"name": "Reports", "scopes": ["jobs:read", "usage:read"], "days": "30"}


class KeyPageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = owner()
        self.client = signed_in(self.owner)

    def test_a_key_is_shown_once_and_listed_by_its_first_letters(self) -> None:
        response = self.client.post(PAGE, FORM)
        made = ApiKey.objects.get()
        text = next(part for part in response.content.decode().split('"') if part.startswith("cnd_alpha_"))

        self.assertEqual(
            (made.name, made.scopes, made.made_by), ("Reports", ["jobs:read", "usage:read"], self.owner.pk)
        )
        self.assertEqual(program(text).get("/api/v1/jobs").status_code, 200)
        page = self.client.get(PAGE)
        self.assertContains(page, f"cnd_alpha_{made.prefix}…")
        self.assertContains(page, "Ada")
        self.assertNotContains(page, text)

    def test_a_form_that_says_nothing_makes_nothing(self) -> None:
        for form in ({}, FORM | {"scopes": ["root"]}, FORM | {"days": "9999"}, FORM | {"name": ""}):
            with self.subTest(str(form)):
                self.assertEqual(self.client.post(PAGE, form).status_code, 400)
        self.assertEqual(ApiKey.objects.count(), 0)

    def test_a_new_secret_is_shown_and_the_key_can_be_revoked(self) -> None:
        made, old = key(by=self.owner)

        response = self.client.post(f"{PAGE}{made.pk}/rotate/", {"hours": "0"})
        new = next(part for part in response.content.decode().split('"') if part.startswith("cnd_alpha_"))

        self.assertEqual([program(text).get("/api/v1/jobs").status_code for text in (old, new)], [401, 200])
        self.assertEqual(self.client.post(f"{PAGE}{made.pk}/revoke/").status_code, 302)
        self.assertEqual(program(new).get("/api/v1/jobs").status_code, 401)
        self.assertContains(self.client.get(PAGE), "revoked")

    def test_nobody_else_sees_or_changes_keys(self) -> None:
        made, text = key(by=self.owner)
        strangers = [TenantClient()] + [
            signed_in(person(f"{role}@alpha.example", role=role))
            for role in (Role.RECRUITER, Role.HIRING_MANAGER, Role.REVIEWER, Role.AUDITOR)
        ]
        with self.in_tenant(OTHER):
            theirs = signed_in(owner(OTHER), OTHER)

        for client in strangers:
            for path in (PAGE, f"{PAGE}{made.pk}/rotate/", f"{PAGE}{made.pk}/revoke/"):
                self.assertIn(client.post(path, FORM | {"hours": "0"}).status_code, (302, 403))
            self.assertNotIn(made.prefix, client.get(PAGE).content.decode())
        for act in ("rotate", "revoke"):
            self.assertEqual(theirs.post(f"{PAGE}{made.pk}/{act}/", {"hours": "0"}).status_code, 404)
        self.assertNotContains(theirs.get(PAGE), made.prefix)
        self.assertEqual((ApiKey.objects.count(), program(text).get("/api/v1/jobs").status_code), (1, 200))
