"""Batches in the platform's admin."""

from typing import Any

from django.urls import reverse

from accounts.roles import Role
from accounts.tests.people import person, platform_admin
from core import tenancy
from core.testing import OTHER, TenantClient
from llm.models import Batch, BatchItem
from llm.tests.batched import BatchCase

LIST = reverse("admin:llm_batch_changelist", urlconf="config.urls_admin")


def page_of(batch: Batch, action: str = "change") -> str:
    return reverse(f"admin:llm_batch_{action}", args=[batch.pk], urlconf="config.urls_admin")


class BatchAdminTests(BatchCase):
    def setUp(self) -> None:
        super().setUp()
        self.batch = self.submit()
        self.client = TenantClient("admin")
        with tenancy.enter_platform():
            self.client.force_login(platform_admin())

    def test_the_list_shows_how_far_each_is(self) -> None:
        first = self.batch.items.order_by("pk").first()
        assert first is not None
        BatchItem.objects.filter(pk=first.pk).update(status=BatchItem.Status.ANSWERED)

        text = self.client.get(LIST).content.decode()

        for words in ("alpha", "evaluation", "openai-1", "gpt-4o", "Waits to be submitted", "1/3"):
            self.assertIn(words, text)

    def test_a_page_shows_no_request_and_changes_nothing(self) -> None:
        response: Any = self.client.get(page_of(self.batch))

        self.assertEqual(response.status_code, 200)
        self.assertNotContains(response, "Question 0")
        self.assertEqual(self.client.post(page_of(self.batch), {"status": "done"}).status_code, 403)
        self.assertEqual(self.client.post(page_of(self.batch, "delete"), {"post": "yes"}).status_code, 403)
        self.assertEqual(Batch.objects.get().status, "owed")

    def test_a_stranger_and_a_tenant_s_admin_see_none(self) -> None:
        self.assertEqual(TenantClient("admin").get(LIST).status_code, 302)
        for tenant in ("alpha", OTHER):
            with tenancy.enter(tenant):
                client = TenantClient(tenant)
                client.force_login(person(Role.ADMIN))
                self.assertEqual(client.get(LIST).status_code, 404)
