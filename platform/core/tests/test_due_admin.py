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
from core.tests import rows

User: Any = get_user_model()
LIST = reverse("admin:core_due_changelist", urlconf="config.urls_admin")
retried: list[tuple[str, UUID]] = []

due.register(
    "test.card",
    task="core.tests.card",
    keyword="card_id",
    retry=lambda object_id: retried.append((tenancy.schema(), object_id)),
)


due.register("test.broken", task="core.tests.card", keyword="card_id", retry=lambda object_id: 1 / 0)  # type: ignore
due.register("test.stuck", task="core.tests.card", keyword="card_id")


class DueAdminTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        retried.clear()
        with tenancy.enter_platform():
            self.admin = User.objects.create_superuser("root@candor.example", None, name="Root")
            self.client = TenantClient("admin")
            self.client.force_login(self.admin)

    def failed(self, kind: str = "test.card") -> Due:
        object_id = uuid7()
        due.owe(kind, object_id, after=timedelta(hours=-1))
        due.fail(kind, object_id, "OutOfPaper")
        return Due.objects.get(object_id=object_id)

    def trail(self) -> list[tuple[str, UUID | None, dict[str, Any]]]:
        """The platform's audit trail of retries."""
        with tenancy.enter_platform():
            events = rows.model("audit.AuditEvent").objects.filter(action="due.retried").order_by("pk")
            return list(events.values_list("actor_type", "actor_id", "detail"))

    def retry(self, client: Any, *chosen: Due) -> str:
        """The page after the action."""
        fields = {"action": "retry", "_selected_action": [str(row.pk) for row in chosen]}
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
        self.assertIn("Retried: 2. They are owed again.", page)

    def test_what_failed_first_stands_first_and_leads_to_its_tenant(self) -> None:
        old, new = self.failed(), self.failed()
        waiting = uuid7()
        due.owe("test.card", waiting)
        Due.objects.filter(pk=new.pk).update(failed_at=old.failed_at + timedelta(minutes=1))  # type: ignore[operator]

        page = self.client.get(LIST).content.decode()

        places = [page.index(str(object_id)) for object_id in (old.object_id, new.object_id, waiting)]
        self.assertEqual(places, sorted(places))
        tenant = reverse("admin:tenants_tenant_change", args=[tenancy.tenant_id()], urlconf="config.urls_admin")
        self.assertIn(f'<a href="{tenant}">alpha</a>', page)

    def test_one_is_found_by_its_id_its_kind_and_its_error(self) -> None:
        mine, other = self.failed(), self.failed("test.stuck")

        for query in (f"?q={mine.object_id}", "?kind=test.card", f"?q={mine.object_id}&error=OutOfPaper"):
            page = self.client.get(LIST + query).content.decode()
            self.assertEqual((str(mine.object_id) in page, str(other.object_id) in page), (True, False))

    def test_each_retry_is_in_the_platform_s_trail_with_who_asked_for_it(self) -> None:
        row = self.failed()

        self.retry(self.client, row)

        told = {"tenant": "alpha", "kind": "test.card", "object_id": str(row.object_id)}
        self.assertEqual(self.trail(), [("platform", self.admin.pk, told)])

    def test_one_that_breaks_or_that_nothing_retries_is_said_and_the_rest_go_on(self) -> None:
        broken, without, fine = self.failed("test.broken"), self.failed("test.stuck"), self.failed()
        unknown = self.failed()
        Due.objects.filter(pk=unknown.pk).update(kind="later.release")
        gone = self.failed()
        Due.objects.filter(pk=gone.pk).update(tenant="gone")

        page = self.retry(self.client, broken, without, unknown, gone, fine)

        self.assertEqual(retried, [("alpha", fine.object_id)])
        for row, words in (
            (f"alpha test.broken {broken.object_id}", "could not be retried; the logs say why."),
            (f"alpha test.stuck {without.object_id}", "did not fail, or was retried meanwhile."),
            (f"alpha later.release {unknown.object_id}", "is of a kind that this release does not know."),
            (f"gone test.card {gone.object_id}", "belongs to a tenant that is no more."),
            ("Retried: 1.", "It is owed again."),
        ):
            self.assertIn(f"{row} {words}", page)
        self.assertEqual(len(self.trail()), 1)

    def test_the_first_page_counts_what_failed_and_leads_to_it(self) -> None:
        self.assertNotIn("failed-work", self.client.get("/").content.decode())
        self.failed()
        with self.in_tenant(OTHER):
            self.failed()

        page = self.client.get("/").content.decode()

        self.assertIn("2 pieces of work failed and wait for a retry.", page)
        self.assertIn(f'href="{LIST}?failed_at__isempty=0"', page)
        self.assertEqual(self.client.get(f"{LIST}?failed_at__isempty=0").status_code, 200)

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

        self.assertEqual((retried, self.trail()), ([], []))

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
