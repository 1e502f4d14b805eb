"""What the API refuses: every time a problem document, and nothing is written."""

import json
from typing import Any

from django.urls import reverse

from interviews.models.turns import LONGEST_ANSWER
from interviews.tests import make
from interviews.tests.cases import TEXT, ApiCase


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
