"""Failed work of every tenant stands in the platform's admin, and is retried there."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.urls import reverse

from core import due, tenancy
from core.ids import uuid7
from core.models import Due
from core.testing import OTHER, TenantClient, TenantTestCase

User: Any = get_user_model()
LIST = reverse("admin:core_due_changelist", urlconf="config.urls_admin")
retried: list[tuple[str, UUID]] = []

due.register(
    "test.card",
    task="core.tests.card",
    keyword="card_id",
    retry=lambda object_id: retried.append((tenancy.schema(), object_id)),
)


class DueAdminTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        retried.clear()
        with tenancy.enter_platform():
            admin = User.objects.create_superuser("root@candor.example", None, name="Root")
            self.client = TenantClient("admin")
            self.client.force_login(admin)

    def failed(self) -> Due:
        object_id = uuid7()
        due.owe("test.card", object_id, after=timedelta(hours=-1))
        due.fail("test.card", object_id, "OutOfPaper")
        return Due.objects.get(object_id=object_id)

    def retry(self, client: Any, *rows: Due) -> str:
        """The page after the action."""
        fields = {"action": "retry", "_selected_action": [str(row.pk) for row in rows]}
        return str(client.post(LIST, fields, follow=True).content.decode())

    def test_what_failed_is_shown_with_its_tenant_and_its_reason(self) -> None:
        with self.in_tenant(OTHER):
            row = self.failed()

        page = self.client.get(LIST).content.decode()

        for text in ("beta", "test.card", str(row.object_id), "OutOfPaper"):
            self.assertIn(text, page)

    def test_each_is_retried_inside_its_own_tenant(self) -> None:
        mine = self.failed()
        with self.in_tenant(OTHER):
            theirs = self.failed()

        page = self.retry(self.client, mine, theirs)

        self.assertCountEqual(retried, [("alpha", mine.object_id), ("beta", theirs.object_id)])
        self.assertIn("Retried: 2.", page)

    def test_what_did_not_fail_is_left_alone_and_said(self) -> None:
        row = self.failed()
        Due.objects.update(failed_at=None)

        page = self.retry(self.client, row)

        self.assertEqual(retried, [])
        self.assertIn("did not fail, or was retried meanwhile.", page)
        self.assertIn("Retried: 0.", page)

    def test_a_stranger_and_a_tenant_s_person_retry_nothing(self) -> None:
        row = self.failed()
        person = User.objects.create_user("ada@alpha.example", None, name="Ada", role="owner")
        signed_in = TenantClient("admin")
        signed_in.force_login(person)  # a session of alpha

        for client in (TenantClient("admin"), signed_in):
            self.assertIn('name="username"', self.retry(client, row))

        self.assertEqual(retried, [])

    def test_rows_are_neither_written_nor_deleted_by_hand(self) -> None:
        row = self.failed()
        change, delete = (
            reverse(f"admin:core_due_{kind}", args=[row.pk], urlconf="config.urls_admin")
            for kind in ("change", "delete")
        )

        self.assertEqual(self.client.post(change, {"tenant": "beta"}).status_code, 403)
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)

        row.refresh_from_db()
        self.assertEqual(row.tenant, "alpha")
