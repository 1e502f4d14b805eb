"""The npm package saml-idp as an identity provider on loopback; its samlp is a newer one, for what that repaired.

It signs response and assertion with SHA-256 and asks for no password: whoever comes is the person it was started with.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from core.localservices.server import free_port
from tests.saml.idp import Keys
from tests.saml.simplesamlphp import ServiceProvider
from tests.stack import wait_until

PACKAGES = Path(__file__).with_name("npm")
INSTALL_SECONDS = 240
PERSON = "ada-at-npm"


class NotInstalled(Exception):
    """npm could not install the provider: it needs the registry."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A running saml-idp."""

    url: str
    entity_id: str

    def metadata(self) -> bytes:
        return _answer(f"{self.url}/metadata").encode()

    def answer_to(self, address: str) -> dict[str, str]:
        """Go to the provider with a request, press its button; returns the form that it sends the browser back with."""
        asked = _inputs(_answer(address))
        return _inputs(_answer(f"{self.url}/signin", {"_authnRequest": asked["_authnRequest"]}))


def missing() -> str:
    """Why it can't run here; "" when it may be tried."""
    return "" if shutil.which("npm") and shutil.which("node") else "npm is not installed"


def install(folder: Path) -> None:
    """Install the very versions of the lock file, without running anything of theirs, unless they are there.

    :raises NotInstalled: without the registry.
    """
    lock = (PACKAGES / "package-lock.json").read_bytes()
    done = folder / "installed"
    if done.is_file() and done.read_bytes() == lock:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PACKAGES / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NotInstalled("npm could not install saml-idp: is the registry away?") from error
    done.write_bytes(lock)


@contextmanager
def saml_idp(
    installed: Path, folder: Path, keys: Keys, ours: ServiceProvider, *, encrypt: bool = False
) -> Iterator[Provider]:
    """Run it for this service provider, with one person, until the block ends."""
    port = free_port()
    provider = Provider(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/metadata")
    options = {
        "host": "127.0.0.1",
        "port": str(port),
        "issuer": provider.entity_id,
        "acsUrl": ours.acs_url,
        "audience": ours.entity_id,
        "serviceProviderId": ours.entity_id,
        **{name: str(folder / name) for name in _files(folder, keys, ours)},
    }
    flags = [f"--{name}={value}" for name, value in options.items()] + ["--encryptAssertion"] * encrypt
    with (folder / "node.log").open("wb") as log:
        server = subprocess.Popen(
            ["node", "node_modules/saml-idp/bin/run.js", *flags],
            cwd=installed,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(lambda: _serves(provider), f"saml-idp does not serve: see {folder / 'node.log'}", seconds=30)
        yield provider
    finally:
        server.terminate()
        server.wait(10)


def _files(folder: Path, keys: Keys, ours: ServiceProvider) -> list[str]:
    """Write what it reads; returns the names of the options, which are the files' names too."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_pem_x509_certificate

    public = load_pem_x509_certificate(ours.certificate.encode()).public_key()
    user = {"userName": PERSON, "nameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"}
    user |= {"mail": "ada@alpha.example", "displayName": "Ada", "groups": "staff,hr"}
    metadata = [{"id": name, "multiValue": name == "groups"} for name in ("mail", "displayName", "groups")]
    texts = {
        "cert": keys.certificate,
        "key": keys.key,
        "encryptionCert": ours.certificate,
        "encryptionPublicKey": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "configFile": f"module.exports = {json.dumps({'user': user, 'metadata': metadata})};",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return list(texts)


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.inputs: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "input" and found.get("name"):
            self.inputs[str(found["name"])] = found.get("value") or ""


def _inputs(page: str) -> dict[str, str]:
    form = _Form()
    form.feed(page)
    return form.inputs


def _answer(address: str, form: dict[str, str] | None = None) -> str:
    with urlopen(address, urlencode(form).encode() if form else None, timeout=20) as answer:
        return str(answer.read().decode())


def _serves(provider: Provider) -> bool:
    try:
        return b"IDPSSODescriptor" in provider.metadata()
    except (URLError, OSError):
        return False
