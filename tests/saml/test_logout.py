"""Signing out at both ends: only by signed messages, and only one's own sessions."""

import base64
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import xmlsec

from accounts.models import Session, User
from accounts.tests.people import is_in, signed_in
from core.testing import TenantClient
from tenants.models import SamlRequest
from tenants.services.saml import toolkit
from tenants.services.saml.names import RSA_SHA256, RSA_SHA512, SAML, SAMLP, SUCCESS
from tests.saml.case import SamlCase, code_of
from tests.saml.idp import ENTITY, Keys, keys, moment

SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


def deflated(text: bytes) -> str:
    return base64.b64encode(zlib.compress(text, 9)[2:-4]).decode()


def query(name: str, text: bytes, by: Keys, algorithm: str = RSA_SHA256, relay: str = "") -> str:
    """A signed query string of the redirect binding."""
    values = {name: deflated(text)} | ({"RelayState": relay} if relay else {}) | {"SigAlg": algorithm}
    plain = urlencode(values)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(by.key, xmlsec.KeyFormat.PEM, None)
    transform = {
        RSA_SHA256: xmlsec.Transform.RSA_SHA256,
        RSA_SHA512: xmlsec.Transform.RSA_SHA512,
        SHA1: xmlsec.Transform.RSA_SHA1,
    }[algorithm]
    signature = base64.b64encode(context.sign_binary(plain.encode(), transform)).decode()
    return plain + "&" + urlencode({"Signature": signature})


class LogoutCase(SamlCase):
    def come_in(self, index: str = "session-1") -> TenantClient:
        journey = self.leave()
        response = self.post(journey, self.answer(journey, session_index=index).encoded())
        self.assertEqual(code_of(response), "302")
        return journey.client

    def request(self, **change: Any) -> bytes:
        """A LogoutRequest of the provider."""
        values: dict[str, Any] = {
            "id": "_logout-1",
            "issued": timedelta(),
            "destination": toolkit.endpoints(self.connection).slo,
            "issuer": ENTITY,
            "name_id": "ada-1",
            "indexes": ["session-1"],
        } | change
        indexes = "".join(f"<samlp:SessionIndex>{index}</samlp:SessionIndex>" for index in values["indexes"])
        return (
            f'<samlp:LogoutRequest xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="{values["id"]}" Version="2.0"'
            f' IssueInstant="{moment(datetime.now(UTC) + values["issued"])}" Destination="{values["destination"]}">'
            f"<saml:Issuer>{values['issuer']}</saml:Issuer><saml:NameID>{values['name_id']}</saml:NameID>{indexes}"
            "</samlp:LogoutRequest>"
        ).encode()

    def response(self, request_id: str) -> bytes:
        return (
            f'<samlp:LogoutResponse xmlns:samlp="{SAMLP}" xmlns:saml="{SAML}" ID="_answer-1" Version="2.0"'
            f' IssueInstant="{moment(datetime.now(UTC))}" InResponseTo="{request_id}"'
            f' Destination="{toolkit.endpoints(self.connection).slo}"><saml:Issuer>{ENTITY}</saml:Issuer>'
            f'<samlp:Status><samlp:StatusCode Value="{SUCCESS}"/></samlp:Status></samlp:LogoutResponse>'
        ).encode()

    def send(self, text: str, client: TenantClient | None = None) -> Any:
        return (client or TenantClient()).get("/saml/slo/", QUERY_STRING=text)


