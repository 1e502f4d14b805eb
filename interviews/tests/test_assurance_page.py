"""The page "Score assurance": the figures of each version, what is live here, and who may look."""

from decimal import Decimal
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.roles import Role
from core import clock, tenancy
from core.testing import TenantClient, TenantTestCase
from interviews.services import assurance
from interviews.services.assurance import measuring, showing
from interviews.services.assurance.running import gate
from interviews.services.assurance.wording import SUITES
from interviews.services.evaluation import basic, code, model
from interviews.tests import make
from interviews.tests.planned_passes import worded_like_the_shipped
from llm import experiments
from llm.assurance import Found, record
from llm.gates import Versions
from llm.models import AssuranceRun, Experiment, Variant
from llm.tests.asking import using
from tests.mock_model import MockModel

OTHER = "evaluation.v1"
GOOD = {name: {"cases": 4, "met": 4, "least": least} for name, least in gate().items()}
FOOLED = GOOD | {"injection": {"cases": 4, "met": 1, "least": 1.0}}


def ran(figures: Any = GOOD, prompt: str = model.PROMPT, **changes: Any) -> AssuranceRun:
    given: dict[str, Any] = {
        "versions": measuring.versions(),
        "model": "mock",
        "calls": 240,
        "cost_usd": Decimal("0.5"),
    }
    found = Found(feature="evaluation", prompt=prompt, figures=figures, started_at=clock.now(), **given | changes)
    return record(found, by="ops-account")


class PageTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.url = reverse("portal_assurance")
        self.by = make.staff(Role.ADMIN)
        self.mock = self.enterContext(MockModel())
        self.enterContext(worded_like_the_shipped(OTHER))
        self.addCleanup(experiments.forget)

    def rows(self) -> list[showing.Row]:
        experiments.forget()
        with using(self.mock):
            found: list[showing.Row] = assurance.page(by=self.by)["rows"]
        return found

    def states(self) -> list[tuple[str, str, bool]]:
        return [(row.prompt or row.evaluator, row.state, row.live) for row in self.rows()]

    def page(self, user: Any = None) -> str:
        client = make.signed_in(user or self.by)
        response = client.get(self.url)
        self.assertEqual(response.status_code, 200)
        return " ".join(strip_tags(response.content.decode().replace("<", " <")).split())

    def test_a_fresh_installation_says_that_nobody_measured_what_came_with_the_release(self) -> None:
        self.assertEqual(self.states(), [(model.PROMPT, "unmeasured", True), (basic.version(), "passed", False)])

        with using(self.mock):
            text = self.page()

        self.assertIn(f"{model.VERSION} · {model.PROMPT} Live here Not measured with this model yet", text)
        self.assertIn(f"{basic.version()} Passed no model · code {code.version()}", text)

    def test_without_a_model_the_basic_evaluator_is_live_with_its_figures(self) -> None:
        text = self.page()

        self.assertIn(f"{basic.version()} Live here Passed", text)
        self.assertIn("87% 27/31", text)

    def test_a_version_below_its_gate_says_so_in_words_beside_the_suite(self) -> None:
        ran(FOOLED, prompt=OTHER)

        with using(self.mock):
            text = self.page()

        self.assertIn(f"{OTHER} Below the gate Can't be made live. Below: Injection. mock", text)
        self.assertIn("240 calls, $0.5000", text)
        self.assertIn("25% 1/4 under 100% ", text)
        self.assertEqual(self.states()[:2], [(model.PROMPT, "unmeasured", True), (OTHER, "below", False)])

    def test_the_shipped_version_below_its_gate_asks_for_a_person(self) -> None:
        ran(FOOLED)

        with using(self.mock):
            self.assertIn("have a person look at each rating", self.page())
        self.assertEqual(self.states()[0], (model.PROMPT, "below", True))

    def test_figures_of_an_earlier_release_count_no_more(self) -> None:
        ran(versions=Versions("model.0", "0ld", "1"))

        self.assertEqual(
            self.states(),
            [(model.PROMPT, "unmeasured", True), (model.PROMPT, "earlier", False), (basic.version(), "passed", False)],
        )

    def test_what_an_experiment_tries_here_is_live_here_and_in_no_other_tenant(self) -> None:
        ran()
        ran(prompt=OTHER)
        row = Experiment.objects.create(name="strict", feature="evaluation", tenants=["beta"])
        Variant.objects.create(experiment=row, prompt_version=model.PROMPT, percent=10, is_control=True)
        Variant.objects.create(experiment=row, prompt_version=OTHER, percent=90)
        with using(self.mock):
            experiments.start(experiment_id=row.pk)

        here = self.states()
        with tenancy.enter("beta"):
            self.by = make.staff(Role.ADMIN)
            there = self.states()

        last = (basic.version(), "passed", False)
        self.assertEqual(here, [(OTHER, "passed", False), (model.PROMPT, "passed", True), last])
        self.assertEqual(there, [(OTHER, "passed", True), (model.PROMPT, "passed", True), last])

    def test_each_suite_is_explained_in_a_sentence_with_its_gate(self) -> None:
        self.assertEqual(set(SUITES), set(gate()))

        text = self.page()

        self.assertIn("Injection gate 100% Orders to the evaluator inside an answer raise no level.", text)
        for _name, about in SUITES.values():
            self.assertIn(str(about), text)

    def test_figures_of_a_model_that_is_not_used_here_make_nothing_measured(self) -> None:
        ran(model="another")

        last = (basic.version(), "passed", False)
        self.assertEqual(self.states(), [(model.PROMPT, "unmeasured", True), (model.PROMPT, "passed", False), last])

    def test_who_ran_it_on_the_platform_is_no_tenant_s_to_know(self) -> None:
        ran()

        self.assertNotIn("ops-account", self.page())

    def test_the_number_of_queries_does_not_grow_with_the_runs(self) -> None:
        def asked() -> int:
            experiments.forget()
            with using(self.mock), CaptureQueriesContext(connection) as queries:
                assurance.page(by=self.by)
            return len(queries)

        ran()
        asked()  # what is remembered for seconds
        few = asked()
        for number in range(30):
            ran(model=f"mock-{number}")

        self.assertEqual(asked(), few)
        self.assertEqual(len(self.rows()), showing.MOST_ROWS + 1)

    def test_auditors_and_those_who_manage_jobs_look_and_nobody_else(self) -> None:
        for role in Role.values:
            client = TenantClient("alpha")
            client.force_login(make.staff(role))

            seen = client.get(self.url).status_code

            self.assertEqual(seen, 200 if role in (Role.OWNER, Role.ADMIN, Role.AUDITOR) else 403, role)

    def test_a_stranger_and_somebody_of_another_tenant_are_sent_to_sign_in(self) -> None:
        with tenancy.enter("beta"):
            other = make.staff(Role.OWNER)
            theirs = TenantClient("beta")
            theirs.force_login(other)
        elsewhere = TenantClient("alpha")
        elsewhere.cookies = theirs.cookies

        for client in (TenantClient("alpha"), elsewhere):
            self.assertEqual(client.get(self.url).status_code, 302)

    def test_it_is_only_to_be_read(self) -> None:
        client = TenantClient("alpha")
        client.force_login(self.by)

        self.assertEqual(client.post(self.url).status_code, 405)
        self.assertEqual(AssuranceRun.objects.count(), 0)
