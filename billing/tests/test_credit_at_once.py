"""A trial that is begun to be paid for, and a larger plan chosen in the same instant."""

from accounts.roles import Role
from accounts.tests.people import person
from billing.models import Subscription
from billing.services import credit, own_plan, periods, subscriptions
from billing.tests import bought
from core.testing import CommittingTestCase, while_held


class CreditAtOnceTests(CommittingTestCase):
    def test_who_waits_for_the_end_of_the_trial_gets_no_more_on_credit(self) -> None:
        owner = person("olga@alpha.example", role=Role.OWNER)
        held = bought.trying("starter")

        refused = while_held(
            lambda: subscriptions.activate(subscription_id=held.pk, collection=Subscription.Collection.INVOICE),
            lambda: own_plan.change_now(by=owner, code="enterprise", shown="starter"),
        )

        self.assertIsInstance(refused, credit.AskUs)
        self.assertEqual((bought.held().plan_id, periods.current().included), ("starter", 100))
