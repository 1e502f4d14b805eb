"""Experiments in the platform's admin."""

from typing import Any

from django.contrib.auth import get_user_model
from django.urls import reverse

from core import tenancy
from core.testing import TenantClient
from llm import experiments
from llm.models import Experiment
from llm.tests.ledger_rows import called
from llm.tests.test_experiments import FEATURE, ExperimentCase, drafted, trail

User: Any = get_user_model()
LIST = reverse("admin:llm_experiment_changelist", urlconf="config.urls_admin")
ADD = reverse("admin:llm_experiment_add", urlconf="config.urls_admin")


def page_of(row: Experiment) -> str:
    return reverse("admin:llm_experiment_change", args=[row.pk], urlconf="config.urls_admin")


def filled(**changes: str) -> dict[str, str]:
    """The form of a new experiment with its two versions."""
    fields = {
        "name": "tone", "feature": FEATURE, "tenants": "[]", "least_calls": "50", "most_cost_ratio": "1.5",
        "most_latency_ratio": "1.5", "most_bad_output_percent": "5", "least_rating": "",
        "variants-TOTAL_FORMS": "2", "variants-INITIAL_FORMS": "0",
        "variants-0-prompt_version": "turn.v2", "variants-0-percent": "60", "variants-0-is_control": "on",
        "variants-1-prompt_version": "turn.v3", "variants-1-percent": "40",
    }  # fmt: skip
    return fields | changes


class ExperimentAdminTests(ExperimentCase):
    def setUp(self) -> None:
        super().setUp()
        with tenancy.enter_platform():
            self.admin = User.objects.create_superuser("root@candor.example", None, name="Root")
            self.client = TenantClient("admin")
            self.client.force_login(self.admin)

    def act(self, client: Any, action: str, row: Experiment) -> str:
        """The page after the action."""
        fields = {"action": action, "_selected_action": [str(row.pk)]}
        return str(client.post(LIST, fields, follow=True).content.decode())

    def status(self, row: Experiment) -> str:
        return Experiment.objects.get(pk=row.pk).status

    def test_a_draft_is_written_with_its_versions(self) -> None:
        self.client.post(ADD, filled(tenants='["alpha"]'))

        row = Experiment.objects.get()
        self.assertEqual((row.name, row.status, row.tenants), ("tone", "draft", ["alpha"]))
        versions = list(row.variants.values_list("prompt_version", "percent", "is_control"))
        self.assertEqual(versions, [("turn.v2", 60, True), ("turn.v3", 40, False)])

    def test_unknown_tenants_and_features_and_numbers_out_of_range_are_refused(self) -> None:
        for wrong, said in (
            ({"tenants": '["nobody"]'}, "No tenant has the schema nobody."),
            ({"tenants": '"alpha"'}, "Write a list such as"),
            ({"feature": "poetry"}, "Select a valid choice."),
            ({"variants-1-percent": "101"}, "less than or equal to 100"),
            ({"most_cost_ratio": "-1"}, "Write 1 or more."),
            ({"most_latency_ratio": "0.5"}, "Write 1 or more."),
            ({"least_calls": "0"}, "Write 1 or more."),
            ({"most_bad_output_percent": "101"}, "Write 100 or less."),
        ):
            self.assertIn(said, self.client.post(ADD, filled(**wrong)).content.decode())

        self.assertEqual(Experiment.objects.count(), 0)

    def test_it_is_started_and_ended_and_the_trail_says_so(self) -> None:
        row = drafted()

        self.assertIn("tone runs.", self.act(self.client, "start", row))
        self.assertEqual(self.status(row), "running")
        self.assertIn("tone ended.", self.act(self.client, "end", row))

        self.assertEqual(self.status(row), "ended")
        self.assertEqual((len(trail("experiment.started")), len(trail("experiment.ended"))), (1, 1))

    def test_what_can_not_be_started_or_ended_is_said_with_the_reason(self) -> None:
        row = drafted()
        row.variants.filter(is_control=False).update(percent=40)

        self.assertIn("tone: The percentages come to 90, not to 100.", self.act(self.client, "start", row))
        self.assertIn("tone does not run.", self.act(self.client, "end", row))

        self.assertEqual(self.status(row), "draft")

    def test_the_results_stand_on_its_page(self) -> None:
        row = drafted()
        experiments.start(experiment_id=row.pk)
        called(4, prompt_version="turn.v3", latency_ms=1200)

        page = " ".join(self.client.get(page_of(row)).content.decode().split())

        self.assertIn("turn.v2 (control)", page)
        self.assertIn('<td class="number px-3 py-2">4</td> <td class="number px-3 py-2">$0.0010</td>', page)

    def test_what_runs_is_neither_edited_nor_deleted(self) -> None:
        row = drafted()
        experiments.start(experiment_id=row.pk)
        delete = reverse("admin:llm_experiment_delete", args=[row.pk], urlconf="config.urls_admin")

        self.assertEqual(self.client.post(page_of(row), filled(name="other")).status_code, 403)
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 403)

        self.assertEqual(Experiment.objects.get().name, "tone")

    def test_a_stranger_and_a_tenant_s_person_start_nothing(self) -> None:
        row = drafted()
        person = User.objects.create_user("ada@alpha.example", None, name="Ada", role="owner")
        signed_in = TenantClient("admin")
        signed_in.force_login(person)  # a session of alpha

        for client in (TenantClient("admin"), signed_in):
            self.assertIn('name="username"', self.act(client, "start", row))

        self.assertEqual((self.status(row), trail("experiment.started")), ("draft", []))
