"""An authenticator app and a security key made of software, for tests of second factors."""

import hashlib
import json
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.models import Totp, User
from accounts.services import totp
from core import clock

UP, UV, AT = AuthenticatorData.FLAG.UP, AuthenticatorData.FLAG.UV, AuthenticatorData.FLAG.AT


def app_of(user: User) -> Totp:
    """The person's confirmed authenticator app, of which no code was used yet."""
    row = totp.start(user=user)
    Totp.objects.filter(pk=row.pk).update(confirmed_at=clock.now())
    row.refresh_from_db()
    return row


class SoftwareKey:
    """Makes and uses one credential, as a browser hands it to a page of `host`."""

    def __init__(self, host: str) -> None:
        self.host, self.counter = host, 0
        self.origin = f"{settings.PUBLIC_SCHEME}://{host}{settings.PUBLIC_PORT}"
        self.secret, self.id, self.handle = ec.generate_private_key(ec.SECP256R1()), os.urandom(16), b""

    def make(self, question: dict[str, Any], *, flags: Any = UP | UV) -> str:
        """The answer to a question for a new credential, as JSON."""
        asked = question["publicKey"]
        self.handle = websafe_decode(asked["user"]["id"])
        key = ES256.from_cryptography_key(self.secret.public_key())  # type: ignore[no-untyped-call]
        data = AttestedCredentialData.create(Aaguid.NONE, self.id, key)
        auth = AuthenticatorData.create(self._rp_hash(), flags | AT, self.counter, bytes(data))
        made = AttestationObject.create("none", auth, {})
        return self._answer(
            clientDataJSON=self._client_data("webauthn.create", asked["challenge"]), attestationObject=bytes(made)
        )

    def use(self, question: dict[str, Any], *, flags: Any = UP | UV) -> str:
        """The answer to a question of a sign-in, as JSON."""
        self.counter += 1
        auth = AuthenticatorData.create(self._rp_hash(), flags, self.counter)
        client = self._client_data("webauthn.get", question["publicKey"]["challenge"])
        signature = self.secret.sign(bytes(auth) + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=client, authenticatorData=bytes(auth), signature=signature, userHandle=self.handle
        )

    def _rp_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **response: bytes) -> str:
        own_id = websafe_encode(self.id)
        given = {name: websafe_encode(value) for name, value in response.items()}
        return json.dumps({"id": own_id, "rawId": own_id, "type": "public-key", "response": given})
