"""Evaluating one posted response: every check in its order, told as a report that an admin can read."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import xmlsec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from lxml import etree
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from tenants.models import SamlConnection
from tenants.services.saml import assertions, decrypting, raw, toolkit
from tenants.services.saml.assertions import Assertion, Expected
from tenants.services.saml.names import saml
from tenants.services.saml.raw import Raw
from tenants.services.saml.refusals import Refused

E = OneLogin_Saml2_ValidationError
LIBRARY = {
    E.UNSUPPORTED_SAML_VERSION: "version",
    E.STATUS_CODE_IS_NOT_SUCCESS: "status",
    E.MISSING_STATUS: "status",
    E.INVALID_XML_FORMAT: "schema",
    E.NO_ENCRYPTED_ASSERTION: "not_encrypted",
    E.MISSING_CONDITIONS: "conditions",
    E.ASSERTION_TOO_EARLY: "too_early",
    E.ASSERTION_EXPIRED: "expired",
    E.SESSION_EXPIRED: "session_over",
    E.WRONG_NUMBER_OF_AUTHSTATEMENTS: "authn_statement",
    E.ENCRYPTED_ATTRIBUTES: "encrypted_part",
    E.WRONG_DESTINATION: "destination",
    E.EMPTY_DESTINATION: "destination",
    E.WRONG_AUDIENCE: "audience",
    E.ISSUER_MULTIPLE_IN_RESPONSE: "issuer",
    E.ISSUER_NOT_FOUND_IN_ASSERTION: "issuer",
    E.WRONG_ISSUER: "issuer",
    E.WRONG_SUBJECTCONFIRMATION: "subject",
    E.NO_SIGNED_ASSERTION: "assertion_unsigned",
    E.NO_SIGNATURE_FOUND: "no_signature",
    E.INVALID_SIGNATURE: "bad_signature",
    E.DEPRECATED_SIGNATURE_METHOD: "signature_algorithm",
    E.DEPRECATED_DIGEST_METHOD: "digest_algorithm",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report. `passed` is None for what was not reached; `found` and `wanted` say what differed."""

    title: str | Promise
    passed: bool | None
    code: str = ""
    sentence: str | Promise = ""
    found: str = ""
    wanted: str = ""


@dataclass(slots=True)
class Report:
    """What evaluating a response found. `assertion` is there only when every check passed."""

    checks: list[Check] = field(default_factory=list)
    assertion: Assertion | None = None
    refused: Refused | None = None
    in_response_to: str | None = None
    signed: bool = False

    def run(self, title: str | Promise, step: Callable[[], Any]) -> Any:
        """Take one step; after a refusal the rest is only listed.

        :returns: what the step gave, None if it was refused or not taken.
        """
        if self.refused is not None:
            self.checks.append(Check(title, None))
            return None
        try:
            result = step()
        except Refused as refused:
            self.refused = refused
            check = Check(title, False, refused.code, refused.sentence, refused.found, refused.wanted)
        else:
            check = Check(title, True)
        self.checks.append(check)
        return result if check.passed else None


def examine(*, connection: SamlConnection, encoded: str, awaited: Collection[str], now: datetime) -> Report:
    """Evaluate a response; nothing is written, nobody signs in.

    `awaited`: the ids of the requests that this browser took to the identity provider.
    """
    report, expected = Report(), Expected(connection, toolkit.endpoints(connection), awaited, now)
    message: Raw | None = report.run(_("The message is a sound SAML response"), lambda: raw.read(encoded))
    report.in_response_to = message.in_response_to if message else None
    root = report.run(_("A certificate on file signed it"), lambda: _verified(message, expected))
    report.signed = root is not None
    if report.refused is not None and message is not None:
        report.refused.veiled = message.encrypted
    found = None if root is None else root.find(saml("Assertion"))
    steps = [
        (_("It comes from this identity provider"), assertions.check_issuer),
        (_("It is addressed to us"), assertions.check_addressed),
        (_("It is valid now"), assertions.check_fresh),
        (_("It answers our request"), assertions.check_requested),
    ]
    for title, step in steps:
        report.run(title, lambda step=step: step(root, found, expected))  # type: ignore[misc]
    report.assertion = report.run(_("It names one person"), lambda: assertions.read(root, found))
    return report


def _verified(message: Raw | None, expected: Expected) -> Any:
    """The root of the message that the signatures cover, decrypted.

    :raises Refused: with the code that stands for the library's error.
    """
    assert message is not None
    settings = toolkit.for_messages(expected.connection, expected.here)
    try:
        response = decrypting.Response(settings, OneLogin_Saml2_Utils.b64encode(message.text))
    except (xmlsec.Error, OneLogin_Saml2_Error, E, ValueError, TypeError, LookupError) as error:
        raise Refused("not_decryptable" if message.encrypted else "library") from error
    if response.encrypted:
        raw.check(_plain(response.decrypted_document), decrypted=True)
    try:
        response.is_valid(toolkit.request_data(expected.here, "/saml/acs/"), raise_exceptions=True)
    except E as error:
        raise Refused(LIBRARY.get(error.code, "library"), found=str(error)) from error
    except Exception as error:  # the library raises whatever its parts raise; none of it lets anybody in
        raise Refused("library") from error
    return _plain(response.get_xml_document())


def _plain(tree: Any) -> Any:
    """A tree of our own parser: in one that xmlsec decrypted, lxml's find and iter overlook elements."""
    return raw.parse(etree.tostring(tree))
