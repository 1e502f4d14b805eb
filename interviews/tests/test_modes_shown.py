"""The portal says how the model layer is, and what that means for interviews; without a restart."""

from django.urls import reverse

from core.redis import client
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.tests import make
from llm import admission, health
from llm.tests.asking import using
from llm.tests.test_modes import opened
from tests.mock_model import MockModel

OFF, DEGRADED, BASIC = "Model answers are off", "Model answers are degraded", "No AI model is connected"


class ModesShownTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.submitted()
        self.person = make.signed_in(make.staff())
        self.pages = [
            reverse("portal_home"),
            reverse("portal_jobs"),
            reverse("portal_job", args=[self.interview.application.job_id]),
            reverse("portal_interview", args=[self.interview.pk]),
        ]

    def said(self, who: TenantClient | None = None) -> set[tuple[str, ...]]:
        """What each of the pages says of the mode."""
        texts = [(who or self.person).get(page).content.decode() for page in self.pages]
        return {tuple(words for words in (OFF, DEGRADED, BASIC) if words in text) for text in texts}

    def test_they_say_off_degraded_and_nothing_as_the_breaker_does(self) -> None:
        found = []
        with MockModel() as mock, using(mock):
            found.append(self.said())
            for seconds in (60, -1):
                opened("own-server", seconds=seconds)
                found.append(self.said())
            client().delete(admission.breaker_key("own-server"))
            health.forget()
            found.append(self.said())

        self.assertEqual(found, [{()}, {(OFF,)}, {(DEGRADED,)}, {()}])

    def test_where_no_model_is_connected_that_is_said_and_nothing_else(self) -> None:
        self.assertEqual(self.said(), {(BASIC,)})

    def test_strangers_learn_nothing_and_another_tenant_learns_it_of_its_own_pages(self) -> None:
        with self.in_tenant(OTHER):
            other = make.signed_in(make.staff(), OTHER)
        with MockModel() as mock, using(mock):
            opened("own-server")
            with self.in_tenant(OTHER):
                home = other.get(reverse("portal_home"))

            self.assertEqual((self.said(TenantClient()), OFF in home.content.decode()), ({()}, True))
