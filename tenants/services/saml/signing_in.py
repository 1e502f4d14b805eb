"""The way in: to the identity provider with a request, back with its response."""

import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from onelogin.saml2.authn_request import OneLogin_Saml2_Authn_Request

from accounts.models import User
from accounts.roles import Permission
from accounts.services import signing_in
from accounts.services.signing_in import Method
from core import audit, tenancy
from core.clock import now
from tenants.models import SamlConnection, SamlRequest
from tenants.services.saml import certificates, people, reports, requests, responses, toolkit
from tenants.services.saml.refusals import Refused
from tenants.services.saml.responses import Report

SESSION = "saml"
HOME = "/"
log = structlog.get_logger()
Purpose = SamlRequest.Purpose


class NoConnection(LookupError):
    """This tenant does not sign in through an identity provider."""


class OtherHost(Exception):
    """The identity provider answers to the tenant's main host; the message is the address of the settings there."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and what its cookie holds."""

    address: str
    secret: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where the browser goes after its response: a path of this site, or the report of a test."""

    path: str = HOME
    report_id: UUID | None = None


def connection_of(*, enabled: bool = True) -> SamlConnection:
    """:raises NoConnection: if the tenant has none, or (`enabled`) has not turned it on."""
    found = SamlConnection.objects.filter(tenant_id=tenancy.tenant_id()).first()
    if found is None or (enabled and not found.enabled):
        raise NoConnection
    return found


def elsewhere(*, host: str, query: str) -> str | None:
    """The same page on the host that people come back to, if this is another: its cookie would not be sent there."""
    here = toolkit.endpoints(connection_of())
    return None if host == here.host else f"{here.login}?{query}"


def start(*, cookie: str, next_path: str) -> Departure:
    """Begin to sign in.

    :raises NoConnection: if single sign-on is not on. :raises Refused: certificates_over, settings.
    """
    return _depart(connection_of(), cookie=cookie, purpose=Purpose.LOGIN, next_path=local_path(next_path))


def start_test(*, cookie: str, by: User, host: str) -> Departure:
    """Begin a test: it ends in a report and signs nobody in; single sign-on need not be on yet.

    :raises NoConnection: without a connection. :raises Refused: certificates_over, settings.
    :raises OtherHost: if `host`, where the person is signed in, is not the one that the answer comes to.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    connection = connection_of(enabled=False)
    if host != toolkit.endpoints(connection).host:
        raise OtherHost(connection.tenant.page("sso"))
    return _depart(connection, cookie=cookie, purpose=Purpose.TEST, user_id=by.pk)


def _depart(
    connection: SamlConnection, *, cookie: str, purpose: str, next_path: str = "", user_id: UUID | None = None
) -> Departure:
    certificates.ensure(connection)
    settings = toolkit.for_messages(connection, toolkit.endpoints(connection))
    request = OneLogin_Saml2_Authn_Request(settings)
    secret, relay_key = requests.browser_secret(cookie), secrets.token_urlsafe(32)
    requests.remember(
        tenant=connection.tenant,
        request_id=request.get_id(),
        relay_key=relay_key,
        secret=secret,
        purpose=purpose,
        next_path=next_path,
        user_id=user_id,
    )
    key = connection.sp_key if connection.sign_requests else None
    return Departure(
        toolkit.address(connection.sso_url, "SAMLRequest", request.get_xml(), relay=relay_key, key=key), secret
    )


def finish(*, request: HttpRequest, encoded: str, relay_state: str, cookie: str) -> Arrival:
    """Evaluate a response and sign its person in, or end a test.

    :raises NoConnection: if nothing is set up. :raises Refused: nobody was signed in.
    """
    connection = connection_of(enabled=False)
    waiting = requests.waiting(tenant=connection.tenant, cookie=cookie, purposes=[Purpose.LOGIN, Purpose.TEST])
    awaited = [row.request_id for row in waiting]
    report = responses.examine(connection=connection, encoded=encoded, awaited=awaited, now=now())
    asked = _asked(waiting, report, relay_state)
    if asked is not None and asked.purpose == Purpose.TEST:
        return _end_test(connection, asked, report)
    if not connection.enabled:
        raise NoConnection
    try:
        user = _admit(connection, asked, report)
    except Refused as refused:
        log.info("saml_refused", code=refused.code)
        if report.signed:  # the provider did say this: the tenant's trail tells; what anybody can post is only logged
            audit.record("saml.refused", connection, code=refused.code)
        raise
    assert report.assertion is not None
    signing_in.begin(request, user, method=Method.SAML, ends_at=report.assertion.session_ends_at)
    request.session[SESSION] = _remembered(connection, report)
    return Arrival(local_path(asked.next_path) if asked else HOME)


def _asked(waiting: list[SamlRequest], report: Report, relay_state: str) -> SamlRequest | None:
    """The request that this answers; RelayState tells only where the response itself can't be read."""
    for row in waiting:
        if row.request_id == report.in_response_to:
            return row
    if report.in_response_to is not None:
        return None
    return next((row for row in waiting if relay_state and row.relay_key == relay_state), None)


def _admit(connection: SamlConnection, asked: SamlRequest | None, report: Report) -> User:
    """Use request and assertion up, then let the person in: of many posts at once, one comes this far."""
    if report.refused is not None or report.assertion is None:
        raise report.refused or Refused("library")
    assertion = report.assertion
    if assertion.in_response_to is not None and (asked is None or not requests.take(asked)):
        raise Refused("replayed")
    if not requests.use(tenant=connection.tenant, message_id=assertion.id, expires_at=assertion.expires_at):
        raise Refused("replayed")
    return people.admit(connection, assertion)


def _end_test(connection: SamlConnection, asked: SamlRequest, report: Report) -> Arrival:
    """Keep the report for the admin who asked; with every check passed, these settings count as tested."""
    assert asked.user_id is not None
    if not requests.take(asked):
        raise Refused("replayed")
    assertion = report.assertion
    report.run(_("It names somebody who may come in"), lambda: assertion and people.recognise(connection, assertion))
    if report.refused is None:
        rows = SamlConnection.objects.filter(pk=connection.pk, updated_at__lte=asked.created_at)
        rows.update(tested_at=now())
    code = report.refused.code if report.refused else ""
    audit.record("saml.tested", connection, passed=report.refused is None, code=code)
    return Arrival(report_id=reports.keep(connection=connection, report=report, user_id=asked.user_id).pk)


def _remembered(connection: SamlConnection, report: Report) -> dict[str, Any]:
    """What the session needs to sign out at the identity provider."""
    assert report.assertion is not None
    return {
        "connection": str(connection.pk),
        "name_id": report.assertion.name_id,
        "format": report.assertion.name_id_format,
        "session_index": report.assertion.session_index,
    }


def local_path(path: str) -> str:
    """`path` if it is one of this site's own, else the start page."""
    plain = path.startswith("/") and path.isprintable() and len(path) <= 500
    return path if plain and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else HOME
