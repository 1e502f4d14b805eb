"""The candidate's API: answers in, replies out, and every refusal a problem document."""

from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from billing.models import QuotaPeriod
from core import clock
from core.ids import uuid7
from core.testing import OTHER, TenantClient
from interviews.models import Interview
from interviews.services import invitations, lifecycle
from interviews.tests import make
from interviews.tests.cases import TEXT, ApiCase


class AnswerTests(ApiCase):
    def test_it_takes_the_answer_and_says_what_became_of_it(self) -> None:
        self.client.get("/branding.css")

        with self.captureOnCommitCallbacks() as callbacks, self.assertNumQueries(14):
            response = self.post()

        self.assertEqual((response.status_code, response["Content-Type"], len(callbacks)), (202, "application/json", 1))
        body = response.json()
        self.assertIsNotNone(body.pop("answered_at"))
        self.assertEqual(
            body,
            {
                "id": str(self.turn.pk),
                "interview_id": str(self.interview.pk),
                "number": 1,
                "status": "owed",
                "stage": "received",
                "position_in_queue": 0,
                "mode": "",
                "model_ms": 0,
                "replied_at": None,
                "reply": None,
                "next_turn_id": None,
                "question": None,
            },
        )
        self.assertEqual((self.stored().answer, self.stored().status), (TEXT, "owed"))

    def test_the_same_key_with_the_same_text_is_the_same_turn(self) -> None:
        key = uuid4()
        first = self.post(key=key).json()

        with make.writes() as written:
            again = self.post(key=key)

        self.assertEqual((again.status_code, again.json()["id"], written.tables), (202, first["id"], {}))

    def test_the_same_key_with_another_text_is_409_and_changes_nothing(self) -> None:
        key = uuid4()
        self.post(key=key)

        with make.writes() as written:
            self.assert_problem(self.post({"answer": "At noon."}, key=key), 409, "answer_conflict")

        self.assertEqual((self.stored().answer, written.tables), (TEXT, {}))

    def test_with_nothing_open_it_is_409(self) -> None:
        self.post()

        with make.writes() as written:
            self.assert_problem(self.post({"answer": "More."}, key=uuid4()), 409, "nothing_to_answer")

        self.assertEqual(written.tables, {})

    def test_the_turn_can_be_named(self) -> None:
        response = self.post({"answer": TEXT, "turn_id": str(self.turn.pk)}, key=uuid4())

        self.assertEqual((response.status_code, self.stored().status), (202, "owed"))

    def test_a_used_up_plan_is_409_and_nothing_is_stored(self) -> None:
        Interview.objects.update(deadline_at=None)
        lifecycle.release_quota(interview_id=self.interview.pk)
        QuotaPeriod.objects.update(included=0)

        self.assert_problem(self.post(), 409, "quota_exhausted")

        self.assertEqual((self.stored().status, self.stored().answer), ("open", None))

    def test_an_answer_through_the_api_ends_older_links(self) -> None:
        new = invitations.new_link(interview_id=self.interview.pk, by=make.staff())

        self.post(headers={"Authorization": f"Interview {new.token}"})

        self.assert_problem(self.post({"answer": "More."}, key=uuid4()), 404, "not_found")


