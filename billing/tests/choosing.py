"""People of a tenant before the plans on offer, for tests."""

from typing import Any

from accounts.roles import Role
from accounts.tests.people import person, signed_in
from billing.tests import bought
from core.testing import TenantTestCase
from tenants.tests.supported import trail


class ChoosingCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = person("olga@alpha.example", role=Role.OWNER)
        self.client = signed_in(self.owner)

    def choose(self, code: str, when: str, *, shown: str = "") -> Any:
        with self.captureOnCommitCallbacks(execute=True):
            form = {"when": when, "shown": shown or bought.held().plan_id}
            return self.client.post(f"/billing/plan/{code}/", form)

    def state(self) -> tuple[str, str | None, str]:
        held = bought.held()
        return held.plan_id, held.next_plan_id, held.status

    def acts(self) -> list[str]:
        return [action for action, *_ in trail(action__startswith="subscription.")]
