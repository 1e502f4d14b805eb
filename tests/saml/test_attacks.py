"""Every attack is refused with its code, signs nobody in and writes no person: tests.saml.attacks is the table."""

from typing import Any

from tenants.services.saml.names import SUCCESS
from tests.saml import test_between_tenants, test_situations
from tests.saml.attacks import ATTACKS
from tests.saml.case import SamlCase, code_of

FEWEST, FEWEST_SITUATIONS = 130, 30


def refused(name: str) -> Any:
    """The test of one attack of the table."""

    def test(self: SamlCase) -> None:
        attack, journey = ATTACKS[name], self.leave()
        self.change(**attack.settings)
        encoded, before = attack.make(self.answer(journey, **attack.fields)), self.rows()

        response = self.post(journey, encoded)

        self.assertIn(code_of(response), attack.codes)
        self.assert_nobody_came_in(journey.client, before)

    return test


class TableTests(SamlCase):
    """One test an attack."""


for _name in ATTACKS:
    setattr(TableTests, f"test_{_name}_is_refused", refused(_name))


class CountTests(SamlCase):
    def test_there_are_enough_attacks(self) -> None:
        cases = (test_situations.SituationTests, test_between_tenants.BetweenTenantsTests)
        situations = [name for case in cases for name in vars(case) if name.startswith("test_")]

        self.assertGreaterEqual(len(ATTACKS), FEWEST)
        self.assertGreaterEqual(len(situations), FEWEST_SITUATIONS)

    def test_what_the_attacks_start_from_comes_in(self) -> None:
        """Refusing everything would be a failure: without its attack, the same answer is accepted."""
        journey = self.leave()
        answer = self.answer(journey)

        self.assertEqual((answer.status, code_of(self.post(journey, answer.encoded()))), (SUCCESS, "302"))
