"""Polling a turn, and the description of the API."""

import json

from django.conf import settings
from drf_spectacular.validation import validate_schema

from core.testing import OTHER, TenantTestCase
from interviews.services import turns
from interviews.tests import make
from interviews.tests.cases import ApiCase


class PollTests(ApiCase):
    def test_it_tells_the_reply_and_what_comes_next(self) -> None:
        self.post()
        turns.write_reply(turn_id=self.turn.pk)
        following = make.open_turn(self.interview)
        self.client.get("/branding.css")

        with make.writes() as written, self.assertNumQueries(5):
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
    def test_it_is_valid_and_names_the_routes_on_both_hosts(self) -> None:
        for host in (f"alpha.{settings.BASE_DOMAIN}", f"api.{settings.BASE_DOMAIN}"):
            response = self.client.get(
                "/api/schema", headers={"Accept": "application/vnd.oai.openapi+json"}, HTTP_HOST=host
            )

            schema = json.loads(response.content)
            validate_schema(schema)  # type: ignore[no-untyped-call]
            self.assertEqual(
                {path: sorted(operations) for path, operations in schema["paths"].items()},
                {
                    "/api/optimization_stats": ["get"],
                    "/api/v1/interviews": ["get"],
                    "/api/v1/invitations": ["post"],
                    "/api/v1/jobs": ["get"],
                    "/api/v1/interviews/{interview_id}/ticket": ["get"],
                    "/api/v1/interviews/{interview_id}/turns": ["post"],
                    "/api/v1/turns/{turn_id}": ["get"],
                },
            )
            answer = schema["paths"]["/api/v1/interviews/{interview_id}/turns"]["post"]
            self.assertIn("202", answer["responses"])
            (key,) = [one for one in answer["parameters"] if one["in"] == "header"]
            self.assertEqual((key["name"], key["required"]), ("Idempotency-Key", True))
