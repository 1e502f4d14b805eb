"""The candidate's API: answers in, replies out, and every refusal a problem document."""

import json
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.urls import reverse
from drf_spectacular.validation import validate_schema

from billing.models import QuotaPeriod
from core import clock
from core.ids import uuid7
from core.testing import OTHER, TenantClient, TenantTestCase
from interviews.models import Interview, Turn
from interviews.models.turns import LONGEST_ANSWER
from interviews.services import invitations, lifecycle, turns
from interviews.tests import make

TEXT = "I ran the migration at night."
PROBLEM = "application/problem+json"


class ApiCase(TenantTestCase):
    """A candidate's program with the link's token."""

    def setUp(self) -> None:
        super().setUp()
        self.invited = make.invited()
        self.interview = make.started(self.invited)
        self.turn = make.open_turn(self.interview)
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

    def stored(self) -> Turn:
        return Turn.objects.get(pk=self.turn.pk)

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


class AnswerTests(ApiCase):
    def test_it_takes_the_answer_and_says_what_became_of_it(self) -> None:
        self.client.get("/branding.css")

        with self.captureOnCommitCallbacks() as callbacks, self.assertNumQueries(15):
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


class RefusedAnswerTests(ApiCase):
    def test_a_body_that_is_no_json(self) -> None:
        for body in (
            b"",
            b"{",
            b"[",
            b'{"answer": NaN}',
            b'{"answer": "x"',
            b"\xff\xfe",
            b"answer=x",
            b'{"answer": "\xed\xa0\xbd"}',
        ):
            with self.subTest(body=body):
                expected = "invalid" if body == b"" else "parse_error"
                self.assert_refused(400, expected, body=body)

    def test_nesting_without_end(self) -> None:
        self.assert_refused(400, "parse_error", body=b"[" * 100_000)

    def test_json_that_is_no_answer(self) -> None:
        bodies: tuple[Any, ...] = (
            [],
            [TEXT],
            "text",
            7,
            None,
            {},
            {"answer": None},
            {"answer": []},
            {"answer": {}},
            {"answer": True},
        )
        for body in bodies:
            with self.subTest(body=body):
                self.assert_refused(400, "invalid", body=json.dumps(body))

    def test_an_empty_answer(self) -> None:
        for text in ("", "  ", "\n\t"):
            self.assert_refused(400, "invalid", body={"answer": text})

    def test_an_answer_over_the_limit(self) -> None:
        body = self.assert_refused(400, "answer_too_long", body={"answer": "x" * (LONGEST_ANSWER + 1)})
        self.assertIn("8000", body["detail"])

        self.assert_refused(400, "invalid", body={"answer": "x" * (LONGEST_ANSWER + 1001)})

    def test_control_characters_and_half_characters(self) -> None:
        self.assert_refused(400, "answer_not_text", body={"answer": "a\x1bb"})
        self.assert_refused(400, "invalid", body={"answer": "a\x00b"})
        self.assert_refused(400, "invalid", body='{"answer": "\\ud83d"}')

    def test_a_turn_id_that_is_none(self) -> None:
        body = self.assert_refused(400, "invalid", body={"answer": TEXT, "turn_id": "x"})

        self.assertIn("turn_id", body["errors"])

    def test_a_missing_or_bad_idempotency_key(self) -> None:
        for key in ("x", "0" * 33, "ä"):
            self.assert_refused(400, "idempotency_key_required", key=key)
        with make.writes() as written:
            response = self.client.post(self.url, {"answer": TEXT}, "application/json", headers=self.headers)
        self.assert_problem(response, 400, "idempotency_key_required")
        self.assertEqual(written.tables, {})

    def test_other_media_types(self) -> None:
        for kind in (
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
        ):
            self.assert_refused(415, "unsupported_media_type", content_type=kind, body=b"x")

    def test_a_body_that_is_too_large_or_of_unknown_length(self) -> None:
        with self.assertNumQueries(0):
            self.assert_problem(self.post({"answer": "x" * 10_000_000}), 413, "too_large")
            chunked = self.post(headers={**self.headers, "Transfer-Encoding": "chunked"}, CONTENT_LENGTH="")
            self.assert_problem(chunked, 411, "length_required")
            self.assert_problem(self.post(CONTENT_LENGTH="-1"), 413, "too_large")

        self.assertIsNone(self.stored().answer)

    def test_other_methods(self) -> None:
        with make.writes() as written:
            for method in ("get", "put", "patch", "delete"):
                response = getattr(self.client, method)(self.url, headers=self.headers)
                self.assert_problem(response, 405, "method_not_allowed")
            turn = reverse("api_turn", args=[self.turn.pk])
            self.assert_problem(self.client.post(turn, headers=self.headers), 405, "method_not_allowed")

        self.assertEqual(written.tables, {})

    def test_an_address_that_does_not_exist(self) -> None:
        for path in ("/api/v1/nope", "/api/v1/turns/1", "/api/v2/turns"):
            self.assert_problem(self.client.get(path, headers=self.headers), 404, "not_found")


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


