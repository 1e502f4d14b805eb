"""The permission matrix, cell by cell. A change here is a decision, not a slip."""

from django.db import IntegrityError, transaction
from django.test import SimpleTestCase

from accounts import roles
from accounts.models import User
from accounts.roles import NotPermitted, Permission, Role, Scope
from accounts.tests.people import person
from core import tenancy
from core.testing import TenantTestCase

#                   owner  admin  recruiter  hiring manager  reviewer  auditor  support  support that writes
CELLS = {
    "view_jobs":       "x      x      x          x               x         x        x        x",
    "manage_jobs":     "x      x      -          -               -         -        -        x",
    "view_candidates": "x      x      x          x               x         -        x        x",
    "invite":          "x      x      x          -               -         -        -        -",
    "assign":          "x      x      x          -               -         -        -        -",
    "review":          "x      x      x          x               x         -        -        -",
    "decide":          "x      x      x          x               -         -        -        -",
    "handle_requests": "x      x      x          -               -         -        -        -",
    "view_model_use":  "x      x      -          -               -         -        -        -",
    "manage_people":   "x      x      -          -               -         -        -        -",
    "manage_sign_in":  "x      x      -          -               -         -        -        -",
    "manage_api_keys": "x      x      -          -               -         -        -        -",
    "manage_settings": "x      x      -          -               -         -        -        x",
    "allow_support":   "x      x      -          -               -         -        -        -",
    "view_billing":    "x      x      -          -               -         -        -        -",
    "manage_billing":  "x      x      -          -               -         -        -        -",
    "view_audit":      "x      x      -          -               -         x        x        x",
    "close_tenant":    "x      -      -          -               -         -        -        -",
}  # fmt: skip
ORDER = ("owner", "admin", "recruiter", "hiring_manager", "reviewer", "auditor", "support", "support_write")
SCOPES = {
    "everything": {"owner", "admin", "recruiter", "auditor", "support", "support_write"},
    "assigned_jobs": {"hiring_manager"},
    "assigned_interviews": {"reviewer"},
    "nothing": set(),
}


class MatrixTests(SimpleTestCase):
    def test_the_table_names_every_role_and_every_permission(self) -> None:
        self.assertEqual(set(ORDER), set(Role.values) | roles.SUPPORT_ROLES)
        self.assertEqual(set(ORDER), set(roles.MATRIX))
        self.assertEqual(set(CELLS), set(Permission.values))

    def test_every_cell_is_as_decided(self) -> None:
        for permission, cells in CELLS.items():
            for role, cell in zip(ORDER, cells.split(), strict=True):
                with self.subTest(f"{role} {permission}"):
                    self.assertIs(roles.allows(role, Permission(permission)), cell == "x")

    def test_every_role_has_the_scope_that_was_decided(self) -> None:
        found = {scope: {role for role in ORDER if roles.scope_of(role) == scope} for scope in Scope.values}

        self.assertEqual(found, SCOPES)

    def test_an_unknown_role_may_nothing_with_nothing(self) -> None:
        for role in ("", "root", "OWNER", "owner "):
            self.assertFalse(any(roles.allows(role, permission) for permission in Permission))
            self.assertEqual(roles.scope_of(role), Scope.NOTHING)

    def test_support_is_no_role_that_a_person_can_get(self) -> None:
        self.assertEqual(roles.SUPPORT_ROLES & set(Role.values), set())

    def test_support_neither_rates_nor_decides_nor_answers_a_candidate(self) -> None:
        for role in roles.SUPPORT_ROLES:
            for permission in (Permission.REVIEW, Permission.DECIDE, Permission.HANDLE_REQUESTS):
                self.assertFalse(roles.allows(role, permission))


class PersonTests(TenantTestCase):
    def test_a_person_may_what_the_role_allows_and_the_rest_raises(self) -> None:
        reviewer = person(role=Role.REVIEWER)

        reviewer.require(Permission.REVIEW)
        with self.assertRaises(NotPermitted) as caught:
            reviewer.require(Permission.DECIDE)

        self.assertEqual(str(caught.exception), "Decide on candidates")

    def test_somebody_who_is_switched_off_may_nothing(self) -> None:
        owner = person(role=Role.OWNER, is_active=False)

        self.assertFalse(any(owner.may(permission) for permission in Permission))

    def test_nobody_in_a_tenant_is_a_superuser_whatever_the_row_says(self) -> None:
        forged = person(role="", is_staff=True)

        self.assertFalse(forged.is_superuser)
        self.assertFalse(forged.has_perm("tenants.view_tenant"))
        self.assertFalse(forged.has_perms(["tenants.view_tenant"]))
        self.assertFalse(forged.has_module_perms("tenants"))

    def test_the_same_row_in_public_is_one(self) -> None:
        with tenancy.enter_platform():
            self.assertTrue(person(role="", is_staff=True).is_superuser)
            self.assertFalse(person("off@candor.example", role="", is_staff=True, is_active=False).is_superuser)

    def test_platform_staff_with_a_role_of_a_tenant_cannot_be_stored(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            person(role=Role.OWNER, is_staff=True)

        self.assertEqual(User.objects.count(), 0)

    def test_an_address_is_stored_in_small_letters_or_not_at_all(self) -> None:
        self.assertEqual(person("  ADA@Alpha.Example ").email, "ada@alpha.example")
        with self.assertRaises(IntegrityError), transaction.atomic():
            User.objects.bulk_create([User(email="Bea@alpha.example", name="Bea")])

        self.assertEqual(User.objects.count(), 1)

    def test_two_people_of_a_tenant_cannot_share_an_address(self) -> None:
        person()
        with self.assertRaises(IntegrityError), transaction.atomic():
            person("ADA@alpha.example")
