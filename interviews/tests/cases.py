"""People in front of an interview, for the tests of what they do next."""

import json
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from core import clock
from core.testing import TenantClient, TenantTestCase
from interviews.models import Interview, Review, Turn
from interviews.services import reviews
from interviews.services.invitations import Invited
from interviews.services.reviews import OwnRating
from interviews.tests import make, team

TEXT = "I ran the migration at night."
PROBLEM = "application/problem+json"
AGREED = {"ai_evaluation": "on", "choice": "accept"}


class OpeningCase(TenantTestCase):
    """An invited candidate in their own browser."""

    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = self.invited.interview
        self.client = make.browser(self.invited.invitation)

    def url(self, name: str) -> str:
        return reverse(f"candidate_{name}", args=[self.interview.pk])

    def stored(self) -> Interview:
        return Interview.objects.get(pk=self.interview.pk)

    def assert_strangers_change_nothing(self, name: str, data: dict[str, str]) -> None:
        """Nobody, another candidate, and a candidate of another tenant: 404, and nothing is written."""
        strangers = make.strangers(self.invited.invitation)
        with make.writes() as written:
            codes = [stranger.post(self.url(name), data).status_code for stranger in strangers]

        self.assertEqual((codes, written.tables), ([404, 404, 404], {}))


class FirstQuestionCase(TenantTestCase):
    """A candidate whom the first question waits for."""

    invited: Invited
    interview: Interview
    turn: Turn

    @classmethod
    def setUpTestData(cls) -> None:
        cls.invited = make.invited()
        cls.interview = make.started(cls.invited)
        cls.turn = make.open_turn(cls.interview)

    def stored(self) -> Turn:
        return Turn.objects.get(pk=self.turn.pk)


class AnswerCase(FirstQuestionCase):
    """A candidate in front of the first question."""

    def setUp(self) -> None:
        super().setUp()
        self.client = make.browser(self.invited.invitation)
        self.client.post(reverse("candidate_home", args=[self.interview.pk]))  # the link is in use from here on
        self.url = reverse("candidate_answer", args=[self.interview.pk])

    def form(self, text: str = TEXT, **changes: object) -> dict[str, object]:
        return {"answer": text, "idempotency_key": self.turn.pk} | changes

    def assert_not_answered(self) -> None:
        self.assertEqual((self.stored().status, self.stored().answer), ("open", None))
        self.assertEqual(make.owed("turn"), [])


class ApiCase(FirstQuestionCase):
    """A candidate's program with the link's token."""

    def setUp(self) -> None:
        super().setUp()
        self.url = reverse("api_turns", args=[self.interview.pk])
        self.headers = {"Authorization": f"Interview {self.invited.token}"}
        self.invited.interview.invitations.update(used_at=clock.now())

    def post(
        self, body: Any = None, key: object = "", url: str = "", client: TenantClient | None = None, **more: Any
    ) -> Any:
        headers = more.pop("headers", self.headers) | {"Idempotency-Key": str(key or self.turn.pk)}
        data = body if isinstance(body, bytes | str) else json.dumps({"answer": TEXT} if body is None else body)
        arguments = {"content_type": "application/json", "headers": headers} | more
        return (client or self.client).post(url or self.url, data, **arguments)

    def get(self, turn_id: UUID, **headers: str) -> Any:
        return self.client.get(reverse("api_turn", args=[turn_id]), headers=headers or self.headers)

    def assert_problem(self, response: Any, status: int, code: str) -> dict[str, Any]:
        self.assertEqual((response.status_code, response["Content-Type"]), (status, PROBLEM), response.content)
        body: dict[str, Any] = response.json()
        self.assertEqual((body["type"], body["status"]), (f"urn:candor:problem:{code}", status))
        self.assertTrue(body["title"] and body["detail"])
        return body

    def assert_refused(self, status: int, code: str, **request: Any) -> dict[str, Any]:
        """A problem document, and nothing is written."""
        with make.writes() as written:
            body = self.assert_problem(self.post(**request), status, code)

        self.assertEqual((written.tables, self.stored().status, self.stored().answer), ({}, "open", None))
        return body


class ResultCase(TenantTestCase):
    """A recruiter who looks at an interview that a model evaluated."""

    invited: Invited
    interview: Interview
    person: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.invited = make.invited()
        cls.interview = make.evaluated_by_model(cls.invited)
        cls.person = make.staff()

    def setUp(self) -> None:
        super().setUp()
        self.client = make.signed_in(self.person)


class RatingCase(TenantTestCase):
    """An evaluated interview and a reviewer of it."""

    interview: Interview
    reviewer: User
    competencies: dict[str, UUID]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.interview = make.evaluated()
        cls.reviewer = team.staff_of(cls.interview, Role.REVIEWER)
        cls.competencies = {row.key: row.pk for row in cls.interview.version.competencies.all()}

    def save(self, submit: bool, by: User | None = None, **levels: Any) -> Review:
        ratings = {self.competencies[key]: OwnRating(level) for key, level in levels.items()}
        by = by or self.reviewer
        return reviews.save_review(interview_id=self.interview.pk, by=by, ratings=ratings, submit=submit)