class ProviderSignsOutTests(LogoutCase):
    def test_a_signed_request_ends_the_session_that_it_names_and_is_answered(self) -> None:
        mine, other = self.come_in("session-1"), self.come_in("session-2")

        response = self.send(query("SAMLRequest", self.request(), self.keys, relay="state"))

        self.assertEqual((is_in(mine), is_in(other)), (False, True))
        answer = parse_qs(urlsplit(response["Location"]).query)
        self.assertTrue(response["Location"].startswith("https://idp.example/slo?"))
        self.assertEqual((answer["RelayState"], "Signature" in answer), (["state"], True))

    def test_without_an_index_all_sessions_of_this_provider_end_and_no_others(self) -> None:
        first, second = self.come_in("session-1"), self.come_in("session-2")
        local = signed_in(User.objects.get(email="ada@alpha.example"))

        self.send(query("SAMLRequest", self.request(indexes=[]), self.keys, algorithm=RSA_SHA512))

        self.assertEqual([is_in(client) for client in (first, second, local)], [False, False, True])

    def test_somebody_else_stays(self) -> None:
        client = self.come_in()

        response = self.send(query("SAMLRequest", self.request(name_id="eve-1", indexes=[]), self.keys))

        self.assertEqual((response.status_code, is_in(client)), (302, True))

    def test_what_is_not_signed_for_us_now_ends_nothing(self) -> None:
        client, sound = self.come_in(), query("SAMLRequest", self.request(), self.keys)
        unsigned = urlencode({"SAMLRequest": deflated(self.request())})
        refused = {
            "unsigned": (unsigned, "logout_unsigned"),
            "no signature": (sound.partition("&Signature=")[0], "logout_unsigned"),
            "empty signature": (sound.partition("&Signature=")[0] + "&Signature=", "logout_unsigned"),
            "another key": (query("SAMLRequest", self.request(), self.hostile), "bad_signature"),
            "sha1": (query("SAMLRequest", self.request(), self.keys, algorithm=SHA1), "signature_algorithm"),
            "changed": (sound.replace("SAMLRequest=", "SAMLRequest=A", 1), "bad_signature"),
            "relay state added": (sound + "&RelayState=x", "bad_signature"),
            "twice": (f"{sound}&SAMLRequest=x", "logout_shape"),
            "both": (f"{sound}&SAMLResponse=x", "logout_shape"),
            "nothing": ("", "logout_shape"),
            "as a response": (query("SAMLResponse", self.request(), self.keys), "logout_shape"),
            "old": (query("SAMLRequest", self.request(issued=-timedelta(hours=1)), self.keys), "expired"),
            "future": (query("SAMLRequest", self.request(issued=timedelta(hours=1)), self.keys), "too_early"),
            "issuer": (query("SAMLRequest", self.request(issuer="https://evil.example"), self.keys), "issuer"),
            "destination": (query("SAMLRequest", self.request(destination="https://evil.example"), self.keys),
                            "destination"),
            "bomb": (query("SAMLRequest", b"<a>" * 9_000_000, self.keys), "too_large"),
            "doctype": (query("SAMLRequest", b"<!DOCTYPE r []>" + self.request(), self.keys), "doctype"),
            "comment": (query("SAMLRequest", self.request(name_id="ada<!-- -->-1"), self.keys), "comment"),
            "no name": (query("SAMLRequest", self.request(name_id=""), self.keys), "name_id"),
            "garbage": (query("SAMLRequest", b"\x00" * 10, self.keys), "not_utf8"),
        }  # fmt: skip
        for name, (text, code) in refused.items():
            with self.subTest(name):
                self.assertEqual(code_of(self.send(text)), code)
                self.assertTrue(is_in(client))

    def test_a_certificate_that_ended_signs_nobody_out(self) -> None:
        client, ended = self.come_in(), keys("ended", lasts=-timedelta(minutes=1))
        text = query("SAMLRequest", self.request(), ended)
        on_file = {
            "certificates_over": [ended.certificate],
            "bad_signature": [ended.certificate, self.keys.certificate],
        }
        for code, certificates in on_file.items():
            self.change(certificates=certificates)

            self.assertEqual((code_of(self.send(text)), is_in(client)), (code, True))

    def test_a_request_is_used_once(self) -> None:
        text = query("SAMLRequest", self.request(), self.keys)
        self.send(text)
        client = self.come_in()

        self.assertEqual((code_of(self.send(text)), is_in(client)), ("replayed", True))

    def test_the_provider_of_beta_ends_nothing_in_alpha(self) -> None:
        client = self.come_in()
        theirs = toolkit.endpoints(self.beta).slo

        response = self.send(query("SAMLRequest", self.request(destination=theirs), self.hostile))

        self.assertEqual((code_of(response), is_in(client)), ("bad_signature", True))


