"""Runs of suites in the platform's admin, and how a version stands beside the experiment that tries it."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils.html import strip_tags

from core import tenancy
from core.testing import TenantClient
from llm.admin.assurance import AssuranceRunAdmin
from llm.gates import Versions
from llm.models import AssuranceRun, Experiment
from llm.tests.test_experiment_admin import LIST as EXPERIMENTS
from llm.tests.test_experiment_admin import page_of
from llm.tests.test_experiments import drafted
from llm.tests.test_gates import BAD, GateCase, ran

User: Any = get_user_model()
LIST = reverse("admin:llm_assurancerun_changelist", urlconf="config.urls_admin")


class AssuranceAdminTests(GateCase):
    def setUp(self) -> None:
        super().setUp()
        with tenancy.enter_platform():
            self.client = TenantClient("admin")
            self.client.force_login(User.objects.create_superuser("root@candor.example", None, name="Root"))

    def text(self, url: str) -> str:
        content = self.client.get(url).content.decode().replace("<", " <")
        return " ".join(strip_tags(content).split())

    def page(self, row: AssuranceRun, action: str = "change") -> str:
        return reverse(f"admin:llm_assurancerun_{action}", args=[row.pk], urlconf="config.urls_admin")

    def test_the_list_says_what_passed_and_what_counts_no_more(self) -> None:
        now, before = ran(BAD), ran(versions=Versions("model.6", "c0de", "2"), model="small")

        text = self.text(LIST)

        self.assertIn("Below the gate: order", text)
        self.assertIn("$0.2500", text)
        counts = AssuranceRunAdmin(AssuranceRun, admin.site).counts
        self.assertEqual((counts(now), counts(before)), (True, False))

    def test_a_run_has_a_line_for_each_suite_and_is_only_read(self) -> None:
        row = ran(BAD)

        self.assertIn("order 3 4 75% 100% Below padding 5 6 83% 80% Passed", self.text(self.page(row)))
        self.client.post(self.page(row), {"passed": "on"})
        self.client.post(self.page(row, "delete"), {"post": "yes"})
        add = reverse("admin:llm_assurancerun_add", urlconf="config.urls_admin")

        self.assertEqual(self.client.get(add).status_code, 403)
        self.assertEqual(list(AssuranceRun.objects.values_list("pk", "passed")), [(row.pk, False)])

    def test_an_experiment_of_a_version_below_its_gate_is_refused_with_the_reason_and_its_page_says_so(self) -> None:
        ran(BAD)
        row = drafted()

        fields = {"action": "start", "_selected_action": [str(row.pk)]}
        said = self.client.post(EXPERIMENTS, fields, follow=True).content.decode()

        self.assertIn("turn.v3 is below its gate: it can&#x27;t be made live. big: order 3 of 4.", said)
        self.assertEqual(Experiment.objects.get().status, "draft")
        text = self.text(page_of(row))
        self.assertIn("turn.v2 (control) Not measured 0", text)
        self.assertIn("turn.v3 Below the gate 0", text)

    def test_nobody_else_sees_them(self) -> None:
        with tenancy.enter("alpha"):
            other = User.objects.create_user("owner@alpha.example", None, name="O", role="owner")
        stranger, tenant_s = TenantClient("admin"), TenantClient("alpha")
        tenant_s.force_login(other)

        self.assertEqual(stranger.get(LIST).status_code, 302)
        self.assertEqual(tenant_s.get(LIST).status_code, 404)
