"""SimpleSAMLphp as an identity provider on loopback: Debian's package, served by PHP's own web server.

It is somebody else's software, with its own idea of SAML: what it accepts and sends is what customers' providers do.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from core.localservices.server import free_port
from tests.saml.certificates import make_pair
from tests.stack import wait_until

HOME = Path("/usr/share/simplesamlphp")
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


@dataclass(frozen=True, slots=True)
class ServiceProvider:
    """What an identity provider is told about us: the values that the set-up page shows."""

    entity_id: str
    acs_url: str
    slo_url: str
    certificate: str = ""


@dataclass(slots=True)
class Provider:
    """A running SimpleSAMLphp. Its people sign in with their name and `password`."""

    url: str
    folder: Path
    password: str

    @property
    def metadata_url(self) -> str:
        return f"{self.url}/saml2/idp/metadata.php"

    def metadata(self) -> str:
        with urlopen(self.metadata_url, timeout=10) as answer:
            return str(answer.read().decode())

    def trust(self, *providers: ServiceProvider, encrypt: bool = False) -> None:
        """Let these service providers ask; with `encrypt` assertions are encrypted to their certificates."""
        rows = {one.entity_id: _service_provider(one, encrypt) for one in providers}
        _php(self.folder / "metadata" / "saml20-sp-remote.php", "metadata", rows)


def missing() -> str:
    """Why it can't run here; "" when it can."""
    if not HOME.is_dir():
        return "SimpleSAMLphp is not installed (Debian package simplesamlphp)"
    return "" if shutil.which("php") else "PHP is not installed (Debian package php-cli)"


@contextmanager
def simplesamlphp(folder: Path, people: dict[str, dict[str, list[str]]]) -> Iterator[Provider]:
    """Run it with these people (name -> attributes; `uid` becomes the NameID) until the block ends."""
    port, password = free_port(), secrets.token_urlsafe(12)
    url = f"http://127.0.0.1:{port}"
    _configure(folder, url, people, password)
    # Without its cache of code: PHP would not see for two seconds whom the provider trusts from now on.
    quiet = ("-d", "display_errors=0", "-d", "opcache.enable=0")
    command = ["php", *quiet, "-S", f"127.0.0.1:{port}", "-t", str(HOME / "www")]
    with (folder / "php.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            env={"SIMPLESAMLPHP_CONFIG_DIR": str(folder), "PATH": "/usr/bin:/bin", "PHP_CLI_SERVER_WORKERS": "2"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    provider = Provider(url, folder, password)
    try:
        wait_until(lambda: _serves(provider), f"SimpleSAMLphp does not serve: see {folder / 'php.log'}", seconds=30)
        yield provider
    finally:
        os.killpg(server.pid, signal.SIGTERM)  # its workers outlive it else
        server.wait(10)
        wait_until(lambda: _is_free(port), f"a worker of SimpleSAMLphp still holds port {port}")


def _is_free(port: int) -> bool:
    """Whether nobody answers there: PHP's workers hold the port as long as one of them lives."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def _serves(provider: Provider) -> bool:
    try:
        return "IDPSSODescriptor" in provider.metadata()
    except (URLError, OSError):
        return False


def _configure(folder: Path, url: str, people: dict[str, dict[str, list[str]]], password: str) -> None:
    for name in ("cert", "metadata", "data", "log", "tmp", "sessions"):
        (folder / name).mkdir(parents=True)
    key, certificate = make_pair("Identity provider")
    (folder / "cert" / "idp.key").write_text(key)
    (folder / "cert" / "idp.crt").write_text(certificate)
    config = {
        "baseurlpath": f"{url}/",
        **{f"{name}dir": f"{folder}/{name}/" for name in ("cert", "data", "metadata", "log")},
        "loggingdir": f"{folder}/log/",
        "tempdir": f"{folder}/tmp",
        "logging.handler": "file",
        "secretsalt": secrets.token_hex(16),
        "auth.adminpassword": secrets.token_hex(16),
        "timezone": "UTC",
        "enable.saml20-idp": True,
        "module.enable": {"exampleauth": True, "core": True, "saml": True},
        "store.type": "phpsession",
        "session.phpsession.savepath": f"{folder}/sessions",
        "metadata.sources": [{"type": "flatfile", "directory": f"{folder}/metadata"}],
        "production": True,
        "language.default": "en",
        "language.available": ["en"],
    }
    _php(folder / "config.php", "config", config)
    signed = {f"{name}:{password}": attributes for name, attributes in people.items()}
    _php(folder / "authsources.php", "config", {"people": {"0": "exampleauth:UserPass", **signed}})
    hosted = {
        "host": "__DEFAULT__",
        "privatekey": "idp.key",  # pragma: allowlist secret
        "certificate": "idp.crt",
        "auth": "people",
        "signature.algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "NameIDFormat": [PERSISTENT],
        "validate.authnrequest": False,
        "redirect.sign": True,
        "authproc": {"3": {"class": "saml:AttributeNameID", "attribute": "uid", "Format": PERSISTENT}},
    }
    _php(folder / "metadata" / "saml20-idp-hosted.php", "metadata", {f"{url}/idp": hosted})
    _php(folder / "metadata" / "saml20-sp-remote.php", "metadata", {})


def _service_provider(one: ServiceProvider, encrypt: bool) -> dict[str, object]:
    found: dict[str, object] = {
        "AssertionConsumerService": one.acs_url,
        "SingleLogoutService": one.slo_url,
        "NameIDFormat": PERSISTENT,
        "sign.logout": True,
        "redirect.sign": True,
        "validate.logout": bool(one.certificate),
    }
    if one.certificate:
        lines = [line for line in one.certificate.splitlines() if line and "-----" not in line]
        found |= {"certData": "".join(lines), "validate.authnrequest": True, "assertion.encryption": encrypt}
    return found


def _php(path: Path, variable: str, value: object) -> None:
    """Write `$variable = value;` as PHP reads it."""
    path.write_text(f"<?php\n${variable} = json_decode({_quoted(json.dumps(value))}, true);\n")


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
