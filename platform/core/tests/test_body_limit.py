"""A body that is too large is refused before anything reads it."""

from typing import Any

from django.conf import settings
from prometheus_client import REGISTRY

from core.ids import uuid7
from core.testing import TenantTestCase

TEN_MB = "x" * 10_000_000


class BodyLimitTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.client.get("/branding.css")  # the host's tenant is remembered from here on
        self.api = f"/api/v1/interviews/{uuid7()}/turns"

    def post(self, path: str, body: str = "", **meta: Any) -> Any:
        """The response to a body that must not have led to a single query."""
        with self.assertNumQueries(0):
            return self.client.generic("POST", path, body, content_type="application/json", **meta)

    def assert_problem(self, response: Any, status: int, code: str) -> None:
        self.assertEqual((response.status_code, response["Content-Type"]), (status, "application/problem+json"))
        self.assertEqual(response.json()["type"], f"urn:candor:problem:{code}")

    def test_ten_megabytes_are_a_plain_page_with_413(self) -> None:
        response = self.post("/sign-in/", TEN_MB)

        self.assertContains(
            response, "What you sent is larger than the 256 KiB that this page accepts.", status_code=413
        )

    def test_ten_megabytes_at_the_api_are_a_problem_document(self) -> None:
        self.assert_problem(self.post(self.api, TEN_MB), 413, "too_large")

    def test_the_limit_itself_passes_and_one_byte_more_does_not(self) -> None:
        passed = self.client.generic("POST", "/branding.css", "x" * settings.MAX_BODY_BYTES)
        refused = self.post("/branding.css", "x" * (settings.MAX_BODY_BYTES + 1))

        self.assertEqual((passed.status_code, refused.status_code), (405, 413))

    def test_a_body_without_a_length_is_asked_for_one(self) -> None:
        for length in ("", "0", "00"):
            with self.subTest(length):
                response = self.post(self.api, "{}", CONTENT_LENGTH=length, HTTP_TRANSFER_ENCODING="gzip, Chunked")

                self.assert_problem(response, 411, "length_required")

    def test_a_length_that_is_no_number_is_refused(self) -> None:
        for length in ("-1", "1e3", "²", "10, 10", "9" * 5000):
            with self.subTest(length):
                self.assert_problem(self.post(self.api, "{}", CONTENT_LENGTH=length), 413, "too_large")


class CountedTests(TenantTestCase):
    """Each request is counted by its route; what strangers make up is no label."""

    def count(self, **labels: str) -> float:
        return REGISTRY.get_sample_value("candor_requests_total", labels) or 0.0

    def test_a_request_is_counted_by_the_route_s_name_and_not_by_its_path(self) -> None:
        labels = {"route": "branding", "method": "GET", "status": "200"}
        before = self.count(**labels)

        self.client.get("/branding.css?secret=1")

        self.assertEqual(self.count(**labels), before + 1)

    def test_a_made_up_method_is_other(self) -> None:
        labels = {"route": "branding", "method": "other", "status": "405"}
        before = self.count(**labels)

        self.client.generic("X-MADE-UP-1", "/branding.css")
        self.client.generic("X-MADE-UP-2", "/branding.css")

        self.assertEqual(self.count(**labels), before + 2)
