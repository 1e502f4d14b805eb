"""How the model layer is, as doctor and the admin's page say it; it changes while they run."""

from unittest import mock as mocking

from core import clock
from core.doctor import OK, WARN
from core.redis import client
from core.testing import TenantTestCase
from llm import admission, examination, health, window_use
from llm.policy import TenantPolicy
from llm.tests.asking import using
from tests.mock_model import MockModel


def opened(account: str, *, seconds: float = 60) -> None:
    """The breaker of this account opens, for so long."""
    until = round((clock.now().timestamp() + seconds) * 1000)
    client().hset(admission.breaker_key(account), "until", until)
    health.forget()


class ModeTests(TenantTestCase):
    def test_it_is_full_off_degraded_and_full_again_as_the_breaker_says(self) -> None:
        found = []
        with MockModel() as mock, using(mock):
            found.append(health.mode())
            for seconds in (60, -1):
                opened("own-server", seconds=seconds)
                found.append(health.mode())
            client().delete(admission.breaker_key("own-server"))
            health.forget()
            found.append(health.mode())

        self.assertEqual(found, ["full", "off", "degraded", "full"])

    def test_only_what_a_tenant_allows_counts_for_it(self) -> None:
        with MockModel() as mock, using(mock):
            modes = [health.mode(TenantPolicy("alpha", region=region)) for region in ("", "eu")]

        self.assertEqual(modes, ["full", "off"])

    def test_doctor_names_the_mode_and_whose_breaker_is_open(self) -> None:
        with MockModel() as mock, using(mock):
            before = examination.model()
            opened("own-server")
            after = examination.model()

        self.assertEqual((before.level, after.level), (OK, WARN))
        self.assertIn("off (own-server open)", after.what)

    def test_without_redis_the_limits_are_unknown_and_nothing_breaks(self) -> None:
        with MockModel() as mock, using(mock):
            shown = health.overview()
            with mocking.patch.object(window_use, "use", side_effect=admission.NoCount):
                unknown = health.overview()

        self.assertEqual((shown[0]["used"], shown[0]["state"]), ([], "closed"))
        self.assertIsNone(unknown[0]["used"])
