"""A reviewed interview whose result somebody disagrees with, for tests."""

from django.urls import reverse

from accounts.models import User
from core.testing import TenantTestCase
from interviews.models import CompetencyRating, Disagreement, Interview
from interviews.services import disagreements
from interviews.services.disagreements import Reason
from interviews.tests import make


class DisagreementCase(TenantTestCase):
    """A person rated 4 everywhere; the AI 1 on SQL, 3 on listening and 4 on candour."""

    interview: Interview
    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.evaluated()
        cls.person = make.staff()

    def setUp(self) -> None:
        super().setUp()
        self.found(sql=1, listening=3, candour=4)
        self.client = make.signed_in(self.person)
        self.page = reverse("portal_interview", args=[self.interview.pk])
        self.url = reverse("portal_disagree", args=[self.interview.pk])

    def found(self, **levels: int | None) -> None:
        for key, level in levels.items():
            rows = CompetencyRating.objects.filter(evaluation__interview=self.interview, competency__key=key)
            rows.update(level=level, withheld="")

    def explain(self, **codes: str) -> None:
        reasons = {key: Reason(code, "In words.") for key, code in codes.items()}
        self.give(reasons)

    def give(self, reasons: dict[str, Reason]) -> None:
        result = make.result_of(self.interview)
        disagreements.explain(interview_id=self.interview.pk, by=self.person, reasons=reasons, result=result)

    def codes(self) -> dict[str, str]:
        return dict(Disagreement.objects.values_list("rating__competency__key", "code"))
