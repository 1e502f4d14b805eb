"""Warnings before an identity provider's certificate is over: 60, 30, 7 and 1 days ahead, each once, to who can act."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts.roles import Permission
from core import audit, clock, due, pool
from tenants import idp_certificates
from tenants.idp_certificates import DAYS, Certificate
from tenants.models import SamlConnection
from tenants.services import staff_mail

KIND = "saml_certificates"


def plan(connection: SamlConnection) -> None:
    """Owe the next warning of this connection; nothing is owed where none is left."""
    now = clock.now()
    moments = [_next(one, connection.certificates_warned, now) for one in _certificates(connection, now)]
    coming = [moment for moment in moments if moment is not None]
    if connection.enabled and coming:
        due.owe(KIND, connection.pk, after=max(timedelta(0), min(coming) - now))
    else:
        due.settle(KIND, connection.pk)


def warn(*, connection_id: UUID) -> None:
    """Mail the warnings that fell due, then owe the next one. A mail server that is away: the sweeper comes again."""
    connection = SamlConnection.objects.filter(pk=connection_id).first()
    if connection is None or not connection.enabled:
        due.settle(KIND, connection_id)
        return
    now = clock.now()
    ending = [one for one in _certificates(connection, now) if _is_due(one, connection.certificates_warned, now)]
    if ending:
        recipients, context = staff_mail.addresses(Permission.MANAGE_SIGN_IN), _context(connection, ending, now)
        pool.give_back()
        staff_mail.send("certificate_ends", recipients, context)
    with transaction.atomic():
        for one in ending:
            level = _level(one, now)
            connection.certificates_warned[one.fingerprint] = level
            audit.record("sso.certificate_warned", connection, days=level)
        SamlConnection.objects.filter(pk=connection_id).update(certificates_warned=connection.certificates_warned)
        plan(connection)


def _certificates(connection: SamlConnection, now: datetime) -> list[Certificate]:
    return idp_certificates.describe(connection.certificates, now=now)


def _level(certificate: Certificate, now: datetime) -> int | None:
    """The last of DAYS that this certificate passed; None while it has longer."""
    left = certificate.expires_at - now
    return min((days for days in DAYS if left <= timedelta(days=days)), default=None)


def _is_due(certificate: Certificate, warned: dict[str, int], now: datetime) -> bool:
    level = _level(certificate, now)
    return level is not None and level < warned.get(certificate.fingerprint, DAYS[0] + 1) and certificate.days_left >= 0


def _next(certificate: Certificate, warned: dict[str, int], now: datetime) -> datetime | None:
    if _is_due(certificate, warned, now):
        return now
    moments = [certificate.expires_at - timedelta(days=days) for days in DAYS]
    return min((moment for moment in moments if moment > now), default=None)


def _context(connection: SamlConnection, ending: list[Certificate], now: datetime) -> dict[str, object]:
    last = max(one.expires_at for one in _certificates(connection, now))
    return {"ending": ending, "lasts_until": last if last > max(one.expires_at for one in ending) else None}