class WhoMayTests(ApiCase):
    def test_nobody_is_401_and_is_told_the_scheme(self) -> None:
        for headers in (
            {},
            {"Authorization": "Bearer x"},
            {"Authorization": "Interview"},
            {"Authorization": "Interview "},
        ):
            with make.writes() as written:
                response = self.post(headers=headers)
            self.assert_problem(response, 401, "not_authenticated")
            self.assertEqual((response["WWW-Authenticate"], written.tables), ("Interview", {}))

        self.assert_problem(self.client.get(reverse("api_turn", args=[self.turn.pk])), 401, "not_authenticated")

    def test_a_wrong_or_revoked_token_is_404(self) -> None:
        self.assert_refused(404, "not_found", headers={"Authorization": f"Interview {self.invited.token}x"})
        self.invited.interview.invitations.update(revoked_at=clock.now())
        self.assert_refused(404, "not_found")

    def test_the_token_of_another_interview_is_404(self) -> None:
        other = make.invited("joan@example.org")

        self.assert_refused(404, "not_found", headers={"Authorization": f"Interview {other.token}"})
        self.assert_problem(self.get(self.turn.pk, Authorization=f"Interview {other.token}"), 404, "not_found")

    def test_the_token_of_another_tenant_is_404_on_this_host_and_this_one_on_theirs(self) -> None:
        with self.in_tenant(OTHER):
            theirs = make.invited()
            make.started(theirs)

        self.assert_refused(404, "not_found", headers={"Authorization": f"Interview {theirs.token}"})
        response = self.post(client=TenantClient(OTHER))
        self.assert_problem(response, 404, "not_found")

    def test_a_turn_of_another_interview_or_tenant_is_404_and_stays_as_it_is(self) -> None:
        other = make.started(make.invited("joan@example.org"))
        with self.in_tenant(OTHER):
            foreign = make.open_turn(make.started())
        for turn_id in (make.open_turn(other).pk, foreign.pk, uuid7()):
            self.assert_refused(404, "not_found", body={"answer": TEXT, "turn_id": str(turn_id)}, key=uuid4())
            self.assert_problem(self.get(turn_id), 404, "not_found")

        self.assertIsNone(make.open_turn(other).answer)

    def test_an_interview_that_does_not_exist_is_404(self) -> None:
        self.assert_refused(404, "not_found", url=reverse("api_turns", args=[uuid4()]))

    def test_staff_are_nobody_here(self) -> None:
        client = make.signed_in(make.staff())

        response = self.post(client=client, headers={})

        self.assert_problem(response, 401, "not_authenticated")


class CookieTests(ApiCase):
    """The candidate's browser: the cookie counts only beside a CSRF token."""

    def setUp(self) -> None:
        super().setUp()
        cookie = make.cookie_of(make.browser(self.invited.invitation))
        self.client = TenantClient(enforce_csrf_checks=True)
        self.client.cookies[settings.CANDIDATE_COOKIE_NAME] = cookie
        self.headers = {}

    def test_without_the_token_of_a_page_it_is_403(self) -> None:
        body = self.assert_refused(403, "csrf")
        self.assertIn("X-CSRFToken", body["detail"])

        self.assert_refused(403, "csrf", headers={"X-CSRFToken": "x" * 32})

    def test_with_the_token_of_a_page_it_is_taken(self) -> None:
        page = self.client.get(reverse("candidate_home", args=[self.interview.pk]))
        token = page.context["csrf_token"]

        response = self.post(headers={"X-CSRFToken": str(token)})

        self.assertEqual((response.status_code, self.stored().answer), (202, TEXT))

    def test_another_sites_page_is_refused(self) -> None:
        page = self.client.get(reverse("candidate_home", args=[self.interview.pk]))
        headers = {"X-CSRFToken": str(page.context["csrf_token"]), "Origin": "https://evil.example"}

        self.assert_refused(403, "csrf", headers=headers)

    def test_reading_needs_the_cookie_alone(self) -> None:
        self.assertEqual(self.client.get(reverse("api_turn", args=[self.turn.pk])).status_code, 200)

    def test_the_cookie_of_another_candidate_or_tenant_is_404(self) -> None:
        other = make.invited("joan@example.org").invitation
        with self.in_tenant(OTHER):
            foreign = make.cookie_of(make.browser(self.invited.invitation))
        for cookie in (make.cookie_of(make.browser(other)), foreign, "forged"):
            self.client.cookies[settings.CANDIDATE_COOKIE_NAME] = cookie
            self.assert_problem(self.client.get(reverse("api_turn", args=[self.turn.pk])), 404, "not_found")
