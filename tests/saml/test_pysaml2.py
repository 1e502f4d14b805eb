"""An identity provider that nobody here wrote: pysaml2, in this process, with Debian's xmlsec1."""

import base64
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import skipUnless
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from core.testing import TenantClient
from tenants.services.saml.names import CIPHERS, RSA_SHA256, XENC
from tests.saml.case import SamlCase, code_of
from tests.saml.idp import ENTITY, PASSWORD_CONTEXT, PERSISTENT

XMLSEC1 = shutil.which("xmlsec1")


@contextmanager
def encrypting(provider: Any, cipher: str) -> Iterator[None]:
    """Have it encrypt with this cipher: its own API hands none on from `create_authn_response`, and takes 3DES."""
    from saml2 import entity

    size = cipher.partition("#aes")[2][:3]
    template = partial(entity.pre_encryption_part, msg_enc=cipher)
    encrypt = partial(provider.sec.encrypt_assertion, key_type=f"aes-{size}")
    with (
        patch.object(entity, "pre_encryption_part", template),
        patch.object(provider.sec, "encrypt_assertion", encrypt),
    ):
        yield


@skipUnless(XMLSEC1, "pysaml2 needs the program xmlsec1 (Debian: apt-get install xmlsec1)")
class PySaml2Tests(SamlCase):
    def provider(self) -> Any:
        """Set up from our own metadata, as an admin would."""
        from saml2 import BINDING_HTTP_REDIRECT
        from saml2.config import IdPConfig
        from saml2.server import Server

        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name, text in (("key.pem", self.keys.key), ("cert.pem", self.keys.certificate)):
            (folder / name).write_text(text)
        sso = [("https://idp.example/sso", BINDING_HTTP_REDIRECT)]
        settings = {
            "entityid": ENTITY,
            "xmlsec_binary": XMLSEC1,
            "key_file": str(folder / "key.pem"),
            "cert_file": str(folder / "cert.pem"),
            "service": {
                "idp": {
                    "endpoints": {"single_sign_on_service": sso},
                    "policy": {"default": {"name_form": "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"}},
                    "want_authn_requests_signed": True,
                }
            },
            "metadata": {"inline": [TenantClient().get("/saml/metadata/").content.decode()]},
        }
        return Server(config=IdPConfig().load(settings))

    def come_in(self, cipher: str = "", **how: Any) -> Any:
        from saml2 import BINDING_HTTP_REDIRECT
        from saml2.saml import NameID

        self.change(email_attribute="urn:oid:0.9.2342.19200300.100.1.3")
        provider, journey = self.provider(), self.leave()
        if cipher:
            self.enterContext(encrypting(provider, cipher))
        query = {name: values[0] for name, values in parse_qs(urlsplit(journey.address).query).items()}
        self.change(sso_url="https://idp.example/sso")
        asked = provider.parse_authn_request(
            query["SAMLRequest"],
            BINDING_HTTP_REDIRECT,
            relay_state=query["RelayState"],
            sigalg=query["SigAlg"],
            signature=query["Signature"],
        )
        answer = provider.create_authn_response(
            identity={"mail": ["ada@alpha.example"], "givenName": ["Ada"]},
            in_response_to=asked.message.id,
            destination=asked.message.assertion_consumer_service_url,
            sp_entity_id=asked.message.issuer.text,
            name_id=NameID(format=PERSISTENT, text="ada-1"),
            authn={"class_ref": PASSWORD_CONTEXT},
            sign_alg=RSA_SHA256,
            digest_alg=XENC + "sha256",
            session_not_on_or_after=None,
            **how,
        )
        return journey, self.post(journey, base64.b64encode(str(answer).encode()).decode())

    def test_it_understands_our_request_and_we_its_answers(self) -> None:
        self.change(sso_url="https://idp.example/sso")
        for also in (False, True):
            with self.subTest(sign_response=also):
                journey, response = self.come_in(sign_assertion=True, sign_response=also)
                self.assertEqual(code_of(response), "302")
                self.assertEqual(journey.client.get("/").status_code, 200)

    def test_what_it_does_not_sign_is_refused(self) -> None:
        self.change(sso_url="https://idp.example/sso")

        _, response = self.come_in(sign_assertion=False, sign_response=False)

        self.assertEqual(code_of(response), "no_signature")

    def test_it_encrypts_with_an_old_cipher_which_is_refused(self) -> None:
        self.change(sso_url="https://idp.example/sso")

        _, response = self.come_in(sign_assertion=True, sign_response=False, encrypt_assertion=True)

        self.assertEqual(code_of(response), "encryption_algorithm")

    def test_what_it_encrypts_with_aes_comes_in_where_nothing_else_is_taken(self) -> None:
        self.change(sso_url="https://idp.example/sso", want_encrypted=True)
        for cipher in sorted(CIPHERS):
            for also in (False, True):
                with self.subTest(cipher, sign_response=also):
                    journey, response = self.come_in(
                        cipher, encrypt_assertion=True, sign_assertion=True, sign_response=also
                    )
                    self.assertEqual(code_of(response), "302")
                    self.assertEqual(journey.client.get("/").status_code, 200)

        _, response = self.come_in(sign_assertion=True, sign_response=False)

        self.assertEqual(code_of(response), "not_encrypted")
