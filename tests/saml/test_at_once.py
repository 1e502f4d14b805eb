"""Fifty posts of one assertion at the same moment are one sign-in."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db import connections

from accounts.models import Identity, User
from core import audit
from core.testing import HOME, CommittingTestCase, TenantClient
from tenants.models import SamlConnection, SamlRequest, SamlUse
from tenants.services.saml import toolkit
from tests.saml.case import STAFF_COOKIE, connect
from tests.saml.idp import Answer, keys

POSTS = 50


class AtOnceTests(CommittingTestCase):
    connection: SamlConnection

    def setUp(self) -> None:
        super().setUp()
        found = SamlConnection.objects.filter(tenant__schema_name=HOME).first()
        self.connection = found or connect(HOME, provider=keys("idp"))
        User.objects.filter(email="ada@alpha.example").delete()

    def answer(self, request_id: str | None) -> Answer:
        return Answer(
            here=toolkit.endpoints(self.connection),
            request_id=request_id,
            keys=keys("idp"),
            sp_certificate=self.connection.sp_certificate,
        )

    def post_at_once(self, encoded: str, cookie: str) -> list[Any]:
        gate = threading.Barrier(POSTS)

        def post() -> Any:
            client = TenantClient()
            client.cookies["__Host-saml"] = cookie
            gate.wait(30)
            try:
                return client.post("/saml/acs/", {"SAMLResponse": encoded})
            finally:
                connections.close_all()

        with ThreadPoolExecutor(POSTS) as threads:
            return [done.result(60) for done in [threads.submit(post) for _ in range(POSTS)]]

    def assert_one_sign_in(self, responses: list[Any]) -> None:
        statuses = sorted(getattr(response, "status_code", response) for response in responses)
        self.assertEqual(statuses, [302] + [403] * (POSTS - 1))
        self.assertEqual(sum(STAFF_COOKIE in response.cookies for response in responses), 1)
        self.assertEqual(User.objects.filter(email="ada@alpha.example").count(), 1)
        self.assertEqual(Identity.objects.filter(subject="ada-1").count(), 1)

    def test_fifty_posts_of_an_answer_to_one_request(self) -> None:
        client = TenantClient()
        away = client.get("/saml/login/")
        relay_key = parse_qs(urlsplit(away["Location"]).query)["RelayState"][0]
        encoded = self.answer(SamlRequest.objects.get(relay_key=relay_key).request_id).encoded()

        responses = self.post_at_once(encoded, client.cookies["__Host-saml"].value)

        self.assert_one_sign_in(responses)
        self.assertFalse(SamlRequest.objects.exists())

    def test_fifty_posts_of_an_unsolicited_assertion(self) -> None:
        SamlConnection.objects.filter(pk=self.connection.pk).update(allow_idp_initiated=True)
        answer = self.answer(None)

        responses = self.post_at_once(answer.encoded(), "")

        self.assert_one_sign_in(responses)
        self.assertEqual(SamlUse.objects.filter(message_id=answer.assertion_id).count(), 1)
        self.assertEqual(audit.actor.get(), audit.SYSTEM)