class PollTests(ApiCase):
    def test_it_tells_the_reply_and_what_comes_next(self) -> None:
        self.post()
        turns.write_reply(turn_id=self.turn.pk)
        following = make.open_turn(self.interview)
        self.client.get("/branding.css")

        with make.writes() as written, self.assertNumQueries(4):
            body = self.get(self.turn.pk).json()

        self.assertEqual((body["status"], body["stage"], body["mode"]), ("replied", "completed", "basic"))
        self.assertEqual((body["reply"], body["position_in_queue"]), (self.stored().reply, None))
        self.assertEqual((body["next_turn_id"], body["question"]), (str(following.pk), make.PLAN.questions[1].text))
        self.assertEqual(written.tables, {})

    def test_after_the_last_answer_nothing_comes_next(self) -> None:
        make.replied(self.interview)
        last = make.replied(self.interview)

        body = self.get(last.pk).json()

        self.assertEqual((body["status"], body["next_turn_id"], body["question"]), ("replied", None, None))

    def test_it_tells_how_many_of_this_tenant_wait_before_it(self) -> None:
        for number in range(2):
            make.answered(make.started(make.invited(f"before{number}@example.org")))
        with self.in_tenant(OTHER):
            make.answered(make.started())
        self.post()
        make.answered(make.started(make.invited("after@example.org")))

        self.assertEqual(self.get(self.turn.pk).json()["position_in_queue"], 2)

    def test_a_failed_reply_is_said(self) -> None:
        self.post()
        with make.without_key(self.interview):
            turns.write_reply(turn_id=self.turn.pk)

        body = self.get(self.turn.pk).json()

        self.assertEqual((body["status"], body["reply"]), ("failed", None))

    def test_it_holds_nothing_but_what_the_candidate_may_see(self) -> None:
        make.replied(self.interview)

        response = self.get(self.turn.pk)

        self.assertEqual(response["Cache-Control"], "no-store")
        for secret in ("fence", "attempts", "lease", "error", "idempotency", "tokens", "prompt", "subject"):
            self.assertNotContains(response, secret)


class SchemaTests(TenantTestCase):
    def test_it_is_valid_and_names_both_routes_on_both_hosts(self) -> None:
        for host in (f"alpha.{settings.BASE_DOMAIN}", f"api.{settings.BASE_DOMAIN}"):
            response = self.client.get(
                "/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"}, HTTP_HOST=host
            )

            schema = json.loads(response.content)
            validate_schema(schema)  # type: ignore[no-untyped-call]
            self.assertEqual(
                {path: sorted(operations) for path, operations in schema["paths"].items()},
                {"/api/v1/interviews/{interview_id}/turns": ["post"], "/api/v1/turns/{turn_id}": ["get"]},
            )
            answer = schema["paths"]["/api/v1/interviews/{interview_id}/turns"]["post"]
            self.assertIn("202", answer["responses"])
            (key,) = [one for one in answer["parameters"] if one["in"] == "header"]
            self.assertEqual((key["name"], key["required"]), ("Idempotency-Key", True))
