"""Passkeys: made for one exact host, used by one person, never without a question and never twice."""

import json
from typing import Any

from django.conf import settings
from django.test import Client
from fido2.webauthn import AuthenticatorData

from accounts.models import Passkey, RecoveryCode, User
from accounts.roles import Role
from accounts.tests.factors import SoftwareKey
from accounts.tests.people import is_in, person, sign_in, signed_in
from core.testing import HOME, OTHER, TenantClient, TenantTestCase

HOST = f"{HOME}.{settings.BASE_DOMAIN}"
NEW, ADD, QUESTION, ANSWER = (
    *("/account/passkeys/new/", "/account/passkeys/"),
    *("/sign-in/passkey/question/", "/sign-in/passkey/"),
)


def made(client: Client, key: SoftwareKey, **more: Any) -> Any:
    answer = key.make(client.post(NEW).json(), **more)
    return client.post(ADD, {"name": "My key", "answer": answer})


def used(client: Client, key: SoftwareKey, **more: Any) -> Any:
    return client.post(ANSWER, {"answer": key.use(client.post(QUESTION).json(), **more)})


class PasskeyTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.owner = person("owner@alpha.example", role=Role.OWNER)
        self.key = SoftwareKey(HOST)
        browser = TenantClient()
        sign_in(browser, self.owner.email)
        made(browser, self.key)
        self.browser = browser

    def test_making_one_fulfils_the_duty_and_brings_recovery_codes(self) -> None:
        self.assertTrue(is_in(self.browser))
        self.assertEqual((Passkey.objects.get().name, RecoveryCode.objects.count()), ("My key", 10))

    def test_it_signs_in_alone_and_counts_as_both_factors(self) -> None:
        response = used(self.client, self.key)

        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertTrue(is_in(self.client))
        self.assertIsNotNone(Passkey.objects.get().last_used_at)

    def test_it_is_the_second_step_after_the_password(self) -> None:
        sign_in(self.client, self.owner.email, QUERY_STRING="next=/jobs/")

        self.assertRedirects(used(self.client, self.key), "/jobs/", fetch_redirect_response=False)

    def test_a_colleagues_passkey_is_not_the_second_step_of_ones_own_password(self) -> None:
        bea, theirs = person("bea@alpha.example"), SoftwareKey(HOST)
        made(signed_in(bea), theirs)
        sign_in(self.client, self.owner.email)
        question = self.client.post(QUESTION).json()

        self.client.post(ANSWER, {"answer": theirs.use(question)})

        self.assertFalse(is_in(self.client))

    def refused(self, answer: str, client: Client | None = None) -> None:
        client = client or self.client
        response = client.post(ANSWER, {"answer": answer}, follow=True)
        self.assertContains(response, "This passkey was not accepted")
        self.assertFalse(is_in(client))

    def test_an_answer_works_once_and_only_in_the_browser_that_was_asked(self) -> None:
        answer = self.key.use(self.client.post(QUESTION).json())
        other = TenantClient()
        other.post(QUESTION)
        self.refused(answer, other)

        self.client.post(ANSWER, {"answer": answer})
        self.assertTrue(is_in(self.client))
        self.client.post("/sign-out/")
        self.refused(answer)

    def test_without_the_persons_verification_it_is_refused(self) -> None:
        self.refused(self.key.use(self.client.post(QUESTION).json(), flags=AuthenticatorData.FLAG.UP))

    def test_another_origin_is_refused(self) -> None:
        good = self.key.origin
        parent = good.replace(f"{HOME}.", "")
        for origin in ("https://evil.example", parent, good + ".evil.example", good.replace("//", "//x.")):
            self.key.origin = origin
            self.refused(self.key.use(self.client.post(QUESTION).json()))

    def test_another_relying_party_is_refused(self) -> None:
        self.key.host = settings.BASE_DOMAIN
        self.refused(self.key.use(self.client.post(QUESTION).json()))

    def test_a_forged_signature_is_refused(self) -> None:
        forger = SoftwareKey(HOST)
        forger.id, forger.handle, forger.counter = self.key.id, self.key.handle, 9

        self.refused(forger.use(self.client.post(QUESTION).json()))

    def test_a_copy_of_the_key_is_found_by_its_counter(self) -> None:
        used(TenantClient(), self.key)
        self.key.counter = 0

        self.refused(self.key.use(self.client.post(QUESTION).json()))

    def test_another_persons_handle_is_refused(self) -> None:
        self.key.handle = person("bea@alpha.example").pk.bytes
        self.refused(self.key.use(self.client.post(QUESTION).json()))

    def test_somebody_disabled_is_refused(self) -> None:
        User.objects.update(is_active=False)
        self.refused(self.key.use(self.client.post(QUESTION).json()))

    def test_nonsense_is_refused(self) -> None:
        good = json.loads(self.key.use(self.client.post(QUESTION).json()))
        for text in ("", "[]", "{", "null", "{}", json.dumps(good | {"rawId": 5}), json.dumps(good | {"response": {}})):
            self.client.post(QUESTION)
            self.refused(text)

    def test_it_is_nothing_to_another_tenant_even_under_the_same_key_of_the_person(self) -> None:
        with self.in_tenant(OTHER):
            User.objects.bulk_create([User(pk=self.owner.pk, email=self.owner.email, name="Twin", role=Role.OWNER)])
        stranger = TenantClient(OTHER)

        self.refused(self.key.use(stranger.post(QUESTION).json()), stranger)

    def test_one_made_without_verification_or_for_another_host_is_not_stored(self) -> None:
        client = signed_in(person("bea@alpha.example"))
        made(client, SoftwareKey(HOST), flags=AuthenticatorData.FLAG.UP)
        made(client, SoftwareKey(f"{OTHER}.{settings.BASE_DOMAIN}"))
        client.post(ADD, {"name": "x", "answer": "{}"})
        answer = SoftwareKey(HOST).make(client.post(NEW).json())
        client.post(NEW)
        client.post(ADD, {"name": "x", "answer": answer})

        self.assertEqual(Passkey.objects.count(), 1)

    def test_a_stranger_makes_none_and_nobody_removes_a_colleagues(self) -> None:
        row = Passkey.objects.get()
        stranger = TenantClient()
        self.assertEqual(stranger.post(NEW).status_code, 302)
        stranger.post(ADD, {"name": "x", "answer": "{}"})
        for client in (stranger, signed_in(person("bea@alpha.example", role=Role.OWNER))):
            client.post(f"/account/passkeys/{row.pk}/remove/")

        self.assertEqual(Passkey.objects.count(), 1)