class PersonSignsOutTests(LogoutCase):
    def test_the_session_ends_at_once_and_the_page_leads_to_the_provider(self) -> None:
        client = self.come_in()

        page = client.post("/saml/slo/")

        self.assertContains(page, "Sign out there too")
        self.assertEqual((is_in(client), Session.objects.exists()), (False, False))
        asked = parse_qs(urlsplit(page.context["address"]).query)
        text = zlib.decompress(base64.b64decode(asked["SAMLRequest"][0]), -15).decode()
        self.assertIn(">ada-1</saml:NameID>", text)
        self.assertIn("<samlp:SessionIndex>session-1</samlp:SessionIndex>", text)
        self.assertIn("Signature", asked)

    def test_the_providers_answer_leads_to_the_sign_in_page_once(self) -> None:
        client = self.come_in()
        client.post("/saml/slo/")
        request_id = SamlRequest.objects.get(purpose="logout").request_id
        text = query("SAMLResponse", self.response(request_id), self.keys)

        self.assertEqual(code_of(self.send(text, TenantClient())), "not_awaited")
        self.assertEqual(self.send(text, client)["Location"], "/sign-in/")
        self.assertEqual(code_of(self.send(text, client)), "not_awaited")

    def test_with_a_provider_whose_certificate_ended_the_session_just_ends(self) -> None:
        client = self.come_in()
        self.change(certificates=[keys("ended", lasts=-timedelta(minutes=1)).certificate])

        self.assertEqual(client.post("/saml/slo/")["Location"], "/sign-in/")
        self.assertFalse(is_in(client))

    def test_the_providers_answer_by_post_leads_to_the_sign_in_page_and_is_not_believed(self) -> None:
        client, other = self.come_in("session-1"), self.come_in("session-2")
        client.post("/saml/slo/")
        request_id = SamlRequest.objects.get(purpose="logout").request_id
        strict = TenantClient(enforce_csrf_checks=True)
        for browser in (client, other):
            strict.cookies = browser.cookies
            said = base64.b64encode(self.response(request_id)).decode()
            answered = strict.post("/saml/slo/", {"SAMLResponse": said, "RelayState": "x"})

            self.assertEqual((answered.status_code, answered["Location"]), (302, "/sign-in/"))

        self.assertEqual((is_in(client), is_in(other)), (False, True))
        self.assertTrue(SamlRequest.objects.filter(request_id=request_id).exists())

    def test_an_index_can_write_nothing_into_our_request(self) -> None:
        client = self.come_in("&lt;/samlp:SessionIndex&gt;&lt;x/&gt;")

        asked = parse_qs(urlsplit(client.post("/saml/slo/").context["address"]).query)

        text = zlib.decompress(base64.b64decode(asked["SAMLRequest"][0]), -15).decode()
        self.assertIn("<samlp:SessionIndex>&lt;/samlp:SessionIndex&gt;&lt;x/&gt;</samlp:SessionIndex>", text)

    def test_signing_out_takes_a_form_of_ours(self) -> None:
        client = self.come_in()
        strict = TenantClient(enforce_csrf_checks=True)
        strict.cookies = client.cookies

        for data in ({}, {"SAMLRequest": "x"}):
            self.assertEqual((strict.post("/saml/slo/", data).status_code, is_in(client)), (403, True))
        self.assertEqual((strict.post("/saml/slo/?SAMLResponse=x").status_code, is_in(client)), (403, True))

    def test_a_local_session_just_ends(self) -> None:
        client = signed_in(self.victim)

        self.assertEqual(client.post("/saml/slo/")["Location"], "/sign-in/")
        self.assertFalse(is_in(client))

    def test_other_keys_than_those_on_file_prove_nothing(self) -> None:
        client = self.come_in()
        client.post("/saml/slo/")
        request_id = SamlRequest.objects.get(purpose="logout").request_id

        answer = self.send(query("SAMLResponse", self.response(request_id), keys("attacker")), client)

        self.assertEqual(code_of(answer), "bad_signature")
