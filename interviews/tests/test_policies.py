"""What a tenant allows the model layer: its region holds in every interview, and pages say what follows from it."""

from django.urls import reverse

from billing import selectors as billing
from billing.models import Subscription
from core import tenancy
from core.testing import OTHER, TenantTestCase
from interviews.selectors import policies
from interviews.services import evaluations
from interviews.tests import make
from llm import gateway, health, own_keys
from llm.models import Account, LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import forget, using
from tenants.models import Tenant
from tests.mock_model import MockModel


class RegionTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        Tenant.objects.filter(schema_name="alpha").update(region="eu")
        tenancy.current().region = "eu"
        self.addCleanup(setattr, tenancy.current(), "region", "")
        self.addCleanup(tenancy.forget)
        tenancy.forget()

    def test_the_policy_is_of_the_tenant_that_was_entered(self) -> None:
        self.assertEqual(policies.of_tenant(), TenantPolicy(schema="alpha", region="eu", own_keys=True))
        with self.in_tenant(OTHER):
            self.assertEqual(policies.of_tenant(), TenantPolicy(schema=OTHER, own_keys=True))

    def test_without_a_model_in_its_region_nothing_is_sent_and_everything_is_in_basic_mode(self) -> None:
        with MockModel() as mock, using(mock):
            interview = make.submitted()
            evaluations.run(evaluation_id=interview.evaluations.get().pk)
            modes = gateway.mode(), gateway.mode(policies.of_tenant()), health.mode(policies.of_tenant())

        evaluation = interview.evaluations.get()
        self.assertEqual((mock.chats, LlmCall.objects.count(), modes), (0, 0, ("model", "basic", "off")))
        self.assertEqual(set(interview.turns.values_list("mode", flat=True)), {"basic"})
        self.assertEqual((evaluation.status, evaluation.mode), ("provisional", "basic"))

    def test_its_pages_say_so_and_another_tenant_s_do_not(self) -> None:
        with MockModel() as mock, using(mock):
            here = make.signed_in(make.staff()).get(reverse("portal_home"))
            with self.in_tenant(OTHER):
                there = make.signed_in(make.staff(), OTHER).get(reverse("portal_home"))

        self.assertContains(here, "No AI model is connected")
        self.assertNotContains(there, "No AI model is connected")

    def test_a_model_in_its_region_is_asked(self) -> None:
        with MockModel() as mock:
            Account.objects.filter(label="groq-free").update(region="eu", base_url=mock.url, tokens_per_minute=100_000)
            with using(mock, "", OPENAI_BASE_URL="", GROQ_API_KEY="sk-groq"):  # pragma: allowlist secret
                interview = make.evaluated()

            self.assertEqual((interview.evaluations.get().status, mock.chats > 0), ("ready", True))
            self.assertEqual(set(LlmCall.objects.values_list("account", flat=True)), {"groq-free"})
        forget()


class OwnKeyTests(TenantTestCase):
    """A tenant with its own key for an account that the platform has no key for."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(forget)
        self.mock = self.enterContext(MockModel())
        Account.objects.filter(label="groq").update(base_url=self.mock.url)
        self.enterContext(using(self.mock, "", OPENAI_BASE_URL="", OPENAI_API_KEY=""))
        with self.captureOnCommitCallbacks(execute=True):
            own_keys.give(tenant_schema="alpha", account_label="groq", key="sk-own")

    def buy(self, plan: str) -> None:
        Subscription.objects.filter(tenant_id=tenancy.tenant_id()).update(plan_id=plan)
        billing._remembered.clear()

    def test_a_plan_that_includes_them_has_its_interviews_held_by_the_model(self) -> None:
        self.buy("enterprise")

        interview = make.evaluated()

        self.assertEqual(policies.of_tenant(), TenantPolicy(schema="alpha", own_keys=True))
        self.assertEqual((interview.evaluations.get().status, self.mock.chats > 0), ("ready", True))
        self.assertEqual(set(LlmCall.objects.values_list("account", "tenant", "own_key")), {("groq", "alpha", True)})

    def test_any_other_plan_has_them_in_basic_mode_and_so_has_another_tenant(self) -> None:
        modes = []
        for plan in ("starter", "enterprise"):
            self.buy(plan)
            modes.append(gateway.mode(policies.of_tenant()))
            with self.in_tenant(OTHER):
                self.buy(plan)
                modes.append(gateway.mode(policies.of_tenant()))
        self.buy("starter")
        interview = make.submitted()

        self.assertEqual(modes, ["basic", "basic", "model", "basic"])
        self.assertEqual(set(interview.turns.values_list("mode", flat=True)), {"basic"})
        self.assertEqual((self.mock.chats, LlmCall.objects.count()), (0, 0))

    def test_a_page_says_what_mode_its_own_tenant_is_in(self) -> None:
        self.buy("enterprise")

        here = make.signed_in(make.staff()).get(reverse("portal_home"))
        with self.in_tenant(OTHER):
            there = make.signed_in(make.staff(), OTHER).get(reverse("portal_home"))

        self.assertNotContains(here, "No AI model is connected")
        self.assertContains(there, "No AI model is connected")
