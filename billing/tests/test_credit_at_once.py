"""A trial that is begun to be paid for, and a larger plan chosen in the same instant."""

from concurrent.futures import ThreadPoolExecutor

from django.db import transaction

from accounts.roles import Role
from accounts.tests.people import person
from billing.models import Subscription
from billing.services import credit, own_plan, periods, subscriptions
from billing.tests import bought
from core.testing import CommittingTestCase, at_once, wait_for_a_lock


class CreditAtOnceTests(CommittingTestCase):
    def test_who_waits_for_the_end_of_the_trial_gets_no_more_on_credit(self) -> None:
        owner = person("olga@alpha.example", role=Role.OWNER)
        held = bought.trying("starter")

        with ThreadPoolExecutor(1) as background:
            with transaction.atomic():
                subscriptions.activate(subscription_id=held.pk, collection=Subscription.Collection.INVOICE)
                larger = lambda: own_plan.change_now(by=owner, code="enterprise", shown="starter")  # noqa: E731
                chosen = background.submit(at_once, larger)
                wait_for_a_lock()
            (refused,) = chosen.result(10)

        self.assertIsInstance(refused, credit.AskUs)
        self.assertEqual((bought.held().plan_id, periods.current().included), ("starter", 100))
